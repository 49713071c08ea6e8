/* SPDX-License-Identifier: MIT
 *
 * rent/payment.h - a payment provider: kind "payment", interface struct rent_payment.
 * Read rent/provider.h first. docs/howto/write-a-payment-plugin.md walks through one.
 *
 *   hold     reserves `amount`; nothing is taken
 *   capture  takes `amount` (at most what is left) out of the hold `target`; `final` says
 *            that nothing more will be captured from it
 *   release  gives `amount`, the rest of the hold `target`, back; of a hold or charge that its
 *            customer has not confirmed in time (caps.cancels) it is all that was asked for
 *   charge   takes `amount` at once
 *   refund   gives `amount` of the charge or capture `target` back
 *   lookup   finds out what became of the operation `id` of kind `lookup_of`; `id` "": of the refund
 *            `ref` of the charge or capture `target_ref`, which is none of ours. One of ours is UNKNOWN then.
 *            Its event may have named an id that we do not have: `id` is that one
 *   extend   makes the hold `target` last longer; `amount` is what is held
 *
 * Amounts are whole numbers of the deployment's currency unit, everywhere in this header. In
 * most deployments 1 is one euro, dollar or rouble and not one cent: a provider that counts
 * cents or writes "12.00" is sent what rent_minor() and rent_decimal() of rent/money.h make of
 * them, and read with their inverses, which refuse a fraction of a unit.
 *
 * Members whose comment says "later" were added after the first providers were written. A
 * provider may ignore all of them: 0, false and NULL mean "none".
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
	RENT_PAY_EXTEND,
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
	/* Smallest amount of a charge and of a hold; 0: any. */
	int64_t min_charge;
	/* How long a hold lasts where a result does not say; 0: not known. */
	int64_t hold_us;
	/* ISO 4217, "" when it does not matter. */
	char currency[4];
	/* Digits that our amounts have behind the currency's point: 0 when 1 is one euro, 2 when
	 * it is one cent. For people; nothing is calculated with it. */
	int32_t exponent;
	/* later: the header in which the id travels as the idempotency key, "Idempotency-Key";
	 * a literal. NULL: in another place, or the provider has no keys. Every request but a
	 * lookup carries it with exactly the operation's id; the payment kit checks that. */
	const char *key_header;
	/* later: a hold may end PENDING with an action. Then no powerbank is ejected before the hold's
	 * end is known, so that a customer who has to act has a start that waits for him. */
	bool acts;
	/* later: a release whose target waits for the customer (PENDING with an action), or did until it
	 * was DECLINED, cancels it, so that he cannot confirm it any more; SUCCEEDED then means that nothing
	 * is held or taken, whatever he did meanwhile. false: such a release is never asked for, and what he
	 * confirms too late is given back. */
	bool cancels;
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

	/* ---- later, all of them; with hold and charge. Text of the catalog or the customer: any
	 * UTF-8. NULL and "": not known. rent_text() reads them. */
	/* The provider's name for the payer: "cus_…". */
	const char *payer_ref;
	/* The provider's name for his means of payment: a saved card. */
	const char *method_ref;
	/* The payer is at the screen and can confirm. false: he is not; a payment that would need
	 * him is DECLINED with RENT_DECLINE_ACTION. */
	bool on_session;
	/* Where the provider sends him once he has confirmed: an https address. */
	const char *return_url;
	/* For receipts: a mail address, or a telephone number that begins with '+'. */
	const char *contact;
	/* One line for his statement. */
	const char *description;
	/* The cursor in the result of this operation's last call. */
	const char *cursor;
};

/* "" for NULL. */
static inline const char *rent_text(const char *text)
{
	return text == NULL ? "" : text;
}

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
	/* Reason for the audit trail; no secrets, and no address or token of an action. */
	char note[RENT_NOTE_SIZE];

	/* ---- later, all of them. */
	/* NOT_EXECUTED, PENDING and UNKNOWN: the caller does not ask again earlier; an hour at most
	 * counts. 0: the caller's usual back-off. */
	int64_t retry_after_us;
	/* UNKNOWN: the provider replays this answer under the same id. Sending again tells
	 * nothing, so the caller looks up instead. */
	bool ask;
	/* A person must act, whatever the outcome: the key is refused, the account is closed. The
	 * caller logs an error and reports the instance as degraded. */
	bool alert;
	/* PENDING: what the customer has to do, and his deadline (wall time; 0: the provider sets
	 * none). */
	enum rent_payment_action action;
	char action_value[RENT_ACTION_SIZE];
	int64_t action_until;
	/* hold, charge: the method that was used and may be used again without the customer. "":
	 * none was saved. */
	char method_ref[RENT_REF_SIZE];
	/* Not "": this operation needs one more call, and the rest of the result is ignored. The
	 * caller calls build() again with it in op->cursor (to search a list page by page), at most
	 * 16 times. Lookups only: a call that moves money is an operation. */
	char cursor[RENT_REF_SIZE];
	/* lookup, with not_found: the provider has shown what the operation would have changed, a hold
	 * that stands as it was. That proves that it was not executed, whatever caps say of what is not
	 * in a list. */
	bool not_found_is_final;
};

/* The page that is wanted of the provider's book. */
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
	/* moved; with SUCCEEDED. 0 of a hold: it is not told (only what was captured is shown) */
	int64_t amount;
	/* Wall time; 0 not known. */
	int64_t at;
	/* later: ISO 4217, where an entry may be of another currency than caps say; amount is then
	 * in that one. NULL, "": that of caps. */
	const char *currency;
	/* later: refund: the reference of the charge or capture that it is of; "" or NULL not known. One
	 * that nobody of ours made is told as made outside, and beside what is recorded of such. */
	const char *target_ref;
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

	/* NULL: the provider reports nothing on its own. See rent/event.h; events of payments are
	 * RENT_EVENT_OPERATION … RENT_EVENT_DISPUTE_CLOSED. */
	rent_parse_event_fn parse_event;
};

RENT_EXTERN_C_END
#endif
