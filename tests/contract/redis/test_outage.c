/* SPDX-License-Identifier: MIT
 *
 * test_outage.c - Redis that is paused, killed, not there, locked, read-only, silent, talks
 * nonsense, or is another one since the sentinels said so: calls return, soon none of them
 * waits, and all goes on by itself.
 */
#include "backend_redis.h"

#include <netinet/in.h>
#include <proc.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Tries again soon. */
#define QUICK                              \
	{ "breaker_reset", "20ms" },       \
	{                                  \
		"connect_timeout", "500ms" \
	}

static struct fixture *fixture;

static int put_text(struct cached *c, const char *key, const char *text)
{
	return c->api->cache_put(c->self, "s", key, text, RENT_HOUR, &fixture->err);
}

static int get_code(struct cached *c)
{
	struct rent_arena *arena = fixture->host->arena_new(fixture->host);
	const char *text;
	int code = c->api->cache_get(c->self, "s", "k", arena, &text, NULL);

	fixture->host->arena_free(fixture->host, arena);
	return code;
}

/* No call takes longer than its time-out and what a busy machine adds. */
#define BUSY_MS 1900

static int get_in_time(struct cached *c, int64_t timeout_ms)
{
	int64_t since = now_ms();
	int code = get_code(c);

	assert_in_range(now_ms() - since, code == RENT_ETIMEOUT ? timeout_ms - 1 : 0,
	                timeout_ms + BUSY_MS);
	return code;
}

static bool is_put(void *arg)
{
	return put_text(arg, "k", "v") == 0;
}

static bool is_refused(void *arg)
{
	return put_text(arg, "k", "v") < 0;
}

static struct rent_health health_of(struct cached *c)
{
	const struct rent_plugin *plugin =
		fake_host_load(RENT_TEST_PLUGINS "/storage_redis.so");
	struct rent_health health = { .struct_size = sizeof(health) };

	plugin->health(c->self, &health);
	return health;
}

static int check_of(struct cached *c)
{
	const struct rent_plugin *plugin =
		fake_host_load(RENT_TEST_PLUGINS "/storage_redis.so");

	return plugin->check(c->self, &fixture->err);
}

static bool is_healthy(void *arg)
{
	return health_of(arg).state == RENT_HEALTHY;
}

static bool is_degraded(void *arg)
{
	return health_of(arg).state == RENT_DEGRADED;
}

/* Whatever Redis does, the storage behind works. */
static void expect_storage(struct cached *c)
{
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	struct rent_quote q = { .struct_size = sizeof(q) };
	const struct rent_host *host = fixture->host;

	host->uuid7(host, q.id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), "u");
	(void)rent_copy(q.station_id, sizeof(q.station_id), "s");
	assert_int_equal(c->api->quote_put(c->self, &q, RENT_MINUTE, NULL), 0);
	assert_int_equal(c->api->totals(c->self, &totals, NULL), 0);
}

/* ---- answered with errors */

/* That reading works proves nothing about writing. */
static void an_error_is_shown_until_its_command_works(void **state)
{
	struct redis *redis = redis_new(NULL);
	char url[64];
	const struct fake_option options[] = { { "url", url },
		                               { "timeout", "1s" },
		                               { "breaker_failures", "1000" },
		                               { NULL, NULL } };
	struct cached c;

	(void)state;
	(void)snprintf(url, sizeof(url), "redis://127.0.0.1:%d", redis_port(redis));
	c = cached_new(fixture, options);
	assert_true(wait_until(is_put, &c, 30000));
	assert_int_equal(health_of(&c).state, RENT_HEALTHY);
	redis_say(redis, "CONFIG SET maxmemory 1");
	assert_int_equal(put_text(&c, "k", "w"), RENT_EFAIL);
	assert_non_null(strstr(fixture->err.text, "OOM"));
	assert_int_equal(get_code(&c), 0);
	assert_int_equal(health_of(&c).state, RENT_DEGRADED);
	assert_non_null(strstr(health_of(&c).why, "set: "));
	assert_non_null(strstr(health_of(&c).why, "maxmemory"));
	expect_storage(&c);
	redis_say(redis, "CONFIG SET maxmemory 0");
	assert_int_equal(get_code(&c), 0);
	assert_int_equal(health_of(&c).state, RENT_DEGRADED);
	assert_int_equal(put_text(&c, "k", "w"), 0);
	assert_int_equal(health_of(&c).state, RENT_HEALTHY);
	cached_free(&c);
	redis_free(redis);
}

