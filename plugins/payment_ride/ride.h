/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/ride.h - a ride through a provider's sandbox: its options, its operations,
 * and what became of them. One thread: the command's.
 */
#ifndef PAYMENT_RIDE_H
#define PAYMENT_RIDE_H

#include <rent/payment.h>
#include <rent/plugin.h>
#include <sys/types.h>

#define RIDE_OPS_MAX 32

/* Who pays: members of the operations. */
struct ride_payer {
	const char *user_id, *payer_ref, *method_ref;
	bool on_session;
};

/* An operation of the ride. */
struct ride_op {
	enum rent_payment_kind kind;
	char id[RENT_ID_SIZE];
	const struct ride_payer *payer;
	struct ride_op *target; /* NULL: none */
	int64_t amount, created_at;
	/* A call of it may have reached the provider. */
	bool sent;
	/* The customer had to act, and `confirm` was run for him. */
	bool acted, confirmed;
	/* An event brought its end. */
	bool reported;
	/* What is known of it: the last answer. */
	struct rent_payment_result end;
	/* Of a hold: nothing of it stands any more. */
	bool over;
	/* The provider's list says: so many entries, and of the last one. */
	int listed;
	int64_t listed_amount;
	enum rent_outcome listed_outcome;
};

struct ride {
	const struct rent_host *host;
	struct rent_payment api;
	void *self;
	struct rent_payment_caps caps;

	/* ---- options */
	int64_t hold, capture, charge, refund, wait_us;
	bool with_action, with_refusal;
	const char *return_url;
	struct ride_payer payer, actor, refused;

	/* ---- the run */
	const struct rent_command_run *run;
	char rental_id[RENT_ID_SIZE];
	int64_t began_at; /* wall time */
	struct ride_op ops[RIDE_OPS_MAX];
	size_t op_count;
	int steps, failed, left_out;
	bool answered;    /* a call was answered */
	bool unavailable; /* the first call was not even sent */
};

static inline bool ride_can(const struct ride *r, enum rent_payment_kind kind)
{
	return (r->caps.operations & RENT_PAY_BIT(kind)) != 0;
}

/* ---- say.c: the lines about the steps. */

enum ride_state {
	RIDE_OK,
	RIDE_FAILED,
	RIDE_LEFT_OUT
};

/* One line, one step. op may be NULL. */
void ride_say(struct ride *r, enum ride_state state, const char *step,
              const struct ride_op *op, const char *fmt, ...) RENT_PRINTF(5, 6);
const char *ride_kind_name(enum rent_payment_kind kind);
const char *ride_outcome_name(enum rent_outcome outcome);

/* ---- steps.c: all steps. */

void ride_all(struct ride *r);

/* ---- call.c: one call of the provider. */

/* Sends the operation, or with lookup asks for it, by the provider's reference or, with by_id,
 * without it. The result is what the rules would make of the answer, and says UNKNOWN where there was
 * none; why is in its note. */
void ride_call(struct ride *r, struct ride_op *op, bool lookup, bool by_id,
               struct rent_payment_result *ret);

/* ---- settle.c: an operation until its end. */

/* Sends it, and again or asks for it, as the rules do, until it has an end or the time is up. The end
 * is in op->end. */
void ride_settle(struct ride *r, struct ride_op *op);
/* Asks until the answer has that outcome, or the time is up; whether it has. */
bool ride_ask(struct ride *r, struct ride_op *op, bool by_id, enum rent_outcome wanted,
              struct rent_payment_result *ret);

/* ---- programs.c: what the operator's programs do. */

/* Runs the program of a list of options, with in (-1: ours) as its standard input; *ret_out, if wanted,
 * reads what it prints. */
int ride_spawn(const struct ride *r, const char *option, int in, int *ret_out,
               pid_t *ret_child, struct rent_error *err);
/* Its exit status; -1: it did not end in time, and was ended. */
int ride_wait(const struct ride *r, pid_t child);
/* Runs the program of the option `confirm`, with the value of the action on its standard input. */
bool ride_confirm(const struct ride *r, const struct rent_payment_result *action,
                  struct rent_error *err);

/* ---- events.c: what the provider reported meanwhile. */

/* Takes up the messages that the program of the option `events` prints; does nothing without it. */
void ride_events(struct ride *r);

/* ---- book.c: the provider's list beside what the ride knows. */

void ride_compare(struct ride *r);

#endif
