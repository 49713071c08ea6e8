/* SPDX-License-Identifier: MIT
 *
 * reissue.c - see reissue.h.
 */
#include "reissue.h"

#include "cabinet.h"
#include "observers.h"
#include "returned.h"
#include "stop.h"
#include "view.h"

/* It had it before the cabinet was asked for ours, so that what came out had come back. The other
 * way round (an order of long ago whose end we learn only now) proves nothing of that rental, nor
 * does a powerbank of another service that bears the same number. */
static bool came_back(const struct rent_rental *old, const struct rental_work *w,
                      const struct work_op *eject)
{
	return cabinet_is_of(old, w->r.station_instance) && old->started_at != 0 &&
	       old->started_at < eject->op.created_at;
}

/* The last moment at which it can have come back; if its customer said so before, while that
 * cabinet could not be asked, the moment when he did. */
static struct ending ending_of(const struct rent_rental *old, const struct rental_work *w,
                               const struct work_op *eject)
{
	struct ending ending = { .by = RENT_ENDED_BY_REISSUE,
		                 .at = eject->op.created_at,
		                 .settles_later = true };

	if (returned_as_asked(old, w->r.station_id))
		ending.at = rules_min(ending.at, old->stop_asked_at);
	rent_copy(ending.station_id, sizeof(ending.station_id), w->r.station_id);
	ending.note.kind = RENT_NOTE_REISSUE_ENDED;
	(void)snprintf(ending.note.text, sizeof(ending.note.text),
	               "station %.40s gave the powerbank out again for rental %s",
	               w->r.station_id, w->r.id);
	return ending;
}

static void tell_of_reissue(struct core *core, const struct rent_rental *old,
                            const struct rental_work *w, const struct work_op *eject)
{
	const struct rent_field fields[] = { { "rental", old->id }, { NULL, NULL } };

	observers_error(core->observers, "reissued");
	core->host->log(
		core->host, RENT_LOG_WARN, fields,
		"powerbank '%s' was given out again by station '%s' for rental '%s': it "
		"came back and nobody said so; this rental ends as of then",
		eject->op.result, w->r.station_id, w->r.id);
}

enum reissue reissue_close_old(struct core *core, const struct rental_work *w,
                               const struct work_op *eject, char ret_holder[RENT_ID_SIZE])
{
	struct rent_view view = { .struct_size = sizeof(view) };
	struct rent_error err;
	struct ending ending;
	int code = view_holder(core, eject->op.result, ret_holder, &err);

	/* What was recorded before is what an operator decided. */
	if (!w->params->reissue_closes && !work_had_succeeded(eject))
		return REISSUE_MANUAL;
	if (code == 0 &&
	    ret_holder[0] == '\0') /* ended just now, or too many to look through */
		return core->store->rental_holding == NULL ? REISSUE_MANUAL
		                                           : REISSUE_CLOSED;
	if (code == 0)
		code = view_status(core, ret_holder, &view, &err);
	if (code != 0)
		return REISSUE_NOT_NOW;
	if (view.rental.broken[0] != '\0')
		return REISSUE_MANUAL;
	if (view.rental.status != RENT_STATUS_ACTIVE)
		return REISSUE_CLOSED; /* by somebody else, just now */
	if (!came_back(&view.rental, w, eject))
		return REISSUE_MANUAL;
	ending = ending_of(&view.rental, w, eject);
	tell_of_reissue(core, &view.rental, w, eject);
	code = stop_by(core, ret_holder, &ending, &view, &err);
	return code == 0 ? REISSUE_CLOSED : REISSUE_NOT_NOW;
}
