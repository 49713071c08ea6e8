/* SPDX-License-Identifier: MIT
 *
 * services.c - see services.h.
 */
#include "plugin/services.h"
#include "base/unconst.h"

#include <assert.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/id.h"
#include "events/events.h"
#include "http/problem.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/pool.h"
#include "runtime/task.h"
#include "runtime/timer.h"
#include "tools/tools.h"
#include "upstream/upstream.h"

/* On the stack of the sleeper. */
struct sleeper {
	struct sleeper *prev, *next;
	struct rent_waiter *waiter;
};

void services_init(struct services *services)
{
	*services = (struct services){ .tasks = NULL };
	(void)pthread_mutex_init(&services->lock, NULL);
}

void services_done(struct services *services)
{
	(void)pthread_mutex_destroy(&services->lock);
}

void services_drain(struct services *services)
{
	(void)pthread_mutex_lock(&services->lock);
	services->draining = true;
	for (struct sleeper *s = services->sleepers; s != NULL; s = s->next)
		waiter_wake(s->waiter);
	(void)pthread_mutex_unlock(&services->lock);
}

void services_settle(struct services *services)
{
	(void)pthread_mutex_lock(&services->lock);
	services->settled = true;
	(void)pthread_mutex_unlock(&services->lock);
	pool_settle(tasks_workers(services->tasks));
}

/* Builds that knew no more than `instance` did not have to say how much room there is. */
static uint32_t bound_size(const struct rent_bound *ret)
{
	const uint32_t first = offsetof(struct rent_bound, plugin);

	return ret->struct_size > first && ret->struct_size <= sizeof(*ret)
	               ? ret->struct_size
	               : first;
}

static bool lookup(const struct rent_host *host, const char *need, struct rent_bound *ret)
{
	const struct instance *instance = service_owner(host);
	struct rent_bound bound;

	for (size_t i = 0; i < instance->binding_count; i++) {
		const struct instance *target = instance->bindings[i].target;

		if (strcmp(instance->bindings[i].need->name, need) != 0)
			continue;
		if (target == NULL)
			return false;
		bound = (struct rent_bound){ .struct_size = (uint32_t)sizeof(bound),
			                     .api = target->plugin->desc.api,
			                     .self = target->self,
			                     .instance = target->name,
			                     .plugin = target->plugin->desc.name };
		rent_adopt(ret, bound_size(ret), &bound, sizeof(bound));
		return true;
	}
	log_write(
		RENT_LOG_ERROR, instance->name, NULL,
		"the plugin '%s' (%s) looked up '%s', which its table of needs does not have",
		instance->plugin->desc.name, instance->plugin->file, need);
	abort();
}

static void log_line(const struct rent_host *host, enum rent_log_level level,
                     const struct rent_field *fields, const char *fmt, ...)
	RENT_PRINTF(4, 5);
static void log_line(const struct rent_host *host, enum rent_log_level level,
                     const struct rent_field *fields, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vwrite(level, service_owner(host)->name, fields, fmt, ap);
	va_end(ap);
}

static struct rent_metric *metric(const struct rent_host *host,
                                  const struct rent_metric_def *def)
{
	return metrics_register(service_owner(host)->services->metrics, def);
}

static int64_t wall_us(const struct rent_host *host)
{
	(void)host;
	return clock_wall_us();
}

static int64_t mono_us(const struct rent_host *host)
{
	(void)host;
	return clock_mono_us();
}

static void uuid7(const struct rent_host *host, char out[RENT_ID_SIZE])
{
	(void)host;
	id_uuid7(out);
}

static void random_bytes(const struct rent_host *host, void *out, size_t size)
{
	(void)host;
	id_random(out, size);
}

static void sleeper_add(struct services *services, struct sleeper *s)
{
	s->next = services->sleepers;
	if (s->next != NULL)
		s->next->prev = s;
	services->sleepers = s;
}

