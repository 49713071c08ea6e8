/* SPDX-License-Identifier: MIT
 *
 * inbound.c - see inbound.h.
 *
 *   names an operation of ours    it is asked for at once, as recovery does it
 *   … that nobody can look up     proven, with an end: that is its end, and the event waits until that is recorded
 *   … that waits for a person     proven, with an end: he is told
 *   … by the service's reference  it is asked for by that from then on
 *   RETURNED, proven              the rental of the powerbank ends (returned.c)
 *   RETURNED, a hint              the order is looked up, else the cabinet is looked into; what
 *                                 they show is proven
 *   RETURNED, of no live rental   while a start of that service waits for its eject, the report waits too:
 *                                 the powerbank may be the one that came out (orphan.c)
 *   HOLD_ENDED                    what is left of the hold counts as released (hold_gone.c)
 *   a dispute, a refund by hand   proven: recorded, it lowers what is paid; a person is told (outside.c)
 *   made, proven, of a payment that was refused   likewise
 *   anything else                 recorded, nothing more
 */
#include "inbound.h"

#include "cabinet.h"
#include "drive.h"
#include "hold_ended.h"
#include "observers.h"
#include "orphan.h"
#include "outside.h"
#include "returned.h"
#include "view.h"

/* An event, and the operation it is about. */
struct inbound {
	struct core *core;
	struct rent_inbound event;
	bool has_op;
	struct rent_op op;
	bool believed; /* the event was the operation's answer */
};

static int not_now(struct rent_error *err, const char *why)
{
	return rent_fail(err, RENT_EUNAVAIL, "%s; it is handed on again", why);
}

static int read_op(struct inbound *in, struct rent_error *err)
{
	const struct rent_storage *store = in->core->store;
	int code;

	if (in->event.operation_id[0] == '\0' || store->op_get == NULL)
		return 0;
	code = store->op_get(in->core->store_self, in->event.operation_id, core_copy_op,
	                     &in->op, err);
	in->has_op = code == 0;
	return code < 0 ? code : 0;
}

/* ---- an operation that is open */

/* An order whose answer was lost: its reference comes with the report. */
static void take_reference(const struct inbound *in, struct rental_work *w)
{
	struct work_op *eject = work_find_op(w, RENT_OP_EJECT);

	if (eject != NULL && eject->op.ref[0] == '\0' &&
	    strcmp(eject->op.id, in->op.id) == 0)
		rent_copy(eject->op.ref, sizeof(eject->op.ref), in->event.ref);
}

/* Whether it is still open, and what the report brought was lost on the way. */
static bool reference_is_lost(const struct inbound *in, struct rental_work *w)
{
	const struct work_op *eject = work_find_op(w, RENT_OP_EJECT);

	return in->event.ref[0] != '\0' && eject != NULL &&
	       strcmp(eject->op.id, in->op.id) == 0 && eject->op.ref[0] == '\0' &&
	       rent_op_is_open(eject->op.state);
}

/* Another run may have ended it meanwhile. */
static int read_op_again(struct inbound *in, struct rent_error *err)
{
	int code = read_op(in, err);

	return code == 0 && !in->has_op ? not_now(err, "its operation cannot be read")
	                                : code;
}

/* Whether the event itself says how a payment ended. */
static bool says_the_end(const struct inbound *in)
{
	const struct rent_inbound *e = &in->event;

	return e->trust == RENT_EVENT_PROVEN && e->kind == RENT_EVENT_OPERATION &&
	       in->op.kind != RENT_OP_EJECT &&
	       (e->verdict == RENT_DECLINED ||
	        (e->verdict == RENT_SUCCEEDED && e->amount > 0));
}

/* Whether nobody but the event says how the operation ended. What another provider says of it is nothing. */
static bool is_the_answer(const struct inbound *in, const struct rental_work *w)
{
	return says_the_end(in) && strcmp(in->event.instance, w->r.provider) == 0 &&
	       (w->caps->operations & RENT_PAY_BIT(RENT_PAY_LOOKUP)) == 0;
}

/* What came of the run. */
static int judge_run(struct inbound *in, struct rental_work *w, bool answers,
                     struct rent_error *err)
{
	int code;

	in->believed = answers && w->reported == NULL;
	if (w->error != 0)
		return rent_fail(err, w->error, "rental '%s' could not be recorded",
		                 w->r.id);
	if (reference_is_lost(in, w))
		return not_now(err, "another run has the rental");
	code = read_op_again(in, err);
	if (code == 0 && answers && !in->believed && rent_op_is_open(in->op.state))
		return not_now(err, "the answer is not recorded yet");
	return code;
}

