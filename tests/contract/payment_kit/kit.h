/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/kit.h - what the checks of the payment kit share: the plugin
 * under test in a fake host, the operation that every check uses, and the report.
 */
#ifndef PAYMENT_KIT_H
#define PAYMENT_KIT_H

#include "fake_host.h"

#include <rent/payment.h>

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

#define KIT_LAST RENT_PAY_EXTEND /* of the kinds */

/* The operation of the kit. Sample answers are written for these. */
#define KIT_ID         "019ab0de-0000-7000-8000-000000000001"
#define KIT_OTHER_ID   "019ab0de-0000-7000-8000-000000000002"
#define KIT_RENTAL     "019ab0de-0000-7000-8000-00000000000a"
#define KIT_USER       "kit-user"
#define KIT_REF        "kit-ref"
#define KIT_TARGET     "019ab0de-0000-7000-8000-00000000000b"
#define KIT_TARGET_REF "kit-target-ref"
#define KIT_AMOUNT     INT64_C(100)
#define KIT_CREATED    INT64_C(1795392000000000)

struct kit {
	const struct rent_plugin *plugin;
	const struct rent_payment *api;
	struct fake_host *fake;
	const struct rent_host *host;
	void *self;
	struct rent_payment_caps caps;
	int exchanges; /* made by the plugin; none is allowed */
	/* the report */
	int checks, failed;
	int faults; /* of the running check */
	const char *check;
};

void kit_begin(struct kit *k, const char *check);
/* A fault of the running check: what, in the plugin author's terms. */
void kit_fault(struct kit *k, const char *fmt, ...) RENT_PRINTF(2, 3);
void kit_end(struct kit *k);
void kit_skip(struct kit *k, const char *check, const char *why);

struct rent_payment_op kit_op(enum rent_payment_kind kind);
const char *kit_kind_name(enum rent_payment_kind kind);
/* 0 when there is none */
enum rent_payment_kind kit_kind_value(const char *name);
bool kit_declares(const struct kit *k, enum rent_payment_kind kind);

/* An answer, parsed into a zeroed result. Faults of what every result must be are reported
 * under `about`. */
struct rent_payment_result kit_parse(struct kit *k, const struct rent_payment_op *op,
                                     const struct rent_upstream_reply *reply,
                                     const char *about);
struct rent_upstream_reply kit_reply(int status, const char *body, size_t size);

/* The fault of a request; NULL: none. */
const char *kit_request_fault(const struct rent_upstream_request *req);
bool kit_request_same(const struct rent_upstream_request *a,
                      const struct rent_upstream_request *b);

void kit_check_descriptor(struct kit *k);
void kit_check_caps(struct kit *k);
void kit_check_build(struct kit *k);
void kit_check_hostile_ops(struct kit *k);
void kit_check_hostile_replies(struct kit *k);
void kit_check_samples(struct kit *k, const char *file);
void kit_check_threads(struct kit *k);

#endif
