/* SPDX-License-Identifier: MIT
 *
 * rent/rental.h - kind "rental": the use cases, as http_api and billing (or any other
 * driver: a queue, gRPC) call them. Implemented by rental_core.
 *
 * All slots wait (for storage, upstreams): a task parks meanwhile, a thread blocks. Any number of
 * tasks and threads may call them at once. They return 0 with a verdict in the reply struct, or a
 * negative code when not even that is known (storage not available: RENT_EUNAVAIL).
 */
#ifndef RENT_RENTAL_H
#define RENT_RENTAL_H

#include "model.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_RENTAL "rental"

/* How a use case ended. The names are kept in idempotency_keys.outcome. */
enum rent_verdict {
	RENT_DONE = 0,
	/* The station provider knows no such station. */
	RENT_NO_STATION,
	/* Quote unknown. */
	RENT_NO_QUOTE,
	RENT_QUOTE_EXPIRED,
	/* By another key. */
	RENT_QUOTE_USED,
	/* The key was used with another body. */
	RENT_KEY_MISMATCH,
	/* Its first request is still being worked on. */
	RENT_KEY_RUNNING,
	/* The payment provider said no, under deposit_declined = "refuse". */
	RENT_DEPOSIT_DECLINED,
	/* Does not eject: empty, broken. */
	RENT_STATION_REFUSED,
	/* A service this needs is not there; nothing was started. */
	RENT_NOT_AVAILABLE,
	/* Begun, and its end is not known yet: ask again with the key. */
	RENT_IN_DOUBT,
	RENT_NO_RENTAL,
	/* Stop of a PENDING or FAILED rental. */
	RENT_WRONG_STATE,
	/* The payment provider said neither yes nor no, under deposit_unavailable = "refuse";
	 * nothing was started. */
	RENT_PAYMENT_UNAVAILABLE,
	/* Stop of a rental whose powerbank the cabinet does not have; it goes on. */
	RENT_NOT_RETURNED,
	/* Stop of a rental, and the cabinet cannot be asked whether the powerbank is back. It goes
	 * on, and the time of asking is kept in rental.stop_asked_at where that is not 0. */
	RENT_RETURN_UNVERIFIED,
	/* The customer has to confirm the payment first, a start's deposit or what he pays: ask again
	 * with the key. The reply's json says how. Never recorded under the key. */
	RENT_ACTION_NEEDED,
	/* Pay of a rental that never began. */
	RENT_NOT_PAYABLE,
	/* Pay: the provider said no, or the customer did not confirm in time. */
	RENT_PAYMENT_DECLINED,
	/* Pay: another charge of the rental is under way, or its settlement. */
	RENT_PAYMENT_RUNNING,
};

static const struct rent_name rent_verdict_names[] = {
	{ RENT_DONE, "done" },
	{ RENT_NO_STATION, "no_station" },
	{ RENT_NO_QUOTE, "no_quote" },
	{ RENT_QUOTE_EXPIRED, "quote_expired" },
	{ RENT_QUOTE_USED, "quote_used" },
	{ RENT_KEY_MISMATCH, "key_mismatch" },
	{ RENT_KEY_RUNNING, "key_running" },
	{ RENT_DEPOSIT_DECLINED, "deposit_declined" },
	{ RENT_STATION_REFUSED, "station_refused" },
	{ RENT_NOT_AVAILABLE, "not_available" },
	{ RENT_IN_DOUBT, "in_doubt" },
	{ RENT_NO_RENTAL, "no_rental" },
	{ RENT_WRONG_STATE, "wrong_state" },
	{ RENT_PAYMENT_UNAVAILABLE, "payment_unavailable" },
	{ RENT_NOT_RETURNED, "not_returned" },
	{ RENT_RETURN_UNVERIFIED, "return_unverified" },
	{ RENT_ACTION_NEEDED, "action_needed" },
	{ RENT_NOT_PAYABLE, "not_payable" },
	{ RENT_PAYMENT_DECLINED, "payment_declined" },
	{ RENT_PAYMENT_RUNNING, "payment_running" },
	RENT_NAMES_END,
};

/* The detail of a reply is a sentence for a person about this case. "": there is nothing to say
 * beside the verdict; the caller has a sentence for each verdict. */
#define RENT_DETAIL_SIZE 256

struct rent_quote_reply {
	uint32_t struct_size;
	enum rent_verdict verdict;
	/* With DONE. */
	RENT_ROOM(struct rent_quote, quote, 512);
	int64_t expires_in_us;
	/* With NOT_AVAILABLE. */
	int64_t retry_after_us;
	/* Without DONE. */
	char detail[RENT_DETAIL_SIZE];
	/* How the price came about, with DONE. */
	int64_t tariff_price_per_hour, tariff_free_period_min, tariff_deposit;
	bool low_stock, subscriber, trusted, profile_known;
};

