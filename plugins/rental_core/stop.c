/* SPDX-License-Identifier: MIT
 *
 * stop.c - see stop.h.
 */
#include "stop.h"

#include "drive.h"
#include "settle.h"
#include "view.h"

bool stop_is_after_buyout(const struct params *params, const struct rent_rental *r,
                          const struct ending *ending)
{
	return r->status == RENT_STATUS_BUYOUT && params->buyout_return_window > 0 &&
	       ending->by == RENT_ENDED_BY_CABINET && ending->at > 0 &&
	       ending->at <= r->finished_at + params->buyout_return_window;
}

bool stop_is_of_others(struct core *core, const struct rent_rental *r)
{
	return core_params(core).stop != STOP_TRUSTED && r->station_instance[0] != '\0' &&
	       core_station_of(core, r) == NULL;
}

void stop_next(struct rental_work *w)
{
	settle_end_rental(w, RENT_STATUS_FINISHED, &w->ending);
	if (w->ending.settles_later)
		return;
	if (w->leased || !work_lease_is_live(&w->r))
		settle_next(w);
}

/* Ends an ACTIVE rental and settles what can be settled now. */
static int stop_active(struct core *core, struct rental_work *w, struct rent_view *ret,
                       struct rent_error *err)
{
	int code;

	drive(core, &w, 1, NULL);
	if (w->error != 0)
		return rent_fail(err, w->error,
		                 "the stop of rental '%s' could not be recorded",
		                 w->r.id);
	/* If this run recorded the stop to its end, its copy of the rental is current. */
	if (!w->conflicted && w->r.settlement == RENT_SETTLEMENT_DONE) {
		view_fill(w, ret);
		return RENT_OK;
	}
	code = view_read(core, w->r.id, w, ret, err);
	if (code == 0 && (ret->rental.status == RENT_STATUS_ACTIVE ||
	                  stop_is_after_buyout(w->params, &ret->rental, &w->ending)))
		return rent_fail(err, RENT_EUNAVAIL,
		                 "rental '%s' is being changed too often to stop it now",
		                 w->r.id);
	return code;
}

int stop_by(struct core *core, const char *order_id, const struct ending *ending,
            struct rent_view *ret, struct rent_error *err)
{
	struct params params = core_params(core);
	struct rental_work w;
	int code;

	work_init(&w, core, &params, &core->payment.caps, GOAL_STOP);
	w.ending = *ending;
	w.actor = ending->actor;
	code = view_read(core, order_id, &w, ret, err);
	if (code == 0 &&
	    (w.r.status == RENT_STATUS_PENDING || w.r.status == RENT_STATUS_FAILED)) {
		ret->verdict = RENT_WRONG_STATE;
		rent_copy(
			ret->detail, sizeof(ret->detail),
			w.r.status == RENT_STATUS_PENDING
				? "the rental has not begun yet; there is nothing to stop"
				: "the rental never began; there is nothing to stop");
	} else if (code == 0 && w.r.broken[0] != '\0') {
		code = rent_fail(err, RENT_ECORRUPT,
		                 "rental '%s' is set aside, no money moves: %s", w.r.id,
		                 w.r.broken);
	} else if (code == 0 && ending->unverified && w.r.status == RENT_STATUS_ACTIVE &&
	           stop_is_of_others(core, &w.r)) {
		ret->verdict = RENT_RETURN_UNVERIFIED;
	} else if (code == 0 && (w.r.status == RENT_STATUS_ACTIVE ||
	                         stop_is_after_buyout(&params, &w.r, ending))) {
		code = stop_active(core, &w, ret, err);
	}
	work_done(&w);
	return code < 0 ? code : RENT_OK;
}
