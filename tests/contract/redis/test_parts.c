/* SPDX-License-Identifier: MIT
 *
 * test_parts.c - the parts of storage_redis that need no server: addresses, the breaker, the
 * database's clock, seals and envelopes, the quotes that are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "address.h"
#include "common/breaker.h"
#include "database_clock.h"
#include "envelope.h"
#include "quote_cache.h"

/* ---- addresses */
static void urls(void **state)
{
	static const struct {
		const char *url, *host, *path, *user, *password;
		int port, database;
	} rows[] = {
		{ "redis://h", "h", "", "", "", 6379, 0 },
		{ "redis://h/", "h", "", "", "", 6379, 0 },
		{ "redis://127.0.0.1:7000/3", "127.0.0.1", "", "", "", 7000, 3 },
		{ "redis://u:p@h:1", "h", "", "u", "p", 1, 0 },
		{ "redis://:p@h", "h", "", "", "p", 6379, 0 },
		{ "redis://p@h", "h", "", "", "p", 6379, 0 },
		{ "redis://u:p%40%2f%3A%2B@h", "h", "", "u", "p@/:+", 6379, 0 },
		{ "redis://[::1]:7000/1", "::1", "", "", "", 7000, 1 },
		{ "redis://[fe80::1]", "fe80::1", "", "", "", 6379, 0 },
		{ "redis://:p@/2", "", "", "", "p", 6379, 2 },
		{ "unix:///run/redis.sock", "", "/run/redis.sock", "", "", 6379, 0 },
		{ "unix://u:p@/r.sock?db=4", "", "/r.sock", "u", "p", 6379, 4 },
	};
	static const char *const bad[] = {
		"",
		"h:1",
		"http://h",
		"rediss://h",
		"redis://h:",
		"redis://h:0",
		"redis://h:65536",
		"redis://h:1x",
		"redis://h/x",
		"redis://h/-1",
		"redis://h/1/2",
		"redis://[h",
		"redis://[h]1",
		"redis://%4@h",
		"redis://%00@h",
		"unix://r",
		"unix://",
		"unix:///a?db=",
		"unix:///a?x=1",
		"redis://a b",
		"redis://%g0@",
		"redis://h/1000001",
	};
	struct rent_error err;
	struct address a;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (address_url(rows[i].url, &a, &err) != 0)
			fail_msg("%s: %s", rows[i].url, err.text);
		assert_string_equal(a.at.host, rows[i].host);
		assert_string_equal(a.path, rows[i].path);
		assert_string_equal(a.user, rows[i].user);
		assert_string_equal(a.password, rows[i].password);
		assert_int_equal(a.at.port, rows[i].port);
		assert_int_equal(a.database, rows[i].database);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (address_url(bad[i], &a, &err) != RENT_EINVAL)
			fail_msg("taken: %s", bad[i]);
	}
	/* It is a secret. */
	assert_int_equal(address_url("redis://u:geheim@h:x", &a, &err), RENT_EINVAL);
	assert_null(strstr(err.text, "geheim"));
}

static void hosts(void **state)
{
	static const char *const bad[] = { "", ":1", "h:x", "[]:1", "h:1:2" };
	struct address_host h;
	struct rent_error err;

	(void)state;
	assert_int_equal(address_host("s1", 26379, &h, &err), 0);
	assert_string_equal(h.host, "s1");
	assert_int_equal(h.port, 26379);
	assert_int_equal(address_host("[::1]:5", 26379, &h, &err), 0);
	assert_string_equal(h.host, "::1");
	assert_int_equal(h.port, 5);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (address_host(bad[i], 1, &h, &err) != RENT_EINVAL)
			fail_msg("taken: %s", bad[i]);
	}
}

/* ---- the breaker */
static void opens_and_closes(void **state)
{
	struct breaker b = { .failures_max = 3, .reset_us = 100 };

	(void)state;
	assert_false(breaker_failed(&b, 0));
	assert_false(breaker_failed(&b, 0));
	breaker_succeeded(&b); /* in a row, not in all */
	assert_false(breaker_failed(&b, 0));
	assert_false(breaker_failed(&b, 0));
	assert_true(breaker_failed(&b, 7));
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(b.until, 107);
	/* Late failures do not keep it open longer. */
	assert_false(breaker_failed(&b, 50));
	assert_int_equal(b.until, 107);
	breaker_try(&b);
	assert_int_equal(b.state, BREAKER_HALF_OPEN);
	assert_true(breaker_failed(&b, 110));
	assert_int_equal(b.until, 210);
	breaker_try(&b);
	breaker_succeeded(&b);
	assert_int_equal(b.state, BREAKER_CLOSED);
	breaker_try(&b);
	assert_int_equal(b.state, BREAKER_CLOSED);
	assert_false(breaker_failed(&b, 0));
}

