/* SPDX-License-Identifier: MIT
 *
 * live.c - one snapshot of one cabinet. See live.h.
 */
#include "common/live.h"

void live_init(struct live *live, const struct rent_host *host)
{
	*live = (struct live){ .host = host };
	(void)pthread_mutex_init(&live->lock, NULL);
}

void live_done(struct live *live)
{
	(void)pthread_mutex_destroy(&live->lock);
}

void live_bind(struct live *live, const char *need)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	if (!live->host->lookup(live->host, need, &bound))
		return;
	rent_adopt_table(&live->station, sizeof(live->station), &bound);
	live->self = bound.self;
}

bool live_can_ask(const struct live *live)
{
	return live->station.build_snapshot != NULL &&
	       live->station.parse_snapshot != NULL;
}

/* Whether the exchange can be made; else the note says why not. */
static bool build(struct live *live, const char *cabinet_id, struct rent_exchange *x,
                  struct rent_station_snapshot *ret)
{
	struct rent_error err = { 0 };
	int code;

	(void)pthread_mutex_lock(&live->lock);
	code = live->station.build_snapshot(live->self, cabinet_id, x->arena, &x->request,
	                                    &err);
	(void)pthread_mutex_unlock(&live->lock);
	x->request.flags |= RENT_JUDGED;
	if (code != 0)
		(void)rent_copy(ret->note, sizeof(ret->note), err.text);
	return code == 0;
}

void live_ask(struct live *live, const char *cabinet_id, struct rent_arena *arena,
              struct rent_station_snapshot *ret)
{
	struct rent_exchange x, *list[] = { &x };

	rent_exchange_init(&x, arena);
	*ret = (struct rent_station_snapshot){ .struct_size = sizeof(*ret) };
	if (!build(live, cabinet_id, &x, ret))
		return;
	live->host->exchange(live->host, list, 1);
	if (x.transport != RENT_REPLIED) {
		(void)rent_copy(ret->note, sizeof(ret->note), x.error);
		return;
	}
	x.reply.arena = arena;
	(void)pthread_mutex_lock(&live->lock);
	live->station.parse_snapshot(live->self, cabinet_id, &x.reply, ret);
	(void)pthread_mutex_unlock(&live->lock);
	ret->note[sizeof(ret->note) - 1] = '\0';
	live->host->judged(live->host, &x,
	                   ret->outcome != RENT_UNKNOWN ||
	                           ret->state != RENT_STATION_STATE_UNKNOWN);
}
