/* SPDX-License-Identifier: MIT
 *
 * rent/storage.h - kind "storage": the durable truth, asked for intentions and not for
 * rows. Each call is one atomic step that is durable when it returns; no transaction handle
 * crosses the border, so that a backend may do a call in one round trip and gather calls of
 * many threads into one commit.
 *
 * All slots may be called by any number of threads at once and block until they are done
 * (the plugin is declared parallel). Reads see every change whose call has returned.
 * Callbacks run on the calling thread, within the call; what they are handed is valid until
 * they return; a callback returning non-zero ends the iteration and is what the call
 * returns. Time is the database's clock.
 *
 * Errors: RENT_EUNAVAIL (cannot be reached now, nothing happened), RENT_EFULL (disk),
 * RENT_EINDOUBT (the connection was lost at the commit and the outcome could not be read
 * back), RENT_ECORRUPT, RENT_ENOMEM, RENT_EFAIL.
 *
 * The rules live in rental_core. A storage knows no price. By constraints it enforces, against
 * every writer: one rental per quote and per key, one charge in flight per rental, one live
 * rental per powerbank, amounts not negative, `used` not above `processed`.
 *
 * ---- leases and versions
 * Every rental has a version, bumped by each change, and at most one lease: a token and a
 * time. A driver that moves money for a rental holds its lease; every other driver
 * conflicts. A lease that has expired may be taken over; from then on the storage rejects
 * the old token. A change names the version it was decided on and the token of its
 * driver, and is applied completely or not at all.
 */
#ifndef RENT_STORAGE_H
#define RENT_STORAGE_H

#include "model.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_STORAGE "storage"

#define RENT_ADVANCE_MAX  1000 /* changes in one advance() */
#define RENT_SCAN_MAX     5000 /* rows in one scan(), claim(), list or audit page */
#define RENT_VIEW_OPS     64   /* operations shown with a rental */
#define RENT_CHANGE_OPS   4    /* operations one change may insert, and end */

#define RENT_DB_NOW       INT64_C(-1) /* as a time: the database's clock in the transaction */
#define RENT_NO_WORK      INT64_C(-1) /* as work_in_us: nothing left to do */

/* Gives out a rental and its operations: hold and eject first, then open ones, then the
 * newest of purpose SETTLE, then the newest charge or capture with something left to refund
 * (processed > used) if it is not among them; RENT_VIEW_OPS at most. ops is an array of n
 * pointers; calls that do not read operations pass NULL and 0. */
typedef int (*rent_rental_fn)(void *arg, const struct rent_rental *rental,
                              const struct rent_op *const *ops, size_t n);
typedef int (*rent_op_fn)(void *arg, const struct rent_op *op);

/* ---- start */
enum rent_start_result {
	RENT_START_NEW = 1, /* rental and intents are recorded, the lease is ours */
	RENT_START_RESUME, /* the key's rental has no answer and its lease had run out: the
	                             lease is ours now, drive on */
	RENT_START_RUNNING,       /* … and its lease is live */
	RENT_START_REPLAY,        /* the key has an answer: ret_outcome, ret_answer */
	RENT_START_MISMATCH,      /* the key was used with another fingerprint */
	RENT_START_QUOTE_UNKNOWN, /* the refusals: recorded as the answer of the key */
	RENT_START_QUOTE_EXPIRED,
	RENT_START_QUOTE_USED,
};

/* The answer to a key's request when a quote cannot be used. */
struct rent_refusal {
	const char *outcome, *answer;
};