/* ---- paused */
static void the_breaker_opens(void **state)
{
	static const struct fake_option options[] = { { "timeout", "100ms" },
		                                      { "breaker_failures", "3" },
		                                      { "breaker_reset", "1h" },
		                                      { "connect_timeout", "1m" },
		                                      { NULL, NULL } };
	struct cached c;

	(void)state;
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	redis_pause(backend_redis_server());
	/* Each waits for its time; then nobody does. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(get_in_time(&c, 100), RENT_ETIMEOUT);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(get_in_time(&c, 100), RENT_EUNAVAIL);
	assert_int_equal(health_of(&c).state, RENT_DEGRADED);
	assert_non_null(strstr(health_of(&c).why, "breaker open"));
	assert_true(check_of(&c) == RENT_EUNAVAIL);
	expect_storage(&c);
	redis_continue(backend_redis_server());
	cached_free(&c);
}

static void pestering(void *arg, int i)
{
	struct cached *c = arg;

	for (int n = 0; n < 200; n++) {
		int code = get_code(c);

		(void)i;
		if (code != 0 && code != 1 && code != RENT_ETIMEOUT &&
		    code != RENT_EUNAVAIL)
			abort();
	}
}

static void paused_again_and_again(void **state)
{
	static const struct fake_option options[] = { { "timeout", "20ms" },
		                                      QUICK,
		                                      { NULL, NULL } };
	struct cached c;

	(void)state;
	c = cached_new(fixture, options);
	for (int round = 0; round < 3; round++) {
		redis_pause(backend_redis_server());
		run_threads(32, pestering, &c);
		assert_true(wait_until(is_refused, &c, 30000));
		redis_continue(backend_redis_server());
		assert_true(wait_until(is_put, &c, 60000));
	}
	cached_free(&c);
}

/* Also when nobody asks for anything. */
static void silence_is_noticed(void **state)
{
	static const struct fake_option options[] = { QUICK, { NULL, NULL } };
	struct cached c;

	(void)state;
	c = cached_new(fixture, options);
	assert_true(wait_until(is_healthy, &c, 30000));
	redis_pause(backend_redis_server());
	assert_true(wait_until(is_degraded, &c, 60000));
	redis_continue(backend_redis_server());
	assert_true(wait_until(is_healthy, &c, 60000));
	assert_int_equal(check_of(&c), 0);
	cached_free(&c);
}

/* ---- killed */
static void killed_and_started(void **state)
{
	static const struct fake_option options[] = { QUICK, { NULL, NULL } };
	struct cached c, later;

	(void)state;
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	for (int round = 0; round < 3; round++) {
		redis_kill(backend_redis_server());
		assert_true(wait_until(is_refused, &c, 30000));
		expect_storage(&c);
		/* A host that begins meanwhile begins all the same. */
		later = cached_new(fixture, options);
		assert_true(put_text(&later, "k", "v") < 0);
		assert_int_equal(health_of(&later).state, RENT_DEGRADED);
		expect_storage(&later);
		redis_start(backend_redis_server());
		assert_true(wait_until(is_put, &c, 60000));
		assert_true(wait_until(is_put, &later, 60000));
		cached_free(&later);
	}
	cached_free(&c);
}

/* ---- passwords and users */
static void passwords(void **state)
{
	static const char *const args[] = { "--requirepass", "p@ss", NULL };
	/* What README.md says is needed. */
	static const char *const user[] = { "ACL",       "SETUSER", "rent",  "on",
		                            ">u:1",      "~mine:*", "+ping", "+select",
		                            "+getrange", "+set" };
	struct fake_option options[] = { { "url", NULL },
		                         { "prefix", "mine:" },
		                         { "quotes", "database" },
		                         { NULL, NULL } };
	struct redis *locked = redis_new(args);
	char url[128];
	struct cached c;

	(void)state;
	options[0].value = url;
	(void)snprintf(url, sizeof(url), "redis://127.0.0.1:%d", redis_port(locked));
	c = cached_new(fixture, options);
	assert_true(put_text(&c, "k", "v") < 0);
	assert_int_equal(check_of(&c), RENT_EUNAVAIL);
	assert_non_null(strstr(fixture->err.text, "NOAUTH"));
	cached_free(&c);
	(void)snprintf(url, sizeof(url), "redis://:wrong@127.0.0.1:%d",
	               redis_port(locked));
	c = cached_new(fixture, options);
	assert_int_equal(check_of(&c), RENT_EUNAVAIL);
	assert_non_null(strstr(fixture->err.text, "AUTH: refused"));
	assert_null(strstr(fixture->err.text, "wrong@"));
	cached_free(&c);
	(void)snprintf(url, sizeof(url), "redis://:p%%40ss@127.0.0.1:%d/7",
	               redis_port(locked));
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	assert_int_equal(check_of(&c), 0);
	/* Now somebody may ask it. */
	cached_free(&c);
	redis_free(locked);

	locked = redis_new(NULL);
	free(redis_ask(locked, 10, user));
	(void)snprintf(url, sizeof(url), "redis://rent:u%%3a1@127.0.0.1:%d/0",
	               redis_port(locked));
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	assert_int_equal(get_code(&c), 0);
	assert_int_equal(redis_keys(locked), 1);
	cached_free(&c);
	options[1].value = "not-mine:";
	c = cached_new(fixture, options);
	assert_true(put_text(&c, "k", "v") < 0);
	assert_non_null(strstr(fixture->err.text, "NOPERM"));
	cached_free(&c);
	(void)snprintf(url, sizeof(url), "redis://127.0.0.1:%d/7", redis_port(locked));
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	assert_int_equal(redis_keys(locked), 1); /* of database 0 */
	cached_free(&c);
	redis_free(locked);
}

static void sockets(void **state)
{
	char *dir = scratch_new(), path[128], url[160];
	const char *const args[] = { "--unixsocket", path, NULL };
	const struct fake_option options[] = { { "url", url }, { NULL, NULL } };
	struct redis *r;
	struct cached c;

	(void)state;
	(void)snprintf(path, sizeof(path), "%.100s/redis.sock", dir);
	(void)snprintf(url, sizeof(url), "unix://%s?db=2", path);
	r = redis_new(args);
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	assert_int_equal(get_code(&c), 0);
	assert_non_null(strstr(health_of(&c).why, path));
	cached_free(&c);
	redis_free(r);
	scratch_free(dir);
}

/* ---- of no use */
static void read_only_and_full(void **state)
{
	struct fake_option options[] = { { "url", NULL }, QUICK, { NULL, NULL } };
	struct redis *r = redis_new(NULL);
	struct cached c;

	(void)state;
	options[0].value = redis_url(r);
	c = cached_new(fixture, options);
	assert_int_equal(put_text(&c, "k", "v"), 0);
	redis_say(r, "CONFIG SET maxmemory 1");
	assert_true(wait_until(is_refused, &c, 30000));
	redis_say(r, "CONFIG SET maxmemory 0");
	assert_true(wait_until(is_put, &c, 60000));
	redis_say(r, "REPLICAOF 127.0.0.1 1");
	assert_true(wait_until(is_refused, &c, 30000));
	redis_say(r, "REPLICAOF NO ONE");
	assert_true(wait_until(is_put, &c, 60000));
	cached_free(&c);
	redis_free(r);
}

/* A server that takes connections, answers greetings as it should, and everything else with
 * `answer`; NULL: nothing at all, ever. */
struct liar {
	int fd, port;
	const char *answer;
	size_t repeat;
	pthread_t thread;
};

static bool converse(const struct liar *liar, int fd)
{
	char said[4096];
	ssize_t n = recv(fd, said, sizeof(said) - 1, 0);

	if (n <= 0)
		return false;
	said[n] = '\0';
	if (liar->answer == NULL)
		return true;
	if (strstr(said, "PING") != NULL)
		return send(fd, "+PONG\r\n", 7, MSG_NOSIGNAL) == 7;
	for (size_t i = 0; i < liar->repeat; i++) {
		if (send(fd, liar->answer, strlen(liar->answer), MSG_NOSIGNAL) < 0)
			return false;
	}
	return true;
}

static void *liar_main(void *arg)
{
	struct liar *liar = arg;
	int fd;

	while ((fd = accept(liar->fd, NULL, NULL)) >= 0) {
		while (converse(liar, fd))
			;
		(void)close(fd);
	}
	return NULL;
}

static void liar_start(struct liar *liar)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof(a);

	liar->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(liar->fd >= 0);
	assert_int_equal(bind(liar->fd, (struct sockaddr *)&a, size), 0);
	assert_int_equal(getsockname(liar->fd, (struct sockaddr *)&a, &size), 0);
	assert_int_equal(listen(liar->fd, 16), 0);
	liar->port = ntohs(a.sin_port);
	assert_int_equal(pthread_create(&liar->thread, NULL, liar_main, liar), 0);
}

