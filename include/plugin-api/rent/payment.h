/* SPDX-License-Identifier: MIT
 *
 * rent/payment.h - a payment provider: kind "payment", interface struct rent_payment.
 * Read rent/provider.h first. docs/howto/write-a-payment-plugin.md walks through one.
 *
 *   hold     reserves `amount`; nothing is taken
 *   capture  takes `amount` (at most what is left) out of the hold `target`; `final` says
 *            that nothing more will be captured from it
 *   release  gives `amount`, the rest of the hold `target`, back
 *   charge   takes `amount` at once
 *   refund   gives `amount` of the charge or capture `target` back
 *   lookup   what became of the operation `id` of kind `lookup_of`
 */
#ifndef RENT_PAYMENT_H
#define RENT_PAYMENT_H

#include "event.h"
#include "provider.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_PAYMENT "payment"

enum rent_payment_kind {
	RENT_PAY_HOLD = 1,
	RENT_PAY_CAPTURE,
	RENT_PAY_RELEASE,
	RENT_PAY_CHARGE,
	RENT_PAY_REFUND,
	RENT_PAY_LOOKUP,
};

#define RENT_PAY_BIT(kind) (1u << (kind))

/* The promises of this provider. The host asks once, after create(). */
struct rent_payment_caps {
	uint32_t struct_size;
	/* RENT_PAY_BIT() of what it can do. */
	uint32_t operations;
	/* How long the same id surely acts once and replays its answer; 0: never safe. */
	int64_t resend_us;
	/* "not found" counts only this long after sending. */
	int64_t lookup_settle_us;
	/* After that time, "not found" proves that the operation was not executed. false: it
	 * proves nothing. */
	bool lookup_not_found_is_final;
	/* A final capture gives the rest of the hold back itself. */
	bool capture_releases_rest;
	/* Smallest amount; 0: any. */
	int64_t min_charge;
	/* How long a hold lasts where a result does not say; 0: not known. */
	int64_t hold_us;
	/* ISO 4217, "" when it does not matter. */
	char currency[4];
	/* Digits after the point of that currency. */
	int32_t exponent;
};

/* An operation. Strings are never NULL; "" means that there is none. */
struct rent_payment_op {
	uint32_t struct_size;
	enum rent_payment_kind kind;
	/* With RENT_PAY_LOOKUP */
	enum rent_payment_kind lookup_of;
	/* With RENT_PAY_CAPTURE */
	bool final;
	/* Our id, durable before the call is sent: the idempotency key. */
	const char *id;
	/* The rental that the money is for. */
	const char *rental_id;
	/* The user who pays. */
	const char *user_id;
	/* The provider's reference of this operation, if it gave one (PENDING, lookup). */
	const char *ref;
	/* capture, release: our id of the hold; refund: of the charge. */
	const char *target_id;
	/* The provider's reference of that hold or charge; "" when it gave none. */
	const char *target_ref;
	/* Currency units, > 0. */
	int64_t amount;
	/* Wall time of the intent. */
	int64_t created_at;
};

/* Zeroed (UNKNOWN) by the caller except struct_size. */
struct rent_payment_result {
	uint32_t struct_size;
	enum rent_outcome outcome;
	/* With DECLINED */
	enum rent_decline_reason reason;
	/* lookup: the provider does not know this id; the caller judges by caps whether that
	 * is an answer. */
	bool not_found;
	/* SUCCEEDED: what was moved, 1..amount; required. */
	int64_t processed;
	/* hold: wall time; 0: not known. */
	int64_t expires_at;
	/* The provider's reference; "" none. */
	char ref[RENT_REF_SIZE];
	/* Reason for the audit trail; no secrets. */
	char note[RENT_NOTE_SIZE];
};

/* A page of the provider's book that is asked for. */
struct rent_payment_page {
	uint32_t struct_size;
	/* Wall time: entries from then on. */
	int64_t since;
	/* "" begins; else what the last page gave. */
	const char *cursor;
	/* Entries wanted; the provider may give fewer. */
	uint32_t limit;
};

/* An entry of the provider's book: one operation that it knows. Valid during the callback. */
struct rent_payment_entry {
	uint32_t struct_size;
	enum rent_payment_kind kind;
	/* SUCCEEDED, PENDING or DECLINED */
	enum rent_outcome outcome;
	/* ours, the idempotency key; "" it was sent none. */
	const char *id;
	/* The provider's; "" none. */
	const char *ref;
	/* As sent to the provider; "" not known. */
	const char *rental_id, *user_id;
	/* moved; with SUCCEEDED */
	int64_t amount;
	/* Wall time; 0 not known. */
	int64_t at;
};
typedef int (*rent_payment_entry_fn)(void *arg, const struct rent_payment_entry *entry);

struct rent_payment {
	uint32_t struct_size;
	/* Required. Never fails. */
	void (*caps)(void *self, struct rent_payment_caps *ret);
	/* Required unless RENT_OWN_IO. See rent/provider.h. */
	int (*build)(void *self, const struct rent_payment_op *op,
	             struct rent_arena *arena, struct rent_upstream_request *ret,
	             struct rent_error *err);
	void (*parse)(void *self, const struct rent_payment_op *op,
	              const struct rent_upstream_reply *reply,
	              struct rent_payment_result *ret);
	/* Required with RENT_OWN_IO, else NULL: does the call on the calling thread and
	 * returns before deadline_us (monotonic). A crash or a hang in here is the plugin's:
	 * the operation stays UNKNOWN. */
	void (*perform)(void *self, const struct rent_payment_op *op, int64_t deadline_us,
	                struct rent_payment_result *ret);

	/* Both or NULL: this provider cannot list what it has done, and --reconcile
	 * says so. build_list is as build(). parse_list calls fn for each entry of the page
	 * (a non-zero value ends it and is returned) and writes the next page's cursor, "" at
	 * the end; negative when the reply is not a page. Entries may come twice (a page is
	 * asked for again), and must not be left out. */
	int (*build_list)(void *self, const struct rent_payment_page *page,
	                  struct rent_arena *arena, struct rent_upstream_request *ret,
	                  struct rent_error *err);
	int (*parse_list)(void *self, const struct rent_payment_page *page,
	                  const struct rent_upstream_reply *reply,
	                  rent_payment_entry_fn fn, void *arg,
	                  char ret_cursor[RENT_REF_SIZE], struct rent_error *err);

	/* NULL: the provider reports nothing by itself. */
	rent_parse_event_fn parse_event;
};

RENT_EXTERN_C_END
#endif