struct rent_start {
	uint32_t struct_size;
	/* in */
	const char *key, *scope, *fingerprint; /* fingerprint: 1..128 bytes */
	const char *quote_id;
	const struct rent_quote
		*quote;        /* not NULL: the unused quote itself, from a cache;
	                                   expiry and single use are checked here all the same */
	const char *rental_id; /* a new id */
	const char *hold_id,
		*eject_id;    /* of the intents. No hold when the deposit is 0; no
	                                   eject when eject_id is NULL (it is intended later) */
	const char *provider; /* for rental.provider */
	const char *token;
	int64_t lease_us; /* also work_at: when it runs out, claim() finds the rental */
	struct rent_refusal unknown, expired, used;
	struct rent_arena *arena; /* for ret_answer */
	rent_rental_fn fn;        /* called once with NEW and RESUME */
	void *arg;
	/* out */
	enum rent_start_result ret;
	const char *ret_outcome, *ret_answer; /* with REPLAY */
	int64_t ret_retry_us;                 /* with RUNNING: until the lease runs out */
};

/* ---- advance */
enum rent_lease_move {
	RENT_LEASE_NONE = 0, /* none needed, none touched */
	RENT_LEASE_TAKE, /* must be free (none, run out) or already ours; then it is ours
	                        for lease_us from now */
	RENT_LEASE_KEEP, /* must be ours; goes on for lease_us from now */
	RENT_LEASE_DROP, /* must be ours; is given up */
};

enum rent_debt_try {
	RENT_DEBT_TRY_NONE = 0,
	RENT_DEBT_TRY_OK,     /* attempts = 0, last_attempt_at = null */
	RENT_DEBT_TRY_FAILED, /* attempts + 1, last_attempt_at = now */
};

struct rent_op_new {
	const char *id,
		*target_id; /* target_id "" when none. target.used grows by amount */
	enum rent_op_kind kind;
	enum rent_purpose purpose;
	int64_t amount;
};

/* Moves an open operation of this rental; a change that names one that is not open is a
 * CONFLICT (but see `resolution` of the change). The target's `used` shrinks by amount -
 * processed when the new state is final (SUCCEEDED, DECLINED, NOT_EXECUTED), not with
 * MANUAL. A charge or capture that reaches SUCCEEDED, DECLINED or NOT_EXECUTED gets its
 * payment_attempts row: amount processed with success, else the amount asked, with note
 * as error. tries grows by one. */
struct rent_op_end {
	const char *id;
	enum rent_op_state state; /* any but INTENT */
	int64_t processed, expires_at;
	const char *ref, *result, *note; /* NULL: unchanged */
};

enum rent_change_result {
	RENT_CHANGE_APPLIED = 1,
	RENT_CHANGE_CONFLICT, /* version, lease, status or operation was not as stated */
	RENT_CHANGE_POWERBANK_TAKEN, /* powerbank_id is in another live rental */
	RENT_CHANGE_GONE,            /* no such rental */
};

#define RENT_REASON_SIZE 513

/* How a person ended an operation in MANUAL, and why. */
struct rent_resolution {
	uint32_t struct_size;
	char op_id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE];
	char by[RENT_ID_SIZE];         /* who said so */
	char reason[RENT_REASON_SIZE]; /* … and why; not empty */
	/* read back only; in a change they are those of the end */
	enum rent_op_state resolved_as; /* SUCCEEDED, DECLINED or NOT_EXECUTED */
	int64_t amount;                 /* moved */
	char ref[RENT_REF_SIZE];
	int64_t created_at;
};
typedef int (*rent_resolution_fn)(void *arg, const struct rent_resolution *resolution);

