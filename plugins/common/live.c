/* SPDX-License-Identifier: MIT
 *
 * live.c - one snapshot of one cabinet. See live.h.
 */
#include "common/live.h"

void live_init(struct live *live, const struct rent_host *host)
{
	*live = (struct live){ .host = host };
}

void live_done(struct live *live)
{
	while (live->count > 0)
		(void)pthread_mutex_destroy(&live->ports[--live->count].lock);
}

void live_bind(struct live *live)
{
	static const char *const needs[LIVE_PORTS] = { "station", "station_2",
		                                       "station_3", "station_4" };

	for (size_t i = 0; i < LIVE_PORTS; i++) {
		struct rent_bound bound = { .struct_size = sizeof(bound) };
		struct live_port *port = &live->ports[live->count];

		if (!live->host->lookup(live->host, needs[i], &bound))
			continue;
		*port = (struct live_port){ .host = live->host,
			                    .instance = bound.instance,
			                    .self = bound.self };
		rent_adopt_table(&port->station, sizeof(port->station), &bound);
		(void)pthread_mutex_init(&port->lock, NULL);
		live->count++;
	}
}

struct live_port *live_port(struct live *live, const char *instance)
{
	for (size_t i = 0; i < live->count; i++) {
		if (instance == NULL || live->ports[i].instance == NULL ||
		    strcmp(live->ports[i].instance, instance) == 0)
			return &live->ports[i];
	}
	return NULL;
}

bool live_can_ask(const struct live_port *port)
{
	return port != NULL && port->station.build_snapshot != NULL &&
	       port->station.parse_snapshot != NULL;
}

/* Whether the exchange can be made; else the note says why not. */
static bool build(struct live_port *port, const char *cabinet_id, struct rent_exchange *x,
                  struct rent_station_snapshot *ret)
{
	struct rent_error err = { 0 };
	int code;

	(void)pthread_mutex_lock(&port->lock);
	code = port->station.build_snapshot(port->self, cabinet_id, x->arena, &x->request,
	                                    &err);
	(void)pthread_mutex_unlock(&port->lock);
	x->request.flags |= RENT_JUDGED;
	if (code != 0)
		(void)rent_copy(ret->note, sizeof(ret->note), err.text);
	return code == 0;
}

void live_ask(struct live_port *port, const char *cabinet_id, struct rent_arena *arena,
              struct rent_station_snapshot *ret)
{
	struct rent_exchange x, *list[] = { &x };

	rent_exchange_init(&x, arena);
	*ret = (struct rent_station_snapshot){ .struct_size = sizeof(*ret) };
	if (!build(port, cabinet_id, &x, ret))
		return;
	port->host->exchange(port->host, list, 1);
	if (x.transport != RENT_REPLIED) {
		(void)rent_copy(ret->note, sizeof(ret->note), x.error);
		return;
	}
	x.reply.arena = arena;
	(void)pthread_mutex_lock(&port->lock);
	port->station.parse_snapshot(port->self, cabinet_id, &x.reply, ret);
	(void)pthread_mutex_unlock(&port->lock);
	ret->note[sizeof(ret->note) - 1] = '\0';
	port->host->judged(port->host, &x,
	                   ret->outcome != RENT_UNKNOWN ||
	                           ret->state != RENT_STATION_STATE_UNKNOWN);
}
