/* SPDX-License-Identifier: MIT
 *
 * rent/storage.h - kind "storage": the durable truth. A storage is asked for intentions and not
 * for rows. Each call is one atomic step that is durable when it returns; no transaction handle
 * crosses the border, so a backend may do a call in one round trip and gather the calls of many
 * threads into one commit.
 *
 * Any number of threads may call all slots at once (the plugin is declared parallel), and a call
 * blocks until it is done. Reads see every change whose call has returned. Callbacks run on the
 * calling thread, within the call; what they are handed is valid until they return; a callback
 * that returns non-zero ends the iteration, and the call returns that value. A callback may call
 * the storage's reading slots again. Time is the database's clock.
 *
 * Errors: RENT_EUNAVAIL (cannot be reached now, nothing happened), RENT_EFULL (disk, or too many
 * calls wait), RENT_EINDOUBT (the connection was lost at the commit and the outcome could not be
 * read back), RENT_ECORRUPT, RENT_ENOMEM, RENT_EFAIL.
 *
 * The rules live in rental_core. A storage enforces these by constraints against every writer:
 * one rental per quote and per key, one charge in flight per rental, one live rental per
 * powerbank, amounts not negative, `used` not above `processed`. It knows no price.
 *
 * ---- leases and versions
 * Every rental has a version, which each change raises, and at most one lease: a token and a
 * time. Only the holder of a rental's lease moves its money; the change of any other
 * driver conflicts. A lease that ran out may be taken over; from then on the old token is
 * refused. A change names the version it was decided on and the token of its driver, and
 * is applied wholly or not at all.
 *
 * ---- a storage over a storage
 * A cache is a storage that uses another one. It states the intentions that it changes; each slot
 * that it leaves out is the inner storage's. The table that it gives to its own callers is complete.
 *
 * ---- older builds
 * A caller copies the table into a zeroed struct (rent_adopt) and tests a slot for NULL
 * before it calls one that an older storage may lack; a storage does the same with the structs of
 * a call. Each slot that may be NULL says what that means.
 */
#ifndef RENT_STORAGE_H
#define RENT_STORAGE_H

#include "model.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_STORAGE "storage"

/* Changes in one advance(). */
#define RENT_ADVANCE_MAX 1000
/* Rows in one scan(), claim(), list or audit page. */
#define RENT_SCAN_MAX 5000
/* Operations shown with a rental. */
#define RENT_VIEW_OPS 64
/* Of these, of kind HOLD. */
#define RENT_VIEW_HOLDS 16
/* Operations that one change may insert, and end. */
#define RENT_CHANGE_OPS 4
/* Messages that one change may put into the outbox. */
#define RENT_CHANGE_MESSAGES 64

/* As a time: the database's clock in the transaction. */
#define RENT_DB_NOW INT64_C(-1)
/* As stop_asked_at: null again. */
#define RENT_NO_TIME INT64_C(-2)
/* As work_in_us: nothing is left to do. */
#define RENT_NO_WORK INT64_C(-1)

/* Gives out a rental and its operations: holds (RENT_VIEW_HOLDS at most: those without target
 * and with processed > used, then the newest others; all of them newest first) and eject, then open ones, then the newest of
 * purpose SETTLE, then the newest charge or capture with something left to refund (processed >
 * used) if it is not among them; RENT_VIEW_OPS at most. ops is an array of n pointers; calls that
 * do not read operations pass NULL and 0. */
typedef int (*rent_rental_fn)(void *arg, const struct rent_rental *rental,
                              const struct rent_op *const *ops, size_t n);
typedef int (*rent_op_fn)(void *arg, const struct rent_op *op);

/* ---- start */
enum rent_start_result {
	/* Rental and intents are recorded, the lease is ours. */
	RENT_START_NEW = 1,
	/* The key's rental has no answer and its lease had run out: the lease is ours now, the
	 * caller drives the rental on. */
	RENT_START_RESUME,
	/* The key's rental has no answer and its lease is live. */
	RENT_START_RUNNING,
	/* The key has an answer: ret_outcome, ret_answer. */
	RENT_START_REPLAY,
	/* The key was used with another fingerprint. */
	RENT_START_MISMATCH,
	/* There is no such quote: nothing is recorded, and the key stays new. */
	RENT_START_QUOTE_UNKNOWN,
	/* The refusals, which are recorded as the answer of the key. */
	RENT_START_QUOTE_EXPIRED,
	RENT_START_QUOTE_USED,
};

