/* SPDX-License-Identifier: MIT
 *
 * tests/support/fake_host.c - the table of host services for tests of plugins: clocks, ids,
 * arenas, log, bindings, timers, workers and scripted exchanges. Options are read in
 * fake_options.c, problem documents written in fake_problem.c.
 */
#include <tools/tools.h>

#include "fake_internal.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#define BIND_MAX     32
#define TIMER_MAX    32
#define UPSTREAM_MAX 32
#define WORK_MAX     256
#define ARENA_MAX    ((size_t)1024 * 1024)

struct binding {
	const char *need;
	const void *api;
	void *self;
};

struct timer {
	void (*fn)(void *arg);
	void *arg;
};

struct rent_upstream {
	char name[RENT_ID_SIZE];
	char url[256];
};

struct rent_metric {
	int unused;
};

/* A call of work(): one thread for each, joined by fake_host_free(). */
struct work {
	pthread_t thread;
	void (*fn)(void *arg);
	void *arg;
};

struct fake_host {
	struct rent_host table;
	struct fake_options *options;
	const struct rent_plugin *plugin;
	struct rent_metric metric;
	_Atomic bool clock_set;
	_Atomic int64_t wall, mono;
	atomic_int complaints;
	void (*on_exchange)(void *arg, struct rent_exchange *x);
	void *on_exchange_arg;
	pthread_mutex_t lock; /* the tables below */
	struct binding bindings[BIND_MAX];
	size_t binding_count;
	struct timer timers[TIMER_MAX];
	size_t timer_count;
	struct rent_upstream upstreams[UPSTREAM_MAX];
	size_t upstream_count;
	struct work works[WORK_MAX];
	size_t work_count;
};

void fake_die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fputs("fake host: ", stderr);
	(void)vfprintf(stderr, fmt, ap);
	(void)fputc('\n', stderr);
	va_end(ap);
	abort();
}

/* priv points at the fake itself. */
static struct fake_host *fake_of(const struct rent_host *host)
{
	return host->priv;
}

/* ---- options and bindings */
static int64_t opt_int(const struct rent_host *host, const char *name)
{
	return fake_options_int(fake_of(host)->options, name);
}

static bool opt_bool(const struct rent_host *host, const char *name)
{
	return fake_options_bool(fake_of(host)->options, name);
}

static const char *opt_str(const struct rent_host *host, const char *name)
{
	return fake_options_str(fake_of(host)->options, name);
}

static int opt_enum(const struct rent_host *host, const char *name)
{
	return fake_options_enum(fake_of(host)->options, name);
}

static const char *opt_list(const struct rent_host *host, const char *name, size_t i)
{
	return fake_options_list(fake_of(host)->options, name, i);
}

void fake_host_bind(struct fake_host *fake, const char *need, const void *api, void *self)
{
	(void)pthread_mutex_lock(&fake->lock);
	if (fake->binding_count == BIND_MAX)
		fake_die("more than %d bindings", BIND_MAX);
	fake->bindings[fake->binding_count++] = (struct binding){ need, api, self };
	(void)pthread_mutex_unlock(&fake->lock);
}

static bool lookup(const struct rent_host *host, const char *need, struct rent_bound *ret)
{
	struct fake_host *fake = fake_of(host);
	bool found = false;

	(void)pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->binding_count; i++) {
		struct binding *b = &fake->bindings[i];

		if (strcmp(b->need, need) != 0)
			continue;
		*ret = (struct rent_bound){ .struct_size = sizeof(*ret),
			                    .api = b->api,
			                    .self = b->self,
			                    .instance = b->need };
		found = true;
	}
	(void)pthread_mutex_unlock(&fake->lock);
	return found;
}

/* ---- log and metrics */
static void log_line(const struct rent_host *host, enum rent_log_level level,
                     const struct rent_field *fields, const char *fmt, ...)
	RENT_PRINTF(4, 5);

static void log_line(const struct rent_host *host, enum rent_log_level level,
                     const struct rent_field *fields, const char *fmt, ...)
{
	struct fake_host *fake = fake_of(host);
	va_list ap;

	if (level <= RENT_LOG_WARN)
		(void)atomic_fetch_add(&fake->complaints, 1);
	if (getenv("FAKE_HOST_LOG") == NULL)
		return;
	va_start(ap, fmt);
	flockfile(stderr);
	(void)fprintf(stderr, "[%s %d] ", fake->table.instance, (int)level);
	(void)vfprintf(stderr, fmt, ap);
	for (; fields != NULL && fields->key != NULL; fields++)
		(void)fprintf(stderr, " %s=\"%s\"", fields->key, fields->value);
	(void)fputc('\n', stderr);
	funlockfile(stderr);
	va_end(ap);
}

