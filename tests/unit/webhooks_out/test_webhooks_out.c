/* SPDX-License-Identifier: MIT
 *
 * tests/unit/webhooks_out/test_webhooks_out.c - signatures as the vectors of Standard Webhooks have them,
 * secrets that are none, and what each answer means for a message.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fake_host.h"
#include "webhooks_out.h"

#define SENT INT64_C(1764345600)
#define BODY                                                                    \
	"{\"type\":\"rental.finished\",\"timestamp\":\"2025-11-28T16:00:00Z\"," \
	"\"data\":{\"rental_id\":\"r-1\"}}"
#define NEW_SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define NEW_MAC    "v1,Fg9Ipke5lP/sqHUiE/8dvNtMgDDYw5D51Bo4k5pgp2k="
#define OLD_SECRET "whsec_ICEiIyQlJicoKSorLC0uLzAxMjM0NTY3ODk6Ozw9Pj8="
#define OLD_MAC    "v1,V/FLDBA6XNtnxtUAyTCQPGyX84BdX+tRrTekQj04zfs="
#define FIRST_WAIT (5 * RENT_SECOND)
#define DAY        (24 * RENT_HOUR)

static const struct rent_plugin *plugin;
static struct fake_host *fake;
static const struct rent_host *host;
static struct rent_error err;

static int setup(void **state)
{
	static const struct fake_option none[] = { { "url",
		                                     "https://shop.example/hooks" },
		                                   { "secret", NEW_SECRET },
		                                   { NULL, NULL } };

	(void)state;
	fake = fake_host_new(plugin, none);
	host = fake_host_table(fake);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}

/* ---- signatures */

static void expect_signature(const char *secret, const char *previous, const char *id,
                             int64_t sent, const char *body, const char *expected)
{
	struct rent_arena *arena = host->arena_new(host);
	struct key keys[KEYS_MOST];

	assert_int_equal(key_read(host, "secret", secret, &keys[0], &err), 0);
	assert_int_equal(key_read(host, "secret_previous", previous, &keys[1], &err), 0);
	assert_string_equal(signature_make(host, arena, keys, id, sent, body), expected);
	host->arena_free(host, arena);
}

static void signs_as_the_vectors_say(void **state)
{
	(void)state;
	expect_signature(NEW_SECRET, "", "msg_rentald_0001", SENT, BODY, NEW_MAC);
	expect_signature(OLD_SECRET, "", "msg_rentald_0001", SENT, BODY, OLD_MAC);
	expect_signature("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "",
	                 "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330,
	                 "{\"test\": 2432232314}",
	                 "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

static void signs_with_both_while_they_change(void **state)
{
	(void)state;
	expect_signature(NEW_SECRET, OLD_SECRET, "msg_rentald_0001", SENT, BODY,
	                 NEW_MAC " " OLD_MAC);
}

static void refuses_what_is_no_secret(void **state)
{
	static const char *const wrong[] = {
		"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", /* no prefix */
		"whsec_not base64!",
		"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=", /* 23 bytes */
		"whsec_",
	};
	struct key key;

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		assert_int_equal(key_read(host, "secret", wrong[i], &key, &err),
		                 RENT_EINVAL);
	assert_null(strstr(err.text, "AAEC"));
	assert_int_equal(key_read(host, "secret_previous", "", &key, &err), 0);
	assert_int_equal(key.size, 0);
}

/* ---- the receiver */

static int claims_nothing(void *self, const char *endpoint, int64_t lease_us,
                          uint32_t limit, rent_message_fn fn, void *arg,
                          struct rent_error *e)
{
	(void)self;
	(void)endpoint;
	(void)lease_us;
	(void)limit;
	(void)fn;
	(void)arg;
	(void)e;
	return 0;
}

static void the_address_is_split_whole(void **state)
{
	static const struct {
		const char *url, *base, *target;
	} rows[] = {
		{ "https://shop.example/hooks?a=/b", "https://shop.example",
		  "/hooks?a=/b" },
		{ "https://shop.example?x=/y", "https://shop.example", "/?x=/y" },
		{ "https://shop.example", "https://shop.example", "/" },
		{ "http://127.0.0.1:1?x", "http://127.0.0.1:1", "/?x" },
	};
	static const struct rent_storage storage = { .struct_size = sizeof(storage),
		                                     .outbox_claim = claims_nothing };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const struct fake_option given[] = { { "url", rows[i].url },
			                             { "secret", NEW_SECRET },
			                             { NULL, NULL } };
		struct fake_host *f = fake_host_new(plugin, given);
		void *self;

		fake_host_bind(f, "storage", &storage, NULL);
		assert_int_equal(plugin->create(fake_host_table(f), &self, &err), 0);
		assert_string_equal(fake_host_upstream_url(f, "endpoint"), rows[i].base);
		assert_string_equal(((const struct webhooks_out *)self)->target,
		                    rows[i].target);
		plugin->destroy(self);
		fake_host_free(f);
	}
}

/* With many receivers whoever knows the address may write to it. */
static void the_address_is_a_secret(void **state)
{
	static const char *const wrong[] = { "nonsense-of-mine",
		                             "http://shop.example/of-mine" };
	const struct rent_option *o = plugin->options;

	(void)state;
	while (strcmp(o->name, "url") != 0)
		o++;
	assert_true((o->flags & RENT_OPT_SECRET) != 0);
	for (size_t i = 0; i < 2; i++) {
		const struct fake_option given[] = { { "url", wrong[i] },
			                             { "secret", NEW_SECRET },
			                             { NULL, NULL } };
		struct fake_host *f = fake_host_new(plugin, given);
		void *self;

		assert_int_equal(plugin->create(fake_host_table(f), &self, &err),
		                 RENT_EINVAL);
		assert_null(strstr(err.text, "of-mine"));
		fake_host_free(f);
	}
}

/* ---- verdicts */

static struct rent_exchange answered(int32_t status)
{
	struct rent_exchange x;

	rent_exchange_init(&x, NULL);
	x.transport = RENT_REPLIED;
	x.reply.status = status;
	return x;
}

static struct verdict judge(const struct rent_exchange *x, int64_t tries)
{
	return verdict_of(x, tries, 10, FIRST_WAIT, 0);
}

static void only_success_delivers(void **state)
{
	static const int32_t good[] = { 200, 202, 204, 299 };
	static const int32_t bad[] = { 100, 199, 300, 301, 302, 304, 400, 401,
		                       404, 409, 429, 500, 502, 503, 504 };

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		struct rent_exchange x = answered(good[i]);

		assert_int_equal(judge(&x, 1).state, RENT_MESSAGE_DELIVERED);
		assert_int_equal(judge(&x, 10).state, RENT_MESSAGE_DELIVERED);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct rent_exchange x = answered(bad[i]);

		assert_int_equal(judge(&x, 1).state, RENT_MESSAGE_OPEN);
		assert_int_equal(judge(&x, 9).state, RENT_MESSAGE_OPEN);
		assert_int_equal(judge(&x, 10).state, RENT_MESSAGE_SET_ASIDE);
		assert_false(judge(&x, 1).gone);
	}
}