struct rent_start_request {
	uint32_t struct_size;
	const char *key, *quote_id, *request_id;
	struct rent_arena *arena;
	/* The only user it may be for: another user's quote is NO_QUOTE. NULL: any. */
	const char *user_id;
	/* The owner of the key: the same key of another caller is another key. NULL, "": callers
	 * are not distinguished. */
	const char *caller;
	/* What the deposit and later charges are paid with, as the provider names it, and where it
	 * sends a customer who has confirmed: visible ASCII, shorter than RENT_REF_SIZE and
	 * RENT_URL_SIZE. NULL, "": not said. */
	const char *payment_method, *return_url;
	/* Who starts; kept for ever. NULL: nobody is kept. */
	const struct rent_actor *actor;
};

/* verdict DONE: json is the answer's body, byte for byte the same for every repetition.
 * Refusals that were recorded under the key are replayed with the detail and request_id of
 * the first request. */
struct rent_start_reply {
	uint32_t struct_size;
	enum rent_verdict verdict;
	bool replayed;
	/* In the request's arena. */
	const char *json;
	/* Of the request that is answered; in the arena. */
	const char *request_id;
	/* "" when no rental was made. */
	const char *order_id;
	/* KEY_RUNNING, IN_DOUBT, NOT_AVAILABLE, PAYMENT_UNAVAILABLE. */
	int64_t retry_after_us;
	char detail[RENT_DETAIL_SIZE];
};

/* The customer pays what he owes now, and is there to confirm it. The members are those of a start. */
struct rent_pay_request {
	uint32_t struct_size;
	const char *order_id, *key, *caller;
	const char *payment_method, *return_url;
	struct rent_arena *arena;
	/* Who pays, likewise. */
	const struct rent_actor *actor;
};

/* DONE and ACTION_NEEDED: json is the answer's body. A final answer (DONE, PAYMENT_DECLINED,
 * PAYMENT_UNAVAILABLE) is kept under its key, and is the same for every repetition. */
struct rent_pay_reply {
	uint32_t struct_size;
	/* DONE, ACTION_NEEDED, NO_RENTAL, NOT_PAYABLE, PAYMENT_DECLINED, PAYMENT_RUNNING,
	 * PAYMENT_UNAVAILABLE, IN_DOUBT, KEY_MISMATCH. */
	enum rent_verdict verdict;
	/* Of a final answer that an earlier request with this key got. */
	bool replayed;
	/* In the request's arena. */
	const char *json;
	int64_t retry_after_us;
	char detail[RENT_DETAIL_SIZE];
	/* Of the request that is answered; in the arena. NULL, "": this one. */
	const char *request_id;
};

struct rent_stop_request {
	uint32_t struct_size;
	/* station_id: where it was given back. */
	const char *order_id, *station_id;
	/* Who stops; kept for ever with the end, or with the time of a stop that nobody could check. NULL:
	 * nobody is kept. */
	const struct rent_actor *actor;
};

struct rent_view {
	uint32_t struct_size;
	/* DONE, NO_RENTAL, WRONG_STATE, NOT_RETURNED, RETURN_UNVERIFIED. */
	enum rent_verdict verdict;
	RENT_ROOM(struct rent_rental, rental, 2560);
	/* Due(now) while it runs, final when it ended; ≤ r_buyout. */
	int64_t accrued;
	/* The part of the deposit that is held now. */
	int64_t held;
	/* The part of it that was released. */
	int64_t deposit_refund;
	char detail[RENT_DETAIL_SIZE];
	/* The next events, wall time as of rental.now; 0: none will come. */
	int64_t buyout;         /* the most that the rental can cost */
	int64_t next_charge_at; /* its cost grows; ACTIVE only */
	int64_t next_retry_at;  /* its debt is tried again, at the earliest */
	/* With RETURN_UNVERIFIED. */
	int64_t retry_after_us;
	/* While a start or a payment waits for the customer; else NONE. action_until: wall time. */
	enum rent_payment_action action;
	char action_value[RENT_ACTION_SIZE];
	int64_t action_until;
	/* The customer must confirm a charge: for now the debt is not collected without him. */
	bool payer_needed;
};

/* All rentals of a user added up, as of the storage's clock. */
struct rent_balance {
	uint32_t struct_size;
	int64_t rentals, live; /* all of them; those that are PENDING or ACTIVE */
	/* Their cost so far: due(now) of those that run, the final price of those that ended. */
	int64_t accrued;
	int64_t paid, debt;
	int64_t in_flight; /* sent, outcome not known yet; collections of debt left out */
};

struct rent_list_reply {
	uint32_t struct_size;
	void *arg;
	int (*item)(void *arg, const struct rent_view *view);
};

