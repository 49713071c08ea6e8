/* SPDX-License-Identifier: MIT
 *
 * outside.c - see outside.h.
 */
#include "outside.h"

#include "change.h"
#include "core.h"
#include "messages.h"
#include "observers.h"
#include "outside_hint.h"
#include "rental_work.h"

#define TRIES 5 /* conflicts before the event waits for its next turn */

static const struct movement {
	enum rent_event_kind kind;
	const char *what;
	/* Money went, or may go. */
	bool bad;
	/* NONE: it is only told. */
	enum rent_outside_kind records;
	/* Of the event's amount, what lowers `paid`. */
	int sign;
} movements[] = {
	{ RENT_EVENT_REFUNDED_OUTSIDE, "a refund was made by hand", true,
	  RENT_OUTSIDE_REFUND, 1 },
	{ RENT_EVENT_DISPUTE_OPENED, "a dispute was opened", true, RENT_OUTSIDE_DISPUTE,
	  0 },
	{ RENT_EVENT_DISPUTE_TOOK, "a dispute took the money", true,
	  RENT_OUTSIDE_CHARGEBACK, 1 },
	{ RENT_EVENT_DISPUTE_RETURNED, "a dispute gave the money back", false,
	  RENT_OUTSIDE_REVERSAL, -1 },
	{ RENT_EVENT_DISPUTE_CLOSED, "a dispute was closed", false, RENT_OUTSIDE_NONE,
	  0 },
};

static const struct movement *movement_of(enum rent_event_kind kind)
{
	for (size_t i = 0; i < sizeof(movements) / sizeof(*movements); i++) {
		if (movements[i].kind == kind)
			return &movements[i];
	}
	return NULL;
}

bool outside_is(enum rent_event_kind kind)
{
	return movement_of(kind) != NULL;
}

/* ---- telling */

/* Anybody may have sent a hint: it is no error until somebody looked. */
static enum rent_log_level level_of(bool bad, const struct rent_inbound *event)
{
	if (!bad)
		return RENT_LOG_INFO;
	return event->trust == RENT_EVENT_PROVEN ? RENT_LOG_ERROR : RENT_LOG_WARN;
}

/* means: what became of the rental's sums. bad: a person has to see to it. */
static void report(struct core *core, const struct movement *m,
                   const struct rent_inbound *event, const char *rental_id,
                   const char *means, bool bad)
{
	const struct rent_field fields[] = { { "rental", rental_id }, { NULL, NULL } };

	core->host->log(core->host, level_of(bad, event), fields,
	                "payment provider '%s': %s, %" PRId64
	                " of '%s'; %s, see to it there",
	                event->instance, m->what, event->amount,
	                event->ref[0] != '\0' ? event->ref : event->operation_id, means);
	if (bad && event->trust == RENT_EVENT_PROVEN)
		observers_error(core->observers, "outside_movement");
}

static int tell_only(struct core *core, const struct movement *m,
                     const struct rent_inbound *event, const char *rental_id,
                     const char *means, bool bad, char ret_outcome[RENT_NOTE_SIZE])
{
	report(core, m, event, rental_id, means, bad);
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "for a person");
	return 0;
}

/* ---- recording */

struct is_known {
	const char *event_id;
	bool yes;
};

static int look_for(void *arg, const struct rent_outside *outside)
{
	struct is_known *known = arg;

	known->yes |= strcmp(outside->event_id, known->event_id) == 0;
	return 0;
}

/* 1: it is recorded already. */
static int is_recorded(struct core *core, const struct rent_outside *outside,
                       struct rent_error *err)
{
	struct is_known known = { outside->event_id, false };
	int code = core->store->outside_list(core->store_self, outside->rental_id,
	                                     look_for, &known, err);

	return code == 0 ? known.yes : code;
}

/* When a worker looks at the rental stays as it was. */
static void keep_time(struct rental_work *w)
{
	int64_t wait = rules_max(w->r.work_at - w->r.now, 0);

	w->change.work_in_us = w->r.work_at == 0 ? RENT_NO_WORK : wait;
	w->change.work_tries = w->r.work_tries;
}

