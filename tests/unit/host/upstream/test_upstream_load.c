/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host/upstream/test_upstream_load.c - many exchanges at once, from one caller and
 * from many, on threads and in tasks, and the order and number in which they leave.
 */
#include "base/clock.h"
#include "calls.h"
#include "events/events.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "origin.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

static struct metrics *metrics;
static struct events *events;
static struct tasks *tasks; /* on two loops */
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
	struct upstreams_config parts = { .metrics = metrics, .events = events };

	parts.tasks = tasks = calls_tasks(2);
	assert_int_equal(upstreams_new(&parts, &upstreams, NULL), 0);
	origin = origin_new(0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	upstreams_free(upstreams);
	tasks_free(tasks);
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
	for (int round = 1; round <= 3;
	     round++) { /* on each loop, then over kept connections */
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

static void many_callers_share_the_loops(void **state)
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

/* ---- tasks ------------------------------------------------------------------------------- */

static void task_exchanges(void *arg)
{
	struct calls *c = arg;

	upstream_exchange(upstreams, c->x, c->n);
}

/* Each call of `all` as a task; loop NULL: on each loop in turn. */
static void exchange_as_tasks(struct calls *all, size_t n, struct loop *loop)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(task_spawn(tasks, loop, "call", task_exchanges, &all[i]),
		                 0);
	while (tasks_alive(tasks) > 0)
		(void)usleep(500);
}

enum {
	CROWD = 500
};

/* Nobody is answered before all have asked, so each must have left its loop to the others. */
static void tasks_wait_without_threads(void **state)
{
	struct rent_upstream *u =
		calls_open(upstreams, "wide", origin_port(origin), &wide);
	struct calls all[CROWD];

	(void)state;
	for (int i = 0; i < CROWD; i++)
		all[i] = calls_new(u, 1, "POST", "/gather/500", 0);
	exchange_as_tasks(all, CROWD, NULL);
	for (int i = 0; i < CROWD; i++) {
		assert_all_replied(&all[i]);
		calls_free(&all[i]);
	}
}

/* A connection belongs to a loop, so calls of one loop share one. */
static void a_task_uses_its_own_loop(void **state)
{
	struct rent_upstream *u =
		calls_open(upstreams, "wide", origin_port(origin), &wide);

	(void)state;
	for (unsigned loop = 0; loop < 2; loop++) {
		for (int i = 0; i < 5; i++) {
			struct calls c = calls_new(u, 1, "POST", "/ok", 0);

			exchange_as_tasks(&c, 1, tasks_loop(tasks, loop));
			assert_all_replied(&c);
			calls_free(&c);
		}
		assert_int_equal(origin_connections(origin), (int)loop + 1);
	}
}

/* The end of a call lets the next one go, though that waits on another loop. */
static void a_turn_passes_from_loop_to_loop(void **state)
{
	struct upstream_limits narrow = wide;
	struct calls all[CROWD];
	struct rent_upstream *u;

	(void)state;
	narrow.max_in_flight = 1;
	u = calls_open(upstreams, "narrow", origin_port(origin), &narrow);
	for (int i = 0; i < CROWD; i++)
		all[i] = calls_new(u, 1 + (size_t)i % 6, "POST", "/after/0", 0);
	exchange_as_tasks(all, CROWD, NULL);
	for (int i = 0; i < CROWD; i++) {
		assert_all_replied(&all[i]);
		calls_free(&all[i]);
	}
	assert_true(origin_most_waiting(origin) <= 1);
	assert_int_equal(origin_connections(origin), 2);
}

/* Thousands that fail at once do not need a deep stack, nor does one of them stay behind. */
static void a_long_queue_ends_at_an_open_breaker(void **state)
{
	struct upstream_limits touchy = wide;
	struct calls all[2];
	size_t open = 0;

	(void)state;
	touchy.breaker_failures = 3;
	touchy.breaker_reset_us = RENT_MINUTE;
	touchy.max_in_flight = 1;
	for (int i = 0; i < 2; i++)
		all[i] = calls_new(
			calls_open(upstreams, "touchy", origin_port(origin), &touchy),
			3000, "POST", "/status/500", 0);
	exchange_as_tasks(all, 2, NULL);
	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < all[i].n; k++)
			open += all[i].x[k]->breaker_open;
		calls_free(&all[i]);
	}
	assert_int_equal(open, 5997);
	assert_int_equal(origin_hits(origin, "/status/500"), 3);
}