/* The answer of a key whose quote cannot be used. */
struct rent_refusal {
	const char *outcome, *answer;
};

struct rent_start {
	uint32_t struct_size;
	/* ---- in. fingerprint: 1..128 bytes */
	const char *key, *scope, *fingerprint;
	const char *quote_id;
	/* The unused quote itself, from a cache; expiry and single use are checked here all the
	 * same. NULL: only the storage's own row counts. */
	const struct rent_quote *quote;
	/* A new id. */
	const char *rental_id;
	/* Ids of the intents. There is no hold when the deposit is 0, and no eject when eject_id
	 * is NULL (a later change intends it). */
	const char *hold_id, *eject_id;
	/* For rental.provider. */
	const char *provider;
	const char *token;
	/* Also work_at: when the lease runs out, claim() gives the rental out. */
	int64_t lease_us;
	struct rent_refusal unknown, expired, used;
	/* For ret_outcome and ret_answer. */
	struct rent_arena *arena;
	/* Called once with NEW and RESUME. NULL: not wanted. */
	rent_rental_fn fn;
	void *arg;
	/* ---- out */
	enum rent_start_result ret;
	/* With REPLAY. */
	const char *ret_outcome, *ret_answer;
	/* With RUNNING: until the lease runs out. */
	int64_t ret_retry_us;
	/* ---- in again. For the members of the rental; NULL: "". */
	const char *cabinet_id, *station_instance;
	/* Likewise; of an older build: "". */
	const char *provider_plugin, *station_plugin;
	/* The user whose quote it must be, judged in the same step: another's is QUOTE_UNKNOWN,
	 * used or not. NULL: anybody's. */
	const char *user_id;
	/* For the hold, and method_ref also for the rental's payment_method; NULL: "". */
	const char *method_ref, *return_url;
	/* Who starts: kept for ever in the same transaction, with NEW only. NULL: nobody is kept. */
	const struct rent_actor *actor;
};

/* ---- advance */
enum rent_lease_move {
	/* None is needed, none is touched. */
	RENT_LEASE_NONE = 0,
	/* It must be free (none, or run out) or already ours; then it is ours for lease_us. */
	RENT_LEASE_TAKE,
	/* It must be ours; it goes on for lease_us from now. */
	RENT_LEASE_KEEP,
	/* It must be ours; it is given up. */
	RENT_LEASE_DROP,
};

enum rent_debt_try {
	RENT_DEBT_TRY_NONE = 0,
	/* attempts = 0, last_attempt_at = null */
	RENT_DEBT_TRY_OK,
	/* attempts + 1, last_attempt_at = now */
	RENT_DEBT_TRY_FAILED,
};

/* Begins an operation. The target's `used` grows by amount. */
struct rent_op_new {
	/* target_id: "" or NULL when there is none. */
	const char *id, *target_id;
	enum rent_op_kind kind;
	enum rent_purpose purpose;
	int64_t amount;
};

/* Moves an open operation of this rental; a change that names one that is not open is a CONFLICT
 * (but see `resolution` of the change). The target's `used` shrinks by amount - processed when
 * the new state is final (SUCCEEDED, DECLINED, NOT_EXECUTED), not with MANUAL. A charge or
 * capture that reaches SUCCEEDED, DECLINED or NOT_EXECUTED gets its payment_attempts row: amount
 * processed with success, else the amount asked, with note as error. tries grows by one. */
struct rent_op_end {
	const char *id;
	/* Any but INTENT. */
	enum rent_op_state state;
	int64_t processed, expires_at;
	/* NULL: unchanged. */
	const char *ref, *result, *note;
};

/* A line in the trail; text: at most RENT_NOTE_SIZE - 1 bytes. */
struct rent_note_new {
	enum rent_note_kind kind;
	const char *text;
};
typedef int (*rent_note_fn)(void *arg, const struct rent_note *note);
typedef int (*rent_debt_line_fn)(void *arg, const struct rent_debt_line *line);

