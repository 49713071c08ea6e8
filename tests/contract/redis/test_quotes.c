/* SPDX-License-Identifier: MIT
 *
 * test_quotes.c - unused quotes that stand in Redis alone (quotes = "redis"): the database
 * still says who may use one, once and in time; what was lost, changed or put there by somebody
 * else gives no rental, and never another price.
 */
#include "backend_redis.h"

#include <proc.h>
#include <stdatomic.h>
#include <stdlib.h>

static const struct fake_option here[] = { { "quotes", "redis" },
	                                   { "quote_grace", "5m" },
	                                   { NULL, NULL } };

/* Two hosts over one storage: the one that makes the quotes, and another. The fixture's own
 * instance keeps quotes in the database. */
struct hosts {
	struct fixture *f;
	struct cached a, b;
};

static struct hosts hosts;

static int put_by(struct cached *c, const char *id, int64_t deposit)
{
	struct rent_quote q = { .struct_size = sizeof(q),
		                .price_per_hour = 60,
		                .free_period_min = 5,
		                .deposit = deposit };
	int code;

	(void)rent_copy(q.id, sizeof(q.id), id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), "user-1");
	(void)rent_copy(q.station_id, sizeof(q.station_id), "station-1");
	code = c->api->quote_put(c->self, &q, RENT_MINUTE, &hosts.f->err);
	if (code == 0)
		assert_true(q.expires_at == q.created_at + RENT_MINUTE);
	return code;
}

static void put_here(struct cached *c, const char *id)
{
	if (put_by(c, id, 300) != 0)
		fail_msg("%s", hosts.f->err.text);
}

static enum rent_start_result start_by(struct cached *c, struct start *s, const char *key,
                                       const char *quote, const char *rental)
{
	start_init(hosts.f, s, key, quote, rental);
	if (c->api->start_begin(c->self, &s->s, &hosts.f->err) != 0)
		fail_msg("%s", hosts.f->err.text);
	assert_null(s->s.quote);
	return s->s.ret;
}

static int64_t rows(const char *id)
{
	return fixture_int(hosts.f, "SELECT count(*) FROM quotes WHERE id = '%s'", id);
}

static void advance_all(int64_t us)
{
	fixture_advance(hosts.f, us);
	cached_advance(&hosts.a, us);
	cached_advance(&hosts.b, us);
}

/* Both know the database's clock by a quote that went there. */
static int setup(void **state)
{
	(void)fixture_setup(state);
	hosts.f = *state;
	hosts.a = cached_new(hosts.f, here);
	hosts.b = cached_new(hosts.f, here);
	put_here(&hosts.a, "first-a");
	put_here(&hosts.b, "first-b");
	assert_int_equal(rows("first-a"), 1);
	assert_int_equal(rows("first-b"), 1);
	return 0;
}

static int teardown(void **state)
{
	cached_free(&hosts.a);
	cached_free(&hosts.b);
	return fixture_teardown(state);
}

static void name_of(const char *id, char out[256])
{
	char prefix[32];

	backend_prefix(hosts.f, prefix);
	(void)snprintf(out, 256, "%squote:%s", prefix, id);
}

static char *raw(const char *command, const char *id)
{
	char name[256];
	const char *const argv[] = { command, name };

	name_of(id, name);
	return redis_ask(backend_redis_server(), 2, argv);
}

static void poison(const char *id, const void *value, size_t size)
{
	char name[256];

	name_of(id, name);
	redis_set(backend_redis_server(), name, value, size);
}

