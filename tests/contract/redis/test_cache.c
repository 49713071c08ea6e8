/* SPDX-License-Identifier: MIT
 *
 * test_cache.c - cache_get and cache_put on a real server: what is put is got, by every host,
 * until its time is over; and nothing that anybody else put there is.
 */
#include "backend_redis.h"

#include <proc.h>

#include <stdlib.h>

#define SIZE_MAX_TEXT ((size_t)64 * 1024)

static const char *get_by(struct fixture *f, const struct rent_storage *api, void *self,
                          const char *space, const char *key)
{
	const char *text = NULL;
	int code = api->cache_get(self, space, key, f->arena, &text, &f->err);

	if (code < 0)
		fail_msg("%s", f->err.text);
	assert_true(code == (text == NULL ? 1 : 0));
	return text;
}

static const char *cached(struct fixture *f, const char *space, const char *key)
{
	return get_by(f, f->api, f->self, space, key);
}

static void put_text(struct fixture *f, const char *space, const char *key,
                     const char *text)
{
	if (f->api->cache_put(f->self, space, key, text, RENT_MINUTE, &f->err) != 0)
		fail_msg("%s", f->err.text);
}

static void name_of(struct fixture *f, const char *space, const char *key, char out[256])
{
	char prefix[32];

	backend_prefix(f, prefix);
	(void)snprintf(out, 256, "%scache:%s:%s", prefix, space, key);
}

static char *raw(const char *name)
{
	const char *const argv[] = { "GET", name };

	return redis_ask(backend_redis_server(), 2, argv);
}

static void round_trip(void **state)
{
	struct fixture *f = *state;
	struct cached other = cached_new(f, NULL);

	assert_null(cached(f, "tariff", "t1"));
	put_text(f, "tariff", "t1", "{\"a\":1}");
	put_text(f, "user", "t1", "another space");
	put_text(f, "tariff", "t2", "");
	assert_string_equal(cached(f, "tariff", "t1"), "{\"a\":1}");
	assert_string_equal(get_by(f, other.api, other.self, "tariff", "t1"),
	                    "{\"a\":1}");
	assert_string_equal(cached(f, "user", "t1"), "another space");
	assert_string_equal(cached(f, "tariff", "t2"), "");
	put_text(f, "tariff", "t1", "two\nlines \"and\" Ω");
	assert_string_equal(cached(f, "tariff", "t1"), "two\nlines \"and\" Ω");
	cached_free(&other);
}

static void sizes(void **state)
{
	struct fixture *f = *state;
	char *text = calloc(1, SIZE_MAX_TEXT + 2), key[600];

	assert_non_null(text);
	memset(text, 'x', SIZE_MAX_TEXT);
	put_text(f, "s", "k", text);
	assert_string_equal(cached(f, "s", "k"), text);
	text[SIZE_MAX_TEXT] = 'x';
	assert_int_equal(f->api->cache_put(f->self, "s", "k", text, RENT_MINUTE, &f->err),
	                 RENT_EINVAL);
	memset(key, 'k', sizeof(key));
	key[sizeof(key) - 1] = '\0';
	assert_int_equal(f->api->cache_put(f->self, "s", key, "v", RENT_MINUTE, &f->err),
	                 RENT_EINVAL);
	free(text);
}

static bool is_gone(void *arg)
{
	return cached(arg, "s", "short") == NULL;
}

static void ends_by_itself(void **state)
{
	const char *argv[] = { "PTTL", NULL };
	struct fixture *f = *state;
	char name[256], *ttl;

	put_text(f, "s", "k", "v");
	name_of(f, "s", "k", name);
	argv[1] = name;
	ttl = redis_ask(backend_redis_server(), 2, argv);
	assert_non_null(ttl);
	assert_in_range(strtoll(ttl, NULL, 10), 1, 60000);
	free(ttl);
	assert_int_equal(f->api->cache_put(f->self, "s", "short", "v", 1, &f->err), 0);
	assert_true(wait_until(is_gone, f, 30000));
}

/* The value under the name does not come out. */
static void expect_refused(struct fixture *f, const void *value, size_t size)
{
	char name[256];

	name_of(f, "tariff", "t1", name);
	redis_set(backend_redis_server(), name, value, size);
	if (cached(f, "tariff", "t1") != NULL)
		fail_msg("believed: %.100s", (const char *)value);
}

