/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_many_streams.c - hundreds of streams on one event thread: they take
 * no worker, no thread, and everybody gets everything in order while requests are served.
 */
#include "base/clock.h"
#include "events/events.h"
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "sse.h"
#include "support.h"

#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#define STREAMS 300
#define ROUNDS  200

static struct site site;
static struct raw_reply r;
static struct sse *streams[STREAMS];

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

static void *publish(void *arg)
{
	char json[32];

	for (int i = 1; i <= ROUNDS; i++) {
		(void)snprintf(json, sizeof(json), "{\"n\":%d}", i);
		events_publish(site.events, "rental", json);
	}
	return arg;
}

static void start(void)
{
	const struct events_config config = { 4096, EVENTS_BYTES, RENT_HOUR };
	struct sse_event event;

	site_init(&site);
	site_events(&site, &config);
	site.config.event_threads = 1;
	site.workers = 1;
	site_start(&site);
	for (int i = 0; i < STREAMS; i++) {
		streams[i] = sse_open(site.port, "/api/v1/events?types=rental", "");
		assert_int_equal(streams[i]->status, 200);
		sse_expect(streams[i], "hello", &event);
	}
}

static void stop(void)
{
	for (int i = 0; i < STREAMS; i++)
		sse_close(streams[i]);
	site_stop(&site);
}

static void read_all(void)
{
	struct sse_event event;
	char json[32];

	for (int i = 0; i < STREAMS; i++) {
		int64_t last = 0;

		for (int n = 1; n <= ROUNDS; n++) {
			(void)snprintf(json, sizeof(json), "{\"n\":%d}", n);
			sse_expect(streams[i], "rental", &event);
			assert_string_equal(event.data, json);
			assert_true(sse_number(event.id) > last);
			last = sse_number(event.id);
		}
	}
}

static void everybody_gets_everything(void **state)
{
	int before, holder;
	pthread_t publisher;

	(void)state;
	start();
	before = count_threads();
	/* The only worker is busy: whatever a stream gets comes without one. */
	holder = raw_connect(site.port);
	raw_send(holder, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
	site_wait_inside(&site, 1);
	assert_int_equal(count_threads(), before);
	assert_int_equal(pthread_create(&publisher, NULL, publish, NULL), 0);
	for (int i = 0; i < 100; i++) { /* inline: the event thread has time for others */
		raw_get(site.port, "GET /hello", "", &r);
		assert_int_equal(r.status, 200);
	}
	(void)pthread_join(publisher, NULL);
	read_all();
	site_open_gate(&site);
	raw_read(holder, &r, false);
	assert_int_equal(r.status, 200);
	(void)close(holder);
	stop();
}

/* 128 and its multiples: see http/loop.c. All are woken in one turn. */
static void all_of_them_can_end_at_once(void **state)
{
	int64_t began;

	(void)state;
	start();
	began = clock_mono_us();
	assert_int_equal(http_server_drain(site.server, 30 * RENT_SECOND), 0);
	assert_true(clock_mono_us() - began < 10 * RENT_SECOND);
	for (int i = 0; i < STREAMS; i++) {
		sse_to_end(streams[i]);
		assert_true(streams[i]->ended);
	}
	stop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everybody_gets_everything),
		cmocka_unit_test(all_of_them_can_end_at_once),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