/* One atomic change of one rental. Zero members change nothing unless said. */
struct rent_change {
	uint32_t struct_size;
	/* guards */
	const char *rental_id;
	int64_t expect_version;
	enum rent_lease_move lease;
	const char *token; /* with every lease move but NONE */
	int64_t lease_us;
	/* the rental */
	enum rent_status status;         /* new, 0 unchanged */
	enum rent_settlement settlement; /* new, 0 unchanged */
	bool set_final;
	int64_t final_amount;     /* with set_final */
	const char *provider;     /* NULL unchanged; set only where the rental has none */
	const char *powerbank_id; /* NULL unchanged */
	int64_t started_at, finished_at; /* 0 unchanged, RENT_DB_NOW, or a time */
	int64_t paid_delta;
	int64_t work_in_us; /* always set: work_at = now + this, or RENT_NO_WORK */
	int64_t work_tries; /* always set */
	/* the debt: amount_total = max(0, amount_total + delta), journalled with the part that
	 * took effect. The row is made when there is none and delta > 0. */
	int64_t debt_delta;
	const char *debt_reason; /* with a delta: "accrual charge declined", … */
	enum rent_debt_try debt_try;
	/* operations: those with a NULL id are skipped. Ends are applied before news. */
	struct rent_op_end ends[RENT_CHANGE_OPS];
	struct rent_op_new news[RENT_CHANGE_OPS];
	/* the answer of the key this rental was started under; NULL outcome: none */
	const char *outcome, *answer;
	/* out */
	enum rent_change_result ret;
	int64_t ret_version, ret_now; /* with APPLIED */
	/* Since 1.0. A person ends the operation resolution->op_id, which must be among the
	 * ends and in MANUAL (an open one is a CONFLICT). by and reason are kept together
	 * with what the end says of it, in the same transaction, for ever. NULL: none. */
	const struct rent_resolution *resolution;
};

/* The resolution of a change that may come from an older caller. */
static inline const struct rent_resolution *
rent_change_resolution(const struct rent_change *c)
{
	return c->struct_size < offsetof(struct rent_change, resolution) + sizeof(void *)
	               ? NULL
	               : c->resolution;
}

/* Whether a change may end its i-th named operation, which stands at `state`. */
static inline bool rent_change_may_end(const struct rent_change *c, size_t i,
                                       enum rent_op_state state)
{
	const struct rent_resolution *r = rent_change_resolution(c);

	if (r != NULL && strcmp(r->op_id, c->ends[i].id) == 0)
		return state == RENT_OP_MANUAL;
	return rent_op_is_open(state);
}

enum rent_scan {
	RENT_SCAN_ACTIVE = 1, /* ACTIVE rentals */
	RENT_SCAN_DEBTS, /* FINISHED and BUYOUT rentals with debts.amount_total > 0 */
};

enum rent_ops {
	RENT_OPS_ALL = 1, /* of every kind and state */
	RENT_OPS_MANUAL,  /* those that a person must look at */
};

struct rent_totals {
	uint32_t struct_size;
	int64_t active, pending, unsettled; /* rentals; unsettled: settlement PENDING */
	int64_t debt;                       /* sum of debts.amount_total */
	int64_t open_ops, manual_ops;
	int64_t oldest_work_us; /* how long the oldest work_at is past; 0 none is */
};

/* A rental as an auditor sees it: sums made from the single rows, not from what the rental
 * says of itself. */
struct rent_audit_row {
	uint32_t struct_size;
	const struct rent_rental *rental;
	int64_t attempts_taken; /* payment_attempts: sum where success */
	int64_t charged, refunded,
		refunding;    /* operations: taken, given back, refunds open or MANUAL */
	int64_t journal_debt; /* sum of the debt journal */
	int64_t open_takes;   /* open charges and captures, how many */
	int64_t holds, held, hold_used; /* holds SUCCEEDED: how many, processed, used */
	int64_t captured, released;     /* of holds: succeeded captures and releases */
	int64_t hold_expires_at;        /* earliest of an unresolved hold; 0 none */
	int64_t overused;               /* operations whose used > processed */
	int64_t ejects;                 /* ejects SUCCEEDED */
	int64_t manual;                 /* operations in MANUAL */
	int64_t oldest_open_at;         /* created_at of the oldest open operation; 0 */
	int64_t same_quote,
		same_powerbank_live; /* other rentals; live: PENDING, ACTIVE */
	int64_t keys;                /* keys that name this rental */
	/* since 1.0: operations that a person resolved, and those of them that do not stand
	 * as they were resolved */
	int64_t resolved, resolved_otherwise;
	/* since 1.0: charges and captures of the settlement that took, are open or MANUAL,
	 * how many */
	int64_t settle_takes;
};
typedef int (*rent_audit_fn)(void *arg, const struct rent_audit_row *row);