enum rent_change_result {
	RENT_CHANGE_APPLIED = 1,
	/* Version, lease, status or operation was not as stated. */
	RENT_CHANGE_CONFLICT,
	/* powerbank_id is in another live rental. */
	RENT_CHANGE_POWERBANK_TAKEN,
	/* There is no such rental. */
	RENT_CHANGE_GONE,
	/* undeposited_max rentals go on without a deposit already. */
	RENT_CHANGE_UNDEPOSITED,
};

#define RENT_REASON_SIZE 513

/* How a person ended an operation in MANUAL, and why. */
struct rent_resolution {
	uint32_t struct_size;
	char op_id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE];
	/* The person, and the reason; neither is empty. */
	char by[RENT_ID_SIZE];
	char reason[RENT_REASON_SIZE];
	/* Read back only; in a change they are those of the end. resolved_as: SUCCEEDED, DECLINED
	 * or NOT_EXECUTED. */
	enum rent_op_state resolved_as;
	int64_t amount;
	char ref[RENT_REF_SIZE];
	int64_t created_at;
};
typedef int (*rent_resolution_fn)(void *arg, const struct rent_resolution *resolution);

struct rent_op_action {
	uint32_t struct_size;
	/* action: not NONE. until: wall time, 0 unknown. */
	const char *op_id, *value;
	enum rent_payment_action action;
	int64_t until;
};

/* With what, and for which request of the customer, an operation is begun; NULL: "". */
struct rent_op_request {
	uint32_t struct_size;
	const char *op_id, *method_ref, *return_url;
	/* Two operations with the same one are refused. */
	const char *key;
};

/* One atomic change of one rental. Members that are zero change nothing unless said. */
struct rent_change {
	uint32_t struct_size;
	/* ---- guards. token: with every lease move but NONE */
	const char *rental_id;
	int64_t expect_version;
	enum rent_lease_move lease;
	const char *token;
	int64_t lease_us;
	/* ---- the rental. status, settlement: new, 0 unchanged */
	enum rent_status status;
	enum rent_settlement settlement;
	/* final_amount is set with set_final. */
	bool set_final;
	int64_t final_amount;
	/* NULL: unchanged. Set only where the rental has none. */
	const char *provider;
	/* NULL: unchanged. */
	const char *powerbank_id;
	/* 0: unchanged; RENT_DB_NOW, or a time. */
	int64_t started_at, finished_at;
	int64_t paid_delta;
	/* Always set: work_at = now + this, or RENT_NO_WORK. */
	int64_t work_in_us;
	/* Always set. */
	int64_t work_tries;
	/* ---- the debt: amount_total = max(0, amount_total + delta), journalled with the part that
	 * took effect, and with the operation that it follows from: the first that the change ends,
	 * else the newest one of the rental. The row is made when there is none and delta > 0. debt_reason goes with a
	 * delta: "accrual charge declined", … */
	int64_t debt_delta;
	const char *debt_reason;
	enum rent_debt_try debt_try;
	/* ---- operations: those with a NULL id are skipped. Ends are applied before news. */
	struct rent_op_end ends[RENT_CHANGE_OPS];
	struct rent_op_new news[RENT_CHANGE_OPS];
	/* The answer of the key that this rental was started under. NULL outcome: none. */
	const char *outcome, *answer;
	/* ---- out. ret_version, ret_now: with APPLIED */
	enum rent_change_result ret;
	int64_t ret_version, ret_now;
	/* ---- in again. A person ends the operation resolution->op_id, which must be among the
	 * ends and in MANUAL (an open one is a CONFLICT). by and reason are kept forever, together
	 * with what the end says of it, in the same transaction. NULL: none. */
	const struct rent_resolution *resolution;
	/* For the members of the rental; 0 and NULL: unchanged. stop_asked_at: RENT_DB_NOW, a
	 * time, or RENT_NO_TIME. */
	enum rent_ended_by ended_by;
	const char *return_station_id;
	int64_t stop_asked_at;
	/* Not 0: the rental goes on though its deposit could not be held, as one of at most this
	 * many such rentals that are PENDING or ACTIVE at once, on all hosts together; else
	 * UNDEPOSITED. Those whose
	 * hold SUCCEEDED later do not count. */
	int64_t undeposited_max;
	/* Goes with provider. */
	const char *provider_plugin;
	/* What the customer has to do for the operation action->op_id, which is among the ends and
	 * stays open. NULL: unchanged. */
	const struct rent_op_action *action;
	/* Of the operation request->op_id, which is among the news. NULL: none. */
	const struct rent_op_request *request;
	/* For the members of the rental: NULL and 0 unchanged, payer_needed_at else RENT_DB_NOW, a
	 * time, or RENT_NO_TIME. */
	const char *payment_method;
	int64_t payer_needed_at;
	/* Who asked for the change: kept for ever in the same transaction. NULL: nobody is kept. */
	const struct rent_deed *deed;
	/* Put into the outbox in the same transaction, in this order; their rental_id is not read.
	 * At most RENT_CHANGE_MESSAGES. */
	const struct rent_message *messages;
	size_t message_count;
	/* Recorded once for its event (a second time is a CONFLICT); the rental's `outside` grows by its
	 * amount, and outside_at is now. paid_delta says what becomes of `paid`. NULL: none. */
	const struct rent_outside *outside;
	/* Lines in the rental's trail; those of no kind are skipped. */
	struct rent_note_new notes[RENT_CHANGE_OPS];
};

