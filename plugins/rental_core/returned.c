/* SPDX-License-Identifier: MIT
 *
 * returned.c - see returned.h. The rental ends by the same change as with its customer's stop, so
 * whichever comes first fixes the end, and the other finds it ended.
 */
#include "returned.h"

#include <rent/time.h>

#include "cabinet.h"
#include "observers.h"
#include "stop.h"
#include "view.h"

/* 0: now. */
static int64_t time_of(const struct returned *what)
{
	return what->at != 0 ? what->at : what->received_at;
}

/* A powerbank came back long ago, and its rental still runs: a person must say how much of it is
 * to be paid. */
static void complain_too_late(struct core *core, const struct rent_rental *r,
                              const struct returned *what)
{
	const struct rent_field fields[] = { { "rental", r->id }, { NULL, NULL } };
	char at[RENT_TIME_SIZE];

	rent_time_text(time_of(what), 'T', at);
	observers_error(core->observers, "return_too_late");
	core->host->log(core->host, RENT_LOG_ERROR, fields,
	                "powerbank '%s' came back to '%s' at %s, and the rental still "
	                "runs; the report is older than return_backdate_max, so an "
	                "operator must end it",
	                what->powerbank_id, what->station_id, at);
}

/* The objection to ending the rental by this report. */
enum objection {
	OBJECTION_NONE = 0,
	OBJECTION_EARLIER,
	OBJECTION_UNSURE,
	OBJECTION_TOO_LATE
};

static const char *const objections[] = { "", "earlier", RETURNED_UNSURE, "too late" };

/* A powerbank that was given out again at once may have been reported for the rental before. Where
 * the cabinet can be looked into it is asked about any return from before the begin; else a clock
 * that goes wrong must not keep a rental running. */
static bool is_unsure(struct core *core, const struct rent_rental *r,
                      const struct returned *what)
{
	bool can_look = inventory_can_ask(core_station_of(core, r));

	return time_of(what) < r->started_at - (can_look ? 0 : CLOCKS_APART);
}

static enum objection objection_to(struct core *core, const struct params *params,
                                   const struct rent_rental *r,
                                   const struct returned *what)
{
	int64_t at = time_of(what);

	if (at == 0)
		return OBJECTION_NONE;
	if (what->rental_id == NULL && at < r->created_at - CLOCKS_APART)
		return OBJECTION_EARLIER;
	if (what->rental_id == NULL && is_unsure(core, r, what))
		return OBJECTION_UNSURE;
	if (at < r->now - params->return_backdate_max &&
	    r->started_at < r->now - params->return_backdate_max)
		return OBJECTION_TOO_LATE;
	return OBJECTION_NONE;
}

bool returned_as_asked(const struct rent_rental *r, const char *station_id)
{
	const char *asked = r->return_station_id;

	return r->stop_asked_at != 0 &&
	       (station_id[0] == '\0' || strcmp(station_id, asked) == 0 ||
	        strcmp(station_id, cabinet_of(r, asked)) == 0);
}

/* The end is not at the time that the report says: settle_end_rental() keeps it within the rental. */
static void note_time(const struct rent_rental *r, const struct returned *what,
                      struct work_note *note)
{
	char at[RENT_TIME_SIZE];

	if (what->at == 0 && what->received_at == 0)
		return;
	if (what->at != 0 && what->at >= r->started_at && what->at <= r->now)
		return;
	rent_time_text(time_of(what), 'T', at);
	note->kind = RENT_NOTE_RETURN_TIME;
	(void)snprintf(
		note->text, sizeof(note->text),
		what->at == 0
			? "the report of the return does not say when it was; it came at %s"
			: "the report of the return says %s, which is outside of the rental",
		at);
}

/* A customer who said so first, and was not heard, pays to the time when he said it. */
static struct ending ending_of(const struct rent_rental *r, const struct returned *what)
{
	struct ending ending = { .by = RENT_ENDED_BY_CABINET, .at = time_of(what) };

	note_time(r, what, &ending.note);
	rent_copy(ending.station_id, sizeof(ending.station_id), what->station_id);
	if (returned_as_asked(r, what->station_id) &&
	    (ending.at == 0 || r->stop_asked_at < ending.at)) {
		ending.note.kind = RENT_NOTE_NONE;
		ending.by = RENT_ENDED_BY_CUSTOMER;
		ending.at = r->stop_asked_at;
		rent_copy(ending.station_id, sizeof(ending.station_id),
		          r->return_station_id);
	}
	return ending;
}

int returned_end(struct core *core, const struct returned *what,
                 char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	struct ending ending;
	struct params params = core_params(core);
	struct rent_view view = { .struct_size = sizeof(view) };
	char id[RENT_ID_SIZE];
	enum objection wrong;
	int code = view_holder(core, what->powerbank_id, id, err);

	rent_copy(ret_outcome, RENT_NOTE_SIZE, RETURNED_ORPHAN);
	if (code != 0 || id[0] == '\0')
		return code;
	if (what->rental_id != NULL && strcmp(what->rental_id, id) != 0) {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "ended already");
		return RENT_OK;
	}
	code = view_status(core, id, &view, err);
	if (code != 0 || view.rental.status != RENT_STATUS_ACTIVE)
		return code;
	if (what->instance != NULL && !cabinet_is_of(&view.rental, what->instance))
		return RENT_OK;
	wrong = objection_to(core, &params, &view.rental, what);
	if (wrong != OBJECTION_NONE) {
		if (wrong == OBJECTION_TOO_LATE)
			complain_too_late(core, &view.rental, what);
		rent_copy(ret_outcome, RENT_NOTE_SIZE, objections[wrong]);
		return RENT_OK;
	}
	ending = ending_of(&view.rental, what);
	code = stop_by(core, id, &ending, &view, err);
	if (code == 0)
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "returned");
	return code;
}

bool returned_may_follow(struct core *core, const struct rent_rental *r)
{
	return r->status == RENT_STATUS_BUYOUT &&
	       core_params(core).buyout_return_window > 0;
}

static void tell_of_buyout(struct core *core, const struct returned *what)
{
	const struct rent_field fields[] = { { "rental", what->rental_id },
		                             { NULL, NULL } };
	char at[RENT_TIME_SIZE];

	rent_time_text(what->at, 'T', at);
	core->host->log(
		core->host, RENT_LOG_WARN, fields,
		"powerbank '%s', which was bought out, came back to '%s' at %s: the "
		"rental costs what was due then, and the rest is refunded",
		what->powerbank_id, what->station_id, at);
}

int returned_after_buyout(struct core *core, const struct returned *what,
                          char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err)
{
	struct ending ending = { .by = RENT_ENDED_BY_CABINET, .at = what->at };
	struct rent_view view = { .struct_size = sizeof(view) };
	int code;

	rent_copy(ending.station_id, sizeof(ending.station_id), what->station_id);
	ending.note.kind = RENT_NOTE_AFTER_BUYOUT;
	(void)snprintf(
		ending.note.text, sizeof(ending.note.text),
		"the powerbank came back to %.40s after the buyout; what is paid beyond what was due then is refunded",
		what->station_id);
	code = stop_by(core, what->rental_id, &ending, &view, err);
	if (code != 0)
		return code;
	if (view.rental.status == RENT_STATUS_FINISHED &&
	    view.rental.ended_by == RENT_ENDED_BY_CABINET) {
		tell_of_buyout(core, what);
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "returned after the buyout");
	} else {
		rent_copy(ret_outcome, RENT_NOTE_SIZE, "ended already");
	}
	return RENT_OK;
}
