/* SPDX-License-Identifier: MIT
 *
 * operations.c - how an operation is asked for and what its answer means. See operations.h.
 *
 * An operation that may have been sent before (by a run that died, or whose answer was not
 * understood) is asked for again under the same id inside the provider's window, else looked
 * up, else given up as MANUAL. Of what comes back only an answer counts: that it could not be
 * sent *now* says nothing about the first time.
 */
#include "operations.h"
#include "cabinet.h"
#include "observers.h"
#include "payment_alert.h"

#include <stdlib.h>

#include "core.h"

#define RESEND_MARGIN    RENT_MINUTE
#define LOOKUP_CALLS_MAX 16 /* pages of one lookup */

/* An answer of a provider, of either kind. */
struct provider_answer {
	enum rent_outcome outcome;
	bool not_found, alert;
	int64_t processed, expires_at;
	const char *ref, *result, *note;
};

static struct work_op *called_op(struct rental_work *w)
{
	return &w->ops[w->call];
}

static bool maybe_sent(const struct work_op *op)
{
	return !op->fresh || op->op.tries > 0;
}

/* How long the same id may be sent again: the provider's word less a margin, since what is
 * recorded now may leave as late as its lease allows, and arrive later still. */
static int64_t resend_window(struct rental_work *w, const struct work_op *op)
{
	const struct station_port *station = &w->core->station;
	int64_t window = w->caps->resend_us, margin;

	if (op->op.kind == RENT_OP_EJECT)
		window = station->api == NULL || station->api->resend_us == NULL
		                 ? station->caps.resend_us
		                 : station->api->resend_us(station->self);
	margin = w->params->start_lease > RESEND_MARGIN ? w->params->start_lease
	                                                : RESEND_MARGIN;
	return window > margin ? window - margin : 0;
}

static bool can_lookup(const struct rental_work *w, const struct work_op *op)
{
	if (op->op.kind == RENT_OP_EJECT)
		return cabinet_can_look_up(&w->core->station, &op->op);
	return (w->caps->operations & RENT_PAY_BIT(RENT_PAY_LOOKUP)) != 0;
}

/* How long the provider may take to know of an operation, or to end it. */
static int64_t settle_time(const struct rental_work *w, const struct work_op *op)
{
	return op->op.kind == RENT_OP_EJECT ? w->core->station.caps.settle_us
	                                    : w->caps->lookup_settle_us;
}

static int64_t age_of(const struct rental_work *w, const struct work_op *op)
{
	return w->r.now - op->op.created_at;
}

/* The wall time of the answer that the provider replays; 0: none is known. */
static int64_t asked_only_since(const struct work_op *op)
{
	size_t n = strlen(ASK_ONLY);

	if (op->op.kind == RENT_OP_EJECT || strncmp(op->op.result, ASK_ONLY, n) != 0)
		return 0;
	return strtoll(op->op.result + n, NULL, 10);
}

/* No host sends it again, and no copy is on its way any more: neither one sent at the end
 * of the window, nor one from a host that recorded the intent, was held up, and sent it
 * at the end of its lease. The provider has also had time to know of it. A copy that is late
 * does nothing where the provider replays its answer. */
static bool is_past_settling(struct rental_work *w, const struct work_op *op)
{
	int64_t replayed_since = asked_only_since(op);

	if (replayed_since != 0)
		return w->r.now - replayed_since >
		       w->params->start_lease + settle_time(w, op);
	return age_of(w, op) >
	       resend_window(w, op) + w->params->start_lease + settle_time(w, op);
}

/* An order that the service gave a reference for has arrived: it is asked for at once, and given
 * up when the cabinet has had twice the time it may take. */
static enum operation_way choose_way_of_order(struct rental_work *w,
                                              const struct work_op *op, int64_t window)
{
	int64_t patience = window + w->params->start_lease + 2 * settle_time(w, op);

	return age_of(w, op) > patience ? WAY_GIVE_UP : WAY_LOOKUP;
}

static enum operation_way choose_way(struct rental_work *w, const struct work_op *op)
{
	int64_t age = age_of(w, op);
	int64_t window;