int fake_host_complaints(struct fake_host *fake)
{
	return atomic_exchange(&fake->complaints, 0);
}

static struct rent_metric *metric_make(const struct rent_host *host,
                                       const struct rent_metric_def *def)
{
	(void)def;
	return &fake_of(host)->metric;
}

static void metric_touch(struct rent_metric *metric, int64_t v, const char *const *labels)
{
	if (metric == NULL)
		fake_die("a metric was counted without its handle");
	(void)v;
	(void)labels;
}

/* ---- clocks and ids */
static int64_t real_clock(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * RENT_SECOND + ts.tv_nsec / 1000;
}

static int64_t wall_us(const struct rent_host *host)
{
	struct fake_host *fake = fake_of(host);

	return atomic_load(&fake->clock_set) ? atomic_load(&fake->wall)
	                                     : real_clock(CLOCK_REALTIME);
}

static int64_t mono_us(const struct rent_host *host)
{
	struct fake_host *fake = fake_of(host);

	return atomic_load(&fake->clock_set) ? atomic_load(&fake->mono)
	                                     : real_clock(CLOCK_MONOTONIC);
}

static void clock_fix(struct fake_host *fake)
{
	if (atomic_load(&fake->clock_set))
		return;
	atomic_store(&fake->wall, real_clock(CLOCK_REALTIME));
	atomic_store(&fake->mono, real_clock(CLOCK_MONOTONIC));
	atomic_store(&fake->clock_set, true);
}

/* The monotonic clock never goes back, whatever the wall clock is set to. */
void fake_host_set_wall(struct fake_host *fake, int64_t wall)
{
	int64_t gone;

	clock_fix(fake);
	gone = wall - atomic_exchange(&fake->wall, wall);
	if (gone > 0)
		(void)atomic_fetch_add(&fake->mono, gone);
}

void fake_host_advance(struct fake_host *fake, int64_t us)
{
	clock_fix(fake);
	(void)atomic_fetch_add(&fake->wall, us);
	(void)atomic_fetch_add(&fake->mono, us);
}

static void random_bytes(const struct rent_host *host, void *out, size_t size)
{
	unsigned char *p = out;

	(void)host;
	while (size > 0) {
		ssize_t n = getrandom(p, size, 0);

		if (n < 0 && errno != EINTR)
			fake_die("getrandom: %s", strerror(errno));
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
}

static void uuid7(const struct rent_host *host, char out[RENT_ID_SIZE])
{
	uint64_t ms = (uint64_t)(wall_us(host) / 1000);
	unsigned char b[16];

	random_bytes(host, b, sizeof(b));
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x70);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	(void)snprintf(
		out, RENT_ID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x",
		b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11],
		b[12], b[13], b[14], b[15]);
}

static void sleep_us(const struct rent_host *host, int64_t us)
{
	struct timespec ts = { us / RENT_SECOND, us % RENT_SECOND * 1000 };

	(void)host;
	while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
		;
}

/* ---- arenas: an allocation each, so that a sanitizer sees every overrun */
struct block {
	struct block *next;
	max_align_t data[];
};

struct arena {
	struct rent_arena base;
	size_t used;
	struct block *blocks;
};

static void *arena_alloc(struct rent_arena *base, size_t size)
{
	struct arena *arena = (struct arena *)base;
	struct block *block;

	if (size > ARENA_MAX - arena->used)
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	if (block == NULL)
		return NULL;
	arena->used += size;
	block->next = arena->blocks;
	arena->blocks = block;
	return block->data;
}

static struct rent_arena *arena_new(const struct rent_host *host)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	(void)host;
	if (arena == NULL)
		return NULL;
	arena->base = (struct rent_arena){ sizeof(arena->base), arena_alloc };
	return &arena->base;
}

static void arena_free(const struct rent_host *host, struct rent_arena *base)
{
	struct arena *arena = (struct arena *)base;

	(void)host;
	if (arena == NULL)
		return;
	while (arena->blocks != NULL) {
		struct block *next = arena->blocks->next;

		free(arena->blocks);
		arena->blocks = next;
	}
	free(arena);
}

