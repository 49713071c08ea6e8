/* SPDX-License-Identifier: MIT
 *
 * returns.c - reports of returns at a fixed rate, each followed by a status every few milliseconds until
 * the rental has ended: how long after a report a customer sees it. Reads what to report from a file,
 * a line each: ORDER_ID PATH BODY. Prints one line of JSON. Loopback only; ends when all have ended or
 * 60 s after the last report.
 *
 *     rent-returns --api=http://127.0.0.1:8000 --hooks=http://127.0.0.1:8002 --file=LIST
 *                  [--rate=1000] [--connections=256]
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

#define CONNECTIONS_MAX 1024
#define LINE_SIZE       1024
#define GIVE_UP_US      INT64_C(60000000)
#define AGAIN_US \
	20000 /* between two statuses of a rental: what is seen is so late at most */

enum state {
	IDLE,
	REPORTING,
	ASKING,  /* for the status */
	WAITING, /* to ask again */
};

/* One return at a time: its report goes to the one address, its questions to the other. */
struct client {
	struct wire hooks, api;
	enum state state;
	int64_t began, next; /* of the report; of the next status */
	char order[80];
};

static struct {
	const char *api, *hooks, *file;
	long rate, connections;
} options = { NULL, NULL, NULL, 1000, 256 };

static struct {
	int epoll_fd;
	struct client clients[CONNECTIONS_MAX];
	char **lines;
	size_t n, next, ended, refused;
	int64_t began, late_us; /* late: the longest that a report began after its time */
	struct samples acknowledged, visible;
} run;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "rent-returns: %s\n", what);
	exit(70);
}

static void send_all(struct wire *wire, const char *text, int n)
{
	if (n <= 0 || n >= WIRE_REQUEST_MAX || !wire_send(wire, text, (size_t)n))
		die("a request could not be sent");
}

static void report(struct client *c, char *line, int64_t due)
{
	char request[WIRE_REQUEST_MAX];
	char *path = strchr(line, ' '), *body;

	if (path == NULL || (body = strchr(path + 1, ' ')) == NULL)
		die("a line is not ORDER_ID PATH BODY");
	*path++ = '\0';
	*body++ = '\0';
	snprintf(c->order, sizeof(c->order), "%s", line);
	c->began = now_us();
	if (c->began - due > run.late_us)
		run.late_us = c->began - due;
	c->state = REPORTING;
	send_all(
		&c->hooks, request,
		snprintf(
			request, sizeof(request),
			"POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
			"application/x-www-form-urlencoded\r\nContent-Length: %zu\r\n\r\n%s",
			path, strlen(body), body));
}

static void ask(struct client *c)
{
	char request[WIRE_REQUEST_MAX];

	c->state = ASKING;
	send_all(
		&c->api, request,
		snprintf(
			request, sizeof(request),
			"GET /api/v1/rentals/%s/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
			c->order));
}

static void take_reply(struct client *c)
{
	struct wire *wire = c->state == REPORTING ? &c->hooks : &c->api;
	char status[32] = "";

	switch (wire_read(wire)) {
	case WIRE_MORE:
		return;
	case WIRE_BROKEN:
		die("a connection broke");
	case WIRE_WHOLE:
		break;
	}
	if (c->state == REPORTING) {
		samples_add(&run.acknowledged, now_us() - c->began);
		run.refused += wire->status != 200;
		ask(c);
		return;
	}
	(void)wire_member(wire, "status", status, sizeof(status));
	if (strcmp(status, "FINISHED") == 0) {
		samples_add(&run.visible, now_us() - c->began);
		run.ended++;
		c->state = IDLE;
	} else {
		c->state = WAITING;
		c->next = now_us() + AGAIN_US;
	}
}

/* What is due: statuses, and the reports whose time has come while a client is free. */
static void turn(void)
{
	int64_t now = now_us();

	for (long i = 0; i < options.connections; i++) {
		struct client *c = &run.clients[i];
		int64_t due = run.began + (int64_t)run.next * 1000000 / options.rate;

		if (c->state == WAITING && c->next <= now)
			ask(c);
		else if (c->state == IDLE && run.next < run.n && due <= now)
			report(c, run.lines[run.next++], due);
	}
}