	if (!maybe_sent(op))
		return WAY_SEND;
	window = resend_window(w, op);
	if (asked_only_since(op) != 0 && can_lookup(w, op))
		return age > window + w->params->manual_after ? WAY_GIVE_UP : WAY_LOOKUP;
	if (op->op.state == RENT_OP_PENDING && can_lookup(w, op) && age <= window)
		return WAY_LOOKUP;
	/* A clock that went back makes it look younger than it is: without a window it is
	 * never sent again. */
	if (window > 0 && age < window)
		return WAY_SEND;
	if (op->op.kind == RENT_OP_EJECT && op->op.ref[0] != '\0' && can_lookup(w, op))
		return choose_way_of_order(w, op, window);
	if (age > window + w->params->manual_after)
		return WAY_GIVE_UP;
	if (can_lookup(w, op))
		return is_past_settling(w, op) ? WAY_LOOKUP : WAY_WAIT;
	return age > window + w->params->start_lease ? WAY_GIVE_UP : WAY_WAIT;
}

/* ---- from answer to state */

static void end_called(struct rental_work *w, const struct provider_answer *a,
                       enum rent_op_state state)
{
	struct work_op *op = called_op(w);

	if (a->ref != NULL && a->ref[0] != '\0')
		rent_copy(op->op.ref, sizeof(op->op.ref), a->ref);
	if (a->result != NULL && a->result[0] != '\0')
		rent_copy(op->op.result, sizeof(op->op.result), a->result);
	if (state == RENT_OP_SUCCEEDED)
		op->op.expires_at = a->expires_at;
	work_end_op(op, state, state == RENT_OP_SUCCEEDED ? a->processed : 0, a->note);
}

static void complain(struct rental_work *w, const char *type, const char *what,
                     const char *note)
{
	const struct work_op *op = called_op(w);
	const struct rent_host *host = w->core->host;
	const struct rent_field fields[] = {
		{ "rental", w->r.id },
		{ "operation", op->op.id },
		{ NULL, NULL },
	};

	observers_error(w->core->observers, type);
	host->log(host, RENT_LOG_ERROR, fields, "%s of %" PRId64 ": %s: \"%s\"",
	          rent_name_of(rent_op_kind_names, (int)op->op.kind), op->op.amount, what,
	          note == NULL ? "" : note);
}

/* Whether a success carries all it must; otherwise it does not count. */
static bool is_sound(const struct work_op *op, const struct provider_answer *a)
{
	if (op->op.kind == RENT_OP_EJECT)
		return a->result != NULL && a->result[0] != '\0' &&
		       strcmp(a->result, "PENDING") != 0;
	return a->processed >= 1 && a->processed <= op->op.amount;
}

static enum rent_op_state judge_answer(struct rental_work *w,
                                       const struct provider_answer *a, bool ambiguous)
{
	const struct work_op *op = called_op(w);
	bool may_have_acted = ambiguous || maybe_sent(op);

	switch (a->outcome) {
	case RENT_SUCCEEDED:
		if (is_sound(op, a))
			return RENT_OP_SUCCEEDED;
		complain(
			w, "mismatch",
			"the provider's success contradicts what was asked; treated as unknown",
			a->note);
		return RENT_OP_UNKNOWN;
	case RENT_PENDING:
		return RENT_OP_PENDING;
	case RENT_DECLINED:
		return RENT_OP_DECLINED;
	case RENT_NOT_EXECUTED:
		return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_NOT_EXECUTED;
	case RENT_INVALID:
		if (a->alert) /* our key is refused: nothing is said of this request */
			return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_NOT_EXECUTED;
		complain(w, "invalid", "the provider calls the request invalid", a->note);
		return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_DECLINED;
	case RENT_UNSUPPORTED:
		return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_DECLINED;
	case RENT_UNKNOWN:
		return RENT_OP_UNKNOWN;
	}
	complain(w, "mismatch", "an outcome outside the set; treated as unknown",
	         a->note);
	return RENT_OP_UNKNOWN;
}

/* A hold that is to be given back and is not there any more is given back: nothing is held, and
 * asking again would be refused for ever. */
static void accept_expired_hold(const struct work_op *op, enum rent_decline_reason reason,
                                struct provider_answer *a)
{
	if (op->op.kind != RENT_OP_RELEASE || a->outcome != RENT_DECLINED ||
	    reason != RENT_DECLINE_EXPIRED)
		return;
	a->outcome = RENT_SUCCEEDED;
	a->processed = op->op.amount;
	a->result = HOLD_EXPIRED;
	a->note = "the hold had already ended at the provider";
}

/* Without it nothing is started: of a hold that fails a start may go on. */
static bool ends_the_start(const struct rental_work *w, const struct work_op *op)
{
	return op->op.kind == RENT_OP_EJECT ||
	       (op->op.kind == RENT_OP_HOLD && w->params->refuse_unavailable);
}