static void garbage(void **state)
{
	static const char *const values[] = { " ",   "c",          "c1",
		                              "c1 ", "c0 {}",      "c2 x {}",
		                              "{}",  "c1 0000 {}", "\xff\xfe\xfd" };
	struct fixture *f = *state;
	char good[256], name[256], *text;
	size_t n;

	for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
		expect_refused(f, values[i], strlen(values[i]));
	expect_refused(f, "c1 \0\0", 5);
	put_text(f, "tariff", "t1", "{\"price\":60}");
	name_of(f, "tariff", "t1", name);
	text = raw(name);
	assert_non_null(text);
	n = strlen(text);
	assert_true(n < sizeof(good));
	for (size_t i = 0; i < n; i++) {
		(void)rent_copy(good, sizeof(good), text);
		good[i] ^= 1;
		expect_refused(f, good, n);
		expect_refused(f, text, i == 0 ? 1 : i);
	}
	free(text);
	/* A good one replaces it. */
	put_text(f, "tariff", "t1", "{}");
	assert_string_equal(cached(f, "tariff", "t1"), "{}");
}

/* Another key's value, moved. */
static void moved(void **state)
{
	struct fixture *f = *state;
	char name[256], *text;

	put_text(f, "tariff", "t2", "{\"price\":1}");
	name_of(f, "tariff", "t2", name);
	text = raw(name);
	assert_non_null(text);
	expect_refused(f, text, strlen(text));
	free(text);
	put_text(f, "user", "t1", "{\"price\":1}");
	name_of(f, "user", "t1", name);
	text = raw(name);
	expect_refused(f, text, strlen(text));
	free(text);
}

static void wrong_type(void **state)
{
	static const char *const makers[] = { "LPUSH %s x", "SADD %s x", "HSET %s a x",
		                              "ZADD %s 1 x", "XADD %s * a x" };
	struct fixture *f = *state;
	char name[256], words[400];

	name_of(f, "tariff", "t1", name);
	for (size_t i = 0; i < sizeof(makers) / sizeof(*makers); i++) {
		char *at;

		(void)rent_copy(words, sizeof(words), makers[i]);
		at = strstr(words, "%s");
		(void)snprintf(at, sizeof(words) - 40, "%s%s", name,
		               strstr(makers[i], "%s") + 2);
		redis_say(backend_redis_server(), words);
		assert_null(cached(f, "tariff", "t1"));
		put_text(f, "tariff", "t1", "mine");
		assert_string_equal(cached(f, "tariff", "t1"), "mine");
		(void)snprintf(words, sizeof(words), "DEL %s", name);
		redis_say(backend_redis_server(), words);
	}
}

/* Of what is too long only the beginning is fetched. */
static void huge(void **state)
{
	const size_t size = (size_t)64 * 1024 * 1024;
	struct fixture *f = *state;
	char *value = malloc(size);

	assert_non_null(value);
	memset(value, 'x', size);
	value[0] = 'c';
	value[1] = '1';
	value[2] = ' ';
	expect_refused(f, value, size);
	expect_refused(f, value, SIZE_MAX_TEXT + 100);
	free(value);
	put_text(f, "tariff", "t1", "mine");
	assert_string_equal(cached(f, "tariff", "t1"), "mine");
}

static void secrets(void **state)
{
	static const struct fake_option none[] = { { "secret", NULL },
		                                   { "unsigned", "true" },
		                                   { NULL, NULL } };
	static const struct fake_option new[] = { { "secret", "the-new-secret-1111" },
		                                  { NULL, NULL } };
	static const struct fake_option both[] = { { "secret", "the-new-secret-1111" },
		                                   { "secret_previous", BACKEND_SECRET },
		                                   { NULL, NULL } };
	struct fixture *f = *state;
	struct cached open = cached_new(f, none), changed = cached_new(f, new),
		      changing = cached_new(f, both);

	put_text(f, "s", "k", "signed");
	assert_null(get_by(f, open.api, open.self, "s", "k"));
	assert_null(get_by(f, changed.api, changed.self, "s", "k"));
	assert_string_equal(get_by(f, changing.api, changing.self, "s", "k"), "signed");
	assert_int_equal(open.api->cache_put(open.self, "s", "k", "not signed",
	                                     RENT_MINUTE, &f->err),
	                 0);
	assert_string_equal(get_by(f, open.api, open.self, "s", "k"), "not signed");
	assert_null(cached(f, "s", "k"));
	cached_free(&open);
	cached_free(&changed);
	cached_free(&changing);
}

