/* SPDX-License-Identifier: MIT
 *
 * inventory.c - see inventory.h.
 */
#include "inventory.h"

#include "cabinet_question.h"

bool inventory_can_ask(const struct station_port *port)
{
	return port != NULL && port->api != NULL && port->api->build_snapshot != NULL &&
	       port->api->parse_snapshot != NULL;
}

void inventory_ask(struct core *core, struct station_port *port, const char *cabinet_id,
                   struct rent_arena *arena, struct rent_station_snapshot *ret)
{
	struct rent_error err;
	struct question q;
	int built;

	*ret = (struct rent_station_snapshot){ .struct_size = sizeof(*ret) };
	if (!inventory_can_ask(port) || cabinet_id[0] == '\0')
		return;
	question_begin(&q, core, port, arena);
	built = port->api->build_snapshot(port->self, cabinet_id, arena, &q.x.request,
	                                  &err);
	if (!question_send(&q, built))
		return;
	port->api->parse_snapshot(port->self, cabinet_id, &q.x.reply, ret);
	question_read(&q, ret->outcome != RENT_UNKNOWN);
}

enum cabinet_answer inventory_has(const struct rent_station_snapshot *shot,
                                  const char *powerbank_id)
{
	if (shot->outcome == RENT_DECLINED)
		return CABINET_HAS_IT_NOT;
	if (shot->outcome != RENT_SUCCEEDED || shot->state == RENT_STATION_OFFLINE)
		return CABINET_SAYS_NOTHING;
	for (size_t i = 0; i < shot->slot_count; i++) {
		if (strcmp(shot->list[i]->powerbank_id, powerbank_id) == 0)
			return CABINET_HAS_IT;
	}
	return shot->complete ? CABINET_HAS_IT_NOT : CABINET_SAYS_NOTHING;
}