/* ---- timers and workers */
static int timer_add(const struct rent_host *host, const char *name, int64_t interval_us,
                     void (*fn)(void *arg), void *arg, struct rent_error *err)
{
	struct fake_host *fake = fake_of(host);
	int ret = 0;

	if (interval_us <= 0)
		return rent_fail(err, RENT_EINVAL, "timer \"%s\": interval %" PRId64,
		                 name, interval_us);
	(void)pthread_mutex_lock(&fake->lock);
	if (fake->timer_count < TIMER_MAX)
		fake->timers[fake->timer_count++] = (struct timer){ fn, arg };
	else
		ret = rent_fail(err, RENT_EFULL, "timer \"%s\": too many", name);
	(void)pthread_mutex_unlock(&fake->lock);
	return ret;
}

void fake_host_run_timers(struct fake_host *fake)
{
	for (size_t i = 0; i < fake->timer_count; i++)
		fake->timers[i].fn(fake->timers[i].arg);
}

static void *work_main(void *arg)
{
	struct work *work = arg;

	work->fn(work->arg);
	return NULL;
}

static int work_run(const struct rent_host *host, void (*fn)(void *arg), void *arg)
{
	struct fake_host *fake = fake_of(host);
	int ret = RENT_EFULL;

	(void)pthread_mutex_lock(&fake->lock);
	if (fake->work_count < WORK_MAX) {
		struct work *work = &fake->works[fake->work_count];

		work->fn = fn;
		work->arg = arg;
		if (pthread_create(&work->thread, NULL, work_main, work) == 0) {
			fake->work_count++;
			ret = 0;
		}
	}
	(void)pthread_mutex_unlock(&fake->lock);
	return ret;
}

/* ---- outbound HTTP */
/* The host reads these options for the plugin; one that forgot them fails here as there. */
static void check_upstream_options(struct fake_host *fake, const char *name)
{
	static const char *const parts[] = { "timeout",       "tries",
		                             "backoff",       "breaker_failures",
		                             "breaker_reset", "max_in_flight" };
	char full[128];

	for (size_t i = 0; fake->plugin != NULL && i < sizeof(parts) / sizeof(*parts);
	     i++) {
		(void)snprintf(full, sizeof(full), "%s.%s", name, parts[i]);
		if (!fake_options_has(fake->options, full))
			fake_die("upstream \"%s\" without the option \"%s\"", name, full);
	}
}

static int upstream_open(const struct rent_host *host, const char *name,
                         const char *base_url, struct rent_upstream **ret,
                         struct rent_error *err)
{
	struct fake_host *fake = fake_of(host);
	struct rent_upstream *up = NULL;
	int code = 0;

	check_upstream_options(fake, name);
	if (base_url == NULL || (strncmp(base_url, "http://", 7) != 0 &&
	                         strncmp(base_url, "https://", 8) != 0))
		return rent_fail(err, RENT_EINVAL, "upstream \"%s\": address \"%s\"",
		                 name, base_url == NULL ? "" : base_url);
	(void)pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->upstream_count && up == NULL; i++) {
		if (strcmp(fake->upstreams[i].name, name) == 0 &&
		    strcmp(fake->upstreams[i].url, base_url) == 0)
			up = &fake->upstreams[i];
	}
	if (up == NULL && fake->upstream_count < UPSTREAM_MAX) {
		up = &fake->upstreams[fake->upstream_count++];
		(void)rent_copy(up->name, sizeof(up->name), name);
		(void)rent_copy(up->url, sizeof(up->url), base_url);
	}
	if (up == NULL)
		code = rent_fail(err, RENT_EFULL, "upstream \"%s\": too many", name);
	else
		*ret = up;
	(void)pthread_mutex_unlock(&fake->lock);
	return code;
}

struct rent_upstream *fake_host_upstream(struct fake_host *fake, const char *name)
{
	for (size_t i = 0; i < fake->upstream_count; i++) {
		if (strcmp(fake->upstreams[i].name, name) == 0)
			return &fake->upstreams[i];
	}
	return NULL;
}

const char *fake_host_upstream_url(struct fake_host *fake, const char *name)
{
	struct rent_upstream *up = fake_host_upstream(fake, name);

	return up == NULL ? NULL : up->url;
}

void fake_host_on_exchange(struct fake_host *fake,
                           void (*fn)(void *arg, struct rent_exchange *x), void *arg)
{
	fake->on_exchange = fn;
	fake->on_exchange_arg = arg;
}

