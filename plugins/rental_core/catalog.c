/* SPDX-License-Identifier: MIT
 *
 * catalog.c - see catalog.h.
 */
#include "catalog.h"
#include "observers.h"

#include <assert.h>
#include <pthread.h>

#include "shared_catalog.h"
#include "tariffs.h"

#define RETRY_AFTER   (5 * RENT_SECOND) /* where no breaker says when */
#define READ_DEADLINE (5 * RENT_SECOND)

static bool is_sane(const struct catalog_ask *ask)
{
	const struct rent_catalog_result *r = &ask->result;

	switch (ask->what) {
	case RENT_CAT_STATION:
		return r->station.tariff_id[0] != '\0' && r->station.available >= 0 &&
		       r->station.json != NULL;
	case RENT_CAT_TARIFF:
		return r->tariff.price_per_hour >= 0 && r->tariff.free_period_min >= 0 &&
		       r->tariff.deposit >= 0;
	case RENT_CAT_USER:
		return true;
	case RENT_CAT_CONFIGS:
		return r->configs.last_banks_increase_ppm >= 1;
	}
	return false;
}

/* A success without what a success must carry counts as "not available". */
static void check_result(struct core *core, struct catalog_ask *ask)
{
	ask->result.note[sizeof(ask->result.note) - 1] = '\0';
	if (ask->result.outcome == RENT_SUCCEEDED && !is_sane(ask)) {
		ask->result.outcome = RENT_UNKNOWN;
		observers_error(core->observers, "mismatch");
	}
}

/* From a catalogue that has everything itself. */
static void read_directly(struct core *core, struct rent_arena *arena,
                          struct catalog_ask *const *asks, size_t n)
{
	struct catalog_port *port = &core->catalog;
	int64_t deadline = core->host->mono_us(core->host) + READ_DEADLINE;

	for (size_t i = 0; i < n; i++) {
		memset(&asks[i]->result, 0, sizeof(asks[i]->result));
		asks[i]->result.struct_size = sizeof(asks[i]->result);
		asks[i]->retry_us = 0;
		port->api->read(port->self, asks[i]->what, asks[i]->id, deadline, arena,
		                &asks[i]->result);
		check_result(core, asks[i]);
	}
}

static void parse_reply(struct core *core, struct rent_arena *arena,
                        struct catalog_ask *ask, struct rent_exchange *x)
{
	struct catalog_port *port = &core->catalog;

	ask->result = (struct rent_catalog_result){ .struct_size = sizeof(ask->result) };
	ask->retry_us = x->breaker_open ? x->reply.retry_after_us : 0;
	if (x->transport != RENT_REPLIED) {
		rent_copy(ask->result.note, sizeof(ask->result.note), x->error);
		return;
	}
	pthread_mutex_lock(&port->lock);
	port->api->parse(port->self, ask->what, ask->id, &x->reply, arena, &ask->result);
	pthread_mutex_unlock(&port->lock);
	core_judged(core, x, ask->result.outcome != RENT_UNKNOWN);
	check_result(core, ask);
}

static int build_request(struct core *core, struct rent_arena *arena,
                         const struct catalog_ask *ask, struct rent_exchange *x)
{
	struct catalog_port *port = &core->catalog;
	int code;

	rent_exchange_init(x, arena);
	pthread_mutex_lock(&port->lock);
	code = port->api->build(port->self, ask->what, ask->id, arena, &x->request, NULL);
	pthread_mutex_unlock(&port->lock);
	x->request.flags |= RENT_JUDGED;
	return code;
}

/* How long hosts share what is asked for each time. Callers that read tariffs and
 * configs share them themselves. */
static int64_t shared_ttl(struct core *core, enum rent_catalog_what what)
{
	int64_t ttl = 0;

	pthread_mutex_lock(&core->configs_lock);
	if (what == RENT_CAT_STATION)
		ttl = core->station_ttl;
	else if (what == RENT_CAT_USER)
		ttl = core->user_ttl;
	pthread_mutex_unlock(&core->configs_lock);
	return ttl;
}

/* From the provider. */
static void exchange_all(struct core *core, struct rent_arena *arena,
                         struct catalog_ask *const *asks, size_t n)
{
	const struct rent_host *host = core->host;
	struct rent_exchange x[CATALOG_ASKS], *open[CATALOG_ASKS];
	size_t i, started = 0;

	for (i = 0; i < n; i++) {
		memset(&asks[i]->result, 0, sizeof(asks[i]->result));
		if (core->catalog.api == NULL ||
		    build_request(core, arena, asks[i], &x[i]) != 0) {
			x[i].transport = RENT_NOT_SENT;
			x[i].breaker_open = false;
			rent_copy(x[i].error, sizeof(x[i].error),
			          "no request could be made");
			continue;
		}
		/* Exchanges that run at once must not share an arena. */
		x[i].arena = host->arena_new(host);
		if (x[i].arena != NULL)
			open[started++] = &x[i];
		else
			x[i].transport = RENT_NOT_SENT;
	}
	if (started > 0)
		host->exchange(host, open, started);
	for (i = 0; i < n; i++)
		parse_reply(core, arena, asks[i], &x[i]);
	for (i = 0; i < started; i++)
		host->arena_free(host, open[i]->arena);
}