static void sleeper_remove(struct services *services, struct sleeper *s)
{
	if (s->next != NULL)
		s->next->prev = s->prev;
	if (s->prev != NULL)
		s->prev->next = s->next;
	else
		services->sleepers = s->next;
}

static void sleep_us(const struct rent_host *host, int64_t us)
{
	struct services *services = service_owner(host)->services;
	int64_t due = clock_mono_us() + us;
	struct sleeper sleeper = { .waiter = waiter_self() };
	int64_t rested = task_rest();

	(void)pthread_mutex_lock(&services->lock);
	sleeper_add(services, &sleeper);
	while (!services->draining && clock_mono_us() < due) {
		(void)pthread_mutex_unlock(&services->lock);
		(void)waiter_park(due);
		(void)pthread_mutex_lock(&services->lock);
	}
	sleeper_remove(services, &sleeper);
	(void)pthread_mutex_unlock(&services->lock);
	task_rest_over(rested);
}

static struct rent_arena *new_arena(const struct rent_host *host)
{
	return arena_new(service_owner(host)->services->arena_max);
}

static void free_arena(const struct rent_host *host, struct rent_arena *arena)
{
	(void)host;
	arena_free(arena);
}

static int timer(const struct rent_host *host, const char *name, int64_t interval_us,
                 void (*fn)(void *arg), void *arg, struct rent_error *err)
{
	struct instance *instance = service_owner(host);
	struct timer_spec spec = { .name = name,
		                   .interval_us = interval_us,
		                   .fn = fn,
		                   .arg = arg,
		                   .serial = instance_parallel(instance)
		                                     ? NULL
		                                     : &instance->serial };

	return instance->services->timers == NULL
	               ? 0
	               : timers_add(instance->services->timers, &spec, err);
}

static int work(const struct rent_host *host, void (*fn)(void *arg), void *arg)
{
	struct services *services = service_owner(host)->services;
	int r = RENT_EUNAVAIL;

	(void)pthread_mutex_lock(&services->lock);
	if (services->tasks != NULL && !services->settled)
		r = pool_submit(tasks_workers(services->tasks), fn, arg);
	(void)pthread_mutex_unlock(&services->lock);
	return r;
}

/* ---- upstreams ---------------------------------------------------------------------------- */

/* Reads NAME.timeout and its like. RENT_EINVAL: the table does not have one of them. */
static int limits_of(const struct instance *instance, const char *name,
                     struct upstream_limits *ret, struct rent_error *err)
{
	static const char *const parts[] = { "timeout",       "tries",
		                             "backoff",       "breaker_failures",
		                             "breaker_reset", "max_in_flight",
		                             "max_life" };
	int64_t values[7];
	char option[128];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(option, sizeof(option), "%s.%s", name, parts[i]);
		if (option_find(&instance->options, option) == NULL)
			return rent_fail(
				err, RENT_EINVAL,
				"upstream '%s': the option table has no '%s'; use "
				"RENT_UPSTREAM_OPTIONS(\"%s\", …)",
				name, option, name);
		values[i] = option_int(&instance->options, option);
	}
	*ret = (struct upstream_limits){ .timeout_us = values[0],
		                         .tries = (unsigned)values[1],
		                         .backoff_us = values[2],
		                         .breaker_failures = (unsigned)values[3],
		                         .breaker_reset_us = values[4],
		                         .max_in_flight = (unsigned)values[5],
		                         .max_life_us = values[6] };
	return 0;
}