static void read_file(void)
{
	FILE *f = fopen(options.file, "r");
	char line[LINE_SIZE];
	size_t room = 0;

	if (f == NULL)
		die("the file cannot be read");
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (run.n == room) {
			room = room == 0 ? 1024 : room * 2;
			run.lines = realloc(run.lines, room * sizeof(*run.lines));
			if (run.lines == NULL)
				die("out of memory");
		}
		run.lines[run.n] = strdup(line);
		if (run.lines[run.n++] == NULL)
			die("out of memory");
	}
	fclose(f);
}

static void connect_all(void)
{
	struct sockaddr_in api, hooks;

	if (!wire_address(options.api, &api) || !wire_address(options.hooks, &hooks))
		die("addresses are http://127.x.y.z:PORT");
	run.epoll_fd = epoll_create1(0);
	for (long i = 0; i < options.connections; i++) {
		struct client *c = &run.clients[i];

		if (!wire_open(&c->api, &api, run.epoll_fd, c) ||
		    !wire_open(&c->hooks, &hooks, run.epoll_fd, c))
			die("no connection");
	}
}

static void read_options(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char *value = strchr(argv[i], '=');

		if (value == NULL)
			die("options are --NAME=VALUE");
		*value++ = '\0';
		if (strcmp(argv[i], "--api") == 0)
			options.api = value;
		else if (strcmp(argv[i], "--hooks") == 0)
			options.hooks = value;
		else if (strcmp(argv[i], "--file") == 0)
			options.file = value;
		else if (strcmp(argv[i], "--rate") == 0)
			options.rate = strtol(value, NULL, 10);
		else if (strcmp(argv[i], "--connections") == 0)
			options.connections = strtol(value, NULL, 10);
		else
			die("unknown option");
	}
	if (options.api == NULL || options.hooks == NULL || options.file == NULL ||
	    options.rate < 1 || options.connections < 1 ||
	    options.connections > CONNECTIONS_MAX)
		die("--api, --hooks and --file are needed, --rate and --connections are "
		    "numbers");
}

static void print(int64_t took)
{
	samples_sort(&run.acknowledged);
	samples_sort(&run.visible);
	printf("{\"returns\": %zu, \"ended\": %zu, \"refused\": %zu, \"per_second\": %" PRId64
	       ", \"acknowledged_p50_us\": %" PRIu32 ", \"acknowledged_p99_us\": %" PRIu32
	       ", \"visible_p50_us\": %" PRIu32 ", \"visible_p99_us\": %" PRIu32
	       ", \"visible_max_us\": %" PRIu32 ", \"latest_us\": %" PRId64 "}\n",
	       run.n, run.ended, run.refused,
	       took > 0 ? (int64_t)run.ended * 1000000 / took : 0,
	       samples_at(&run.acknowledged, 50), samples_at(&run.acknowledged, 99),
	       samples_at(&run.visible, 50), samples_at(&run.visible, 99),
	       run.visible.n == 0 ? 0 : run.visible.us[run.visible.n - 1], run.late_us);
}

int main(int argc, char **argv)
{
	struct epoll_event events[256];
	int64_t until;

	read_options(argc, argv);
	read_file();
	if (!samples_init(&run.acknowledged) || !samples_init(&run.visible))
		die("out of memory");
	connect_all();
	run.began = now_us();
	until = run.began + (int64_t)run.n * 1000000 / options.rate + GIVE_UP_US;
	while (run.ended < run.n && now_us() < until) {
		int got = epoll_wait(run.epoll_fd, events, 256, 1);

		for (int i = 0; i < got; i++)
			take_reply(events[i].data.ptr);
		turn();
	}
	print(now_us() - run.began);
	return run.ended == run.n && run.refused == 0 ? 0 : 1;
}
