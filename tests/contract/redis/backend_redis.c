/* SPDX-License-Identifier: MIT
 *
 * backend_redis.c - the contract suite's view of storage_redis over REDIS_INNER, the backend
 * that it hides: one Redis server for the process and the processes it starts, a prefix for
 * each place. STORAGE_QUOTES says where unused quotes stand.
 */
#include "backend_redis.h"

#include <stdlib.h>

#define URL_NAME "STORAGE_REDIS_URL"

extern const struct backend REDIS_INNER;

/* Hidden from the fixture while storage_redis is in front. */
struct wrapped {
	const struct rent_plugin *plugin;
	void *self;
	struct cached outer;
};

static struct redis *server;

static void end_server(void)
{
	redis_free(server);
}

struct redis *backend_redis_server(void)
{
	if (server == NULL) {
		server = redis_new(NULL);
		(void)atexit(end_server);
		assert_int_equal(setenv(URL_NAME, redis_url(server), 1), 0);
	}
	return server;
}

/* A process that the test starts uses the server of the test. */
static const char *url(void)
{
	if (getenv(URL_NAME) == NULL)
		(void)backend_redis_server();
	return getenv(URL_NAME);
}

static bool quotes_elsewhere(void)
{
	const char *quotes = getenv("STORAGE_QUOTES");

	return quotes != NULL && strcmp(quotes, "redis") == 0;
}

void backend_prefix(const struct fixture *f, char out[32])
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (const char *p = f->place; *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(1099511628211);
	(void)snprintf(out, 32, "t%016" PRIx64 ":", h);
}

/* ---- instances */
static struct wrapped *wrapped_of(struct fixture *f)
{
	return f->wrapped;
}

static const struct rent_plugin *plugin(void)
{
	return fake_host_load(RENT_TEST_PLUGINS "/storage_redis.so");
}

/* Ours, then the test's; a name that the test gives is not ours. */
static void fill(struct fake_option all[CACHED_OPTIONS], const char *prefix,
                 const struct fake_option *more)
{
	struct fake_option ours[] = { { "url", url() },
		                      { "secret", BACKEND_SECRET },
		                      { "prefix", prefix },
		                      { "timeout", "5s" } };
	size_t n = 0;

	for (; more != NULL && more->name != NULL; more++)
		all[n++] = *more;
	for (size_t i = 0; i < sizeof(ours) / sizeof(*ours); i++) {
		bool given = false;

		for (size_t k = 0; k < n; k++)
			given |= strcmp(all[k].name, ours[i].name) == 0;
		if (!given)
			all[n++] = ours[i];
	}
	assert_true(n < CACHED_OPTIONS);
	/* A NULL value says: leave it out. */
	for (size_t i = 0; i < n;) {
		if (all[i].value == NULL)
			all[i] = all[--n];
		else
			i++;
	}
	all[n] = (struct fake_option){ NULL, NULL };
}

static struct cached make(struct fixture *f, const struct fake_option *options)
{
	struct cached i = { .api = plugin()->api };

	i.fake = fake_host_new(plugin(), options);
	fake_host_bind(i.fake, "storage", wrapped_of(f)->plugin->api,
	               wrapped_of(f)->self);
	if (!f->real_clock)
		fake_host_set_wall(i.fake, TEST_NOW);
	return i;
}

struct cached cached_new(struct fixture *f, const struct fake_option *options)
{
	struct fake_option all[CACHED_OPTIONS];
	char prefix[32];
	struct cached i;

	backend_prefix(f, prefix);
	fill(all, prefix, options);
	i = make(f, all);
	if (plugin()->create(fake_host_table(i.fake), &i.self, &f->err) != 0 ||
	    plugin()->start(i.self, &f->err) != 0)
		fail_msg("%s", f->err.text);
	return i;
}

void cached_refused(struct fixture *f, const struct fake_option *options,
                    const char *text)
{
	struct fake_option all[CACHED_OPTIONS];
	struct rent_error err = { .text = "" };
	struct cached i;

	fill(all, "p:", options);
	i = make(f, all);
	assert_int_equal(plugin()->create(fake_host_table(i.fake), &i.self, &err),
	                 RENT_EINVAL);
	if (strstr(err.text, text) == NULL)
		fail_msg("expected \"%s\" in \"%s\"", text, err.text);
	fake_host_free(i.fake);
}

void cached_free(struct cached *i)
{
	plugin()->stop(i->self);
	plugin()->destroy(i->self);
	fake_host_free(i->fake);
}

void cached_advance(struct cached *i, int64_t us)
{
	fake_host_advance(i->fake, us);
}

/* ---- the backend */
/* The first quote of an instance goes to the database, since its clock is not known yet. The
 * tests' own are to stand in Redis. */
static void prime(struct fixture *f)
{
	struct rent_quote q = { .struct_size = sizeof(q) };
	const struct rent_host *host = fake_host_table(f->fake);

	host->uuid7(host, q.id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), "nobody");
	(void)rent_copy(q.station_id, sizeof(q.station_id), "nowhere");
	assert_int_equal(wrapped_of(f)->outer.api->quote_put(wrapped_of(f)->outer.self,
	                                                     &q, RENT_HOUR, &f->err),
	                 0);
}

static void open_redis(struct fixture *f, const char *place)
{
	const struct fake_option options[] = {
		{ "quotes", quotes_elsewhere() ? "redis" : "database" }, { NULL, NULL }
	};
	struct wrapped *w = calloc(1, sizeof(*w));

	assert_non_null(w);
	REDIS_INNER.open(f, place);
	w->plugin = f->plugin;
	w->self = f->self;
	f->wrapped = w;
	w->outer = cached_new(f, options);
	f->plugin = plugin();
	f->self = w->outer.self;
	prime(f);
}

static void close_redis(struct fixture *f, bool remove)
{
	struct wrapped *w = wrapped_of(f);

	cached_free(&w->outer);
	f->plugin = w->plugin;
	f->self = w->self;
	REDIS_INNER.close(f, remove);
	free(w);
}

/* An operator moves the end of a quote that has no row by writing the row. */
static void sql(struct fixture *f, const char *text)
{
	static const char update[] = "UPDATE quotes SET expires_at = ";
	const char *value = text + strlen(update), *where, *id;
	char ours[512];

	if (!quotes_elsewhere() || strncmp(text, update, strlen(update)) != 0) {
		REDIS_INNER.sql(f, text);
		return;
	}
	where = strstr(value, " WHERE id = ");
	assert_non_null(where);
	id = where + strlen(" WHERE id = ");
	(void)snprintf(ours, sizeof(ours),
	               "INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
	               "free_period_min, deposit, expires_at, created_at) VALUES (%s, "
	               "'user-1', 'station-1', 60, 5, 300, %.*s, '2026-11-23 07:00:00')",
	               id, (int)(where - value), value);
	REDIS_INNER.sql(f, ours);
}

static int64_t sql_int(struct fixture *f, const char *text)
{
	return REDIS_INNER.sql_int(f, text);
}

static void advance(struct fixture *f, int64_t us)
{
	REDIS_INNER.advance(f, us);
	fake_host_advance(wrapped_of(f)->outer.fake, us);
}

const struct backend backend_redis = {
	.name = "redis",
	.open = open_redis,
	.close = close_redis,
	.sql = sql,
	.sql_int = sql_int,
	.advance = advance,
	.quotes_elsewhere = quotes_elsewhere,
};
