/* SPDX-License-Identifier: MIT
 *
 * item.h - a rental being worked on: what storage said of it, what the calls of this run
 * said since, and the change that will record it. plan.c decides on it, calls.c makes its
 * calls, engine.c moves it along.
 */
#ifndef CORE_ITEM_H
#define CORE_ITEM_H

#include <rent/payment.h>
#include <rent/storage.h>

#include "rules.h"

struct core;

/* Who drives, and why: decides what a plan may begin. */
enum goal {
	GOAL_START = 1, /* a client's start: new, or taken up again */
	GOAL_STOP,      /* a client's stop */
	GOAL_TICK,      /* billing: accrual, debts */
	GOAL_RECOVER,   /* work whose time has come */
};

/* An operation and what this run knows of it. op.state is the newest known. */
struct item_op {
	struct rent_op op;
	bool fresh;      /* made by this run: surely not sent before this run calls it */
	bool unrecorded; /* its intent is not durable yet: not to be called */
	bool called;     /* by this run: not again */
	bool ended;      /* has an outcome that is not recorded yet */
};

#define ITEM_OPS (RENT_VIEW_OPS + 8)
#define NO_CALL  SIZE_MAX

struct item {
	struct core *core;
	const struct params *params;
	const struct rent_payment_caps *caps; /* of the rental's payment provider */
	enum goal goal;
	const char *provider;   /* the bound one: for a rental that has none yet */
	const char *request_id; /* for recorded refusals; "" in recovery */

	struct rent_rental r;    /* as recorded */
	struct rent_rental next; /* as it will be once the change is recorded */
	struct item_op *ops;
	size_t op_count, op_room;

	char token[RENT_ID_SIZE]; /* of the lease this run has or would take */
	bool leased;              /* the lease is ours */
	int64_t lease_ends; /* monotonic: surely not later than the database sees it end;
	                             0: not known. From then on nothing may be sent */
	bool has_ops;       /* ops are what storage has, not just what this run made */
	bool just_loaded;   /* … and nothing was recorded since */
	int64_t due_at; /* work_at of what was open when a tick came by; 0: nothing was */
	bool charged;   /* this run made its one charge of accrual or debt */
	int replans;    /* after conflicts */

	/* the decision, made by plan() */
	struct rent_change change;
	bool has_change;
	size_t call; /* the operation to call once the change is recorded, or NO_CALL: then
	                this run rests */
	bool needs_ops; /* no decision: load the operations and plan again */
	const char *debt_reason, *outcome;
	char answer[704];

	/* the end of the run */
	bool planned; /* plan() has been run on what is here; the engine need not */
	const char *recorded; /* outcome that was recorded under the key, with answer */
	bool finished;
	bool conflicted;  /* somebody else has the rental now */
	int64_t retry_us; /* the station's breaker is open for so long; 0: it was not */
	int error;        /* negative: storage failed; nothing more is known */
};

/* core may be NULL in tests of plan(): then ids are "op-1", "op-2", … */
void item_init(struct item *it, struct core *core, const struct params *params,
               const struct rent_payment_caps *caps, enum goal goal);
void item_done(struct item *it);

/* The first operation of a kind, or NULL. */
struct item_op *item_find(struct item *it, enum rent_op_kind kind);

/* Makes an operation that the next change will record. NULL when there are too many. */
struct item_op *item_add(struct item *it, enum rent_op_kind kind,
                         enum rent_purpose purpose, int64_t amount,
                         const struct rent_op *target);

/* Takes a rental and its operations over from storage. Outcomes of this run that are not
 * recorded yet are kept; intents that are not durable are forgotten, and so is all that storage
 * does not show any more. 0 or RENT_ENOMEM. */
int item_load(struct item *it, const struct rent_rental *r,
              const struct rent_op *const *ops, size_t n);

/* An outcome of a call (or of giving up), to be recorded with the next change. */
void item_end(struct item_op *op, enum rent_op_state state, int64_t processed,
              const char *note);

/* What is left of a succeeded hold, charge or capture: processed less what captures,
 * releases and refunds took of it, with the outcomes heard in this run. */
int64_t item_left(const struct item *it, const struct item_op *target);

/* The change has been recorded. */
void item_applied(struct item *it);

#endif
