/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/kit.h - what the checks of the payment kit share: the
 * operation that every check uses, and its answers.
 */
#ifndef PAYMENT_KIT_H
#define PAYMENT_KIT_H

#include "kit/kit.h"

#define KIT_LAST       RENT_PAY_EXTEND /* of the kinds */

#define KIT_TARGET     "019ab0de-0000-7000-8000-00000000000b"
#define KIT_TARGET_REF "kit-target-ref"
#define KIT_AMOUNT     INT64_C(100)

/* The references in these are those of the samples, where they have some: a provider refuses what
 * cannot be one of its own. */
struct rent_payment_op kit_op(enum rent_payment_kind kind);
const char *kit_ref(void);
struct rent_payment_op kit_lookup(enum rent_payment_kind of);
const char *kit_kind_name(enum rent_payment_kind kind);
/* 0 when there is none */
enum rent_payment_kind kit_kind_value(const char *name);
bool kit_declares(const struct kit *k, enum rent_payment_kind kind);

/* An answer, parsed into a zeroed result. Faults of what every result must be are reported
 * under `about`. */
struct rent_payment_result kit_parse(struct kit *k, const struct rent_payment_op *op,
                                     const struct rent_upstream_reply *reply,
                                     const char *about);

void kit_check_descriptor(struct kit *k);
void kit_check_caps(struct kit *k);
void kit_check_build(struct kit *k);
void kit_check_hostile_ops(struct kit *k);
void kit_check_hostile_replies(struct kit *k);
void kit_check_samples(struct kit *k);
void kit_check_list(struct kit *k);
void kit_check_leaks(struct kit *k);
void kit_check_threads(struct kit *k);

/* ---- sample.c: a sample as an operation and an answer. */

struct kit_sample {
	const char *name;
	const struct json_t *json;
	struct rent_payment_op op;
	struct rent_upstream_reply reply;
	char *body;
	bool object; /* the body is JSON */
};

/* false: its kind is none of kit_kind_name(). Done with kit_sample_done(). */
bool kit_sample_read(struct kit_sample *s, const struct json_t *json);
void kit_sample_done(struct kit_sample *s);

#endif