/* Nobody's word is taken unasked. */
static void nothing_without_a_secret(void **state)
{
	/* As it comes from an environment that does not have it. */
	static const struct fake_option none[] = { { "secret", "" }, { NULL, NULL } };
	struct fixture *f = *state;
	struct cached c = cached_new(f, none);
	char name[256];

	name_of(f, "s", "k", name);
	assert_int_equal(c.api->cache_put(c.self, "s", "k", "v", RENT_MINUTE, &f->err),
	                 0);
	assert_null(raw(name));
	redis_set(backend_redis_server(), name, "c0 v", 4);
	assert_null(get_by(f, c.api, c.self, "s", "k"));
	assert_true(fake_host_complaints(c.fake) > 0);
	cached_free(&c);
}

/* Many threads on one connection, each with its own answer. */
static void thread_body(void *arg, int i)
{
	struct fixture *f = arg;
	struct rent_arena *arena = f->host->arena_new(f->host);
	char key[32], value[64];
	const char *got;

	(void)snprintf(key, sizeof(key), "k%d", i);
	for (int round = 0; round < 50; round++) {
		(void)snprintf(value, sizeof(value), "value %d of %d", round, i);
		if (f->api->cache_put(f->self, "s", key, value, RENT_MINUTE, NULL) != 0 ||
		    f->api->cache_get(f->self, "s", key, arena, &got, NULL) != 0 ||
		    strcmp(got, value) != 0)
			abort();
	}
	f->host->arena_free(f->host, arena);
}

static int64_t connections(void)
{
	static const char *const argv[] = { "INFO", "clients" };
	char *info = redis_ask(backend_redis_server(), 2, argv);
	int64_t n;

	assert_non_null(info);
	n = strtoll(strstr(info, "connected_clients:") + 18, NULL, 10);
	free(info);
	return n;
}

static bool has_one_connection(void *arg)
{
	(void)arg;
	return connections() == 2; /* and the one that asks */
}

/* Connections of earlier tests end when the server gets round to closing them. */
static void many_threads_one_connection(void **state)
{
	run_threads(32, thread_body, *state);
	assert_true(wait_until(has_one_connection, NULL, 30000));
}

static void options(void **state)
{
	static const struct {
		struct fake_option options[4];
		const char *text;
	} rows[] = {
		{ { { "url", NULL } }, "url: missing" },
		{ { { "url", "redis://" } }, "url: missing" },
		{ { { "url", "rediss://h" } }, "TLS" },
		{ { { "url", "http://h" } }, "redis://" },
		{ { { "url", NULL }, { "sentinels", "h:1" } }, "master: missing" },
		{ { { "url", NULL }, { "sentinels", "h:x" }, { "master", "m" } },
		  "\"h:x\"" },
		{ { { "quotes", "redis" }, { "secret", NULL } }, "secret: missing" },
		{ { { "quotes", "redis" }, { "secret", "" } }, "secret: missing" },
		{ { { "secret", "fifteen letters" } }, "secret: has 15 characters" },
		{ { { "secret_previous", "short" } }, "secret_previous: has 5" },
		{ { { "quotes", "redis" }, { "secret", "" } }, "secret: missing" },
		{ { { "secret", "fifteen letters" } }, "secret: has 15 characters" },
		{ { { "secret", NULL }, { "secret_previous", "0123456789abcdef" } },
		  "secret_previous" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		cached_refused(*state, rows[i].options, rows[i].text);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(round_trip),
		T(sizes),
		T(ends_by_itself),
		T(garbage),
		T(moved),
		T(wrong_type),
		T(huge),
		T(secrets),
		T(nothing_without_a_secret),
		T(many_threads_one_connection),
		T(options),
	};

	return cmocka_run_group_tests_name("cache", tests, NULL, NULL);
}
