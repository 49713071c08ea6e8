/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/settle.c - an operation until its end: sent again under the same id, or looked
 * up, as the rules do (docs/howto/write-a-payment-plugin.md has the table).
 */
#include "ride.h"

#define PAUSE_FIRST (RENT_SECOND / 10)
#define PAUSE_MAX   (5 * RENT_SECOND)

struct pause {
	int64_t us, until; /* monotonic */
};

static struct pause pause_begin(const struct ride *r)
{
	return (struct pause){ PAUSE_FIRST, r->host->mono_us(r->host) + r->wait_us };
}

/* False: the time is up. */
static bool pause_next(const struct ride *r, struct pause *p, int64_t at_least,
                       const struct ride_op *op)
{
	int64_t us = p->us > at_least ? p->us : at_least;

	if (r->host->mono_us(r->host) + us > p->until)
		return false;
	r->run->progress(r->run, "the %s is %s", ride_kind_name(op->kind),
	                 ride_outcome_name(op->end.outcome));
	r->host->sleep_us(r->host, us);
	p->us = p->us * 2 > PAUSE_MAX ? PAUSE_MAX : p->us * 2;
	return true;
}

/* Keeps what an earlier answer said and this one does not. */
static void take(struct ride_op *op, const struct rent_payment_result *answer)
{
	char ref[RENT_REF_SIZE];

	memcpy(ref, op->end.ref, sizeof(ref));
	op->end = *answer;
	if (op->end.ref[0] == '\0')
		memcpy(op->end.ref, ref, sizeof(ref));
}

static bool has_end(const struct rent_payment_result *result)
{
	return result->outcome != RENT_UNKNOWN && result->outcome != RENT_PENDING &&
	       result->outcome != RENT_NOT_EXECUTED;
}

/* Once: a second run could confirm another payment. */
static void let_confirm(const struct ride *r, struct ride_op *op)
{
	struct rent_error err = { 0 };

	op->acted |= op->end.action != RENT_ACTION_NONE;
	if (op->end.action == RENT_ACTION_NONE || op->confirmed ||
	    r->host->opt_list(r->host, "confirm", 0) == NULL)
		return;
	op->confirmed = true;
	if (!ride_confirm(r, &op->end, &err))
		r->host->log(r->host, RENT_LOG_ERROR, NULL, "%s", err.text);
}

/* Whether nobody will bring it to an end. */
static bool waits_for_nobody(const struct ride *r, const struct ride_op *op)
{
	return op->acted && !op->confirmed &&
	       r->host->opt_list(r->host, "confirm", 0) == NULL;
}

void ride_settle(struct ride *r, struct ride_op *op)
{
	struct pause pause = pause_begin(r);
	struct rent_payment_result answer;
	bool ask = false;

	do {
		bool look = ride_can(r, RENT_PAY_LOOKUP) && op->sent &&
		            (ask || op->end.outcome == RENT_PENDING ||
		             (op->end.outcome == RENT_UNKNOWN && r->caps.resend_us == 0));

		/* what is reported ends what nobody can ask for */
		if (op->end.outcome == RENT_PENDING)
			ride_events(r);
		if (has_end(&op->end))
			break;
		ride_call(r, op, look, false, &answer);
		ask |= answer.ask;
		/* a lookup without an answer takes nothing back */
		if (!look || answer.outcome != RENT_UNKNOWN)
			take(op, &answer);
		if (!has_end(&op->end))
			let_confirm(r, op);
	} while (!has_end(&op->end) && !r->unavailable && !waits_for_nobody(r, op) &&
	         pause_next(r, &pause, op->end.retry_after_us, op));
}

bool ride_ask(struct ride *r, struct ride_op *op, bool by_id, enum rent_outcome wanted,
              struct rent_payment_result *ret)
{
	struct pause pause = pause_begin(r);

	do {
		ride_call(r, op, true, by_id, ret);
	} while (ret->outcome != wanted &&
	         (ret->outcome == RENT_UNKNOWN || ret->outcome == RENT_PENDING) &&
	         pause_next(r, &pause, ret->retry_after_us, op));
	return ret->outcome == wanted;
}
