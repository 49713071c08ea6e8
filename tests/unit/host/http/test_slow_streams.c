/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_slow_streams.c - clients of /api/v1/events that do not read, or are
 * gone without having said so.
 */
#include "base/clock.h"
#include "events/events.h"
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "sse.h"
#include "support.h"

#include <sys/socket.h>
#include <unistd.h>

#define EVENTS "/api/v1/events"

static struct site site;
static struct raw_reply r;
static struct sse_event event;

static int setup(void **state)
{
	const struct events_config config = { 64, EVENTS_BYTES, RENT_HOUR };

	(void)state;
	site_init(&site);
	site_events(&site, &config);
	site.config.event_threads = 1;
	site.config.heartbeat_us = RENT_HOUR;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	site_stop(&site);
	return 0;
}

static bool metric_says(const char *line)
{
	raw_get(site.port, "GET /metrics", "", &r);
	return strstr(r.body, line) != NULL;
}

/* More than sockets of both sides hold. */
static void publish_megabytes(int megabytes)
{
	static char json[4000];

	(void)snprintf(json, sizeof(json), "{\"a\":\"%03900d\"}", 0);
	for (int i = 0; i < megabytes * 256; i++)
		events_publish(site.events, "rental", json);
}

static struct sse *open_stream(void)
{
	struct sse *s = sse_open(site.port, EVENTS "?types=rental,last", "");

	sse_expect(s, "hello", &event);
	return s;
}

/* All sockets' buffers are full, and the ring has gone round. */
static void who_is_behind_the_ring_is_told(void **state)
{
	struct sse *s;
	int64_t expected;
	int gaps = 0;

	(void)state;
	site_start(&site);
	s = sse_open(site.port, EVENTS, "");
	sse_expect(s, "hello", &event);
	expected = sse_number(event.id) + 1;
	for (int i = 0; i < 32; i++) { /* so that the loop gets a word in */
		publish_megabytes(1);
		raw_get(site.port, "GET /hello", "", &r);
	}
	events_publish(site.events, "last", "{}");
	while (sse_next(s, &event) && strcmp(event.type, "last") != 0) {
		if (strcmp(event.type, "gap") == 0) {
			gaps++;
			expected += strtoll(strstr(event.data, ":") + 1, NULL, 10);
			assert_int_equal(sse_number(event.id), expected - 1);
			continue;
		}
		/* Every number is there or was said to be missing, and each event is whole. */
		assert_int_equal(sse_number(event.id), expected++);
		if (strcmp(event.type, "rental") == 0)
			assert_int_equal(strlen(event.data), 3908);
	}
	assert_string_equal(event.type, "last");
	assert_true(gaps > 0);
	sse_close(s);
}

static void who_does_not_read_is_cut(void **state)
{
	struct sse *s;
	char c;

	(void)state;
	site.config.stall_us = RENT_SECOND / 2;
	site_start(&site);
	s = open_stream();
	while (!metric_says("rentald_event_streams 0\n"))
		publish_megabytes(1);
	while (recv(s->fd, &c, 1, 0) > 0) { /* what was underway */
	}
	sse_close(s);
	/* … while a client that reads stays. */
	s = open_stream();
	for (int i = 0; i < 20; i++)
		raw_get(site.port, "GET /hello", "", &r);
	events_publish(site.events, "last", "{}");
	while (sse_next(s, &event) && strcmp(event.type, "last") != 0) {
	}
	assert_string_equal(event.type, "last");
	sse_close(s);
}

/* Nothing is published and no heartbeat is due: the socket itself is looked at. */
static void who_is_gone_is_noticed(void **state)
{
	struct sse *s[10];
	int64_t began;

	(void)state;
	site_start(&site);
	for (int i = 0; i < 10; i++)
		s[i] = open_stream();
	assert_true(metric_says("rentald_event_streams 10\n"));
	for (int i = 0; i < 10; i++)
		sse_close(s[i]);
	began = clock_mono_us();
	while (!metric_says("rentald_event_streams 0\n"))
		assert_true(clock_mono_us() - began < 10 * RENT_SECOND);
}

static void draining_does_not_wait_for_who_does_not_read(void **state)
{
	struct sse *s;

	(void)state;
	site_start(&site);
	s = open_stream();
	publish_megabytes(8);
	assert_int_equal(http_server_drain(site.server, 20 * RENT_SECOND), 0);
	sse_close(s);
}

static void ending_does_not_wait_for_who_does_not_read(void **state)
{
	struct sse *s;

	(void)state;
	site_start(&site);
	s = open_stream();
	publish_megabytes(8);
	http_server_free(site.server);
	site.server = NULL;
	sse_close(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_behind_the_ring_is_told, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(who_does_not_read_is_cut, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(who_is_gone_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(
			draining_does_not_wait_for_who_does_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(
			ending_does_not_wait_for_who_does_not_read, setup, teardown),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
