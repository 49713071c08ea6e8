/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_upstream_load.c - many exchanges at once, from one caller and from
 * many, and the order and number in which they leave.
 */
#include "base/clock.h"
#include "calls.h"
#include "events/events.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "origin.h"

#include <pthread.h>
#include <sys/resource.h>

static struct metrics *metrics;
static struct events *events;
static struct upstreams *upstreams;
static struct origin *origin;

static const struct upstream_limits wide = { .timeout_us = 30 * RENT_SECOND,
	                                     .tries = 3,
	                                     .backoff_us = 2000,
	                                     .breaker_failures = 100000,
	                                     .breaker_reset_us = RENT_SECOND,
	                                     .max_in_flight = 2000 };

static int setup(void **state)
{
	struct rlimit limit;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_cur < 8192) {
		limit.rlim_cur = limit.rlim_max < 8192 ? limit.rlim_max : 8192;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	const struct upstreams_config parts = { .metrics = metrics, .events = events };

	assert_int_equal(upstreams_new(&parts, &upstreams, NULL), 0);
	origin = origin_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	upstreams_free(upstreams);
	origin_free(origin);
	return 0;
}

static void assert_all_replied(const struct calls *c)
{
	for (size_t i = 0; i < c->n; i++) {
		if (c->x[i]->transport != RENT_REPLIED)
			fail_msg("%zu: %s", i, c->x[i]->error);
		assert_int_equal(c->x[i]->reply.status, 200);
		assert_string_equal(c->x[i]->reply.body, "{\"ok\":true}");
	}
}

static void a_thousand_wait_at_once(void **state)
{
	struct rent_upstream *u =
		calls_open(upstreams, "wide", origin_port(origin), &wide);
	struct calls c = calls_new(u, 1000, "POST", "/gather/1000", 0);

	(void)state;
	for (int round = 1; round <= 2;
	     round++) { /* the second time over kept connections */
		upstream_exchange(upstreams, c.x,
		                  c.n); /* nobody is answered before all have asked */
		assert_all_replied(&c);
		assert_int_equal(origin_hits(origin, "/gather/1000"), 1000 * round);
	}
	calls_free(&c);
}

static void no_more_than_allowed_are_in_the_air(void **state)
{
	struct upstream_limits narrow = wide;
	struct calls c;

	(void)state;
	narrow.max_in_flight = 10;
	c = calls_new(calls_open(upstreams, "narrow", origin_port(origin), &narrow), 200,
	              "POST", "/after/3", 0);
	upstream_exchange(upstreams, c.x, c.n);
	assert_all_replied(&c);
	assert_true(origin_most_waiting(origin) <= 10);
	assert_true(origin_most_waiting(origin) >= 5);
	assert_true(origin_connections(origin) <= 10);
	calls_free(&c);
}

static void waiting_for_a_retry_holds_nobody_up(void **state)
{
	struct upstream_limits slow = wide;
	struct calls failing, good;
	int64_t began;

	(void)state;
	slow.backoff_us = 400000;
	slow.tries = 2;
	failing = calls_new(calls_open(upstreams, "slow", origin_port(origin), &slow),
	                    300, "POST", "/status/503", RENT_RESEND_SAFE);
	good = calls_new(calls_open(upstreams, "wide", origin_port(origin), &wide), 300,
	                 "POST", "/ok", RENT_RESEND_SAFE);
	began = clock_mono_us();
	upstream_exchange(upstreams, failing.x, failing.n);
	assert_true(clock_mono_us() - began >= 300000);
	/* all waited side by side */
	assert_true(clock_mono_us() - began < 10 * RENT_SECOND);
	for (size_t i = 0; i < failing.n; i++)
		assert_int_equal(failing.x[i]->reply.status, 503);
	assert_int_equal(origin_hits(origin, "/status/503"), 600);
	upstream_exchange(upstreams, good.x, good.n);
	assert_all_replied(&good);
	calls_free(&failing);
	calls_free(&good);
}

struct caller {
	pthread_t thread;
	struct rent_upstream *u;
	int asked, good;
};

static void *call_often(void *arg)
{
	struct caller *caller = arg;

	for (int i = 0; i < 50; i++) {
		size_t n = (size_t)(1 + i % 4);
		struct calls c = calls_new(caller->u, n, i % 2 ? "GET" : "POST",
		                           i % 2 ? "/ok" : "/echo", RENT_RESEND_SAFE);

		upstream_exchange(upstreams, c.x, c.n);
		caller->asked += (int)n;
		for (size_t k = 0; k < n; k++)
			caller->good +=
				c.x[k]->transport == RENT_REPLIED &&
				strcmp(c.x[k]->reply.body,
			               i % 2 ? "{\"ok\":true}" : "{\"amount\":1}") == 0;
		calls_free(&c);
	}
	return NULL;
}

static void many_callers_share_the_loop(void **state)
{
	enum {
		CALLERS = 16
	};
	struct caller callers[CALLERS];
	struct rent_upstream *u =
		calls_open(upstreams, "wide", origin_port(origin), &wide);

	(void)state;
	for (int i = 0; i < CALLERS; i++) {
		callers[i] = (struct caller){ .u = u };
		assert_int_equal(
			pthread_create(&callers[i].thread, NULL, call_often, &callers[i]),
			0);
	}
	for (int i = 0; i < CALLERS; i++) {
		(void)pthread_join(callers[i].thread, NULL);
		assert_int_equal(callers[i].good, callers[i].asked);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_thousand_wait_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_than_allowed_are_in_the_air,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_for_a_retry_holds_nobody_up,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(many_callers_share_the_loop, setup,
		                                teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	metrics = metrics_new("test", 100);
	events = events_new(NULL, metrics);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