struct rent_station_reply {
	uint32_t struct_size;
	/* DONE, NO_STATION, NOT_AVAILABLE. */
	enum rent_verdict verdict;
	/* In the arena. */
	const char *json;
	int64_t retry_after_us;
	char detail[RENT_DETAIL_SIZE];
};

/* The money of a rental from one moment to the next point: due at that moment, and what was
 * paid, owed and in flight (without collections of debt) since. */
struct rent_money_point {
	uint32_t struct_size;
	int64_t at, due, paid, debt, in_flight;
};

struct rent_trail_reply {
	uint32_t struct_size;
	void *arg;
	int (*op)(void *arg, const struct rent_op *op);
	/* After the operations: the rental's money over time, oldest first, a few hundred
	 * points at most; none before it started. NULL: not wanted. */
	int (*point)(void *arg, const struct rent_money_point *point);
	/* Between them: what else happened to the rental, oldest first. NULL: not wanted. */
	int (*note)(void *arg, const struct rent_note *note);
};

/* ---- billing: work in batches; see rent/scheduler.h */
enum rent_phase {
	/* ACTIVE rentals: charge what is newly due, buy out, collect debt. */
	RENT_PHASE_ACCRUAL = 1,
	/* Debts of ended rentals. */
	RENT_PHASE_DEBTS,
	/* Everything whose time has come: starts left behind, unknown outcomes, settlements. */
	RENT_PHASE_RECOVERY,
};

/* Rentals, each with a decision; rental_core's. */
struct rent_batch;

/* Where a phase is on its way through its rentals. */
struct rent_page {
	uint32_t struct_size;
	/* The most rentals to read. */
	uint32_t limit;
	/* The last rental of the page before; "" begins. plan_batch moves it on. Recovery does
	 * not use it: it takes what nobody else has. */
	char cursor[RENT_ID_SIZE];
	/* out: there may be a further page. */
	bool more;
};

/* The work of batches; added to, never reset. */
struct rent_run {
	uint32_t struct_size;
	/* Rentals; charges by outcome. */
	int64_t looked_at, charged, failed, unknown;
	int64_t amount_charged;
	/* Somebody else was faster. */
	int64_t conflicts;
	/* Rentals set aside. */
	int64_t broken;
	int64_t buyouts, settled;
};

/* ---- for operators */

/* Something that an audit or a reconciliation found. Valid during the callback. */
struct rent_finding {
	uint32_t struct_size;
	/* False: a note; nothing is wrong, or it is not known yet. */
	bool breach;
	/* Expected and found say something. */
	bool counted;
	/* "I1" … "I8" of docs/explanation/money.md; "" none of them. */
	const char *invariant;
	/* A word that stays: "total_amount". */
	const char *code;
	/* "" when there is none. */
	const char *rental_id;
	const char *op_id, *user_id;
	/* The expected and the actual state, for a person. */
	const char *text;
	/* What to do about it. */
	const char *advice;
	int64_t expected, found;
	/* Wall time from which on it can have been so; 0 not known. */
	int64_t since;
};

/* How a check is run, and what it has seen so far. It reads pages without locks and looks a
 * second time before it reports, so that a rental in motion is not taken for broken. */
struct rent_check {
	uint32_t struct_size;
	/* Rows read at once; 0: 500. */
	uint32_t page;
	/* Between pages. */
	int64_t pause_us;
	/* Reconcile: wall time; 0: a day ago. */
	int64_t since;
	void *arg;
	/* Called for each finding; non-zero ends the check and is what it returns. */
	int (*finding)(void *arg, const struct rent_finding *finding);
	/* Called after each page, likewise. NULL: nobody wants to know. */
	int (*progress)(void *arg, const struct rent_check *check);
	/* out */
	/* Looked at. */
	int64_t rentals, operations;
	/* Reconcile: of the provider's book. */
	int64_t entries;
	int64_t breaches, notes;
	/* Debts changed from outside. */
	int64_t adjusted;
	/* Operations that wait for a person. */
	int64_t manual;
	/* Operations that a person resolved. */
	int64_t resolved;
};

/* An operation that waits for a person, with what he needs to ask its provider. */
struct rent_manual {
	uint32_t struct_size;
	const struct rent_op *op;
	/* NULL: it is gone. */
	const struct rent_rental *rental;
};

struct rent_manual_reply {
	uint32_t struct_size;
	void *arg;
	int (*item)(void *arg, const struct rent_manual *item);
};

enum rent_resolve_verdict {
	RENT_RESOLVED = 0,
	/* Unknown id. */
	RENT_RESOLVE_NO_OPERATION,
	/* It has an outcome already, or will have one. */
	RENT_RESOLVE_NOT_MANUAL,
	/* The request is impossible; see detail. */
	RENT_RESOLVE_REFUSED,
	/* Somebody works on the rental now; the same again in a while. */
	RENT_RESOLVE_BUSY,
};