enum rent_scan {
	/* ACTIVE rentals. */
	RENT_SCAN_ACTIVE = 1,
	/* FINISHED and BUYOUT rentals with debts.amount_total > 0. */
	RENT_SCAN_DEBTS,
	/* ACTIVE rentals, each with its hold as the only operation, or none if it has no hold. */
	RENT_SCAN_HELD,
};

enum rent_ops {
	/* Of every kind and state. */
	RENT_OPS_ALL = 1,
	/* Those in MANUAL, which a person must look at. */
	RENT_OPS_MANUAL,
};

struct rent_totals {
	uint32_t struct_size;
	/* Rentals; unsettled: settlement PENDING. */
	int64_t active, pending, unsettled;
	/* Sum of debts.amount_total. */
	int64_t debt;
	int64_t open_ops, manual_ops;
	/* How long the oldest work_at is past; 0: none is. */
	int64_t oldest_work_us;
};

struct rent_user_sums {
	uint32_t struct_size;
	/* Rentals; live: PENDING or ACTIVE. */
	int64_t rentals, live;
	/* Sums of total_amount and of debts.amount_total. */
	int64_t paid, debt;
	/* Charges and captures, as in struct rent_rental: open ones; those of them that collect
	 * debt; those in MANUAL. */
	int64_t in_flight, in_flight_debt, in_doubt;
	/* FINISHED or BUYOUT, and not settled yet; 0 in a storage that does not count them. */
	int64_t unsettled;
};

/* A rental as an auditor sees it: sums made from the single rows, not from what the rental says
 * of itself. */
struct rent_audit_row {
	uint32_t struct_size;
	const struct rent_rental *rental;
	/* payment_attempts: sum of the successful ones. */
	int64_t attempts_taken;
	/* Operations: taken, given back, refunds that are open or MANUAL. */
	int64_t charged, refunded, refunding;
	/* Sum of the debt journal. */
	int64_t journal_debt;
	/* Open charges and captures, how many. */
	int64_t open_takes;
	/* Holds that SUCCEEDED: how many (without those that extend another), processed, used. */
	int64_t holds, held, hold_used;
	/* Of holds: succeeded captures and releases. */
	int64_t captured, released;
	/* When the last hold that is not used up ends: as its newest extension that SUCCEEDED says, else as it
	 * was when it was made. 0: there is none, or the end of one is not known. */
	int64_t hold_expires_at;
	/* Operations whose used > processed. */
	int64_t overused;
	/* Ejects that SUCCEEDED. */
	int64_t ejects;
	/* Operations in MANUAL. */
	int64_t manual;
	/* created_at of the oldest open operation; 0: none. */
	int64_t oldest_open_at;
	/* Other rentals with this quote; other live ones (PENDING, ACTIVE) with this powerbank. */
	int64_t same_quote, same_powerbank_live;
	/* Keys that name this rental. */
	int64_t keys;
	/* Operations that a person resolved, and those of them that do not stand as they were
	 * resolved. */
	int64_t resolved, resolved_otherwise;
	/* Charges and captures of the settlement that took, are open or MANUAL, how many. Without those of
	 * a buyout that a return has undone (its newest note RENT_NOTE_AFTER_BUYOUT is younger). */
	int64_t settle_takes;
	/* Outside movements: their sum. */
	int64_t outside;
	/* Lines of the debt journal that name no operation of the rental, but for those that are older
	 * than this rule. */
	int64_t unnamed;
};
typedef int (*rent_audit_fn)(void *arg, const struct rent_audit_row *row);

