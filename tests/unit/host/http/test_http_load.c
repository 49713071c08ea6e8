/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_http_load.c - many connections ready at one moment (the numbers at
 * which libmicrohttpd's own epoll thread hangs), and many clients at once.
 */
#include "base/clock.h"
#include "log/log.h"
#include "raw.h"
#include "site.h"
#include "support.h"

#include <unistd.h>

static struct raw_reply r;

/* All n requests are in the sockets before the one loop, held at the gate, looks. */
static void ready_at_once(int n, const char *request)
{
	struct site site;
	int *fds = calloc((size_t)n, sizeof(*fds)), holder;
	int64_t began;

	assert_non_null(fds);
	site_init(&site);
	site.config.event_threads = 1;
	site_start(&site);
	for (int i = 0; i < n; i++) {
		fds[i] = raw_connect(site.port);
		raw_send(fds[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
		raw_read(fds[i], &r, false); /* it is accepted */
	}
	holder = raw_connect(site.port);
	raw_send(holder, "GET /gate-inline HTTP/1.1\r\nHost: x\r\n\r\n");
	site_wait_inside(&site, 1);
	for (int i = 0; i < n; i++)
		raw_send(fds[i], request);
	began = clock_mono_us();
	site_open_gate(&site);
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < n; i++) {
			raw_read(fds[i], &r, false);
			assert_int_equal(r.status, 200);
		}
		for (int i = 0; i < n && round < 2; i++)
			raw_send(fds[i], request);
	}
	assert_true(clock_mono_us() - began < 8 * RENT_SECOND);
	for (int i = 0; i < n; i++)
		(void)close(fds[i]);
	(void)close(holder);
	free(fds);
	site_stop(&site);
}

static const int numbers[] = { 127, 128, 129, 256, 384 };

static void inline_requests_do_not_stall(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ready_at_once(numbers[i], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void handed_over_requests_do_not_stall(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		ready_at_once(numbers[i], "GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n");
}

static void fresh_connections_do_not_stall(void **state)
{
	enum {
		CONNECTIONS = 384
	};
	static int fds[CONNECTIONS];
	struct site site;
	int holder;

	(void)state;
	site_init(&site);
	site.config.event_threads = 1;
	site_start(&site);
	holder = raw_connect(site.port);
	raw_send(holder, "GET /gate-inline HTTP/1.1\r\nHost: x\r\n\r\n");
	site_wait_inside(&site, 1);
	for (int i = 0; i < CONNECTIONS; i++) {
		fds[i] = raw_connect(site.port);
		raw_send(fds[i], "GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n");
	}
	site_open_gate(&site);
	for (int i = 0; i < CONNECTIONS; i++) {
		raw_read(fds[i], &r, false);
		assert_int_equal(r.status, 200);
		(void)close(fds[i]);
	}
	(void)close(holder);
	site_stop(&site);
}

struct client {
	pthread_t thread;
	unsigned port;
	int number, good;
};

static void *ask_often(void *arg)
{
	struct client *c = arg;
	struct raw_reply *reply = calloc(1, sizeof(*reply));
	char request[512], body[64];
	int fd = raw_connect(c->port);

	for (int i = 0; reply != NULL && i < 200; i++) {
		(void)snprintf(body, sizeof(body), "{\"client\":%d,\"i\":%d}", c->number,
		               i);
		(void)snprintf(request, sizeof(request),
		               "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Type: "
		               "application/json\r\nContent-Length: %zu\r\n\r\n%s",
		               strlen(body), body);
		raw_send(fd, request);
		raw_read(fd, reply, false);
		c->good += reply->status == 201 && strcmp(reply->body, body) == 0;
		if (i % 50 == 49) { /* leave in the middle, too */
			raw_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Le");
			(void)close(fd);
			fd = raw_connect(c->port);
		}
	}
	(void)close(fd);
	free(reply);
	return NULL;
}

static void everybody_gets_his_own_answer(void **state)
{
	enum {
		CLIENTS = 16
	};
	struct client clients[CLIENTS];
	struct site site;

	(void)state;
	site_init(&site);
	site_start(&site);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i] = (struct client){ .port = site.port, .number = i };
		assert_int_equal(
			pthread_create(&clients[i].thread, NULL, ask_often, &clients[i]),
			0);
	}
	for (int i = 0; i < CLIENTS; i++) {
		(void)pthread_join(clients[i].thread, NULL);
		assert_int_equal(clients[i].good, 200);
	}
	site_stop(&site);
}

static void clients_that_leave_are_no_trouble(void **state)
{
	struct site site;

	(void)state;
	site_init(&site);
	site_start(&site);
	for (int i = 0; i < 4; i++) {
		int fd = raw_connect(site.port);

		raw_send(fd, "GET /gate HTTP/1.1\r\nHost: x\r\n\r\n");
		site_wait_inside(&site, i + 1);
		(void)close(fd); /* while its handler runs */
	}
	site_open_gate(&site);
	raw_get(site.port, "GET /items/1", "", &r);
	assert_int_equal(r.status, 200);
	site_stop(&site);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inline_requests_do_not_stall),
		cmocka_unit_test(handed_over_requests_do_not_stall),
		cmocka_unit_test(fresh_connections_do_not_stall),
		cmocka_unit_test(everybody_gets_his_own_answer),
		cmocka_unit_test(clients_that_leave_are_no_trouble),
	};

	log_setup(RENT_LOG_ERROR, LOG_LOGFMT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