/* The outcome of an operation in MANUAL, as a person found it out. */
struct rent_resolve {
	uint32_t struct_size;
	const char *op_id;
	/* SUCCEEDED, DECLINED or NOT_EXECUTED. */
	enum rent_op_state as;
	/* With SUCCEEDED: what was moved; 0: what was asked for. */
	int64_t amount;
	/* The provider's; "" none. Of an eject: the powerbank. */
	const char *reference;
	/* Kept forever; not empty. */
	const char *reason, *by;
	/* Of a hold that succeeded: when it runs out; 0 not known. */
	int64_t expires_at;
	/* out */
	enum rent_resolve_verdict verdict;
	/* "" with NO_OPERATION. */
	char rental_id[RENT_ID_SIZE];
	/* The settlement goes on: a worker does what is left. */
	bool settling;
	/* For a person. */
	char detail[RENT_DETAIL_SIZE];
	/* ---- in again. Who resolves it, as the system knows him; kept for ever beside by and reason,
	 * those of the actor are not read. NULL: only these are kept. */
	const struct rent_actor *actor;
};

struct rent_rental_api {
	uint32_t struct_size;

	int (*quote)(void *self, const char *station_id, const char *user_id,
	             struct rent_arena *arena, struct rent_quote_reply *ret,
	             struct rent_error *err);
	int (*start)(void *self, const struct rent_start_request *req,
	             struct rent_start_reply *ret, struct rent_error *err);
	int (*status)(void *self, const char *order_id, struct rent_view *ret,
	              struct rent_error *err);
	/* station_id: where it was given back. Repeating gives the same final state. Where stops are
	 * verified the cabinet there is asked first. */
	int (*stop)(void *self, const char *order_id, const char *station_id,
	            struct rent_view *ret, struct rent_error *err);
	int (*list)(void *self, const struct rent_list_query *query,
	            const struct rent_list_reply *reply, struct rent_error *err);
	/* Operations that move money, oldest first. 1: no such rental. */
	int (*trail)(void *self, const char *order_id,
	             const struct rent_trail_reply *reply, struct rent_error *err);
	int (*station)(void *self, const char *station_id, struct rent_arena *arena,
	               struct rent_station_reply *ret, struct rent_error *err);

	/* Reads the next page and decides what each rental needs. Sets *ret_batch to NULL if
	 * none needs work. run: looked_at, broken. The batch must be given to run_batch (or is
	 * lost until its leases end). */
	int (*plan_batch)(void *self, enum rent_phase phase, struct rent_page *page,
	                  struct rent_batch **ret_batch, struct rent_run *run,
	                  struct rent_error *err);
	/* Records intents, makes the calls, records the outcomes. Frees the batch, always. */
	int (*run_batch)(void *self, struct rent_batch *batch, struct rent_run *run,
	                 struct rent_error *err);
	/* Deletes expired quotes and old keys, refreshes gauges. */
	int (*housekeep)(void *self, struct rent_error *err);

	/* ---- for operators; NULL: not offered */

	/* Checks the invariants I1-I7 of every rental. 0 also with breaches. */
	int (*audit)(void *self, struct rent_check *check, struct rent_error *err);
	/* Compares the operations since check->since with the books of the bound payment
	 * providers (I8); changes nothing. RENT_EUNSUPPORTED: none of them can list. */
	int (*reconcile)(void *self, struct rent_check *check, struct rent_error *err);
	/* Operations in MANUAL, oldest first. */
	int (*manual)(void *self, const struct rent_manual_reply *reply,
	              struct rent_error *err);
	/* Ends one of them with all that follows for the rental, in one step. */
	int (*resolve)(void *self, struct rent_resolve *resolve, struct rent_error *err);

	/* All rentals of a user added up; zeros for a user that has none. NULL: not offered. */
	int (*balance)(void *self, const char *user_id, struct rent_balance *ret,
	               struct rent_error *err);

	/* Acts on an event that a service reported, and says with what result: "returned",
	 * "orphan", … The same event may come twice and has its effect once. Negative: not now, the
	 * caller hands it on again; 1 likewise, and nothing is wrong: it waits for something. NULL:
	 * events are recorded only. */
	int (*event)(void *self, const struct rent_inbound *event,
	             char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err);

	/* Charges the whole debt of a rental while the customer is there. One charge for a key, and
	 * one at a time for a rental. NULL: not offered. */
	int (*pay)(void *self, const struct rent_pay_request *req,
	           struct rent_pay_reply *ret, struct rent_error *err);

	/* stop, and who asks for it. NULL: stop. */
	int (*stop_as)(void *self, const struct rent_stop_request *req,
	               struct rent_view *ret, struct rent_error *err);
};

RENT_EXTERN_C_END
#endif
