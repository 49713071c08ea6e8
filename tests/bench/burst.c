/* SPDX-License-Identifier: MIT
 *
 * burst.c - many starts in the air at once, on one connection each, and a status asked every few
 * milliseconds meanwhile: what a slow cabinet costs those that wait for it, and those that do
 * not. Prints one line of JSON. Loopback only.
 *
 *     rent-burst --url=http://127.0.0.1:8000 --starts=2000 --pace=5 [--then=COMMAND]
 *         --then=COMMAND   runs after the quotes have been made and before the starts: makes
 *                          the cabinet slow
 */
#include "samples.h"
#include "wire.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#define STARTS_MAX 20000
#define ID_SIZE    80
#define GIVE_UP_US INT64_C(60000000)
#define API        "/api/v1/rentals/"

struct caller {
	struct wire wire;
	char quote[ID_SIZE];
	int64_t began;
	int status; /* of the start; 0: none yet */
};

static struct {
	const char *url, *then;
	int starts, pace_ms;
} options = { "http://127.0.0.1:8000", NULL, 2000, 5 };

static struct {
	struct sockaddr_in to;
	int epoll_fd;
	struct caller *callers;
	struct samples starts, refusals, statuses;
	int waiting, good, refused, failed;
	struct caller probe;
	char rental[ID_SIZE];
	bool probe_busy;
	int probe_failed;
} burst;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void fail(const char *what)
{
	perror(what);
	exit(70);
}

static void send_post(struct caller *c, const char *step, const char *body)
{
	char request[WIRE_REQUEST_MAX];
	int n = snprintf(request, sizeof(request),
	                 "POST " API "%s HTTP/1.1\r\nHost: localhost\r\n"
	                 "Content-Type: application/json\r\n"
	                 "Idempotency-Key: burst-%d-%p-%" PRId64 "\r\n"
	                 "Content-Length: %zu\r\n\r\n%s",
	                 step, (int)getpid(), (void *)c, now_us(), strlen(body), body);

	c->began = now_us();
	if (!wire_send(&c->wire, request, (size_t)n))
		fail("rent-burst: send");
}

static void send_quote(struct caller *c)
{
	char body[128];

	(void)snprintf(body, sizeof(body),
	               "{\"station_id\":\"some-station-id\",\"user_id\":\"user-%d\"}",
	               (int)(c - burst.callers));
	send_post(c, "quote", body);
}

static void send_start(struct caller *c)
{
	char body[128];

	(void)snprintf(body, sizeof(body), "{\"quote_id\":\"%s\"}", c->quote);
	send_post(c, "start", body);
}

/* Waits for the one reply that is due. */
static void wait_reply(struct caller *c)
{
	enum wire_state state = WIRE_MORE;
	struct epoll_event event;

	while (state == WIRE_MORE) {
		if (epoll_wait(burst.epoll_fd, &event, 1, 30000) <= 0)
			fail("rent-burst: no answer");
		state = wire_read(&c->wire);
	}
	if (state == WIRE_BROKEN || c->wire.status != 200) {
		(void)fprintf(stderr, "rent-burst: HTTP %d: %.300s\n", c->wire.status,
		              c->wire.body);
		exit(70);
	}
}

static void make_quotes(void)
{
	for (int i = 0; i <= options.starts; i++) {
		struct caller *c = i == options.starts ? &burst.probe : &burst.callers[i];

		if (!wire_open(&c->wire, &burst.to, burst.epoll_fd, c))
			fail("rent-burst: connect");
		send_quote(c);
		wait_reply(c);
		if (!wire_member(&c->wire, "quote_id", c->quote, ID_SIZE))
			fail("rent-burst: quote");
	}
	send_start(&burst.probe);
	wait_reply(&burst.probe);
	if (!wire_member(&burst.probe.wire, "order_id", burst.rental, ID_SIZE))
		fail("rent-burst: start");
}

static void start_answered(struct caller *c)
{
	int64_t took = now_us() - c->began;

	burst.waiting--;
	c->status = c->wire.status;
	if (c->status == 200) {
		burst.good++;
		samples_add(&burst.starts, took);
	} else if (c->status == 503 && strstr(c->wire.reply, "Retry-After:") != NULL) {
		burst.refused++;
		samples_add(&burst.refusals, took);
	} else if (burst.failed++ == 0) {
		(void)fprintf(stderr, "rent-burst: HTTP %d: %.300s\n", c->status,
		              c->wire.body);
	}
}