/* ---- the database's clock */
static void clock_is_never_ahead(void **state)
{
	const int64_t ahead = 5000 * RENT_SECOND; /* the database's of ours */
	struct database_clock c;
	int64_t now;

	(void)state;
	database_clock_init(&c);
	assert_false(database_clock_now(&c, 0, &now));
	/* Replies that took 80, 2 and 30 ms; the database looked somewhere within. */
	database_clock_learn(&c, ahead + 1070000, 1000000, 1080000);
	assert_true(database_clock_now(&c, 1080000, &now));
	assert_true(now <= ahead + 1080000 && now >= ahead + 1000000);
	database_clock_learn(&c, ahead + 1101000, 1100000, 1102000);
	database_clock_learn(&c, ahead + 1201000, 1200000, 1230000);
	assert_true(database_clock_now(&c, 1230000, &now));
	assert_true(now <= ahead + 1230000 && now >= ahead + 1228000 - 100);
	/* It grows vague, then unknown. */
	assert_true(database_clock_now(&c, 1230000 + CLOCK_AGE_MAX, &now));
	assert_true(now <= ahead + 1230000 + CLOCK_AGE_MAX);
	assert_true(now >= ahead + 1230000 + CLOCK_AGE_MAX - 10000);
	assert_false(database_clock_now(&c, 1230001 + CLOCK_AGE_MAX, &now));
	database_clock_done(&c);
}

static void clock_was_set(void **state)
{
	struct database_clock c;
	int64_t now;

	(void)state;
	database_clock_init(&c);
	database_clock_learn(&c, 9000000, 1000000, 1001000);
	database_clock_learn(&c, 5000000, 2000000, 2001000); /* another database */
	assert_true(database_clock_now(&c, 2001000, &now));
	assert_true(now <= 5001000 && now >= 4999000);
	/* A reply that is older than what is known says nothing. */
	database_clock_learn(&c, 9000000, 1000000, 1001000);
	assert_true(database_clock_now(&c, 2001000, &now));
	assert_true(now <= 5001000 && now >= 4999000);
	/* One that took too long is not good enough. */
	database_clock_learn(&c, 9000000, 3000000, 3000001 + CLOCK_ERROR_MAX);
	assert_false(database_clock_now(&c, 3000001 + CLOCK_ERROR_MAX, &now));
	database_clock_done(&c);
}

/* ---- envelopes */
static struct seal *seal_of(const char *secret, const char *previous)
{
	struct seal *seal = NULL;
	struct rent_error err;

	assert_int_equal(seal_new(secret, previous, &seal, &err), 0);
	return seal;
}

static struct rent_quote sample(const char *id)
{
	struct rent_quote q = { .struct_size = sizeof(q),
		                .user_id = "user-1",
		                .station_id = "station-1",
		                .price_per_hour = 60,
		                .free_period_min = 5,
		                .deposit = 300,
		                .created_at = 1000,
		                .expires_at = 61000 };

	(void)rent_copy(q.id, sizeof(q.id), id);
	return q;
}

static void quotes_read_back(void **state)
{
	struct seal *seal = seal_of("secret-secret-secret", NULL);
	char id[RENT_ID_SIZE], text[ENVELOPE_QUOTE_SIZE];
	struct rent_quote q, got;

	(void)state;
	memset(id, '~', RENT_ID_MAX);
	id[RENT_ID_MAX] = '\0';
	q = sample(id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), id);
	(void)rent_copy(q.station_id, sizeof(q.station_id), id);
	q.price_per_hour = q.free_period_min = q.deposit = INT64_MAX;
	q.created_at = INT64_MAX - 1;
	q.expires_at = INT64_MAX;
	assert_int_equal(envelope_quote(seal, "p:", &q, text), 0);
	assert_true(envelope_read_quote(seal, "p:", id, text, strlen(text), &got));
	assert_memory_equal(&q, &got, sizeof(q));
	/* Ids that could be read as something else are not written. */
	q = sample("a b");
	assert_int_equal(envelope_quote(seal, "p:", &q, text), 1);
	q = sample("a");
	q.user_id[0] = '\0';
	assert_int_equal(envelope_quote(seal, "p:", &q, text), 1);
	seal_free(seal);
}

/* Every byte of it changed, every length cut. */
static void no_byte_can_be_changed(void **state)
{
	struct seal *seal = seal_of("secret-secret-secret", NULL);
	char text[ENVELOPE_QUOTE_SIZE + 8];
	struct rent_quote q = sample("q1"), got;
	size_t n;

	(void)state;
	assert_int_equal(envelope_quote(seal, "p:", &q, text), 0);
	n = strlen(text);
	for (size_t i = 0; i < n; i++) {
		char was = text[i];

		for (int bit = 0; bit < 8; bit++) {
			text[i] = (char)(was ^ (1 << bit));
			assert_false(
				envelope_read_quote(seal, "p:", "q1", text, n, &got));
		}
		text[i] = was;
		assert_false(envelope_read_quote(seal, "p:", "q1", text, i, &got));
	}
	text[n] = ' ';
	assert_false(envelope_read_quote(seal, "p:", "q1", text, n + 1, &got));
	assert_true(envelope_read_quote(seal, "p:", "q1", text, n, &got));
	/* Another's, and another deployment's. */
	assert_false(envelope_read_quote(seal, "p:", "q2", text, n, &got));
	assert_false(envelope_read_quote(seal, "other:", "q1", text, n, &got));
	seal_free(seal);
}