/* Rentals that are not finished and were begun with the same providers. */
struct rent_unfinished {
	uint32_t struct_size;
	/* As in struct rent_rental. */
	char provider[RENT_ID_SIZE], provider_plugin[RENT_ID_SIZE];
	char station_instance[RENT_ID_SIZE], station_plugin[RENT_ID_SIZE];
	int64_t rentals;
};
typedef int (*rent_unfinished_fn)(void *arg, const struct rent_unfinished *group);

enum rent_inbound_result {
	/* It is recorded. */
	RENT_INBOUND_NEW = 1,
	/* Its instance had this event_id already; nothing changed. */
	RENT_INBOUND_KNOWN,
};

/* Which events to list, by id ascending. */
struct rent_inbound_query {
	uint32_t struct_size;
	/* Only those that have not been acted on. */
	bool open;
	/* "" begins. */
	const char *after_id;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
};
typedef int (*rent_inbound_fn)(void *arg, const struct rent_inbound *event);

/* Inventories of one cabinet of one provider. */
struct rent_inventory_query {
	uint32_t struct_size;
	const char *instance, *cabinet_id;
	/* The database's clock. */
	int64_t since;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
};
typedef int (*rent_inventory_fn)(void *arg, const struct rent_inventory *inventory);

/* Which deeds to list, newest first. */
struct rent_deed_query {
	uint32_t struct_size;
	/* "" of all. */
	const char *rental_id;
	/* Only those with a smaller id; 0 begins with the newest. */
	int64_t before_id;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
};
typedef int (*rent_deed_fn)(void *arg, const struct rent_deed *deed);
typedef int (*rent_outside_fn)(void *arg, const struct rent_outside *outside);
typedef int (*rent_message_fn)(void *arg, const struct rent_message *message);

/* How a try ended, or what an operator wants. */
struct rent_message_end {
	uint32_t struct_size;
	const char *endpoint, *id;
	/* The tries of the message as it was given out: after another try has begun, only DELIVERED
	 * is recorded. -1: whatever they are. */
	int64_t expect_tries;
	/* DELIVERED and SET_ASIDE end it; OPEN: the next try is due after wait_us. */
	enum rent_message_state state;
	int64_t wait_us;
	/* As they shall be. */
	int64_t tries;
	const char *note;
};

/* Messages of one endpoint, by id ascending. */
struct rent_message_query {
	uint32_t struct_size;
	const char *endpoint;
	/* 0 any. */
	enum rent_message_state state;
	/* "" begins. */
	const char *after_id;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
};

struct rent_message_sums {
	uint32_t struct_size;
	int64_t open, set_aside;
	/* Age of the oldest open one; 0: none is. */
	int64_t oldest_us;
};

/* What a request was answered, kept under its key for whoever repeats it. */
struct rent_kept_answer {
	uint32_t struct_size;
	/* As in struct rent_start. scope: not that of a start. */
	const char *key, *scope;
	/* answer_put only. fingerprint: 1..128 bytes. */
	const char *fingerprint, *rental_id, *outcome, *answer;
	/* ---- answer_get only */
	struct rent_arena *arena;
	/* In the arena. */
	const char *ret_fingerprint, *ret_outcome, *ret_answer;
};

/* ---- books: tables whose rows are added and never changed */
enum rent_book {
	RENT_BOOK_DEBTS = 1,
	RENT_BOOK_ATTEMPTS,
	RENT_BOOK_DEEDS,
	RENT_BOOK_OUTSIDE,
	RENT_BOOK_RESOLUTIONS,
	RENT_BOOK_NOTES,
};