/* Nobody asks again before: a provider that is asked too often refuses even more. */
static void heed_retry_after(struct rental_work *w, const struct rent_payment_result *res)
{
	int64_t wait = rules_min(res->retry_after_us, RENT_HOUR);

	if (res->outcome != RENT_NOT_EXECUTED && res->outcome != RENT_PENDING &&
	    res->outcome != RENT_UNKNOWN)
		return;
	w->wait_us = rules_max(w->wait_us, wait);
	if (ends_the_start(w, called_op(w)))
		w->retry_us = rules_max(w->retry_us, wait);
}

/* What an answer says beside its outcome. */
static void heed_answer(struct rental_work *w, struct rent_payment_result *res)
{
	const struct rent_field fields[] = {
		{ "rental", w->r.id },
		{ "operation", called_op(w)->op.id },
		{ NULL, NULL },
	};

	res->ref[sizeof(res->ref) - 1] = '\0';
	res->note[sizeof(res->note) - 1] = '\0';
	if (res->cursor[0] != '\0') {
		complain(
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
	if (called_op(w)->way == WAY_LOOKUP) {
		/* A pending operation is looked up early: then "not found" contradicts what the
		 * provider said before, and proves nothing. */
		if (a.not_found && w->caps->lookup_not_found_is_final &&
		    is_past_settling(w, called_op(w))) {
			end_called(w, &a, RENT_OP_NOT_EXECUTED);
			return;
		}
		if (a.not_found || a.outcome == RENT_NOT_EXECUTED)
			a.outcome = RENT_UNKNOWN;
	}
	if (a.outcome == RENT_UNKNOWN && res->ask &&
	    asked_only_since(called_op(w)) == 0) {
		(void)snprintf(ask_only, sizeof(ask_only), ASK_ONLY "%" PRId64, w->r.now);
		a.result = ask_only;
	}
	accept_expired_hold(called_op(w), res->reason, &a);
	if (a.outcome == RENT_SUCCEEDED && called_op(w)->op.kind == RENT_OP_HOLD &&
	    a.expires_at == 0 && w->caps->hold_us > 0)
		a.expires_at = w->r.now + w->caps->hold_us;
	end_called(w, &a, judge_answer(w, &a, ambiguous));
}

/* The outcome when there was no answer to parse. */
static void answer_none(struct rental_work *w, bool sent, const char *note)
{
	struct provider_answer a = { .outcome = sent ? RENT_UNKNOWN : RENT_NOT_EXECUTED,
		                     .note = note };

	end_called(w, &a, judge_answer(w, &a, false));
}

/* ---- payment */

static const enum rent_payment_kind payment_kinds[] = {
	[RENT_OP_HOLD] = RENT_PAY_HOLD,       [RENT_OP_CAPTURE] = RENT_PAY_CAPTURE,
	[RENT_OP_RELEASE] = RENT_PAY_RELEASE, [RENT_OP_CHARGE] = RENT_PAY_CHARGE,
	[RENT_OP_REFUND] = RENT_PAY_REFUND,   [RENT_OP_EJECT] = (enum rent_payment_kind)0,
};

static const struct rent_op *target_of(const struct rental_work *w,
                                       const struct rent_op *op)
{
	size_t i;

	for (i = 0; op->target_id[0] != '\0' && i < w->op_count; i++) {
		if (strcmp(w->ops[i].op.id, op->target_id) == 0)
			return &w->ops[i].op;
	}
	return NULL;
}

static struct rent_payment_op payment_op(struct rental_work *w)
{
	const struct rent_op *op = &called_op(w)->op;
	const struct rent_op *target = target_of(w, op);
	enum rent_payment_kind kind = payment_kinds[op->kind];

	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = called_op(w)->way == WAY_LOOKUP ? RENT_PAY_LOOKUP : kind,
		.lookup_of = kind,
		.final = op->kind == RENT_OP_CAPTURE,
		.id = op->id,
		.rental_id = w->r.id,
		.user_id = w->r.user_id,
		.ref = op->ref,
		.target_id = op->target_id,
		.target_ref = target == NULL ? "" : target->ref,
		.amount = op->amount,
		.created_at = op->created_at,
		.cursor = "",
	};
}

/* The rest of a hold of which a provider's final capture gave back what it did not take. */
static bool released_by_capture(const struct rental_work *w, const struct rent_op *op)
{
	size_t i;

	if (op->kind != RENT_OP_RELEASE || !w->caps->capture_releases_rest)
		return false;
	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].op.kind == RENT_OP_CAPTURE &&
		    w->ops[i].op.state == RENT_OP_SUCCEEDED)
			return true;
	}
	return false;
}