static int advance(struct core *core, struct rental_work *w,
                   const struct rent_outside *outside, struct rent_error *err)
{
	struct rent_change *one[] = { &w->change };
	int code;

	w->next = w->r;
	w->next.paid -= outside->amount;
	w->next.outside += outside->amount;
	w->next.outside_at = w->r.now;
	change_make(w);
	w->change.outside = outside;
	messages_make(w);
	keep_time(w);
	code = core->store->advance(core->store_self, one, 1, err);
	if (code == 0 && w->change.ret == RENT_CHANGE_APPLIED) {
		observers_recorded(w);
		observers_outside(core->observers, outside);
		return 1;
	}
	return code;
}

static bool fits(const struct rent_rental *r, const struct rent_outside *outside)
{
	return r->paid >= outside->amount && r->outside + outside->amount >= 0;
}

/* What is reported before: a payment that we have not heard the end of, the chargeback of a reversal. */
static bool may_fit_later(const struct rent_rental *r, const struct rent_outside *outside)
{
	return r->open_ops > 0 || r->outside + outside->amount < 0;
}

enum recording {
	CANNOT = 0,
	RECORDED = 1, /* now or earlier */
	NOT_YET = 2,
};

/* enum recording; RENT_EUNAVAIL: not now. */
static int record(struct core *core, const struct rent_outside *outside,
                  const char *instance, struct rent_error *err)
{
	struct params params = core_params(core);
	int code = 0;

	for (int i = 0; i < TRIES && code == 0; i++) {
		struct rental_work w;

		code = is_recorded(core, outside, err);
		if (code != 0)
			return code;
		work_init(&w, core, &params, &core->payment.caps, GOAL_RECOVER);
		code = core->store->rental_get(core->store_self, outside->rental_id,
		                               core_copy_rental, &w.r, err);
		if (code != 0 || w.r.broken[0] != '\0' ||
		    strcmp(w.r.provider, instance) != 0) {
			work_done(&w);
			return code < 0 ? code : CANNOT;
		}
		if (!fits(&w.r, outside)) {
			code = may_fit_later(&w.r, outside) ? NOT_YET : CANNOT;
			work_done(&w);
			return code;
		}
		code = advance(core, &w, outside, err);
		work_done(&w);
	}
	return code != 0 ? code
	                 : rent_fail(err, RENT_EUNAVAIL,
	                             "rental '%s' is being changed too often; it is "
	                             "handed on again",
	                             outside->rental_id);
}

/* What the event is about: the operation that it names, else what was taken under its reference. 1: it is
 * not known. */
static int find_taken(struct core *core, const struct rent_inbound *event,
                      const struct rent_op *op, struct rent_op *ret,
                      struct rent_error *err)
{
	if (op != NULL && rent_op_takes(op->kind) && op->state == RENT_OP_SUCCEEDED) {
		*ret = *op;
		return 0;
	}
	if (event->ref[0] == '\0')
		return 1;
	return core->store->op_taken(core->store_self, event->ref, core_copy_op, ret,
	                             err);
}

/* Whether the event says all that is needed to record it. */
static bool can_record(const struct core *core, const struct movement *m,
                       const struct rent_inbound *event)
{
	return m->records != RENT_OUTSIDE_NONE &&
	       (event->trust == RENT_EVENT_PROVEN || outside_hint_can_ask(event)) &&
	       (m->sign == 0 || event->amount > 0) && core->store->outside_list != NULL &&
	       core->store->op_taken != NULL;
}

static struct rent_outside make_outside(const struct movement *m,
                                        const struct rent_inbound *event,
                                        const struct rent_op *taken)
{
	struct rent_outside outside = { .struct_size = sizeof(outside),
		                        .kind = m->records,
		                        .amount = m->sign * event->amount };

	rent_copy(outside.event_id, sizeof(outside.event_id), event->id);
	rent_copy(outside.rental_id, sizeof(outside.rental_id), taken->rental_id);
	rent_copy(outside.op_id, sizeof(outside.op_id), taken->id);
	rent_copy(outside.ref, sizeof(outside.ref), event->ref);
	rent_copy(outside.note, sizeof(outside.note), event->note);
	return outside;
}

/* ---- what is reported too early */

/* Nobody waits for ever: then a person is told. */
static bool has_time(struct core *core, const struct rent_inbound *event)
{
	struct params params = core_params(core);

	return core->host->wall_us(core->host) - event->received_at < params.manual_after;
}

/* 1: a payment may still turn out to be the one that it is of: the reference of one whose answer was lost
 * is not known. */