static void liar_end(struct liar *liar)
{
	(void)shutdown(liar->fd, SHUT_RDWR);
	(void)pthread_join(liar->thread, NULL);
	(void)close(liar->fd);
}

static void liars(void **state)
{
	static const struct {
		const char *answer;
		size_t repeat;
	} rows[] = {
		{ NULL, 0 },
		{ "nonsense\r\n", 1 },
		{ "$-7\r\n", 1 },
		{ "*3\r\n$1\r\na\r\n", 1 },
		{ "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", 1 },
		{ ":1\r\n", 1 },
		{ "+FINE\r\n+FINE\r\n+FINE\r\n", 1 },
		{ "-ERR no\r\n", 1 },
		{ "$536870912\r\nxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		  40000 },
		{ "\r\n\r\n", 1 },
	};
	char url[64];
	const struct fake_option options[] = { { "url", url },
		                               { "timeout", "200ms" },
		                               { "connect_timeout", "200ms" },
		                               { "breaker_reset", "20ms" },
		                               { NULL, NULL } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct liar liar = { .answer = rows[i].answer, .repeat = rows[i].repeat };
		struct cached c;

		liar_start(&liar);
		(void)snprintf(url, sizeof(url), "redis://127.0.0.1:%d", liar.port);
		c = cached_new(fixture, options);
		for (int n = 0; n < 20; n++) {
			assert_true(get_in_time(&c, 200) != 0);
			(void)put_text(&c, "k", "v");
		}
		expect_storage(&c);
		cached_free(&c);
		liar_end(&liar);
	}
}

/* ---- sentinels */
static void sentinels_say_who(void **state)
{
	struct redis *one = redis_new(NULL), *two = redis_replica_new(one);
	struct redis *sentinel = redis_sentinel_new("rentals", one, 1);
	unsigned nobody = port_free();
	char addresses[128];
	const struct fake_option options[] = { { "url", NULL },
		                               { "sentinels", addresses },
		                               { "master", "rentals" },
		                               { "timeout", "500ms" },
		                               QUICK,
		                               { NULL, NULL } };
	struct cached c;

	(void)state;
	/* One of the sentinels is never there. */
	(void)snprintf(addresses, sizeof(addresses), "127.0.0.1:%u,127.0.0.1:%d", nobody,
	               redis_port(sentinel));
	c = cached_new(fixture, options);
	assert_true(wait_until(is_put, &c, 30000));
	assert_int_equal(redis_keys(one), 1);
	/* It dies; the replica is promoted, and found. */
	redis_kill(one);
	assert_true(wait_until(is_put, &c, 60000));
	assert_int_equal(redis_keys(two), 1);
	expect_storage(&c);
	/* The old one comes back as a replica, and takes over in its turn. */
	redis_start(one);
	cached_free(&c);
	c = cached_new(fixture, options);
	assert_true(wait_until(is_put, &c, 60000));
	redis_say(two, "FLUSHALL");
	assert_true(wait_until(is_put, &c, 60000));
	assert_int_equal(redis_keys(two), 1);
	cached_free(&c);
	redis_free(sentinel);
	redis_free(two);
	redis_free(one);
}

/* A master that hangs is replaced, too; when it wakes up nobody follows it. */
static void a_hung_master_is_replaced(void **state)
{
	struct redis *one = redis_new(NULL), *two = redis_replica_new(one);
	struct redis *sentinel = redis_sentinel_new("rentals", one, 1);
	char address[32];
	const struct fake_option options[] = { { "url", NULL },
		                               { "sentinels", address },
		                               { "master", "rentals" },
		                               { "timeout", "100ms" },
		                               QUICK,
		                               { NULL, NULL } };
	struct cached c;

	(void)state;
	(void)snprintf(address, sizeof(address), "127.0.0.1:%d", redis_port(sentinel));
	c = cached_new(fixture, options);
	assert_true(wait_until(is_put, &c, 30000));
	redis_pause(one);
	assert_true(wait_until(is_put, &c, 60000));
	redis_continue(one);
	assert_int_equal(redis_keys(two), 1);
	assert_int_equal(put_text(&c, "another", "v"), 0);
	assert_int_equal(redis_keys(two), 2);
	cached_free(&c);
	redis_free(sentinel);
	redis_free(two);
	redis_free(one);
}

static int setup(void **state)
{
	(void)fixture_setup(state);
	fixture = *state;
	return 0;
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_error_is_shown_until_its_command_works),
		T(the_breaker_opens),
		T(paused_again_and_again),
		T(silence_is_noticed),
		T(killed_and_started),
		T(passwords),
		T(sockets),
		T(read_only_and_full),
		T(liars),
		T(sentinels_say_who),
		T(a_hung_master_is_replaced),
	};

	return cmocka_run_group_tests_name("outage", tests, NULL, NULL);
}