struct rent_storage {
	uint32_t struct_size;

	/* Records a quote and sets its created_at to now and expires_at to now + ttl_us.
	 * A crash may lose it (no money depends on it). */
	int (*quote_put)(void *self, struct rent_quote *quote, int64_t ttl_us,
	                 struct rent_error *err);

	/* One transaction: claims the key, checks and uses up the quote, inserts the rental as
	 * PENDING (settlement OPEN, price of the quote) with its hold and eject intents under
	 * a lease. See rent_start. 0 with s->ret set. */
	int (*start_begin)(void *self, struct rent_start *s, struct rent_error *err);

	/* Applies n <= RENT_ADVANCE_MAX changes of different rentals. Each change is
	 * atomic; a conflict of one does not affect the others; the result is in each
	 * change's ret. On RENT_EINDOUBT any of them may have been applied; on another
	 * negative return none was. */
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
	 * operations, without locks. */
	int (*scan)(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
	            rent_rental_fn fn, void *arg, struct rent_error *err);

	/* Takes the lease of up to limit rentals whose work_at has passed and whose lease is
	 * free, oldest work first, and gives them out with their operations. Concurrent callers
	 * get different ones (SKIP LOCKED). The version grows. */
	int (*claim)(void *self, const char *token, int64_t lease_us, uint32_t limit,
	             rent_rental_fn fn, void *arg, struct rent_error *err);

	/* Deletes quotes that expired quote_age_us ago and keys older than key_age_us whose
	 * rental is not live and settled, limit of each at most. *ret_n: how many. */
	int (*purge)(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
	             int64_t *ret_n, struct rent_error *err);

	/* The sums over all rentals that every host publishes as metrics. */
	/* The sums over all rentals that every host publishes as metrics. */
	int (*totals)(void *self, struct rent_totals *ret, struct rent_error *err);

	/* A page of audit rows, ids ascending; one consistent snapshot per page. */
	int (*audit_scan)(void *self, const char *after_id, uint32_t limit,
	                  rent_audit_fn fn, void *arg, struct rent_error *err);

	/* A cache shared by hosts, for catalogue data; NULL (both): there is none. Values are
	 * text of at most 64 KiB, may vanish at any time, and are not trusted by the reader.
	 * cache_get: 0 and a copy in the arena, 1 not there, negative not available. Bounded
	 * by the backend's own time-out. ttl_us > 0. */
	int (*cache_get)(void *self, const char *space, const char *key,
	                 struct rent_arena *arena, const char **ret,
	                 struct rent_error *err);
	int (*cache_put)(void *self, const char *space, const char *key,
	                 const char *value, int64_t ttl_us, struct rent_error *err);

	/* ---- for operators; since 1.0, NULL (all of them): nothing can be resolved or
	 * reconciled here, and `resolution` of a change is refused. */

	/* One operation, whatever rental it is of. 1: there is none. */
	int (*op_get)(void *self, const char *id, rent_op_fn fn, void *arg,
	              struct rent_error *err);

	/* A page of operations, ids above after_id ("" begins) ascending, without locks. */
	int (*op_scan)(void *self, enum rent_ops what, const char *after_id,
	               uint32_t limit, rent_op_fn fn, void *arg, struct rent_error *err);

	/* The resolutions that persons recorded for operations of a rental, oldest first.
	 * 0 also when there are none. */
	int (*resolutions)(void *self, const char *rental_id, rent_resolution_fn fn,
	                   void *arg, struct rent_error *err);
};

/* Whether a storage, which may be of an older build, has what operators need. */
static inline bool rent_storage_resolves(const struct rent_storage *s)
{
	return s->struct_size >= offsetof(struct rent_storage, resolutions) +
	                                 sizeof(s->resolutions) &&
	       s->op_get != NULL && s->op_scan != NULL && s->resolutions != NULL;
}

RENT_EXTERN_C_END
#endif