/* ---- as it should be */
static void no_row_until_it_is_used(void **state)
{
	struct start s;
	char *ttl;

	(void)state;
	put_here(&hosts.a, "q1");
	assert_int_equal(rows("q1"), 0);
	ttl = raw("PTTL", "q1");
	assert_non_null(ttl);
	assert_in_range(strtoll(ttl, NULL, 10), 1, (60 + 300) * 1000);
	free(ttl);
	assert_int_equal(start_by(&hosts.a, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_string_equal(s.rental.user_id, "user-1");
	assert_string_equal(s.rental.station_id, "station-1");
	assert_true(s.rental.price_per_hour == 60 && s.rental.free_period_min == 5);
	assert_true(s.rental.deposit == 300);
}

static void another_host_may_start(void **state)
{
	struct start s;

	(void)state;
	put_here(&hosts.a, "q1");
	assert_int_equal(start_by(&hosts.b, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_true(s.rental.price_per_hour == 60 && s.rental.deposit == 300);
	assert_int_equal(start_by(&hosts.a, &s, "k2", "q1", "r2"), RENT_START_QUOTE_USED);
	assert_int_equal(start_by(&hosts.b, &s, "k1", "q1", "r3"), RENT_START_RUNNING);
}

/* The first microsecond past its end, by the database's clock. */
static void it_ends_in_time(void **state)
{
	struct start s;

	(void)state;
	put_here(&hosts.a, "q1");
	put_here(&hosts.a, "q2");
	advance_all(RENT_MINUTE - 1);
	assert_int_equal(start_by(&hosts.b, &s, "k1", "q1", "r1"), RENT_START_NEW);
	advance_all(1);
	assert_int_equal(start_by(&hosts.b, &s, "k2", "q2", "r2"),
	                 RENT_START_QUOTE_EXPIRED);
	assert_int_equal(start_by(&hosts.a, &s, "k3", "q2", "r3"),
	                 RENT_START_QUOTE_EXPIRED);
}

/* The estimate of its clock is not used for ever. */
static void the_clock_is_asked_again(void **state)
{
	struct start s;

	(void)state;
	advance_all(11 * RENT_SECOND);
	put_here(&hosts.a, "q1");
	assert_int_equal(rows("q1"), 1);
	put_here(&hosts.a, "q2");
	assert_int_equal(rows("q2"), 0);
	/* The database is another now, with another clock: ten hours on. */
	fixture_advance(hosts.f, 10 * RENT_HOUR);
	make_active(hosts.f, "any");
	assert_int_equal(start_by(&hosts.a, &s, "k2", "q2", "r2"),
	                 RENT_START_QUOTE_EXPIRED);
	cached_advance(&hosts.a, 11 * RENT_SECOND);
	put_here(&hosts.a, "q3");
	put_here(&hosts.a, "q4");
	assert_int_equal(rows("q4"), 0);
	assert_int_equal(start_by(&hosts.a, &s, "k4", "q4", "r4"), RENT_START_NEW);
}

/* Any change tells what the clock says. */
static void changes_tell_the_time(void **state)
{
	struct rent_change c, *one[] = { &c };
	struct start s;

	(void)state;
	put_here(&hosts.a, "q1");
	assert_int_equal(start_by(&hosts.a, &s, "k1", "q1", "r1"), RENT_START_NEW);
	advance_all(11 * RENT_SECOND);
	c = change_of(hosts.f, "r1");
	assert_int_equal(hosts.a.api->advance(hosts.a.self, one, 1, &hosts.f->err), 0);
	assert_int_equal(c.ret, RENT_CHANGE_APPLIED);
	put_here(&hosts.a, "q2");
	assert_int_equal(rows("q2"), 0);
}

static void an_operators_row_wins(void **state)
{
	struct start s;

	(void)state;
	put_here(&hosts.a, "q1");
	fixture_sql(hosts.f,
	            "INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
	            "free_period_min, deposit, expires_at, created_at) VALUES ('q1', "
	            "'user-1', 'station-1', 60, 5, 300, '2026-11-23 07:00:00', "
	            "'2026-11-23 06:59:00')");
	assert_int_equal(start_by(&hosts.a, &s, "k1", "q1", "r1"),
	                 RENT_START_QUOTE_EXPIRED);
	assert_int_equal(start_by(&hosts.b, &s, "k2", "q1", "r2"),
	                 RENT_START_QUOTE_EXPIRED);
}

/* ---- one quote, many hands */
static atomic_int started, used;

static void grab(void *arg, int i)
{
	struct start *s = calloc(1, sizeof(*s));
	struct cached *c = i % 2 == 0 ? &hosts.a : &hosts.b;
	char key[32], rental[32];

	(void)arg;
	if (s == NULL)
		abort();
	(void)snprintf(key, sizeof(key), "key-%d", i);
	(void)snprintf(rental, sizeof(rental), "rental-%d", i);
	start_init(NULL, s, key, "q1", rental);
	if (c->api->start_begin(c->self, &s->s, NULL) != 0)
		abort();
	(void)atomic_fetch_add(&started, s->s.ret == RENT_START_NEW);
	(void)atomic_fetch_add(&used, s->s.ret == RENT_START_QUOTE_USED);
	free(s);
}

static void once_whoever_asks(void **state)
{
	(void)state;
	atomic_store(&started, 0);
	atomic_store(&used, 0);
	put_here(&hosts.a, "q1");
	run_threads(32, grab, NULL);
	assert_int_equal(started, 1);
	assert_int_equal(used, 31);
	assert_int_equal(fixture_int(hosts.f, "SELECT count(*) FROM rentals"), 1);
}

/* ---- what is not so */
static void check_unknown(const char *id)
{
	static int count;
	char key[32], rental[32];
	struct start s;

	(void)snprintf(key, sizeof(key), "unknown-%d", ++count);
	(void)snprintf(rental, sizeof(rental), "no-%d", count);
	assert_int_equal(start_by(&hosts.b, &s, key, id, rental),
	                 RENT_START_QUOTE_UNKNOWN);
	assert_int_equal(s.shown, 0);
}

static void changed_values(void **state)
{
	struct start s;
	char *text, copy[600];
	size_t n;

	(void)state;
	put_here(&hosts.a, "q1");
	text = raw("GET", "q1");
	assert_non_null(text);
	n = strlen(text);
	assert_true(n < sizeof(copy) - 1);
	for (size_t i = 0; i < n; i += 3) {
		(void)rent_copy(copy, sizeof(copy), text);
		copy[i] ^= 1;
		poison("q1", copy, n);
		check_unknown("q1");
	}
	poison("q1", "", 0);
	check_unknown("q1");
	poison("q1", "garbage", 7);
	check_unknown("q1");
	/* One that was good all along still is. */
	poison("q1", text, n);
	assert_int_equal(start_by(&hosts.b, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_true(s.rental.price_per_hour == 60 && s.rental.deposit == 300);
	free(text);
}

/* A cheaper one under the name of a dear one. */
static void another_quotes_value(void **state)
{
	char *cheap;

	(void)state;
	assert_int_equal(put_by(&hosts.a, "cheap", 1), 0);
	put_here(&hosts.a, "dear");
	cheap = raw("GET", "cheap");
	assert_non_null(cheap);
	poison("dear", cheap, strlen(cheap));
	check_unknown("dear");
	free(cheap);
}

/* Signed with another secret, or for another deployment: a copy of its value. */
static void another_deployments_value(void **state)
{
	static const struct fake_option other[] = { { "quotes", "redis" },
		                                    { "secret", "another-secret-0" },
		                                    { NULL, NULL } };
	static const struct fake_option elsewhere[] = { { "quotes", "redis" },
		                                        { "prefix", "elsewhere:" },
		                                        { NULL, NULL } };
	static const char *const argv[] = { "GET", "elsewhere:quote:q2" };
	struct cached c = cached_new(hosts.f, other), d = cached_new(hosts.f, elsewhere);
	char *text;

	(void)state;
	put_here(&c, "prime-c");
	put_here(&c, "q1");
	assert_int_equal(rows("q1"), 0);
	check_unknown("q1");
	put_here(&d, "prime-d");
	put_here(&d, "q2");
	text = redis_ask(backend_redis_server(), 2, argv);
	assert_non_null(text);
	poison("q2", text, strlen(text));
	check_unknown("q2");
	free(text);
	cached_free(&c);
	cached_free(&d);
}

static void values_of_another_kind(void **state)
{
	const size_t size = (size_t)8 * 1024 * 1024;
	char *huge = malloc(size), name[256], words[300];

	(void)state;
	assert_non_null(huge);
	memset(huge, 'q', size);
	poison("q1", huge, size);
	check_unknown("q1");
	free(huge);
	name_of("q2", name);
	(void)snprintf(words, sizeof(words), "LPUSH %s q1", name);
	redis_say(backend_redis_server(), words);
	check_unknown("q2");
	/* A cached text is no quote, however good it is. */
	assert_int_equal(hosts.a.api->cache_put(hosts.a.self, "quote", "q3", "q1 q3",
	                                        RENT_MINUTE, &hosts.f->err),
	                 0);
	check_unknown("q3");
	/* A list under its name does not keep a quote from being put. */
	put_here(&hosts.a, "q2");
	assert_int_equal(rows("q2"), 0);
}

/* Lost with Redis: the host that made it remembers, another asks for a new one. */
static void flushed(void **state)
{
	struct start s;

	(void)state;
	put_here(&hosts.a, "q1");
	put_here(&hosts.a, "q2");
	redis_say(backend_redis_server(), "FLUSHALL");
	assert_int_equal(start_by(&hosts.a, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_true(s.rental.price_per_hour == 60 && s.rental.deposit == 300);
	check_unknown("q2");
	assert_int_equal(start_by(&hosts.a, &s, "k2", "q1", "r2"), RENT_START_QUOTE_USED);
}

static bool is_not_here(void *arg)
{
	static int count;
	char id[32];

	(void)snprintf(id, sizeof(id), "down-%d", ++count);
	put_here(arg, id);
	return rows(id) == 1;
}

static bool is_here(void *arg)
{
	static int count;
	char id[32];

	(void)snprintf(id, sizeof(id), "up-%d", ++count);
	put_here(arg, id);
	return rows(id) == 0;
}

/* No quote fails because Redis is not there, and none that the database has is lost. */
static void gone_and_back(void **state)
{
	static const struct fake_option fast[] = { { "quotes", "redis" },
		                                   { "breaker_reset", "50ms" },
		                                   { NULL, NULL } };
	struct cached c = cached_new(hosts.f, fast);
	struct start s;

	(void)state;
	put_here(&c, "prime-c");
	assert_true(wait_until(is_here, &c, 30000));
	put_here(&c, "before");
	redis_kill(backend_redis_server());
	put_here(&c, "during");
	assert_true(wait_until(is_not_here, &c, 30000));
	put_here(&c, "during2");
	assert_int_equal(rows("during2"), 1);
	assert_int_equal(start_by(&c, &s, "k1", "before", "r1"), RENT_START_NEW);
	assert_int_equal(start_by(&c, &s, "k2", "during", "r2"), RENT_START_NEW);
	assert_int_equal(start_by(&hosts.b, &s, "k3", "during2", "r3"), RENT_START_NEW);
	redis_start(backend_redis_server());
	assert_true(wait_until(is_here, &c, 30000));
	cached_free(&c);
}

/* A host that cannot look must not say that there is none: the customer would rent again. */
static void gone_is_not_unknown(void **state)
{
	struct start s;

	(void)state;
	put_here(&hosts.a, "q1");
	put_here(&hosts.b, "warm"); /* it is connected */
	redis_pause(backend_redis_server());
	start_init(hosts.f, &s, "k1", "q1", "r1");
	assert_int_equal(hosts.b.api->start_begin(hosts.b.self, &s.s, &hosts.f->err),
	                 RENT_EUNAVAIL);
	redis_continue(backend_redis_server());
	redis_kill(backend_redis_server());
	start_init(hosts.f, &s, "k1", "q1", "r1");
	assert_int_equal(hosts.b.api->start_begin(hosts.b.self, &s.s, &hosts.f->err),
	                 RENT_EUNAVAIL);
	assert_int_equal(start_by(&hosts.a, &s, "k1", "q1", "r1"), RENT_START_NEW);
	assert_int_equal(start_by(&hosts.b, &s, "k1", "q1", "r1"), RENT_START_RUNNING);
	redis_start(backend_redis_server());
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_row_until_it_is_used), T(another_host_may_start),
		T(it_ends_in_time),         T(the_clock_is_asked_again),
		T(changes_tell_the_time),   T(an_operators_row_wins),
		T(once_whoever_asks),       T(changed_values),
		T(another_quotes_value),    T(another_deployments_value),
		T(values_of_another_kind),  T(flushed),
		T(gone_and_back),           T(gone_is_not_unknown),
	};

	return cmocka_run_group_tests_name("quotes", tests, NULL, NULL);
}
