/* SPDX-License-Identifier: MIT
 *
 * rental_work.h - a rental being worked on: what storage said of it, what the calls of this
 * run said since, and the change that will record it. start.c, stop.c, accrual.c, debt.c and
 * settle.c decide on it, drive.c records what they decide and makes the calls.
 */
#ifndef CORE_RENTAL_WORK_H
#define CORE_RENTAL_WORK_H

#include <rent/payment.h>
#include <rent/rental.h>
#include <rent/storage.h>

#include "rules.h"

struct core;

/* On whose behalf the rental is driven: limits what a decision may begin. */
enum goal {
	GOAL_START = 1,  /* a client's start: new, or taken up again */
	GOAL_STOP,       /* a client's stop */
	GOAL_TICK,       /* billing: accrual, debts */
	GOAL_RECOVER,    /* work whose time has come */
	GOAL_PAY,        /* a client pays what is owed */
	GOAL_HOLD_ENDED, /* the provider says that the deposit is not held any more */
};

/* How an operation is asked for. Chosen once, before the call. */
enum operation_way {
	WAY_NONE = 0, /* not called by this run */
	WAY_SEND,     /* sent, perhaps again, under its id */
	WAY_LOOKUP,   /* looked up */
	WAY_SNAPSHOT, /* an eject: judged by what is in its cabinet */
	WAY_GIVE_UP,  /* not any more: MANUAL */
	WAY_WAIT,     /* not yet */
};

/* An operation and what this run knows of it. op.state is the newest known. */
struct work_op {
	struct rent_op op;
	/* Made by this run: surely not sent before this run calls it. */
	bool fresh;
	/* Its intent is not durable yet: not to be called. */
	bool unrecorded;
	/* By this run: not again. */
	bool called;
	/* Its cancel was refused, so that it was called once more: and not again. */
	bool asked_again;
	enum operation_way way;
	/* Has an outcome that is not recorded yet … */
	bool ended;
	/* … and with it what the customer has to do. */
	bool acts;
	/* It was declined because he is not there. */
	bool wants_payer;
	/* The method that the provider has saved with it; "" none. */
	char saved_method[RENT_REF_SIZE];
};

#define WORK_OPS    (RENT_VIEW_OPS + 8)
#define NO_CALL     SIZE_MAX
#define ANSWER_SIZE 704
/* The result of a release whose hold had already ended at the provider. */
#define HOLD_EXPIRED "expired"
/* The result of a hold or charge that was cancelled because its customer did not confirm it in time. */
#define NOT_CONFIRMED "cancelled"
/* The result of one that the provider refused after its customer had been asked: while it is open, since he
 * could still confirm it there, and once a cancel has ended that. */
#define REFUSED       "refused"
#define REFUSED_ENDED "refused, cancelled"
/* The result of a cancel that was not sent, since its target had ended. */
#define TARGET_ENDED "ended"
/* Begins the result of an open operation whose provider replays an answer that tells nothing:
 * from then on it is only looked up. The wall time of that answer follows. */
#define ASK_ONLY "ask:"

/* The answer of a start, as it is kept under its key. */
struct start_answer {
	enum rent_verdict verdict;
	/* idempotency_keys.response_json: with RENT_DONE the body of the reply. */
	char text[ANSWER_SIZE];
	/* Of a refusal: what it says beside the verdict. */
	char detail[RENT_DETAIL_SIZE];
};

/* A line of the trail, in the change that does what it says. */
struct work_note {
	enum rent_note_kind kind;
	char text[RENT_NOTE_SIZE];
};

/* The end of a rental: by whom, where its powerbank came back ("" not known), and when (0: now). */
struct ending {
	enum rent_ended_by by;
	char station_id[RENT_ID_SIZE];
	int64_t at;
	/* Nobody was asked whether it is so: of a rental whose service only other hosts have that is not
	 * enough (verify.h). */
	bool unverified;
	/* The run that ends it does not settle its money; a worker does. */
	bool settles_later;
	/* Who asked for it; NULL: nobody is kept. */
	const struct rent_actor *actor;
	/* What is to be said of it. */
	struct work_note note;
};

/* What a customer who pays has said, and the id of the charge that was begun for it; "" none was. */
struct paying {
	const char *key, *method_ref, *return_url;
	bool begun;
	char op_id[RENT_ID_SIZE];
};

struct rental_work {
	struct core *core;
	const struct params *params;
	/* Of the rental's payment provider; before it is loaded: of the bound one. */
	const struct rent_payment_caps *caps;
	enum goal goal;
	/* The bound payment provider: for a rental that has none yet. */
	const char *provider, *provider_plugin;
	/* For recorded refusals; "" in recovery. */
	const char *request_id;
	/* A proven report of how an operation ended, which nobody can look up: it answers the next call of
	 * that one. NULL: none, or what it says is recorded. */
	const struct rent_inbound *reported;
	/* It answered, in this run. */
	bool report_heard;

	/* As recorded, and as it will be once the change is recorded. */
	struct rent_rental r, next;
	struct work_op *ops;
	size_t op_count, op_room;

