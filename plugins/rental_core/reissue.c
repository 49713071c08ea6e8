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

/* ---- since when it has been back */

#define SIGHTINGS_MAX 200 /* inventories that are looked through */

struct sighting {
	const struct rent_op *eject; /* that gave it out again */
	/* What the cabinet had only just given out it may have shown all the same. */
	int64_t since;
	int64_t at; /* 0: it was not there, or nobody looked */
	/* When the cabinet was asked for our eject; 0: not known, not before it was intended. */
	int64_t asked_at;
};

static bool is_listed(const char *powerbanks, const char *powerbank_id)
{
	size_t n = strlen(powerbank_id);

	for (const char *p = powerbanks; *p != '\0';) {
		size_t length = strcspn(p, " ");

		if (length == n && strncmp(p, powerbank_id, n) == 0)
			return true;
		p += length + (p[length] == ' ');
	}
	return false;
}

/* The newest comes first, and decides: what it does not show came back later. What was looked into after our
 * eject was sent proves nothing of before. */
static int note_sighting(void *arg, const struct rent_inventory *row)
{
	struct sighting *s = arg;
	struct rent_inventory inv;
	bool ours;

	rent_adopt(&inv, sizeof(inv), row, row->struct_size);
	ours = strcmp(inv.op_id, s->eject->id) == 0;
	if (ours)
		s->asked_at = inv.taken_at;
	if (!inv.known || inv.taken_at < s->since ||
	    (!ours && inv.taken_at > s->eject->created_at))
		return 0;
	if (is_listed(inv.powerbanks, s->eject->result))
		s->at = inv.taken_at;
	return 1; /* ours is newer than any other that counts, and came before */
}

/* The last time that an inventory of this cabinet showed it while the old rental had it. Negative: it cannot
 * be read now. */
static int last_sighting(struct core *core, const struct rent_rental *old,
                         const struct rental_work *w, const struct work_op *eject,
                         struct sighting *ret)
{
	const struct station_port *port = core_station_of(core, &w->r);
	struct rent_inventory_query query = { .struct_size = sizeof(query),
		                              .cabinet_id = cabinet_of_start(&w->r),
		                              .since = old->started_at,
		                              .limit = SIGHTINGS_MAX };
	struct rent_error err;
	int code = 0;

	*ret = (struct sighting){ .eject = &eject->op, .since = old->started_at };
	if (port != NULL && core->store->inventory_list != NULL) {
		query.instance = port->instance == NULL ? "" : port->instance;
		ret->since += port->caps.settle_us;
		code = core->store->inventory_list(core->store_self, &query,
		                                   note_sighting, ret, &err);
	}
	return code < 0 && code != RENT_EUNSUPPORTED ? code : 0;
}

/* When the order was intended; where that was before the old rental began (its hold took its time), when the
 * cabinet was asked. */
static int64_t ordered_at(const struct rent_rental *old, const struct sighting *s)
{
	return s->eject->created_at > old->started_at ? s->eject->created_at
	                                              : s->asked_at;
}

/* It had it before the cabinet was asked for ours, so that what came out had come back. The other
 * way round (an order of long ago whose end we learn only now) proves nothing of that rental, nor
 * does a powerbank of another service that bears the same number. */
static bool came_back(const struct rent_rental *old, const struct rental_work *w,
                      const struct sighting *sighting)
{
	return cabinet_is_of(old, w->r.station_instance) && old->started_at != 0 &&
	       old->started_at < ordered_at(old, sighting);
}

/* ---- the end */

/* The last moment at which it can have come back: when a cabinet showed it last, else when our eject was
 * ordered. If its customer said so before, while that cabinet could not be asked, the moment when he did. */
static struct ending ending_of(const struct rent_rental *old, const struct rental_work *w,
                               const struct sighting *sighting)
{
	struct ending ending = { .by = RENT_ENDED_BY_REISSUE,
		                 .at = sighting->at != 0 ? sighting->at
		                                         : ordered_at(old, sighting),
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
	struct sighting sighting;
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
	if (last_sighting(core, &view.rental, w, eject, &sighting) != 0)
		return REISSUE_NOT_NOW;
	if (!came_back(&view.rental, w, &sighting))
		return REISSUE_MANUAL;
	ending = ending_of(&view.rental, w, &sighting);
	tell_of_reissue(core, &view.rental, w, eject);
	code = stop_by(core, ret_holder, &ending, &view, &err);
	return code == 0 ? REISSUE_CLOSED : REISSUE_NOT_NOW;
}
