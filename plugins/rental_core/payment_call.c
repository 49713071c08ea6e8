/* SPDX-License-Identifier: MIT
 *
 * payment_call.c - a call of a payment provider: from the operation to its request, from the
 * reply to the outcome.
 */
#include "payment_call.h"
#include "action.h"
#include "hold.h"
#include "outcome.h"
#include "payment_alert.h"
#include "payment_lookup.h"
#include "resolution.h"
#include "rules.h"
#include "text.h"

#include "core.h"

#include <stdlib.h>

/* ---- the request */

static const enum rent_payment_kind payment_kinds[] = {
	[RENT_OP_NONE] = (enum rent_payment_kind)0,  [RENT_OP_HOLD] = RENT_PAY_HOLD,
	[RENT_OP_CAPTURE] = RENT_PAY_CAPTURE,        [RENT_OP_RELEASE] = RENT_PAY_RELEASE,
	[RENT_OP_CHARGE] = RENT_PAY_CHARGE,          [RENT_OP_REFUND] = RENT_PAY_REFUND,
	[RENT_OP_EJECT] = (enum rent_payment_kind)0,
};

enum rent_payment_kind payment_kind_of(enum rent_op_kind kind)
{
	return payment_kinds[kind];
}

static const struct rent_op *target_of(const struct rental_work *w,
                                       const struct rent_op *op)
{
	size_t i;

	for (i = 0; op->target_id[0] != '\0' && i < w->op_count; i++) {
		if (strcmp(w->ops[i].op.id, op->target_id) == 0)
			return &w->ops[i].op;
	}
	if (w->target != NULL && strcmp(w->target->id, op->target_id) == 0)
		return w->target;
	return NULL;
}

bool payment_call_find_target(struct rental_work *w)
{
	const struct rent_op *op = &work_called_op(w)->op;
	const struct rent_storage *store = w->core == NULL ? NULL : w->core->store;
	struct rent_error err;
	int code;

	if (op->target_id[0] == '\0' || target_of(w, op) != NULL || store == NULL ||
	    store->op_get == NULL)
		return true;
	if (w->target == NULL)
		w->target = calloc(1, sizeof(*w->target));
	if (w->target == NULL)
		return false;
	w->target->struct_size = sizeof(*w->target);
	code = store->op_get(w->core->store_self, op->target_id, core_copy_op, w->target,
	                     &err);
	if (code != 0)
		w->target->id[0] = '\0';
	return code >= 0;
}

static enum rent_payment_kind wire_kind_of(const struct rent_op *op)
{
	return hold_is_extension(op) ? RENT_PAY_EXTEND : payment_kind_of(op->kind);
}

static int64_t wire_amount_of(const struct rent_op *op, const struct rent_op *target)
{
	if (target != NULL && action_is_cancel(op))
		return target->amount;
	if (target != NULL && hold_is_extension(op))
		return target->processed - target->used;
	return op->amount;
}

/* A provider that gives the rest back with a capture has no other that would not. */
static bool is_final(const struct rental_work *w, const struct rent_op *op)
{
	return op->kind == RENT_OP_CAPTURE &&
	       (op->purpose == RENT_FOR_SETTLE || w->caps->capture_releases_rest);
}

static struct rent_payment_op payment_op(struct rental_work *w)
{
	const struct rent_op *op = &work_called_op(w)->op;
	const struct rent_op *target = target_of(w, op);
	enum rent_payment_kind kind = wire_kind_of(op);

	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = work_called_op(w)->way == WAY_LOOKUP ? RENT_PAY_LOOKUP : kind,
		.lookup_of = kind,
		.final = is_final(w, op),
		.id = op->id,
		.rental_id = w->r.id,
		.user_id = w->r.user_id,
		.ref = op->ref,
		.target_id = op->target_id,
		.target_ref = target == NULL ? "" : target->ref,
		.amount = wire_amount_of(op, target),
		.created_at = op->created_at,
		.method_ref = op->method_ref,
		/* The customer asks for a start and for a payment; all else happens without him. */
		.on_session = hold_is_first(op) || op->request_key[0] != '\0',
		.return_url = op->return_url,
		.cursor = "",
	};
}