	/* Of the lease that this run has or would take. */
	char token[RENT_ID_SIZE];
	/* The lease is ours … */
	bool leased;
	/* … until this monotonic time at least; 0: not known. Nothing may be sent later. */
	int64_t lease_ends;
	/* ops are what storage has, not just what this run made … */
	bool has_ops;
	/* … and nothing was recorded since. */
	bool just_loaded;
	/* Without ops: what is left of the hold, and when it ends (0: not known), as a page told. */
	int64_t held_left, held_until;
	/* … and the page says, or cannot rule out, that something is to be done about its end. */
	bool held_ends;
	/* work_at of what others have left to do when a tick comes by; 0: nothing. */
	int64_t due_at;
	/* This run made its one charge of accrual; before it, one of debt. */
	bool charged, collected;
	/* The target of the operation that is called, where the rental does not show it; or NULL. Owned. */
	struct rent_op *target;
	/* Of GOAL_HOLD_ENDED: the hold. */
	const char *gone_id;
	/* Of a run that ends the rental, or learns that its powerbank is back. */
	struct ending ending;
	/* Of GOAL_PAY. */
	struct paying paying;
	/* Who asks for the stop, the payment or the resolution; NULL: nobody is kept. */
	const struct rent_actor *actor;
	/* A client still waits for a cabinet that has taken his order: nothing else is asked for. */
	bool only_eject;
	/* The start has a place among those that go on without a deposit, or there was none left. */
	bool undeposited, undeposited_full;
	/* A person says that its powerbank came out, and another rental has it since. */
	bool not_his;
	/* The rental that had its powerbank until now; "" none. */
	char reissued_from[RENT_ID_SIZE];
	/* After conflicts. */
	int replans;

	/* ---- the decision: decide() makes it, drive() carries it out. A page of recover.c is decided
	 * while it is read, to keep only the rentals that have something to do. */
	bool decided;
	struct rent_change change;
	struct rent_op_action action;   /* of the change */
	struct rent_op_request request; /* likewise */
	struct rent_deed deed;          /* likewise */
	struct messages *messages;      /* likewise; NULL: none (messages.h) */
	bool has_change;
	/* The operation to call once the change is recorded, or NO_CALL: then this run rests. */
	size_t call;
	/* No decision: load the operations and decide again. */
	bool needs_ops;
	const char *debt_reason;
	struct work_note notes[RENT_CHANGE_OPS];
	size_t note_count;
	/* The change needs such a place, of so many; 0: no. */
	int64_t undeposited_max;
	/* The start is answered with `answer`. */
	bool answers;
	struct start_answer answer;

	/* ---- the end of the run */
	/* `answer` was recorded under the key. */
	bool answered;
	bool finished;
	/* Somebody else has the rental now. */
	bool conflicted;
	/* A service that the start needed is away for so long; 0: it did not say. */
	int64_t retry_us;
	/* A payment provider wants no question before that long; 0: it did not say. */
	int64_t wait_us;
	/* Negative: storage failed; nothing more is known. */
	int error;
};

/* core may be NULL in tests of decisions: then ids are "op-1", "op-2", … */
void work_init(struct rental_work *w, struct core *core, const struct params *params,
               const struct rent_payment_caps *caps, enum goal goal);
void work_done(struct rental_work *w);

/* The first operation of a kind, or NULL. Of holds: the newest, or that of the start; hold.h has
 * the one that stands. */
struct work_op *work_find_op(struct rental_work *w, enum rent_op_kind kind);
/* The operation of this id, or NULL. */
struct work_op *work_find_id(struct rental_work *w, const char *id);

/* Makes an operation that the next change will record. NULL when there are too many. It may move the others:
 * whoever holds one finds it again. */
struct work_op *work_add_op(struct rental_work *w, enum rent_op_kind kind,
                            enum rent_purpose purpose, int64_t amount,
                            const struct rent_op *target);

/* Takes a rental and its operations over from storage, and the caps of its provider. Keeps
 * outcomes of this run that are not recorded yet; forgets intents that are not durable and
 * whatever storage does not show any more. 0 or RENT_ENOMEM. */
int work_load(struct rental_work *w, const struct rent_rental *r,
              const struct rent_op *const *ops, size_t n);
/* The same as a rent_rental_fn; arg is the work. */
int work_load_row(void *arg, const struct rent_rental *r,
                  const struct rent_op *const *ops, size_t n);

/* Writes a line into the trail with the next change. Of more than RENT_CHANGE_OPS the last are lost. */
void work_note(struct rental_work *w, enum rent_note_kind kind, const char *fmt, ...)
	RENT_PRINTF(3, 4);

/* Names the operation to call after the change. */
void work_call(struct rental_work *w, const struct work_op *op);
/* That operation, while it is called. */
struct work_op *work_called_op(struct rental_work *w);
/* Whether this run may call it. A tick does not ask for the outcome of older operations: that
 * falls due at work_at, and recovery claims them. */
bool work_may_call(const struct rental_work *w, const struct work_op *op);
/* Names the first open operation that may be called. Whether any is open. */
bool work_call_open(struct rental_work *w);

/* An outcome of a call (or of giving up), to be recorded with the next change. */
void work_end_op(struct work_op *op, enum rent_op_state state, int64_t processed,
                 const char *note);

/* The remainder of a succeeded hold, charge or capture: processed less its captures,
 * releases and refunds, with the outcomes heard in this run. */
int64_t work_left_of(const struct rental_work *w, const struct work_op *target);

/* Whether this run knows that the powerbank came back: an ACTIVE rental ends then. */
bool work_is_back(const struct rental_work *w);

/* Whether an operation succeeded before this run began. */
static inline bool work_had_succeeded(const struct work_op *op)
{
	return op->op.state == RENT_OP_SUCCEEDED && !op->ended;
}

/* Whether the lease of a rental was somebody's when it was read. */
bool work_lease_is_live(const struct rent_rental *r);

/* The change has been recorded. */
void work_applied(struct rental_work *w);

#endif