/* The waits of Standard Webhooks, at most a tenth off; three days in all. */
static void waits_grow_over_three_days(void **state)
{
	static const int64_t waits[] = { 5 * RENT_SECOND,  5 * RENT_MINUTE,
		                         30 * RENT_MINUTE, 2 * RENT_HOUR,
		                         5 * RENT_HOUR,    10 * RENT_HOUR,
		                         14 * RENT_HOUR,   20 * RENT_HOUR,
		                         24 * RENT_HOUR };
	struct rent_exchange x = answered(500);
	int64_t all = 0;

	(void)state;
	for (int64_t i = 0; i < 9; i++) {
		for (uint64_t random = 1; random != 0; random <<= 7) {
			struct verdict v = verdict_of(&x, i + 1, 10, FIRST_WAIT, random);

			assert_in_range(v.wait_us, waits[i] - waits[i] / 10,
			                waits[i] + waits[i] / 10);
			assert_int_equal(v.tries, i + 1);
		}
		all += waits[i];
	}
	assert_in_range(all, 3 * DAY, 4 * DAY);
}

static void no_answer_is_a_failure(void **state)
{
	struct rent_exchange x = answered(0);
	struct verdict v;

	(void)state;
	x.transport = RENT_NO_ANSWER;
	(void)rent_copy(x.error, sizeof(x.error), "no answer within 20 s");
	v = judge(&x, 2);
	assert_int_equal(v.state, RENT_MESSAGE_OPEN);
	assert_int_equal(v.tries, 2);
	assert_string_equal(v.note, "no answer within 20 s");
	x.transport = RENT_NOT_SENT;
	assert_int_equal(judge(&x, 10).state, RENT_MESSAGE_SET_ASIDE);
}

/* Nothing was tried: it does not count, and nothing is sent until the breaker lets one through. */
static void an_open_breaker_is_no_try(void **state)
{
	struct rent_exchange x = answered(0);
	struct verdict v;

	(void)state;
	x.transport = RENT_NOT_SENT;
	x.breaker_open = true;
	x.reply.retry_after_us = 30 * RENT_SECOND;
	v = judge(&x, 10);
	assert_int_equal(v.state, RENT_MESSAGE_OPEN);
	assert_int_equal(v.tries, 9);
	assert_int_equal(v.wait_us, 30 * RENT_SECOND);
	assert_int_equal(v.quiet_us, 30 * RENT_SECOND);
}

static void a_receiver_may_ask_for_rest(void **state)
{
	struct rent_exchange x = answered(503);
	struct verdict v;

	(void)state;
	x.reply.retry_after_us = 90 * RENT_SECOND;
	v = judge(&x, 1);
	assert_int_equal(v.quiet_us, 90 * RENT_SECOND);
	assert_int_equal(v.wait_us, 90 * RENT_SECOND);
	x.reply.retry_after_us = DAY;
	assert_int_equal(judge(&x, 1).quiet_us, RENT_HOUR);
	x = answered(500);
	x.reply.retry_after_us = 90 * RENT_SECOND;
	assert_int_equal(judge(&x, 1).quiet_us, 0);
}

static void gone_is_gone(void **state)
{
	struct rent_exchange x = answered(410);
	struct verdict v = judge(&x, 10);

	(void)state;
	assert_true(v.gone);
	assert_int_equal(v.state, RENT_MESSAGE_OPEN);
	assert_int_equal(v.tries, 9);
}

int main(int argc, char **argv)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(signs_as_the_vectors_say),
		TEST(signs_with_both_while_they_change),
		TEST(refuses_what_is_no_secret),
		TEST(the_address_is_split_whole),
		TEST(the_address_is_a_secret),
		TEST(only_success_delivers),
		TEST(waits_grow_over_three_days),
		TEST(no_answer_is_a_failure),
		TEST(an_open_breaker_is_no_try),
		TEST(a_receiver_may_ask_for_rest),
		TEST(gone_is_gone),
	};

	assert_true(argc > 1);
	plugin = fake_host_load(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