/* ---- the answer */

/* The release of a hold that no longer exists has succeeded: nothing is held, and the provider
 * would refuse every further try. */
static void accept_expired_hold(const struct work_op *op, enum rent_decline_reason reason,
                                struct provider_answer *a)
{
	if (op->op.kind != RENT_OP_RELEASE || action_is_cancel(&op->op) ||
	    a->outcome != RENT_DECLINED || reason != RENT_DECLINE_EXPIRED)
		return;
	a->outcome = RENT_SUCCEEDED;
	a->processed = op->op.amount;
	a->result = HOLD_EXPIRED;
	a->note = "the hold had already ended at the provider";
}

/* No operation is asked for again earlier: a provider that is asked too often refuses even more. */
static void heed_retry_after(struct rental_work *w, const struct rent_payment_result *res)
{
	int64_t wait = rules_min(res->retry_after_us, RENT_HOUR);

	if (res->outcome != RENT_NOT_EXECUTED && res->outcome != RENT_PENDING &&
	    res->outcome != RENT_UNKNOWN)
		return;
	w->wait_us = rules_max(w->wait_us, wait);
	if (outcome_start_depends_on(w, work_called_op(w)))
		w->retry_us = rules_max(w->retry_us, wait);
}

/* Acts on the rest of an answer, beside its outcome. */
static void heed_answer(struct rental_work *w, struct rent_payment_result *res)
{
	const struct rent_field fields[] = {
		{ "rental", w->r.id },
		{ "operation", work_called_op(w)->op.id },
		{ NULL, NULL },
	};

	res->ref[sizeof(res->ref) - 1] = '\0';
	res->note[sizeof(res->note) - 1] = '\0';
	if (res->cursor[0] != '\0') {
		outcome_complain(
			w, "mismatch",
			"the provider wants one more call, which only a lookup may make; treated "
			"as unknown",
			res->note);
		*res = (struct rent_payment_result){ .struct_size = sizeof(*res) };
	}
	payment_alert_heed(w->core, core_payment_of(w->core, &w->r), res, fields);
	heed_retry_after(w, res);
}

static void answer_payment(struct rental_work *w, struct rent_payment_result *res,
                           bool ambiguous)
{
	char ask_only[RENT_ID_SIZE];
	struct provider_answer a;

	heed_answer(w, res);
	a = (struct provider_answer){
		.outcome = res->outcome,
		.not_found = res->not_found,
		.alert = res->alert,
		.processed = res->processed,
		.expires_at = res->expires_at,
		.ref = res->ref,
		.note = res->note,
	};
	if (work_called_op(w)->way == WAY_LOOKUP &&
	    outcome_of_lookup(
		    w, &a, w->caps->lookup_not_found_is_final || res->not_found_is_final))
		return;
	if (a.outcome == RENT_UNKNOWN && res->ask &&
	    way_asked_only_since(work_called_op(w)) == 0) {
		(void)snprintf(ask_only, sizeof(ask_only), ASK_ONLY "%" PRId64, w->r.now);
		a.result = ask_only;
	}
	action_heed(work_called_op(w), res);
	work_called_op(w)->wants_payer =
		res->outcome == RENT_DECLINED && res->reason == RENT_DECLINE_ACTION;
	res->method_ref[sizeof(res->method_ref) - 1] = '\0';
	text_copy(work_called_op(w)->saved_method,
	          sizeof(work_called_op(w)->saved_method), res->method_ref);
	accept_expired_hold(work_called_op(w), res->reason, &a);
	/* What it says is the amount of a hold that is not ours yet, or is already. */
	if (action_is_cancel(&work_called_op(w)->op) ||
	    hold_is_extension(&work_called_op(w)->op))
		a.processed = 0;
	if (a.outcome == RENT_SUCCEEDED && work_called_op(w)->op.kind == RENT_OP_HOLD &&
	    a.expires_at == 0 && w->caps->hold_us > 0)
		a.expires_at = w->r.now + w->caps->hold_us;
	outcome_record(w, &a, outcome_judge(w, &a, ambiguous));
}