static int may_be_known_later(struct core *core, const struct rent_op *op,
                              struct rent_error *err)
{
	struct rent_rental r = { .struct_size = sizeof(r) };
	int code;

	if (op == NULL || op->state == RENT_OP_MANUAL)
		return 1;
	code = core->store->rental_get(core->store_self, op->rental_id, core_copy_rental,
	                               &r, err);
	return code == 0 ? r.open_ops > 0 : code < 0 ? code : 0;
}

static int of_unknown(struct core *core, const struct movement *m,
                      const struct rent_inbound *event, const struct rent_op *op,
                      char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	int code = has_time(core, event) ? may_be_known_later(core, op, err) : 0;

	if (code == 1)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "%s, of no payment that we know yet; it is handed on "
		                 "again",
		                 m->what);
	return code < 0
	               ? code
	               : tell_only(core, m, event, op == NULL ? "" : op->rental_id,
	                           "it is of no payment that we know", true, ret_outcome);
}

static int not_confirmed(struct core *core, const struct movement *m,
                         const struct rent_inbound *event, const char *rental_id,
                         char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	if (has_time(core, event))
		return rent_fail(
			err, RENT_EUNAVAIL,
			"%s, which the provider does not confirm; it is handed on "
			"again",
			m->what);
	return tell_only(core, m, event, rental_id,
	                 "the provider does not confirm it: the rental's sums stay as "
	                 "they are",
	                 true, ret_outcome);
}

int outside_event(struct core *core, const struct rent_inbound *event,
                  const struct rent_op *op, char ret_outcome[RENT_NOTE_SIZE],
                  struct rent_error *err)
{
	const struct movement *m = movement_of(event->kind);
	struct rent_inbound said = *event;
	struct rent_op taken = { .struct_size = sizeof(taken) };
	struct rent_outside outside;
	int code;

	if (m == NULL)
		return 0;
	event = &said;
	if (!can_record(core, m, event))
		return tell_only(core, m, event, op == NULL ? "" : op->rental_id,
		                 "the rental's sums stay as they are", m->bad,
		                 ret_outcome);
	code = find_taken(core, event, op, &taken, err);
	if (code == 1)
		return of_unknown(core, m, event, op, ret_outcome, err);
	if (code == 0 && event->trust == RENT_EVENT_HINT &&
	    !outside_hint_confirmed(core, &taken, &said))
		return not_confirmed(core, m, event, taken.rental_id, ret_outcome, err);
	if (code == 0) {
		outside = make_outside(m, event, &taken);
		code = record(core, &outside, event->instance, err);
	}
	if (code < 0)
		return code;
	if (code == NOT_YET && has_time(core, event))
		return rent_fail(err, RENT_EUNAVAIL,
		                 "%s, and does not fit what was paid until now; it is "
		                 "handed on again",
		                 m->what);
	if (code != RECORDED)
		return tell_only(
			core, m, event, taken.rental_id,
			"it does not fit what was paid: the rental's sums stay as "
			"they are",
			true, ret_outcome);
	report(core, m, event, taken.rental_id, "it is recorded", m->bad);
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "recorded");
	return 0;
}

static bool moves_money(enum rent_op_kind kind)
{
	return kind == RENT_OP_HOLD || kind == RENT_OP_REFUND || rent_op_takes(kind);
}

bool outside_contradicts(const struct rent_inbound *event, const struct rent_op *op)
{
	return event->trust == RENT_EVENT_PROVEN && event->kind == RENT_EVENT_OPERATION &&
	       event->verdict == RENT_SUCCEEDED && moves_money(op->kind) &&
	       (op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED);
}

void outside_report_contradiction(struct core *core, const struct rent_inbound *event,
                                  const struct rent_op *op,
                                  char ret_outcome[RENT_NOTE_SIZE])
{
	const struct rent_field fields[] = { { "rental", op->rental_id },
		                             { "operation", op->id },
		                             { NULL, NULL } };

	core->host->log(
		core->host, RENT_LOG_ERROR, fields,
		"payment provider '%s': '%s' was made, a %s of %" PRId64
		" that counts as not made; the rental's sums stay as they are, see "
		"to it there",
		event->instance, event->ref[0] != '\0' ? event->ref : op->ref,
		rent_name_of(rent_op_kind_names, (int)op->kind), op->amount);
	observers_error(core->observers, "outside_movement");
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "for a person");
}
