/* SPDX-License-Identifier: MIT
 *
 * upstream/transfer.c - see transfer.h.
 */
#include "upstream/transfer.h"

#include "base/clock.h"
#include "upstream/report.h"
#include "upstream/retry.h"

/* ---- the end -------------------------------------------------------------------------- */

/* The last one wakes the caller: from then on the transfer and its group are gone. */
static void transfer_leave_group(const struct transfer *t)
{
	struct transfer_group *group = t->group;
	struct rent_waiter *waiter = group->waiter;

	if (--group->left > 0)
		return;
	atomic_store(&group->ended, true);
	waiter_wake(waiter);
}

static void transfer_report(const struct transfer *t)
{
	const struct rent_exchange *x = t->x;

	report_exchange(x);
	if (!t->group->quiet && (x->transport != RENT_REPLIED || x->reply.status >= 500))
		report_exchange_failed(x, t->group->trace);
}

static void transfer_fail(const struct transfer *t, enum rent_transport transport,
                          const char *error)
{
	t->x->transport = transport;
	(void)rent_copy(t->x->error, sizeof(t->x->error), error);
}

/* The breaker let nobody through. */
static void transfer_refuse(const struct transfer *t)
{
	t->x->breaker_open = true;
	t->x->reply.retry_after_us = t->admission.breaker_wait_us;
	transfer_fail(t, RENT_NOT_SENT, "the circuit breaker is open");
	transfer_report(t);
	transfer_leave_group(t);
}

/* Those whose turn it is now go on on their own loops, not within the end of this one: a long
 * queue of transfers that fail at once would take a deep stack. */
static void transfer_pass_turn(struct admission *next)
{
	while (next != NULL) {
		struct transfer *t = (struct transfer *)next;

		next = next->next;
		loop_post(client_loop(t->client), &t->turn);
	}
}

/* The end of a transfer that was let through; what x says of transport and error is filled in. */
static void transfer_finish(struct transfer *t, enum breaker_result result)
{
	struct rent_exchange *x = t->x;

	/* Not sent this time, but perhaps acted upon before. */
	if (x->transport == RENT_NOT_SENT && t->ambiguous)
		x->transport = RENT_NO_ANSWER;
	x->took_us = clock_mono_us() - t->admission.decided_us;
	if (x->transport == RENT_REPLIED)
		x->reply.ambiguous = t->ambiguous;
	if (t->attempt != NULL)
		client_give_back(t->client, t->attempt);
	x->unjudged = result == BREAKER_OK && (x->request.flags & RENT_JUDGED) != 0;
	if (!x->unjudged)
		admission_settle(x, result);
	transfer_pass_turn(
		admission_leave(x->request.upstream, x->transport == RENT_REPLIED));
	transfer_report(t);
	transfer_leave_group(t);
}

/* ---- attempts ------------------------------------------------------------------------- */

static void transfer_send(struct transfer *t)
{
	if (attempt_too_late(t->x)) {
		transfer_fail(t, RENT_NOT_SENT,
		              "too late: the sender's lease has run out");
		transfer_finish(t, BREAKER_NEITHER);
		return;
	}
	t->tries++;
	attempt_prepare(t->attempt, t->x, &t->target, &t->admission.limits);
	if (!client_send(t->client, t->attempt)) {
		transfer_fail(t, RENT_NOT_SENT, "out of memory");
		transfer_finish(t, BREAKER_NEITHER);
	}
}

/* It was let through. */
static void transfer_go(struct transfer *t)
{
	t->x->ticket = t->admission.ticket;
	t->attempt = client_take(t->client, t);
	if (t->attempt != NULL) {
		transfer_send(t);
		return;
	}
	transfer_fail(t, RENT_NOT_SENT,
	              client_is_shut(t->client) ? "the process is ending"
	                                        : "out of memory");
	transfer_finish(t, BREAKER_NEITHER);
}

static void on_turn(struct loop_call *call)
{
	struct transfer *t =
		(struct transfer *)((char *)call - offsetof(struct transfer, turn));

	if (t->admission.verdict == ADMISSION_GRANTED)
		transfer_go(t);
	else
		transfer_refuse(t);
}

void transfer_begin(struct transfer *t)
{
	if (client_is_shut(t->client)) {
		transfer_fail(t, RENT_NOT_SENT, "outbound HTTP is not running");
		transfer_leave_group(t);
		return;
	}
	t->turn.fn = on_turn;
	t->admission.owner = t->client;
	switch (admission_enter(t->x->request.upstream, &t->admission)) {
	case ADMISSION_GRANTED:
		transfer_go(t);
		break;
	case ADMISSION_REFUSED:
		transfer_refuse(t);
		break;
	case ADMISSION_WAITS:
		break;
	}
}

static void transfer_wait(struct transfer *t, const struct attempt_verdict *v)
{
	/* 503 says that the request was refused; the others may have acted. */
	if (v->transport == RENT_REPLIED && v->status != 503)
		t->ambiguous = true;
	report_retry(t->x);
	client_wait(t->client, t->attempt,
	            clock_mono_us() + retry_delay_us(&t->admission.limits, t->tries));
}

static void on_ended(void *owner, CURLcode code)
{
	struct transfer *t = owner;
	struct attempt_verdict v;
	bool answered;

	attempt_judge(t->attempt, code, &v);
	t->ambiguous = t->ambiguous || t->attempt->resent;
	if (retry_is_due(&t->admission.limits, t->tries, t->x->request.flags, &v)) {
		transfer_wait(t, &v);
		return;
	}
	answered = v.transport == RENT_REPLIED && v.status < 500;
	if (v.transport == RENT_REPLIED && attempt_deliver(t->attempt, &v) != 0) {
		transfer_fail(t, RENT_NO_ANSWER, "the reply does not fit the arena");
		answered = false;
	} else {
		transfer_fail(t, v.transport, v.error);
	}
	transfer_finish(t, answered ? BREAKER_OK : BREAKER_FAILURE);
}

static void on_due(void *owner)
{
	transfer_send(owner);
}

static void on_closing(void *owner, bool sending)
{
	struct transfer *t = owner;
	struct attempt_verdict v = { .transport = RENT_NOT_SENT };

	if (sending) {
		attempt_judge(t->attempt, CURLE_ABORTED_BY_CALLBACK, &v);
		t->ambiguous = t->ambiguous || t->attempt->resent;
	}
	transfer_fail(t, v.transport, "the process is ending");
	transfer_finish(t, BREAKER_NEITHER);
}

const struct client_events transfer_events = { .ended = on_ended,
	                                       .due = on_due,
	                                       .closing = on_closing };

void transfer_withdraw_all(struct rent_upstream *u, const struct client *client)
{
	struct admission *next = admission_withdraw(u, client);

	while (next != NULL) {
		struct transfer *t = (struct transfer *)next;

		next = next->next;
		transfer_fail(t, RENT_NOT_SENT, "the process is ending");
		transfer_leave_group(t);
	}
}
