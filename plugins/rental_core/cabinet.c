/* SPDX-License-Identifier: MIT
 *
 * cabinet.c - see cabinet.h.
 */
#include "cabinet.h"

#include "cabinet_question.h"
#include "text.h"

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

const char *cabinet_of_start(const struct rent_rental *r)
{
	return r->cabinet_id[0] != '\0' ? r->cabinet_id : r->station_id;
}

bool cabinet_is_of(const struct rent_rental *r, const char *instance)
{
	return instance[0] == '\0' || r->station_instance[0] == '\0' ||
	       strcmp(instance, r->station_instance) == 0;
}

const char *cabinet_of(const struct rent_rental *r, const char *station_id)
{
	return strcmp(station_id, r->station_id) == 0 ? cabinet_of_start(r) : station_id;
}

int64_t cabinet_resend_us(const struct station_port *port)
{
	return port->api->resend_us == NULL ? port->caps.resend_us
	                                    : port->api->resend_us(port->self);
}

bool cabinet_can_look_up(const struct station_port *port, const struct rent_op *eject)
{
	return port != NULL && port->api != NULL && port->api->build_lookup != NULL &&
	       port->api->parse_lookup != NULL &&
	       (eject->ref[0] != '\0' || port->caps.lookup_by_id);
}

bool cabinet_keeps_evidence(struct core *core, const struct rent_rental *r)
{
	const struct station_port *port = core_station_of(core, r);

	return port != NULL && core->store != NULL &&
	       core->store->inventory_put != NULL &&
	       core->store->inventory_list != NULL && inventory_can_ask(port) &&
	       cabinet_resend_us(port) == 0 && !port->caps.lookup_by_id &&
	       cabinet_of_start(r)[0] != '\0';
}

enum cabinet_answer cabinet_ask_order(struct core *core, const struct rent_rental *r,
                                      const struct rent_op *eject, int64_t *ret_at,
                                      char station[RENT_ID_SIZE])
{
	struct station_port *port = core_station_of(core, r);
	struct rent_station_result res = { .struct_size = sizeof(res) };
	struct rent_station_op op = cabinet_order(r, eject);
	struct rent_arena *arena;
	struct rent_error err;
	struct question q;
	int built;

	station[0] = '\0';
	arena = cabinet_can_look_up(port, eject) ? core->host->arena_new(core->host)
	                                         : NULL;
	if (arena == NULL)
		return CABINET_SAYS_NOTHING;
	question_begin(&q, core, port, arena);
	built = port->api->build_lookup(port->self, &op, arena, &q.x.request, &err);
	if (question_send(&q, built)) {
		port->api->parse_lookup(port->self, &op, &q.x.reply, &res);
		question_read(&q, res.outcome != RENT_UNKNOWN || res.not_found);
	}
	core->host->arena_free(core->host, arena);
	if (res.outcome != RENT_SUCCEEDED ||
	    strcmp(res.powerbank_id, r->powerbank_id) != 0)
		return CABINET_SAYS_NOTHING;
	*ret_at = res.returned_at;
	text_copy(station, RENT_ID_SIZE, res.returned_to);
	return res.returned_at > 0 ? CABINET_HAS_IT : CABINET_HAS_IT_NOT;
}

enum cabinet_answer cabinet_ask_slots(struct core *core, struct station_port *port,
                                      const char *station_id, const char *powerbank_id)
{
	struct rent_station_snapshot shot;
	struct rent_arena *arena;
	enum cabinet_answer answer;

	if (powerbank_id[0] == '\0' || !inventory_can_ask(port))
		return CABINET_SAYS_NOTHING;
	arena = core->host->arena_new(core->host);
	if (arena == NULL)
		return CABINET_SAYS_NOTHING;
	inventory_ask(core, port, station_id, arena, &shot);
	answer = inventory_has(&shot, powerbank_id);
	core->host->arena_free(core->host, arena);
	return answer;
}