/* Reads NAME.ca and its like, and insecure; an older plugin's table has none of them. */
static struct upstream_route route_of(const struct instance *instance, const char *name)
{
	struct upstream_route ret = { .insecure = false };
	const struct {
		const char *part;
		char **to;
	} parts[] = {
		{ "ca", &ret.ca },
		{ "cert", &ret.cert },
		{ "key", &ret.key },
		{ "proxy", &ret.proxy },
	};
	char option[128];

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		(void)snprintf(option, sizeof(option), "%s.%s", name, parts[i].part);
		if (option_find(&instance->options, option) != NULL)
			*parts[i].to = unconst(option_text(&instance->options, option));
	}
	if (option_find(&instance->options, "insecure") != NULL)
		ret.insecure = option_bool(&instance->options, "insecure");
	else
		ret.must_be_secure = true;
	return ret;
}

static int open_upstream(const struct rent_host *host, const char *name,
                         const char *base_url, struct rent_upstream **ret,
                         struct rent_error *err)
{
	struct instance *instance = service_owner(host);
	struct instance_upstream *mine = calloc(1, sizeof(*mine));
	struct upstream_route route = route_of(instance, name);
	struct upstream_limits limits;
	int r;

	if (mine == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (instance->state != INSTANCE_NEW)
		r = rent_fail(err, RENT_EINVAL, "upstream '%s': opened outside create()",
		              name);
	else if (!rent_copy(mine->name, sizeof(mine->name), name))
		r = rent_fail(err, RENT_EINVAL, "upstream '%s': its name is too long",
		              name);
	else
		r = limits_of(instance, name, &limits, err);
	if (r == 0)
		r = upstream_open_by(instance->services->upstreams, name, base_url,
		                     &limits, &route, &mine->handle, err);
	if (r != 0) {
		free(mine);
		return r;
	}
	mine->next = instance->upstreams;
	instance->upstreams = mine;
	*ret = mine->handle;
	return 0;
}

void services_reload(struct instance *instance)
{
	for (struct instance_upstream *u = instance->upstreams; u != NULL; u = u->next) {
		struct upstream_limits limits;

		if (limits_of(instance, u->name, &limits, NULL) == 0)
			upstream_limits_set(u->handle, &limits);
	}
}

static void exchange(const struct rent_host *host, struct rent_exchange *const *x,
                     size_t n)
{
	upstream_exchange(service_owner(host)->services->upstreams, x, n);
}

static void judged(const struct rent_host *host, struct rent_exchange *x, bool answered)
{
	(void)service_owner(host);
	upstream_judged(x, answered);
}

static void event(const struct rent_host *host, const char *type, const char *json)
{
	events_publish(service_owner(host)->services->events, type, json);
}

static void event_of(const struct rent_host *host, const char *subject, const char *type,
                     const char *json)
{
	events_publish_of(service_owner(host)->services->events, subject, type, json);
}

static bool event_heard(const struct rent_host *host)
{
	struct events *events = service_owner(host)->services->events;

	if (events_kept(events))
		return true;
	events_skip(events);
	return false;
}

void services_table(struct instance *instance, const char *service)
{
	struct rent_host *table = &instance->host;

	*table = (struct rent_host){ .struct_size = (uint32_t)sizeof(*table),
		                     .priv = instance,
		                     .service = service == NULL ? "" : service,
		                     .instance =
		                             instance->name == NULL ? "" : instance->name,
		                     .lookup = lookup,
		                     .log = log_line,
		                     .metric = metric,
		                     .metric_add = metrics_add,
		                     .metric_set = metrics_set,
		                     .metric_observe = metrics_observe,
		                     .wall_us = wall_us,
		                     .mono_us = mono_us,
		                     .uuid7 = uuid7,
		                     .random = random_bytes,
		                     .sleep_us = sleep_us,
		                     .arena_new = new_arena,
		                     .arena_free = free_arena,
		                     .timer = timer,
		                     .work = work,
		                     .upstream_open = open_upstream,
		                     .exchange = exchange,
		                     .judged = judged,
		                     .problem = problem_fill,
		                     .event = event,
		                     .event_of = event_of,
		                     .event_heard = event_heard,
		                     .json = &tools_json,
		                     .crypto = &tools_crypto,
		                     .task = &service_task };
	service_options(table);
}