/* The names of their tables. */
static const struct rent_name rent_book_names[] = {
	{ RENT_BOOK_DEBTS, "debt_journal" },
	{ RENT_BOOK_ATTEMPTS, "payment_attempts" },
	{ RENT_BOOK_DEEDS, "audit_log" },
	{ RENT_BOOK_OUTSIDE, "outside_movements" },
	{ RENT_BOOK_RESOLUTIONS, "operation_resolutions" },
	{ RENT_BOOK_NOTES, "notes" },
	RENT_NAMES_END,
};

/* A row of a book: its values as text, the rental first, always in the same order and form. */
struct rent_line {
	uint32_t struct_size;
	uint32_t count;
	int64_t id;
	/* NULL: null. */
	const char *const *values;
};
typedef int (*rent_line_fn)(void *arg, const struct rent_line *line);

/* Lines by id ascending, above after_id and not above upto_id. */
struct rent_line_query {
	uint32_t struct_size;
	enum rent_book book;
	int64_t after_id, upto_id;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
};

/* 64 hexadecimal digits, and a NUL. */
#define RENT_SEAL_SIZE 65

/* What a book had when its lines up to upto_id were sealed; rental_core says what digests and hash
 * are made of. */
struct rent_seal {
	uint32_t struct_size;
	enum rent_book book;
	/* From 1 on, without a gap. */
	int64_t number;
	int64_t upto_id, lines;
	const char *digests;
	char hash[RENT_SEAL_SIZE];
	/* Read back only. */
	int64_t created_at;
};
typedef int (*rent_seal_fn)(void *arg, const struct rent_seal *seal);

/* Seals of a book. */
struct rent_seal_query {
	uint32_t struct_size;
	enum rent_book book;
	/* By number ascending, above after; or the last one alone. */
	bool last;
	int64_t after;
	/* 1 .. RENT_SCAN_MAX. */
	uint32_t limit;
};

struct rent_storage {
	uint32_t struct_size;

	/* Records a quote; sets quote->created_at = now and expires_at = now + ttl_us. A crash may
	 * lose it: no money hangs on it. */
	int (*quote_put)(void *self, struct rent_quote *quote, int64_t ttl_us,
	                 struct rent_error *err);

	/* In one transaction: claims the key, checks and uses up the quote, inserts the rental as
	 * PENDING (settlement OPEN, price of the quote) with its hold and eject intents under a
	 * lease. See rent_start. 0 with s->ret set. */
	int (*start_begin)(void *self, struct rent_start *s, struct rent_error *err);

	/* Applies n <= RENT_ADVANCE_MAX changes of different rentals. Each is atomic, and one's
	 * conflict leaves the others alone; ret of each says what became of it. On a negative
	 * return nothing is known applied (RENT_EINDOUBT) or nothing was. */
	int (*advance)(void *self, struct rent_change *const *changes, size_t n,
	               struct rent_error *err);

	/* One rental with its operations. 1: there is none. */
	int (*rental_get)(void *self, const char *id, rent_rental_fn fn, void *arg,
	                  struct rent_error *err);

	/* Without operations, newest first. 0 also when there are none. */
	int (*rental_list)(void *self, const struct rent_list_query *query,
	                   rent_rental_fn fn, void *arg, struct rent_error *err);

	/* Every operation of a rental, oldest first. 1: no such rental. */
	int (*rental_trail)(void *self, const char *id, rent_op_fn fn, void *arg,
	                    struct rent_error *err);

	/* A page of candidates for billing, ids above after_id ("" begins) ascending, without
	 * operations unless `what` says so, without locks. */
	int (*scan)(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
	            rent_rental_fn fn, void *arg, struct rent_error *err);

	/* Takes the lease of up to limit rentals whose work_at has passed and whose lease is free,
	 * oldest work first, and gives them out with their operations. Concurrent callers get
	 * different ones. The version grows. */
	int (*claim)(void *self, const char *token, int64_t lease_us, uint32_t limit,
	             rent_rental_fn fn, void *arg, struct rent_error *err);

	/* Deletes quotes that expired quote_age_us ago, and keys older than key_age_us whose rental
	 * is neither live nor unsettled; limit of each at most. *ret_n: how many. */
	int (*purge)(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
	             int64_t *ret_n, struct rent_error *err);