static void probe_answered(void)
{
	burst.probe_busy = false;
	burst.probe_failed += burst.probe.wire.status != 200;
	samples_add(&burst.statuses, now_us() - burst.probe.began);
}

static void ready(struct caller *c)
{
	enum wire_state state = wire_read(&c->wire);

	if (state == WIRE_MORE)
		return;
	if (state == WIRE_BROKEN)
		wire_close(&c->wire);
	if (c == &burst.probe)
		probe_answered();
	else
		start_answered(c);
}

static void ask_status(void)
{
	char request[WIRE_REQUEST_MAX];
	int n = snprintf(request, sizeof(request),
	                 "GET " API "%s/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
	                 burst.rental);

	burst.probe_busy = true;
	burst.probe.began = now_us();
	if (!wire_send(&burst.probe.wire, request, (size_t)n))
		fail("rent-burst: send");
}

/* Until every start is answered. */
static int64_t drive(void)
{
	int64_t began = now_us(), due = began;
	struct epoll_event events[256];

	for (int i = 0; i < options.starts; i++)
		send_start(&burst.callers[i]);
	burst.waiting = options.starts;
	while (burst.waiting > 0 && now_us() - began < GIVE_UP_US) {
		int n = epoll_wait(burst.epoll_fd, events, 256, 1);

		for (int i = 0; i < n; i++)
			ready(events[i].data.ptr);
		if (now_us() < due || burst.probe_busy)
			continue;
		due = now_us() + options.pace_ms * 1000;
		ask_status();
	}
	return now_us() - began;
}

static bool parse(const char *arg)
{
	if (strncmp(arg, "--url=", 6) == 0)
		options.url = arg + 6;
	else if (strncmp(arg, "--then=", 7) == 0)
		options.then = arg + 7;
	else if (strncmp(arg, "--starts=", 9) == 0)
		options.starts = (int)strtol(arg + 9, NULL, 10);
	else if (strncmp(arg, "--pace=", 7) == 0)
		options.pace_ms = (int)strtol(arg + 7, NULL, 10);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	int64_t took;

	for (int i = 1; i < argc; i++) {
		if (parse(argv[i]))
			continue;
		(void)fprintf(stderr, "rent-burst: unknown argument '%s'\n", argv[i]);
		return 64;
	}
	burst.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (options.starts < 1 || options.starts > STARTS_MAX || options.pace_ms < 1 ||
	    !wire_address(options.url, &burst.to))
		return 64;
	burst.callers = calloc((size_t)options.starts, sizeof(*burst.callers));
	if (burst.callers == NULL || !samples_init(&burst.starts) ||
	    !samples_init(&burst.refusals) || !samples_init(&burst.statuses))
		return 70;
	make_quotes();
	if (options.then != NULL && system(options.then) != 0)
		return 70;
	took = drive();
	samples_sort(&burst.starts);
	samples_sort(&burst.refusals);
	samples_sort(&burst.statuses);
	printf("{\"starts\":%d,\"good\":%d,\"refused\":%d,\"failed\":%d,\"unanswered\":%d,"
	       "\"took_ms\":%" PRId64 ",\"start_p50_us\":%u,\"start_p99_us\":%u,"
	       "\"refusal_p50_us\":%u,\"refusal_p99_us\":%u,\"asked\":%zu,\"status_failed\":%d,"
	       "\"status_p50_us\":%u,\"status_p99_us\":%u,\"status_max_us\":%u}\n",
	       options.starts, burst.good, burst.refused, burst.failed, burst.waiting,
	       took / 1000, samples_at(&burst.starts, 50), samples_at(&burst.starts, 99),
	       samples_at(&burst.refusals, 50), samples_at(&burst.refusals, 99),
	       burst.statuses.n, burst.probe_failed, samples_at(&burst.statuses, 50),
	       samples_at(&burst.statuses, 99),
	       burst.statuses.n == 0 ? 0 : burst.statuses.us[burst.statuses.n - 1]);
	return 0;
}
