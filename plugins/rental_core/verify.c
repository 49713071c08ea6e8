/* SPDX-License-Identifier: MIT
 *
 * verify.c - see verify.h.
 */
#include "verify.h"

#include "cabinet.h"
#include "returned.h"
#include "stop.h"
#include "view.h"

#define TRIES 8 /* of a change that others come before */

static bool verifies(struct core *core, const struct station_port *port)
{
	enum stop_rule rule = core_params(core).stop;

	return rule == STOP_VERIFIED || (rule == STOP_AUTO && inventory_can_ask(port));
}

bool verify_is_wanted(struct core *core)
{
	bool wanted = false;

	for (size_t i = 0; i < STATIONS_MAX; i++)
		wanted |= verifies(core, core_station(core, i));
	return wanted;
}

/* ---- what is kept of a question that was not answered */

/* stop_asked_at as it shall be; a time goes with the station, and with who asked (NULL: nobody is kept).
 * The rental may have ended meanwhile: then nothing is kept. */
static int keep_asking(struct core *core, struct rent_rental *r, const char *station_id,
                       int64_t stop_asked_at, const struct rent_actor *actor,
                       struct rent_error *err)
{
	const struct rent_deed deed = { .struct_size = sizeof(deed),
		                        .kind = RENT_DEED_STOP,
		                        .actor = actor };
	int i, code = 0;

	for (i = 0; i < TRIES && code == 0 && r->status == RENT_STATUS_ACTIVE; i++) {
		int64_t wait = rules_max(r->work_at - r->now, 0);
		struct rent_change c = {
			.struct_size = sizeof(c),
			.rental_id = r->id,
			.expect_version = r->version,
			.work_in_us = r->work_at == 0 ? RENT_NO_WORK : wait,
			.work_tries = r->work_tries,
			.stop_asked_at = stop_asked_at,
			.return_station_id = station_id,
			.deed = actor == NULL ? NULL : &deed,
		};
		struct rent_change *one[] = { &c };

		code = core->store->advance(core->store_self, one, 1, err);
		if (code == 0 && c.ret == RENT_CHANGE_APPLIED)
			return 0;
		if (code == 0)
			code = core->store->rental_get(core->store_self, r->id,
			                               core_copy_rental, r, err);
		if (code == 1)
			code = rent_fail(err, RENT_EFAIL, "rental '%s' is gone", r->id);
	}
	if (code == 0 && r->status == RENT_STATUS_ACTIVE)
		code = rent_fail(err, RENT_EUNAVAIL,
		                 "rental '%s' is being changed too often to stop it now",
		                 r->id);
	return code;
}

int verify_forget(struct core *core, struct rent_rental *r, struct rent_error *err)
{
	return keep_asking(core, r, "", RENT_NO_TIME, NULL, err);
}

/* ---- asking */

/* Until then a cabinet may still show what it has given out, and the powerbank of a rental that
 * has just begun would be taken for one that is back. */
static int64_t shows_the_eject_in(struct core *core, const struct rent_rental *r)
{
	const struct station_port *port = core_station_of(core, r);
	int64_t settle_us = port == NULL ? 0 : port->caps.settle_us;

	return r->started_at + settle_us - r->now;
}

/* The slots of the station that the customer names. If they do not say yes, the order may: a
 * customer may name a station that is not the one. It then knows when the powerbank came back. */
static int look_for(struct core *core, struct rental_work *w, struct ending *ending,
                    enum cabinet_answer *ret, struct rent_error *err)
{
	struct work_op *eject = work_find_op(w, RENT_OP_EJECT);
	char station[RENT_ID_SIZE], outcome[RENT_NOTE_SIZE];
	struct returned what = { .powerbank_id = w->r.powerbank_id,
		                 .rental_id = w->r.id };

	*ret = CABINET_SAYS_NOTHING;
	if (shows_the_eject_in(core, &w->r) <= 0)
		*ret = cabinet_ask_slots(core, core_station_of(core, &w->r),
		                         cabinet_of(&w->r, ending->station_id),
		                         w->r.powerbank_id);
	if (*ret == CABINET_HAS_IT) {
		ending->at = returned_as_asked(&w->r, ending->station_id)
		                     ? w->r.stop_asked_at
		                     : w->r.now;
		return 0;
	}
	if (eject == NULL || cabinet_ask_order(core, &w->r, &eject->op, &what.at,
	                                       station) != CABINET_HAS_IT)
		return 0;
	*ret = CABINET_HAS_IT;
	what.station_id = station[0] == '\0' ? ending->station_id : station;
	return returned_end(core, &what, outcome, err);
}

/* ---- the request */

static int not_there(struct core *core, struct rental_work *w,
                     const struct ending *ending, struct rent_view *ret,
                     struct rent_error *err)
{
	ret->verdict = RENT_NOT_RETURNED;
	if (!returned_as_asked(&w->r, ending->station_id))
		return 0;
	return verify_forget(core, &w->r, err);
}

/* The first asking of a station counts, until it is answered. */
static int not_answered(struct core *core, struct rental_work *w,
                        const struct ending *ending, struct rent_view *ret,
                        struct rent_error *err)
{
	int64_t asked_at = w->r.now;
	int64_t too_early = shows_the_eject_in(core, &w->r);

	ret->verdict = RENT_RETURN_UNVERIFIED;
	ret->retry_after_us = rules_max(w->params->resolve_base, too_early);
	if (too_early > 0) {
		rent_copy(
			ret->detail, sizeof(ret->detail),
			"the powerbank has only just been given out, and the station may "
			"not have noticed yet; the rental goes on. Try again in a moment");
		return 0;
	}
	rent_copy(
		ret->detail, sizeof(ret->detail),
		"the station cannot be asked now whether the powerbank is back; the time of "
		"this request is kept, and once the station shows it the rental ends as of "
		"now. Try again in a moment");
	if (returned_as_asked(&w->r, ending->station_id))
		return 0;
	return keep_asking(core, &w->r, ending->station_id, asked_at, ending->actor, err);
}

static int ask_cabinet(struct core *core, struct rental_work *w, struct ending *ending,
                       struct rent_view *ret, bool *ret_ends, struct rent_error *err)
{
	enum cabinet_answer answer;
	int code = look_for(core, w, ending, &answer, err);

	*ret_ends = answer == CABINET_HAS_IT;
	if (code == 0 && answer == CABINET_HAS_IT_NOT)
		code = not_there(core, w, ending, ret, err);
	else if (code == 0 && answer == CABINET_SAYS_NOTHING)
		code = not_answered(core, w, ending, ret, err);
	*ret_ends |= w->r.status != RENT_STATUS_ACTIVE;
	if (*ret_ends) { /* whoever ended it has the answer */
		ret->verdict = RENT_DONE;
		ret->detail[0] = '\0';
	}
	return code;
}

int verify_stop(struct core *core, const char *order_id, struct ending *ending,
                struct rent_view *ret, bool *ret_ends, struct rent_error *err)
{
	struct params params = core_params(core);
	struct rental_work w;
	int code;

	*ret_ends = true;
	work_init(&w, core, &params, &core->payment.caps, GOAL_STOP);
	code = view_read(core, order_id, &w, ret, err);
	if (code == 0 && w.r.status == RENT_STATUS_ACTIVE && w.r.broken[0] == '\0' &&
	    (stop_is_of_others(core, &w.r) ||
	     verifies(core, core_station_of(core, &w.r))))
		code = ask_cabinet(core, &w, ending, ret, ret_ends, err);
	work_done(&w);
	return code < 0 ? code : 0;
}
