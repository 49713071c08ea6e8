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

#define KIT_SECRETS    8
#define KIT_TEXT       256

struct kit {
	const struct rent_plugin *plugin;
	const struct rent_payment *api;
	struct fake_host *fake;
	const struct rent_host *host;
	void *self;
	struct rent_payment_caps caps;
	int exchanges; /* made by the plugin; none is allowed */
	/* Values of the options that are secret; "" ends. */
	char secrets[KIT_SECRETS][KIT_TEXT];
	/* The report. All of this lies in memory that the forked checks share. */
	int checks, failed;
	int faults;           /* of the running check */
	const char *check;    /* NULL: none runs */
	char doing[KIT_TEXT]; /* what is being tried, for the case of a crash */
};

void kit_begin(struct kit *k, const char *check);
/* A fault of the running check: what, in the plugin author's terms. */
void kit_fault(struct kit *k, const char *fmt, ...) RENT_PRINTF(2, 3);
void kit_end(struct kit *k);
void kit_skip(struct kit *k, const char *check, const char *why);
/* Runs checks in a process of their own: one that crashes or hangs fails, and the report says
 * what was being tried. */
void kit_apart(struct kit *k, void (*checks)(struct kit *k));
void kit_doing(struct kit *k, const char *fmt, ...) RENT_PRINTF(2, 3);

struct rent_payment_op kit_op(enum rent_payment_kind kind);
struct rent_payment_op kit_lookup(enum rent_payment_kind of);
/* Whether text has a value of an option that is secret. */
bool kit_has_secret(const struct kit *k, const char *text);
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
void kit_check_samples(struct kit *k);
void kit_check_list(struct kit *k);
void kit_check_events(struct kit *k);
void kit_check_leaks(struct kit *k);
void kit_check_threads(struct kit *k);

/* ---- sample.c: the author's samples. */

/* Reads the file; faults are printed. NULL: it cannot be read. Call before everything else. */
bool kit_samples_open(const char *file);
/* The list of them; NULL when none was given. */
const struct json_t *kit_samples(void);

/* For jansson's loops, which take no const and change nothing. */
static inline struct json_t *kit_unconst(const struct json_t *json)
{
	union {
		const struct json_t *given;
		struct json_t *taken;
	} both = { json };

	return both.taken;
}

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
/* Members that must be in no sample of this kind are faults: a misspelt one tests nothing. */
void kit_sample_members(struct kit *k, const struct json_t *json, const char *known);
const char *kit_outcome_name(int outcome);
const char *kit_text(const struct json_t *o, const char *name, const char *def);

#endif