/* Drives its rental on as recovery would, when its time has not come yet. */
static int wake_operation(struct inbound *in, struct rent_error *err)
{
	struct core *core = in->core;
	struct params params = core_params(core);
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rental_work w, *works[] = { &w };
	bool answers;
	int code;

	work_init(&w, core, &params, &core->payment.caps, GOAL_RECOVER);
	code = view_read(core, in->op.rental_id, &w, &view, err);
	if (code == 0 && w.r.broken[0] == '\0') {
		if (work_lease_is_live(&w.r)) {
			code = not_now(err, "another run has the rental");
		} else {
			take_reference(in, &w);
			w.reported = is_the_answer(in, &w) ? &in->event : NULL;
			answers = w.reported != NULL;
			drive(core, works, 1, NULL);
			code = judge_run(in, &w, answers, err);
		}
	}
	work_done(&w);
	return code < 0 ? code : 0;
}

static bool is_late_answer(const struct inbound *in)
{
	return in->has_op && !in->believed && in->op.state == RENT_OP_MANUAL &&
	       says_the_end(in);
}

/* Its end came after all: what nobody could find out need not be guessed. */
static void report_late_answer(const struct inbound *in, char ret_outcome[RENT_NOTE_SIZE])
{
	const struct rent_inbound *e = &in->event;
	const struct rent_field fields[] = { { "rental", in->op.rental_id },
		                             { "operation", in->op.id },
		                             { NULL, NULL } };

	in->core->host->log(
		in->core->host, RENT_LOG_ERROR, fields,
		"payment provider '%s': the answer to '%s' has come: %s, %" PRId64
		" of %" PRId64 "; it waits for a person, resolve it as the answer says",
		e->instance, in->op.id, rent_name_of(rent_outcome_names, (int)e->verdict),
		e->amount, in->op.amount);
	observers_error(in->core->observers, "manual");
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "for a person");
}

/* ---- a powerbank that is said to be back */

/* The order says it best: it is this rental's, and nobody else's. Unless the rental never had it: what came out
 * after all may be, as far as we know, another's. */
static int ask_order(struct inbound *in, bool *ret_known,
                     char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	struct rent_rental r = { .struct_size = sizeof(r) };
	char station[RENT_ID_SIZE];
	struct returned what = { .station_id = station };
	int code = in->core->store->rental_get(in->core->store_self, in->op.rental_id,
	                                       core_copy_rental, &r, err);

	*ret_known = true;
	if (code < 0)
		return code;
	if (code == 0 && r.status == RENT_STATUS_FAILED) {
		*ret_known = false;
		return 0;
	}
	if (code == 1 ||
	    (r.status != RENT_STATUS_ACTIVE && !returned_may_follow(in->core, &r))) {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "ended already");
		return r.status == RENT_STATUS_PENDING
		               ? not_now(err, "the rental has not begun yet")
		               : 0;
	}
	what.powerbank_id = r.powerbank_id;
	what.rental_id = r.id;
	if (cabinet_ask_order(in->core, &r, &in->op, &what.at, station) !=
	    CABINET_HAS_IT) {
		*ret_known = false;
		return 0;
	}
	if (station[0] == '\0')
		what.station_id = in->event.station_id;
	if (r.status != RENT_STATUS_ACTIVE)
		return returned_after_buyout(in->core, &what, ret_outcome, err);
	return returned_end(in->core, &what, ret_outcome, err);
}

/* The slots say it too, once what they show is newer than the eject. The event's time is believed
 * then, unless it is of another rental: that it is there proves only that it is back now. */
static int ask_slots(struct inbound *in, char ret_outcome[RENT_NOTE_SIZE],
                     struct rent_error *err)
{
	char id[RENT_ID_SIZE];
	struct returned what = { .powerbank_id = in->event.powerbank_id,
		                 .station_id = in->event.station_id,
		                 .at = in->event.at,
		                 .rental_id = id,
		                 .instance = in->event.instance };
	struct rent_view view = { .struct_size = sizeof(view) };
	struct station_port *port;
	int code = view_holder(in->core, what.powerbank_id, id, err);