	/* Sums over all rentals: live, unsettled, owed and open; for metrics and audits. */
	int (*totals)(void *self, struct rent_totals *ret, struct rent_error *err);

	/* A page of audit rows, ids ascending; one consistent snapshot per page. */
	int (*audit_scan)(void *self, const char *after_id, uint32_t limit,
	                  rent_audit_fn fn, void *arg, struct rent_error *err);

	/* A cache shared by hosts, for catalogue data; NULL (both): there is none. Values are text
	 * of at most 64 KiB, may vanish at any time, and are not trusted by the reader. cache_get:
	 * 0 and a copy in the arena, 1 not there, negative not available. The backend's own
	 * time-out bounds a call. ttl_us > 0. */
	int (*cache_get)(void *self, const char *space, const char *key,
	                 struct rent_arena *arena, const char **ret,
	                 struct rent_error *err);
	int (*cache_put)(void *self, const char *space, const char *key,
	                 const char *value, int64_t ttl_us, struct rent_error *err);

	/* ---- for operators. NULL (all three): nothing can be resolved or reconciled here, and
	 * `resolution` of a change is refused. */

	/* One operation, whatever rental it is of. 1: there is none. */
	int (*op_get)(void *self, const char *id, rent_op_fn fn, void *arg,
	              struct rent_error *err);

	/* A page of operations, ids above after_id ("" begins) ascending, without locks. */
	int (*op_scan)(void *self, enum rent_ops what, const char *after_id,
	               uint32_t limit, rent_op_fn fn, void *arg, struct rent_error *err);

	/* How people resolved operations of a rental, oldest first. 0 also when there are none. */
	int (*resolutions)(void *self, const char *rental_id, rent_resolution_fn fn,
	                   void *arg, struct rent_error *err);

	/* All rentals of a user added up; of everybody with "". Zeros when there are none. NULL:
	 * the caller adds up the pages of rental_list itself. */
	int (*user_sums)(void *self, const char *user_id, struct rent_user_sums *ret,
	                 struct rent_error *err);

	/* ---- events of services. NULL (all three): this storage keeps no events, and none can be
	 * taken in. */

	/* Records an event, whose received_at, handled_at and outcome are not read. 0 with *ret
	 * set. */
	int (*event_put)(void *self, const struct rent_inbound *event,
	                 enum rent_inbound_result *ret, struct rent_error *err);

	/* Sets its outcome, and handled_at = now; with "" it is open again. 1: there is none. */
	int (*event_end)(void *self, const char *id, const char *outcome,
	                 struct rent_error *err);

	/* 0 also when there are none. */
	int (*event_list)(void *self, const struct rent_inbound_query *query,
	                  rent_inbound_fn fn, void *arg, struct rent_error *err);

	/* The ACTIVE rental that has a powerbank, without operations. 1: none has it. NULL: the caller
	 * looks through the pages of scan(). */
	int (*rental_holding)(void *self, const char *powerbank_id, rent_rental_fn fn,
	                      void *arg, struct rent_error *err);

	/* Counts the rentals that still need their providers (PENDING, ACTIVE, not settled, or with an
	 * open operation), grouped by these. 0 also when there are none. NULL: it cannot be told. */
	int (*unfinished)(void *self, rent_unfinished_fn fn, void *arg,
	                  struct rent_error *err);

	/* Records what was in a cabinet before an eject; the first one of an eject counts. Those of
	 * the same cabinet that are older than keep_us go. NULL (both): none is kept, and an eject
	 * is not judged by what is in its cabinet. */
	int (*inventory_put)(void *self, const struct rent_inventory *inventory,
	                     int64_t keep_us, struct rent_error *err);

	/* Those of a cabinet taken at `since` or later, newest first. 0 also when there are none. */
	int (*inventory_list)(void *self, const struct rent_inventory_query *query,
	                      rent_inventory_fn fn, void *arg, struct rent_error *err);

	/* Who did what. 0 also when there is nothing. NULL: nobody is kept here. */
	int (*deed_list)(void *self, const struct rent_deed_query *query, rent_deed_fn fn,
	                 void *arg, struct rent_error *err);
	/* ---- the outbox: what changes tell other systems. NULL (all four): this storage has none,
	 * and `messages` of a change are not recorded. */