#define OWN_IO_DEADLINE (10 * RENT_SECOND)

/* A call of a provider that does its own I/O. */
struct own_io {
	const struct payment_port *port;
	const struct rent_payment_op *op;
	int64_t deadline;
	struct rent_payment_result res;
};

static void perform_blocking(void *arg)
{
	struct own_io *io = arg;

	io->port->api->perform(io->port->self, io->op, io->deadline, &io->res);
}

/* On a thread that may block; like an exchange, not after the lease. */
static void perform_payment(struct rental_work *w, struct payment_port *port,
                            const struct rent_payment_op *op)
{
	const struct rent_host *host = w->core->host;
	int64_t now = host->mono_us(host);
	struct own_io io = { .port = port,
		             .op = op,
		             .deadline = now + OWN_IO_DEADLINE,
		             .res.struct_size = sizeof(io.res) };

	if (w->lease_ends != 0 && now >= w->lease_ends) {
		outcome_of_silence(w, false, "too late: the lease has run out");
		return;
	}
	if (w->lease_ends != 0 && io.deadline > w->lease_ends)
		io.deadline = w->lease_ends;
	if (host->task->block(host, perform_blocking, &io) == 0)
		answer_payment(w, &io.res, false);
	else
		outcome_of_silence(w, false, "too many wait for the provider already");
}

/* Whoever sends it again hears only that it was received, and once it is not sent any more nobody is heard:
 * the report is the answer. */
bool payment_call_is_reported(struct rental_work *w)
{
	const struct payment_port *port = core_payment_of(w->core, &w->r);
	const struct rent_op *op = &work_called_op(w)->op;
	const struct rent_inbound *e = w->reported;
	struct rent_payment_result res = { .struct_size = sizeof(res) };

	if (e == NULL || port == NULL || port->api == NULL ||
	    strcmp(e->operation_id, op->id) != 0)
		return false;
	w->report_heard = true;
	res.outcome = e->verdict;
	res.reason = e->reason;
	res.processed = e->amount;
	if (op->ref[0] == '\0')
		rent_copy(res.ref, sizeof(res.ref), e->ref);
	rent_copy(res.note, sizeof(res.note), e->note);
	answer_payment(w, &res, false);
	return true;
}

bool payment_call_prepare(struct rental_work *w, struct rent_exchange *x)
{
	struct payment_port *port = core_payment_of(w->core, &w->r);
	struct rent_payment_op op = payment_op(w);
	struct rent_error err = { 0 };
	int code;

	if (port == NULL || port->api == NULL) {
		outcome_of_silence(w, false, "its payment provider is not bound");
		return false;
	}
	if (port->api->perform != NULL) {
		perform_payment(w, port, &op);
		return false;
	}
	pthread_mutex_lock(&port->lock);
	code = port->api->build(port->self, &op, x->arena, &x->request, &err);
	pthread_mutex_unlock(&port->lock);
	if (code != 0)
		outcome_of_refused_build(w, code, &err);
	return code == 0;
}

void payment_call_finish(struct rental_work *w, struct rent_exchange *x)
{
	struct payment_port *port = core_payment_of(w->core, &w->r);
	struct rent_payment_op op = payment_op(w);
	struct rent_payment_result res;
	bool maybe_sent = way_maybe_sent(work_called_op(w));

	x->reply.ambiguous |= maybe_sent;
	payment_lookup_parse(w->core, port, &op, x, &res);
	if (work_called_op(w)->way == WAY_LOOKUP &&
	    !payment_lookup_further(w->core, port, &op, w->lease_ends, &res)) {
		outcome_of_silence(w, true, "the lookup was not answered to its end");
		return;
	}
	answer_payment(w, &res, x->reply.ambiguous);
}