	rent_copy(ret_outcome, RENT_NOTE_SIZE, RETURNED_ORPHAN);
	if (code == 0 && id[0] != '\0')
		code = view_status(in->core, id, &view, err);
	if (code != 0 || view.rental.status != RENT_STATUS_ACTIVE ||
	    !cabinet_is_of(&view.rental, what.instance))
		return code;
	port = core_station_of(in->core, &view.rental);
	if (port != NULL &&
	    view.rental.now < view.rental.started_at + port->caps.settle_us)
		return not_now(err, "the cabinet may still show it as it was before the "
		                    "eject");
	if (in->event.at == 0 && in->event.received_at >= view.rental.started_at)
		what.received_at = in->event.received_at;
	if (what.at < view.rental.created_at - CLOCKS_APART)
		what.at = 0;
	switch (cabinet_ask_slots(in->core, port, what.station_id, what.powerbank_id)) {
	case CABINET_HAS_IT:
		return returned_end(in->core, &what, ret_outcome, err);
	case CABINET_HAS_IT_NOT:
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "not there");
		return 0;
	case CABINET_SAYS_NOTHING:
		break;
	}
	if (view.rental.now - in->event.received_at >
	    core_params(in->core).return_backdate_max) {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "not confirmed");
		return 0;
	}
	return not_now(err, "the cabinet cannot be asked");
}

static int act_on_return(struct inbound *in, char ret_outcome[RENT_NOTE_SIZE],
                         struct rent_error *err)
{
	const struct rent_inbound *e = &in->event;
	struct returned what = { .powerbank_id = e->powerbank_id,
		                 .station_id = e->station_id,
		                 .at = e->at,
		                 .received_at = e->received_at,
		                 .instance = e->instance };
	bool known = false;
	int code = 0;

	if (e->trust == RENT_EVENT_PROVEN && e->powerbank_id[0] != '\0') {
		code = returned_end(in->core, &what, ret_outcome, err);
		if (code != 0 || strcmp(ret_outcome, RETURNED_UNSURE) != 0 ||
		    !inventory_can_ask(core_station_named(in->core, e->instance)))
			return code;
	}
	if (in->has_op && in->op.kind == RENT_OP_EJECT)
		code = ask_order(in, &known, ret_outcome, err);
	if (code != 0 || known)
		return code;
	if (e->powerbank_id[0] == '\0' || e->station_id[0] == '\0') {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "names no powerbank");
		return 0;
	}
	return ask_slots(in, ret_outcome, err);
}

/* 1: the report stays open. */
static int wait_for_start(const struct inbound *in, struct rent_error *err)
{
	bool awaits;
	int code = orphan_awaits_start(in->core, &in->event, &awaits, err);

	return code == 0 && awaits ? 1 : code;
}

/* ---- an event */

/* The plugin knows the shape of our ids only; a refund whose id we do not have was made by hand. */
static bool is_our_refund(const struct inbound *in)
{
	return in->event.kind == RENT_EVENT_REFUNDED_OUTSIDE && in->has_op &&
	       in->op.kind == RENT_OP_REFUND;
}

int inbound_event(void *self, const struct rent_inbound *event,
                  char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	struct inbound in = { .core = self };
	int code;

	rent_adopt(&in.event, sizeof(in.event), event, event->struct_size);
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "recorded only");
	code = read_op(&in, err);
	if (code != 0)
		return code;
	if (is_our_refund(&in))
		in.event.kind = RENT_EVENT_OPERATION;
	if (in.has_op && rent_op_is_open(in.op.state)) {
		code = wake_operation(&in, err);
		rent_copy(ret_outcome, RENT_NOTE_SIZE,
		          in.believed ? "believed" : "asked for");
	}
	if (code == 0 && is_late_answer(&in))
		report_late_answer(&in, ret_outcome);
	if (code == 0 && in.event.kind == RENT_EVENT_RETURNED)
		code = act_on_return(&in, ret_outcome, err);
	if (code == 0 && strcmp(ret_outcome, RETURNED_ORPHAN) == 0)
		code = wait_for_start(&in, err);
	if (code == 0 && in.event.kind == RENT_EVENT_HOLD_ENDED && in.has_op)
		code = hold_ended_event(in.core, &in.event, &in.op, ret_outcome, err);
	if (code == 0 && outside_is(in.event.kind))
		code = outside_event(in.core, &in.event, in.has_op ? &in.op : NULL,
		                     ret_outcome, err);
	if (code == 0 && in.has_op && outside_contradicts(&in.event, &in.op))
		outside_report_contradiction(in.core, &in.event, &in.op, ret_outcome);
	return code;
}