static void exchange_one(struct fake_host *fake, struct rent_exchange *x)
{
	x->transport = (enum rent_transport)0;
	x->reply = (struct rent_upstream_reply){ .struct_size = sizeof(x->reply) };
	x->breaker_open = false;
	x->took_us = 0;
	x->error[0] = '\0';
	if (fake->on_exchange != NULL)
		fake->on_exchange(fake->on_exchange_arg, x);
	if (x->transport == (enum rent_transport)0)
		x->transport = RENT_NOT_SENT;
	if (x->transport != RENT_REPLIED && x->error[0] == '\0')
		(void)rent_copy(x->error, sizeof(x->error), "the test gave no answer");
	if (x->reply.body == NULL)
		x->reply.body = "";
	if (x->reply.body_size == 0)
		x->reply.body_size = strlen(x->reply.body);
	if (x->reply.content_type == NULL)
		x->reply.content_type = "";
}

static void judged(const struct rent_host *host, struct rent_exchange *x, bool answered)
{
	(void)host;
	(void)x;
	(void)answered;
}

static void exchange(const struct rent_host *host, struct rent_exchange *const *x,
                     size_t n)
{
	for (size_t i = 0; i < n; i++)
		exchange_one(fake_of(host), x[i]);
}

static void event(const struct rent_host *host, const char *type, const char *json)
{
	(void)host;
	(void)type;
	(void)json;
}

static void event_of(const struct rent_host *host, const char *subject, const char *type,
                     const char *json)
{
	(void)subject;
	event(host, type, json);
}

static bool event_heard(const struct rent_host *host)
{
	(void)host;
	return true;
}

/* ---- the table; the calling thread waits itself */
static const struct rent_host template = {
	.struct_size = sizeof(struct rent_host),
	.service = "test",
	.opt_int = opt_int,
	.opt_bool = opt_bool,
	.opt_str = opt_str,
	.opt_enum = opt_enum,
	.opt_list = opt_list,
	.lookup = lookup,
	.log = log_line,
	.metric = metric_make,
	.metric_add = metric_touch,
	.metric_set = metric_touch,
	.metric_observe = metric_touch,
	.wall_us = wall_us,
	.mono_us = mono_us,
	.uuid7 = uuid7,
	.random = random_bytes,
	.sleep_us = sleep_us,
	.arena_new = arena_new,
	.arena_free = arena_free,
	.timer = timer_add,
	.work = work_run,
	.upstream_open = upstream_open,
	.exchange = exchange,
	.problem = fake_problem,
	.event = event,
	.event_of = event_of,
	.event_heard = event_heard,
	.judged = judged,
	.json = &tools_json,
	.crypto = &tools_crypto,
	.task = &fake_task,
};

struct fake_host *fake_host_new(const struct rent_plugin *plugin,
                                const struct fake_option *options)
{
	struct fake_host *fake = calloc(1, sizeof(*fake));

	if (fake == NULL || pthread_mutex_init(&fake->lock, NULL) != 0)
		fake_die("out of memory");
	fake->table = template;
	fake->table.priv = fake;
	fake->table.instance = plugin == NULL ? "test" : plugin->name;
	fake->plugin = plugin;
	fake->options = fake_options_new(plugin, options);
	return fake;
}

void fake_host_free(struct fake_host *fake)
{
	if (fake == NULL)
		return;
	for (size_t i = 0; i < fake->work_count; i++)
		(void)pthread_join(fake->works[i].thread, NULL);
	fake_options_free(fake->options);
	(void)pthread_mutex_destroy(&fake->lock);
	free(fake);
}

const struct rent_host *fake_host_table(struct fake_host *fake)
{
	return &fake->table;
}

const struct rent_plugin *fake_host_load(const char *file)
{
	void *object = dlopen(file, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
	rent_plugin_entry_fn entry = NULL;
	const struct rent_plugin *plugin;

	if (object == NULL)
		fake_die("%s", dlerror());
	/* dlsym gives an object pointer; this is how POSIX has it turned into a function. */
	*(void **)(&entry) = dlsym(object, RENT_PLUGIN_SYMBOL);
	if (entry == NULL)
		fake_die("%s: no symbol %s", file, RENT_PLUGIN_SYMBOL);
	plugin = entry();
	if (plugin == NULL || plugin->magic != RENT_PLUGIN_MAGIC ||
	    plugin->abi_major != RENT_API_MAJOR)
		fake_die("%s: not a plugin of this API", file);
	return plugin;
}