	/* Gives out up to limit open messages of an endpoint whose next_at has passed, each the oldest
	 * open one of its rental there, and begins a try of each: tries grows by one, and next_at is
	 * lease_us from now. Concurrent callers get different ones. */
	int (*outbox_claim)(void *self, const char *endpoint, int64_t lease_us,
	                    uint32_t limit, rent_message_fn fn, void *arg,
	                    struct rent_error *err);

	/* Records the end of a try. 1: there is no such message, or it is not as expected. next_at of the open
	 * messages behind it, of the same rental and endpoint, goes with that of a message that stays open;
	 * when it does not, those that were never tried are due at once. */
	int (*outbox_end)(void *self, const struct rent_message_end *end,
	                  struct rent_error *err);

	/* 0 also when there are none. */
	int (*outbox_list)(void *self, const struct rent_message_query *query,
	                   rent_message_fn fn, void *arg, struct rent_error *err);

	/* Of one endpoint. */
	int (*outbox_sums)(void *self, const char *endpoint,
	                   struct rent_message_sums *ret, struct rent_error *err);

	/* ---- what the provider did by itself. NULL (both): it is not recorded, and `outside` of a
	 * change is not either. */

	/* Of a rental, oldest first. 0 also when there are none. */
	int (*outside_list)(void *self, const char *rental_id, rent_outside_fn fn,
	                    void *arg, struct rent_error *err);

	/* The newest charge or capture that SUCCEEDED under this reference of the provider's. 1: there
	 * is none. */
	int (*op_taken)(void *self, const char *ref, rent_op_fn fn, void *arg,
	                struct rent_error *err);

	/* The lines in the trail of a rental, oldest first. 0 also when there are none. NULL: none are
	 * kept here. */
	int (*notes)(void *self, const char *rental_id, rent_note_fn fn, void *arg,
	             struct rent_error *err);

	/* The operation that was begun for a request of the customer: the first whose request_key
	 * begins with `key` and a dash. 1: there is none. NULL: the caller looks through rental_trail.
	 */
	int (*op_requested)(void *self, const char *key, rent_op_fn fn, void *arg,
	                    struct rent_error *err);

	/* Keeps an answer. The first one under a key and scope counts, and a later one changes
	 * nothing. NULL (both): none can be kept, and a repetition is answered by what stands there.
	 */
	int (*answer_put)(void *self, const struct rent_kept_answer *answer,
	                  struct rent_error *err);

	/* 1: there is none. */
	int (*answer_get)(void *self, struct rent_kept_answer *answer,
	                  struct rent_error *err);

	/* ---- books and their seals. NULL (all four): nothing is sealed here. RENT_EUNSUPPORTED: not
	 * this book; one that was added later than the storage was written. */

	/* 0 also when there are none. */
	int (*line_list)(void *self, const struct rent_line_query *query, rent_line_fn fn,
	                 void *arg, struct rent_error *err);

	/* The id up to which no line can be added any more, whatever transactions are running now. It
	 * may lag behind; 0: not known yet, ask again later. */
	int (*book_end)(void *self, enum rent_book book, int64_t *ret,
	                struct rent_error *err);

	/* Records a seal. 1: its book has one of this number, and nothing changed. */
	int (*seal_put)(void *self, const struct rent_seal *seal, struct rent_error *err);

	/* 0 also when there are none. */
	int (*seal_list)(void *self, const struct rent_seal_query *query, rent_seal_fn fn,
	                 void *arg, struct rent_error *err);

	/* Deletes messages that were delivered more than age_us ago, at most limit; those that are open or
	 * set aside stay. *ret_n: how many. NULL: they stay for ever, or there is no outbox. */
	int (*outbox_purge)(void *self, int64_t age_us, uint32_t limit, int64_t *ret_n,
	                    struct rent_error *err);

	/* The lines of the debt journal of a rental, oldest first. 0 also when there are none. NULL: the
	 * caller goes by the operations. */
	int (*debt_lines)(void *self, const char *rental_id, rent_debt_line_fn fn,
	                  void *arg, struct rent_error *err);
};

RENT_EXTERN_C_END
#endif