static void secrets_change(void **state)
{
	struct seal *old = seal_of("the-old-secret-0000", NULL);
	struct seal *both = seal_of("the-new-secret-1111", "the-old-secret-0000");
	struct seal *new = seal_of("the-new-secret-1111", NULL);
	char text[ENVELOPE_QUOTE_SIZE];
	struct rent_quote q = sample("q1"), got;

	(void)state;
	assert_int_equal(envelope_quote(old, "p:", &q, text), 0);
	assert_true(envelope_read_quote(both, "p:", "q1", text, strlen(text), &got));
	assert_false(envelope_read_quote(new, "p:", "q1", text, strlen(text), &got));
	assert_int_equal(envelope_quote(both, "p:", &q, text), 0);
	assert_true(envelope_read_quote(new, "p:", "q1", text, strlen(text), &got));
	assert_false(envelope_read_quote(old, "p:", "q1", text, strlen(text), &got));
	seal_free(old);
	seal_free(both);
	seal_free(new);
}

/* A sealed text is not another kind's, nor another place's. */
static void texts_belong_to_a_place(void **state)
{
	struct seal *seal = seal_of("secret-secret-secret", NULL);
	const struct envelope_place here = { seal, "p:", "tariff", "t1" };
	const struct envelope_place elsewhere[] = {
		{ seal, "p:", "tariff", "t2" }, { seal, "p:", "user", "t1" },
		{ seal, "q:", "tariff", "t1" }, { seal, "p:t", "ariff", "t1" },
		{ NULL, "p:", "tariff", "t1" },
	};
	const struct envelope_place open = { NULL, "p:", "tariff", "t1" };
	char value[256];
	size_t n;

	(void)state;
	assert_int_equal(envelope_head(&here, "{}", value), 0);
	n = strlen(value);
	(void)rent_copy(value + n, sizeof(value) - n, "{}");
	n += 2;
	assert_string_equal(envelope_text(&here, value, n), "{}");
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++)
		assert_null(envelope_text(&elsewhere[i], value, n));
	assert_null(envelope_text(&here, "c0 {}", 5));
	assert_string_equal(envelope_text(&open, "c0 {}", 5), "{}");
	assert_null(envelope_text(&open, "c0", 2));
	assert_null(envelope_text(&open, "", 0));
	assert_null(envelope_text(&here, "c1 ", 3));
	assert_null(envelope_text(&open, "c0 a\0b", 6));
	seal_free(seal);
}

/* ---- quotes kept */
static void keeps_the_last(void **state)
{
	enum {
		ROOM = 64,
		PUT = 1000
	};
	struct quote_cache *keep;
	struct rent_quote q, got;
	char id[RENT_ID_SIZE];
	int found = 0;

	(void)state;
	assert_int_equal(quote_cache_new(ROOM, &keep, NULL), 0);
	for (int i = 0; i < PUT; i++) {
		(void)snprintf(id, sizeof(id), "q-%d", i);
		q = sample(id);
		q.deposit = i;
		quote_cache_put(keep, &q);
		assert_true(quote_cache_get(keep, id, &got));
		assert_int_equal(got.deposit, i);
	}
	for (int i = 0; i < PUT; i++) {
		(void)snprintf(id, sizeof(id), "q-%d", i);
		if (!quote_cache_get(keep, id, &got))
			continue;
		assert_string_equal(got.id, id);
		assert_int_equal(got.deposit, i);
		found++;
	}
	assert_int_equal(found, ROOM);
	/* The same again is not two. */
	quote_cache_put(keep, &got);
	assert_false(quote_cache_get(keep, "q-0", &q) &&
	             quote_cache_get(keep, "nobody", &q));
	quote_cache_free(keep);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls),
		cmocka_unit_test(hosts),
		cmocka_unit_test(opens_and_closes),
		cmocka_unit_test(clock_is_never_ahead),
		cmocka_unit_test(clock_was_set),
		cmocka_unit_test(quotes_read_back),
		cmocka_unit_test(no_byte_can_be_changed),
		cmocka_unit_test(secrets_change),
		cmocka_unit_test(texts_belong_to_a_place),
		cmocka_unit_test(keeps_the_last),
	};

	return cmocka_run_group_tests_name("parts", tests, NULL, NULL);
}