static void build_failed(struct rental_work *w, int code, const struct rent_error *err)
{
	struct provider_answer a = { .outcome = RENT_NOT_EXECUTED, .note = err->text };

	if (code == RENT_EINVAL)
		a.outcome = RENT_INVALID;
	else if (code == RENT_EUNSUPPORTED)
		a.outcome = RENT_UNSUPPORTED;
	end_called(w, &a, judge_answer(w, &a, false));
}

#define OWN_IO_DEADLINE (10 * RENT_SECOND)

/* A call of a provider that does its own I/O. */
struct own_io {
	const struct payment_port *port;
	const struct rent_payment_op *op;
	int64_t deadline;
	struct rent_payment_result res;
};

static void perform(void *arg)
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
		answer_none(w, false, "too late: the lease has run out");
		return;
	}
	if (w->lease_ends != 0 && io.deadline > w->lease_ends)
		io.deadline = w->lease_ends;
	if (host->task->block(host, perform, &io) == 0)
		answer_payment(w, &io.res, false);
	else
		answer_none(w, false, "too many wait for the provider already");
}

static bool prepare_payment(struct rental_work *w, struct rent_exchange *x)
{
	struct payment_port *port = core_payment_of(w->core, &w->r);
	struct rent_payment_op op = payment_op(w);
	struct rent_error err = { 0 };
	int code;

	if (port == NULL || port->api == NULL) {
		answer_none(w, false, "its payment provider is not bound");
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
		build_failed(w, code, &err);
	return code == 0;
}

static void parse_payment(struct rental_work *w, struct payment_port *port,
                          const struct rent_payment_op *op, struct rent_exchange *x,
                          struct rent_payment_result *res)
{
	struct rent_upstream_reply reply = x->reply;

	*res = (struct rent_payment_result){ .struct_size = sizeof(*res) };
	reply.arena = x->arena;
	reply.ambiguous |= maybe_sent(called_op(w));
	pthread_mutex_lock(&port->lock);
	port->api->parse(port->self, op, &reply, res);
	pthread_mutex_unlock(&port->lock);
	res->cursor[sizeof(res->cursor) - 1] = '\0';
	core_judged(w->core, x,
	            res->outcome != RENT_UNKNOWN || res->not_found ||
	                    res->cursor[0] != '\0');
}

/* One more call of a lookup whose answer is a list that is searched page by page. False: no
 * answer came. */
static bool look_up_further(struct rental_work *w, struct payment_port *port,
                            struct rent_payment_result *res)
{
	const struct rent_host *host = w->core->host;
	struct rent_exchange x = { .struct_size = sizeof(x),
		                   .request.struct_size = sizeof(x.request),
		                   .reply.struct_size = sizeof(x.reply),
		                   .arena = host->arena_new(host) };
	struct rent_exchange *one[] = { &x };
	struct rent_payment_op op = payment_op(w);
	struct rent_error err = { 0 };
	char cursor[RENT_REF_SIZE];
	bool answered = false;
	int code;

	if (x.arena == NULL)
		return false;
	memcpy(cursor, res->cursor, sizeof(cursor));
	op.cursor = cursor;
	pthread_mutex_lock(&port->lock);
	code = port->api->build(port->self, &op, x.arena, &x.request, &err);
	pthread_mutex_unlock(&port->lock);
	if (code == 0) {
		x.request.flags |= RENT_JUDGED;
		x.request.not_after_us = w->lease_ends;
		host->exchange(host, one, 1);
		answered = x.transport == RENT_REPLIED;
	}
	if (answered)
		parse_payment(w, port, &op, &x, res);
	host->arena_free(host, x.arena);
	return answered;
}

static void finish_payment(struct rental_work *w, struct rent_exchange *x)
{
	struct payment_port *port = core_payment_of(w->core, &w->r);
	struct rent_payment_op op = payment_op(w);
	struct rent_payment_result res;
	int calls;

	parse_payment(w, port, &op, x, &res);
	for (calls = 1; called_op(w)->way == WAY_LOOKUP && res.cursor[0] != '\0';
	     calls++) {
		if (calls == LOOKUP_CALLS_MAX || !look_up_further(w, port, &res)) {
			answer_none(w, true, "the lookup was not answered to its end");
			return;
		}
	}
	answer_payment(w, &res, x->reply.ambiguous);
}

/* ---- station */

static bool prepare_eject(struct rental_work *w, struct rent_exchange *x)
{
	struct station_port *port = &w->core->station;
	struct rent_station_op op = cabinet_order(&w->r, &called_op(w)->op);
	struct rent_error err = { 0 };
	int code;

	if (port->api == NULL) {
		answer_none(w, false, "no station provider is bound");
		return false;
	}
	pthread_mutex_lock(&port->lock);
	if (called_op(w)->way == WAY_LOOKUP)
		code = port->api->build_lookup(port->self, &op, x->arena, &x->request,
		                               &err);
	else
		code = port->api->build_eject(port->self, &op, x->arena, &x->request,
		                              &err);
	pthread_mutex_unlock(&port->lock);
	if (code != 0)
		build_failed(w, code, &err);
	return code == 0;
}

static void answer_eject(struct rental_work *w, struct rent_station_result *res,
                         bool ambiguous)
{
	struct provider_answer a = { .outcome = res->outcome,
		                     .ref = res->ref,
		                     .result = res->powerbank_id,
		                     .note = res->note };

	res->ref[sizeof(res->ref) - 1] = '\0';
	res->powerbank_id[sizeof(res->powerbank_id) - 1] = '\0';
	res->note[sizeof(res->note) - 1] = '\0';
	if (called_op(w)->way == WAY_LOOKUP) {
		if (res->not_found && w->core->station.caps.not_found_is_final &&
		    is_past_settling(w, called_op(w))) {
			end_called(w, &a, RENT_OP_NOT_EXECUTED);
			return;
		}
		if (res->not_found || a.outcome == RENT_NOT_EXECUTED)
			a.outcome = RENT_UNKNOWN;
	}
	end_called(w, &a, judge_answer(w, &a, ambiguous));
	if (called_op(w)->way == WAY_LOOKUP && res->returned_at > 0 &&
	    called_op(w)->op.state == RENT_OP_SUCCEEDED) {
		w->ending = (struct ending){ .by = RENT_ENDED_BY_CABINET,
			                     .at = res->returned_at };
		res->returned_to[sizeof(res->returned_to) - 1] = '\0';
		rent_copy(w->ending.station_id, sizeof(w->ending.station_id),
		          res->returned_to);
	}
}

static void finish_eject(struct rental_work *w, struct rent_exchange *x)
{
	struct station_port *port = &w->core->station;
	struct rent_station_op op = cabinet_order(&w->r, &called_op(w)->op);
	struct rent_station_result res = { .struct_size = sizeof(res) };
	struct rent_upstream_reply reply = x->reply;

	reply.arena = x->arena;
	reply.ambiguous |= maybe_sent(called_op(w));
	pthread_mutex_lock(&port->lock);
	if (called_op(w)->way == WAY_LOOKUP)
		port->api->parse_lookup(port->self, &op, &reply, &res);
	else
		port->api->parse_eject(port->self, &op, &reply, &res);
	pthread_mutex_unlock(&port->lock);
	core_judged(w->core, x, res.outcome != RENT_UNKNOWN || res.not_found);
	answer_eject(w, &res, reply.ambiguous);
}

/* ---- the two steps */

bool operation_prepare(struct rental_work *w, struct rent_exchange *x)
{
	struct work_op *op = called_op(w);

	op->called = true;
	op->way = choose_way(w, op);
	if (released_by_capture(w, &op->op)) {
		work_end_op(op, RENT_OP_SUCCEEDED, op->op.amount,
		            "released by the final capture");
		return false;
	}
	if (op->way == WAY_GIVE_UP) {
		complain(w, "manual",
		         "its outcome cannot be found out; a person must look",
		         op->op.note);
		work_end_op(op, RENT_OP_MANUAL, 0, NULL);
		return false;
	}
	if (op->way == WAY_WAIT) {
		work_end_op(op, RENT_OP_UNKNOWN, 0, NULL);
		return false;
	}
	if (!(op->op.kind == RENT_OP_EJECT ? prepare_eject(w, x) : prepare_payment(w, x)))
		return false;
	x->request.flags |= RENT_JUDGED;
	return true;
}

void operation_finish(struct rental_work *w, struct rent_exchange *x)
{
	struct work_op *op = called_op(w);

	if (x->transport != RENT_REPLIED) {
		if (x->breaker_open && ends_the_start(w, op))
			w->retry_us = x->reply.retry_after_us;
		answer_none(w, x->transport == RENT_NO_ANSWER, x->error);
		return;
	}
	if (op->op.kind == RENT_OP_EJECT)
		finish_eject(w, x);
	else
		finish_payment(w, x);
}