/* Whether this machine's name is an address of the loopback. */
static bool own_name(char *ret, size_t size)
{
	const struct addrinfo hints = { .ai_family = AF_INET,
		                        .ai_socktype = SOCK_STREAM };
	const struct sockaddr_in *in;
	struct addrinfo *found = NULL;
	bool loopback;

	if (gethostname(ret, size) != 0 || getaddrinfo(ret, NULL, &hints, &found) != 0)
		return false;
	in = (const struct sockaddr_in *)(const void *)found->ai_addr;
	loopback = ntohl(in->sin_addr.s_addr) == INADDR_LOOPBACK;
	freeaddrinfo(found);
	return loopback;
}

/* Look-ups have threads of libcurl's; both loops use what came of them. */
static void a_name_is_looked_up_beside_the_loops(void **state)
{
	struct calls all[CROWD];
	struct rent_upstream *u = NULL;
	char host[65], url[128];

	(void)state;
	if (!own_name(host, sizeof(host)))
		skip();
	(void)snprintf(url, sizeof(url), "http://%s:%u", host, origin_port(origin));
	assert_int_equal(upstream_open(upstreams, "named", url, &wide, &u, NULL), 0);
	for (int i = 0; i < CROWD; i++)
		all[i] = calls_new(u, 1, "POST", "/ok", 0);
	exchange_as_tasks(all, CROWD, NULL);
	for (int i = 0; i < CROWD; i++) {
		assert_all_replied(&all[i]);
		calls_free(&all[i]);
	}
}

static void stop_ends_what_waits_on_every_loop(void **state)
{
	struct upstream_limits narrow = wide;
	struct calls all[20];
	struct rent_upstream *u;
	int no_answer = 0, not_sent = 0;

	(void)state;
	narrow.max_in_flight = 2;
	u = calls_open(upstreams, "narrow", origin_port(origin), &narrow);
	for (int i = 0; i < 20; i++) {
		all[i] = calls_new(u, 2, "POST", "/never", 0);
		assert_int_equal(task_spawn(tasks, NULL, "call", task_exchanges, &all[i]),
		                 0);
	}
	while (origin_hits(origin, "/never") < 2)
		(void)usleep(500);
	upstreams_stop(upstreams);
	while (tasks_alive(tasks) > 0)
		(void)usleep(500);
	for (int i = 0; i < 20; i++) {
		for (size_t k = 0; k < 2; k++) {
			no_answer += all[i].x[k]->transport == RENT_NO_ANSWER;
			not_sent += all[i].x[k]->transport == RENT_NOT_SENT;
		}
	}
	assert_int_equal(no_answer, 2);
	assert_int_equal(not_sent, 38);
	exchange_as_tasks(all, 1, NULL);
	assert_int_equal(all[0].x[0]->transport, RENT_NOT_SENT);
	for (int i = 0; i < 20; i++)
		calls_free(&all[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_thousand_wait_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(no_more_than_allowed_are_in_the_air,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(waiting_for_a_retry_holds_nobody_up,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(many_callers_share_the_loops, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(tasks_wait_without_threads, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_task_uses_its_own_loop, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_turn_passes_from_loop_to_loop, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_long_queue_ends_at_an_open_breaker,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(a_name_is_looked_up_beside_the_loops,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(stop_ends_what_waits_on_every_loop, setup,
		                                teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	metrics = metrics_new("test", 100);
	events = events_new(NULL, metrics);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