void catalog_read(struct core *core, struct rent_arena *arena, struct catalog_ask *asks,
                  size_t n)
{
	struct catalog_ask *missing[CATALOG_ASKS];
	int64_t read_at = core->host->wall_us(core->host), age;
	size_t i, count = 0;

	assert(n <= CATALOG_ASKS);
	for (i = 0; i < n; i++) {
		if (!shared_catalog_get(core, arena, &asks[i],
		                        shared_ttl(core, asks[i].what), &age))
			missing[count++] = &asks[i];
	}
	if (count > 0 && core->catalog.api != NULL && core->catalog.api->read != NULL)
		read_directly(core, arena, missing, count);
	else if (count > 0)
		exchange_all(core, arena, missing, count);
	for (i = 0; i < count; i++)
		shared_catalog_put(core, missing[i], read_at,
		                   shared_ttl(core, missing[i]->what));
}

int64_t catalog_retry_after(int64_t breaker_us)
{
	return breaker_us > 0 ? breaker_us : RETRY_AFTER;
}

enum rent_outcome catalog_tariff(struct core *core, struct rent_arena *arena,
                                 const char *id, struct rent_catalog_tariff *ret,
                                 int64_t *ret_retry_us)
{
	struct catalog_ask ask = { .what = RENT_CAT_TARIFF, .id = id };
	int64_t now = core->host->mono_us(core->host), ttl, age = 0, read_at;

	*ret_retry_us = 0;
	pthread_mutex_lock(&core->configs_lock);
	ttl = core->tariff_ttl;
	pthread_mutex_unlock(&core->configs_lock);
	if (tariffs_get(core->tariffs, id, now, ttl, ret))
		return RENT_SUCCEEDED;
	if (!shared_catalog_get(core, arena, &ask, ttl, &age)) {
		read_at = core->host->wall_us(core->host);
		catalog_read(core, arena, &ask, 1);
		shared_catalog_put(core, &ask, read_at, ttl);
	}
	if (ask.result.outcome != RENT_SUCCEEDED) {
		*ret_retry_us = ask.retry_us;
		return ask.result.outcome;
	}
	*ret = ask.result.tariff;
	rent_copy(ret->id, sizeof(ret->id), id);
	tariffs_put(core->tariffs, ret, core->host->mono_us(core->host) - age);
	return RENT_SUCCEEDED;
}

bool catalog_configs(struct core *core, struct rent_catalog_configs *ret)
{
	bool known;

	pthread_mutex_lock(&core->configs_lock);
	known = core->configs_at != 0;
	*ret = core->configs;
	pthread_mutex_unlock(&core->configs_lock);
	return known;
}

static bool is_refresh_due(struct core *core, int64_t now)
{
	bool due;

	pthread_mutex_lock(&core->configs_lock);
	due = core->configs_at == 0 ||
	      now - core->configs_asked_at >= core->configs_refresh;
	if (due)
		core->configs_asked_at = now;
	pthread_mutex_unlock(&core->configs_lock);
	return due;
}

static void use_configs(struct core *core, const struct rent_catalog_configs *configs,
                        const char *from)
{
	const struct rent_host *host = core->host;
	bool first;

	pthread_mutex_lock(&core->configs_lock);
	first = core->configs_at == 0;
	core->configs = *configs;
	core->configs_at = host->mono_us(host);
	pthread_mutex_unlock(&core->configs_lock);
	if (first)
		host->log(host, RENT_LOG_INFO, NULL, "price configuration loaded%s",
		          from);
}

/* Without any, one that another host could read will do. */
static void begin_with_shared(struct core *core, struct rent_arena *arena, int64_t ttl)
{
	struct catalog_ask ask = { .what = RENT_CAT_CONFIGS, .id = "" };
	struct rent_catalog_configs configs;
	int64_t age;

	if (!catalog_configs(core, &configs) &&
	    shared_catalog_get(core, arena, &ask, ttl, &age))
		use_configs(core, &ask.result.configs,
		            " from what another host has shared");
}

void catalog_refresh(void *arg)
{
	struct core *core = arg;
	const struct rent_host *host = core->host;
	struct catalog_ask ask = { .what = RENT_CAT_CONFIGS, .id = "" };
	int64_t read_at = host->wall_us(host), ttl;
	struct rent_arena *arena;

	if (!is_refresh_due(core, host->mono_us(host)))
		return;
	arena = host->arena_new(host);
	if (arena == NULL)
		return;
	pthread_mutex_lock(&core->configs_lock);
	ttl = core->configs_shared;
	pthread_mutex_unlock(&core->configs_lock);
	catalog_read(core, arena, &ask, 1);
	if (ask.result.outcome == RENT_SUCCEEDED) {
		use_configs(core, &ask.result.configs, "");
		shared_catalog_put(core, &ask, read_at, ttl);
	} else {
		host->log(
			host, RENT_LOG_WARN, NULL,
			"price configuration cannot be refreshed: %s; the last good one is used",
			ask.result.note);
		begin_with_shared(core, arena, ttl);
	}
	host->arena_free(host, arena);
}
