/* SPDX-License-Identifier: MIT
 *
 * cabinet.c - see cabinet.h.
 */
#include "cabinet.h"

struct rent_station_op cabinet_order(const struct rent_rental *r,
                                     const struct rent_op *eject)
{
	return (struct rent_station_op){ .struct_size = sizeof(struct rent_station_op),
		                         .id = eject->id,
		                         .rental_id = r->id,
		                         .user_id = r->user_id,
		                         .station_id = r->station_id,
		                         .created_at = eject->created_at,
		                         .cabinet_id = r->cabinet_id,
		                         .ref = eject->ref };
}

bool cabinet_can_look_up(const struct station_port *port, const struct rent_op *eject)
{
	return port->api != NULL && port->api->build_lookup != NULL &&
	       port->api->parse_lookup != NULL &&
	       (eject->ref[0] != '\0' || port->caps.lookup_by_id);
}

/* A question that is built, sent and read under the lock of the station's port. */
struct question {
	struct core *core;
	struct rent_exchange x;
};

static bool question_begin(struct question *q, struct core *core)
{
	*q = (struct question){ .core = core,
		                .x = { .struct_size = sizeof(q->x),
		                       .request.struct_size = sizeof(q->x.request),
		                       .reply.struct_size = sizeof(q->x.reply) } };
	q->x.arena = core->host->arena_new(core->host);
	if (q->x.arena != NULL)
		pthread_mutex_lock(&core->station.lock);
	return q->x.arena != NULL;
}

/* built: what building the request came to. Whether there is a reply to read; then the port is
 * locked again. */
static bool question_send(struct question *q, int built)
{
	struct rent_exchange *x = &q->x;

	pthread_mutex_unlock(&q->core->station.lock);
	if (built != 0)
		return false;
	x->request.flags |= RENT_JUDGED;
	q->core->host->exchange(q->core->host, &x, 1);
	if (x->transport != RENT_REPLIED)
		return false;
	x->reply.arena = x->arena;
	pthread_mutex_lock(&q->core->station.lock);
	return true;
}

static void question_read(struct question *q, bool answered)
{
	pthread_mutex_unlock(&q->core->station.lock);
	core_judged(q->core, &q->x, answered);
}

enum cabinet_answer cabinet_ask_order(struct core *core, const struct rent_rental *r,
                                      const struct rent_op *eject, int64_t *ret_at,
                                      char station[RENT_ID_SIZE])
{
	const struct station_port *port = &core->station;
	struct rent_station_result res = { .struct_size = sizeof(res) };
	struct rent_station_op op = cabinet_order(r, eject);
	struct rent_error err;
	struct question q;
	int built;

	station[0] = '\0';
	if (!cabinet_can_look_up(port, eject) || !question_begin(&q, core))
		return CABINET_SAYS_NOTHING;
	built = port->api->build_lookup(port->self, &op, q.x.arena, &q.x.request, &err);
	if (question_send(&q, built)) {
		port->api->parse_lookup(port->self, &op, &q.x.reply, &res);
		question_read(&q, res.outcome != RENT_UNKNOWN || res.not_found);
	}
	core->host->arena_free(core->host, q.x.arena);
	if (res.outcome != RENT_SUCCEEDED ||
	    strcmp(res.powerbank_id, r->powerbank_id) != 0)
		return CABINET_SAYS_NOTHING;
	*ret_at = res.returned_at;
	rent_copy(station, RENT_ID_SIZE, res.returned_to);
	return res.returned_at > 0 ? CABINET_HAS_IT : CABINET_HAS_IT_NOT;
}

static enum cabinet_answer look_into(const struct rent_station_snapshot *s,
                                     const char *powerbank_id)
{
	/* What a cabinet that is offline said last may be long ago. */
	if (s->outcome != RENT_SUCCEEDED || s->state == RENT_STATION_OFFLINE)
		return CABINET_SAYS_NOTHING;
	for (size_t i = 0; i < s->slot_count; i++) {
		if (strcmp(s->list[i]->powerbank_id, powerbank_id) == 0)
			return CABINET_HAS_IT;
	}
	return s->complete ? CABINET_HAS_IT_NOT : CABINET_SAYS_NOTHING;
}

enum cabinet_answer cabinet_ask_slots(struct core *core, const char *station_id,
                                      const char *powerbank_id)
{
	const struct station_port *port = &core->station;
	struct rent_station_snapshot shot = { .struct_size = sizeof(shot) };
	enum cabinet_answer answer = CABINET_SAYS_NOTHING;
	struct rent_error err;
	struct question q;
	int built;

	if (port->api == NULL || port->api->build_snapshot == NULL ||
	    port->api->parse_snapshot == NULL || station_id[0] == '\0' ||
	    powerbank_id[0] == '\0' || !question_begin(&q, core))
		return CABINET_SAYS_NOTHING;
	built = port->api->build_snapshot(port->self, station_id, q.x.arena, &q.x.request,
	                                  &err);
	if (question_send(&q, built)) {
		port->api->parse_snapshot(port->self, station_id, &q.x.reply, &shot);
		answer = look_into(&shot, powerbank_id);
		question_read(&q, shot.outcome != RENT_UNKNOWN);
	}
	core->host->arena_free(core->host, q.x.arena);
	return answer;
}
