/* SPDX-License-Identifier: MIT
 *
 * load.c - a closed-loop load generator for the rental API: N keep-alive connections on one
 * thread, each sends its next request when the last one is answered, for a number of seconds
 * a phase. Phases: quote, start, status, stop, and the full cycle of the four; a cycle also
 * tells the latency of each of its steps, which is what mixed load does to them. The phase
 * charge is for the stubs themselves: what a tick could charge at most. Prints one
 * JSON line a phase: rate, p50 and p99, and the processor time an operation took of each
 * process that --cpu names. Loopback only; bounded in count and time.
 *
 *     rent-load --url=http://127.0.0.1:8000 --connections=16 --seconds=5
 *               [--phases=quote,start,status,stop,cycle|charge] [--cpu=api:PID,stubs:PID]
 */
#include "cpu.h"
#include "samples.h"
#include "wire.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define ID_SIZE         80
#define KEY_LINE_SIZE   128
#define POOL_MAX        400000 /* ids kept between phases */
#define GIVE_UP_US      INT64_C(30000000)
#define API             "/api/v1/rentals/"

enum step {
	STEP_QUOTE,
	STEP_START,
	STEP_STATUS,
	STEP_STOP,
	STEP_CYCLE,
	STEP_CHARGE,
	STEP_COUNT
};

static const char *const step_names[] = { "quote", "start", "status",
	                                  "stop",  "cycle", "charge" };

static struct {
	const char *url, *phases, *cpu;
	int connections, seconds;
} options = { "http://127.0.0.1:8000", "quote,start,status,stop,cycle", "", 16, 5 };

/* Ids that one phase made and a later one uses up. */
struct pool {
	char (*ids)[ID_SIZE];
	size_t n, next;
};

struct client {
	struct wire wire;
	int index;
	unsigned serial;
	enum step at;           /* of the cycle, or the phase */
	int64_t began, stepped; /* the operation, its step */
	char id[ID_SIZE];       /* what the step uses, then what it made */
	bool busy;
};

static struct {
	struct sockaddr_in to;
	int epoll_fd;
	enum step phase;
	int64_t until, last;
	struct pool quotes, rentals;
	struct samples samples[STEP_COUNT];
	size_t failed;
	int busy;
	struct client clients[CONNECTIONS_MAX];
	struct cpu cpus[CPU_MAX];
	int cpu_count;
} load;

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- one step ------------------------------------------------------------------------- */

static bool take(struct pool *p, char id[ID_SIZE])
{
	if (p->next == p->n)
		return false;
	memcpy(id, p->ids[p->next++], ID_SIZE);
	return true;
}

static void put(struct pool *p, const char *id)
{
	if (p->n < POOL_MAX)
		memcpy(p->ids[p->n++], id, ID_SIZE);
}

/* The input of the phase's next operation; false: none is left. */
static bool choose(struct client *c)
{
	struct pool *rentals = &load.rentals;

	c->at = load.phase == STEP_CYCLE ? STEP_QUOTE : load.phase;
	switch (c->at) {
	case STEP_START:
		return take(&load.quotes, c->id);
	case STEP_STOP:
		return take(rentals, c->id);
	case STEP_STATUS:
		if (rentals->n == 0)
			return false;
		memcpy(c->id,
		       rentals->ids[(c->serial++ * 7919u + (unsigned)c->index * 104729u) %
		                    rentals->n],
		       ID_SIZE);
		return true;
	case STEP_QUOTE:
	case STEP_CYCLE:
	case STEP_CHARGE:
	case STEP_COUNT:
		break;
	}
	return true;
}

static int write_post(char *out, const char *path, const char *more, const char *body)
{
	return snprintf(
		out, WIRE_REQUEST_MAX,
		"POST %s HTTP/1.1\r\nHost: localhost\r\n"
		"Content-Type: application/json\r\n%sContent-Length: %zu\r\n\r\n%s",
		path, more, strlen(body), body);
}

static const char *key_of(struct client *c, char line[KEY_LINE_SIZE])
{
	(void)snprintf(line, KEY_LINE_SIZE, "Idempotency-Key: load-%d-%u-%" PRId64 "\r\n",
	               c->index, c->serial++, now_us());
	return line;
}

static int write_request(struct client *c, char *out)
{
	char body[256], more[KEY_LINE_SIZE], path[160];

	switch (c->at) {
	case STEP_QUOTE:
		(void)snprintf(
			body, sizeof(body),
			"{\"station_id\":\"some-station-id\",\"user_id\":\"user-%d\"}",
			c->index);
		return write_post(out, API "quote", "", body);
	case STEP_START:
		(void)snprintf(body, sizeof(body), "{\"quote_id\":\"%s\"}", c->id);
		return write_post(out, API "start", key_of(c, more), body);
	case STEP_STOP:
		(void)snprintf(path, sizeof(path), API "%s/stop", c->id);
		return write_post(out, path, "", "{\"station_id\":\"some-station-id\"}");
	case STEP_STATUS:
		return snprintf(out, WIRE_REQUEST_MAX,
		                "GET " API "%s/status HTTP/1.1\r\n"
		                "Host: localhost\r\n\r\n",
		                c->id);
	case STEP_CHARGE:
		(void)snprintf(body, sizeof(body),
		               "{\"user_id\":\"user-%d\",\"order_id\":\"order-%d-%u\","
		               "\"amount\":10}",
		               c->index, c->index, c->serial);
		return write_post(out, "/clear-money-for-order", key_of(c, more), body);
	case STEP_CYCLE:
	case STEP_COUNT:
		break;
	}
	abort();
}

static void rest(struct client *c)
{
	load.busy -= c->busy;
	c->busy = false;
}

static void send_step(struct client *c)
{
	char request[WIRE_REQUEST_MAX];
	int n = write_request(c, request);

	assert(n > 0 && n < WIRE_REQUEST_MAX);
	c->stepped = now_us();
	if (!wire_send(&c->wire, request, (size_t)n)) {
		perror("rent-load: send");
		load.failed++;
		rest(c);
	}
}

static void begin(struct client *c)
{
	int64_t now = now_us();

	if (now >= load.until || !choose(c)) {
		rest(c);
		return;
	}
	c->began = now;
	load.busy += !c->busy;
	c->busy = true;
	send_step(c);
}

/* The reply is good; c->id becomes what the next step uses. */
static bool keep_id(struct client *c)
{
	if (c->at == STEP_QUOTE)
		return wire_member(&c->wire, "quote_id", c->id, ID_SIZE);
	if (c->at == STEP_START)
		return wire_member(&c->wire, "order_id", c->id, ID_SIZE);
	return true;
}

static void succeed(struct client *c)
{
	int64_t now = now_us();

	load.last = now;
	samples_add(&load.samples[c->at], now - c->stepped);
	if (load.phase == STEP_CYCLE && c->at < STEP_STOP) {
		c->at = (enum step)(c->at + 1);
		send_step(c);
		return;
	}
	if (load.phase == STEP_CYCLE)
		samples_add(&load.samples[STEP_CYCLE], now - c->began);
	else if (load.phase == STEP_QUOTE)
		put(&load.quotes, c->id);
	else if (load.phase == STEP_START)
		put(&load.rentals, c->id);
	begin(c);
}

static void answered(struct client *c)
{
	if (c->wire.status == 200 && keep_id(c)) {
		succeed(c);
		return;
	}
	if (load.failed++ == 0)
		(void)fprintf(stderr, "rent-load: %s: HTTP %d: %.300s\n",
		              step_names[c->at], c->wire.status, c->wire.body);
	begin(c);
}

static void ready(struct client *c)
{
	enum wire_state state = wire_read(&c->wire);

	if (state == WIRE_WHOLE) {
		answered(c);
	} else if (state == WIRE_BROKEN) {
		(void)fprintf(stderr, "rent-load: connection %d ended\n", c->index);
		load.failed++;
		rest(c);
		wire_close(&c->wire);
	}
}

/* ---- phases ---------------------------------------------------------------------------- */

static int64_t own_cpu(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (int64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000000 +
	       u.ru_utime.tv_usec + u.ru_stime.tv_usec;
}

static void print_steps(void)
{
	for (enum step i = STEP_QUOTE; i <= STEP_STOP; i = (enum step)(i + 1)) {
		struct samples *s = &load.samples[i];

		if (load.phase != STEP_CYCLE || s->n == 0)
			continue;
		samples_sort(s);
		printf(",\"%s_p50_us\":%u,\"%s_p99_us\":%u", step_names[i],
		       samples_at(s, 50), step_names[i], samples_at(s, 99));
	}
}

static void report(int64_t took, int64_t own, const struct cpu *before)
{
	struct samples *s = &load.samples[load.phase];
	int64_t n = s->n == 0 ? 1 : (int64_t)s->n;

	samples_sort(s);
	printf("{\"phase\":\"%s\",\"connections\":%d,\"per_second\":%" PRId64
	       ",\"p50_us\":%u,\"p99_us\":%u,\"done\":%zu,\"failed\":%zu",
	       step_names[load.phase], options.connections,
	       (int64_t)s->n * 1000000 / (took < 1 ? 1 : took), samples_at(s, 50),
	       samples_at(s, 99), s->n, load.failed);
	print_steps();
	printf(",\"cpu_us\":{\"load\":%" PRId64, own / n);
	for (int i = 0; i < load.cpu_count; i++)
		printf(",\"%s\":%" PRId64, load.cpus[i].name,
		       (load.cpus[i].us - before[i].us) / n);
	printf("}}\n");
	(void)fflush(stdout);
}

static void drive(int64_t give_up)
{
	struct epoll_event events[256];

	while (load.busy > 0 && now_us() < give_up) {
		int n = epoll_wait(load.epoll_fd, events, 256, 1000);

		for (int i = 0; i < n; i++)
			ready(events[i].data.ptr);
	}
}

static void phase(enum step step)
{
	struct cpu before[CPU_MAX];
	int64_t began, own;

	load.phase = step;
	load.failed = 0;
	load.busy = 0;
	for (int i = 0; i < STEP_COUNT; i++)
		load.samples[i].n = 0;
	cpu_read(load.cpus, load.cpu_count);
	memcpy(before, load.cpus, sizeof(before));
	own = own_cpu();
	began = load.last = now_us();
	load.until = began + (int64_t)options.seconds * 1000000;
	for (int i = 0; i < options.connections; i++)
		begin(&load.clients[i]);
	drive(load.until + GIVE_UP_US);
	own = own_cpu() - own;
	cpu_read(load.cpus, load.cpu_count);
	report(load.last - began, own, before);
}

/* ---- the start --------------------------------------------------------------------------- */

static bool parse(const char *arg)
{
	static const struct {
		const char *name;
		const char **text;
		int *number;
	} flags[] = {
		{ "--url=", &options.url, NULL },
		{ "--phases=", &options.phases, NULL },
		{ "--cpu=", &options.cpu, NULL },
		{ "--connections=", NULL, &options.connections },
		{ "--seconds=", NULL, &options.seconds },
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		size_t n = strlen(flags[i].name);

		if (strncmp(arg, flags[i].name, n) != 0)
			continue;
		if (flags[i].text != NULL)
			*flags[i].text = arg + n;
		else
			*flags[i].number = (int)strtol(arg + n, NULL, 10);
		return true;
	}
	return false;
}

static bool options_ok(void)
{
	load.cpu_count = cpu_parse(options.cpu, load.cpus);
	return options.connections >= 1 && options.connections <= CONNECTIONS_MAX &&
	       options.seconds >= 1 && options.seconds <= 600 && load.cpu_count >= 0 &&
	       wire_address(options.url, &load.to);
}

static bool prepare(void)
{
	load.epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	load.quotes.ids = calloc(POOL_MAX, ID_SIZE);
	load.rentals.ids = calloc(POOL_MAX, ID_SIZE);
	for (int i = 0; i < STEP_COUNT; i++) {
		if (!samples_init(&load.samples[i]))
			return false;
	}
	for (int i = 0; i < options.connections; i++) {
		load.clients[i].index = i;
		if (!wire_open(&load.clients[i].wire, &load.to, load.epoll_fd,
		               &load.clients[i]))
			return false;
	}
	return load.epoll_fd >= 0 && load.quotes.ids != NULL && load.rentals.ids != NULL;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!parse(argv[i])) {
			(void)fprintf(stderr, "rent-load: unknown argument '%s'\n",
			              argv[i]);
			return 64;
		}
	}
	if (!options_ok()) {
		(void)fprintf(stderr,
		              "rent-load: 1..%d connections, 1..600 seconds, "
		              "--url=http://127.…:PORT, --cpu=NAME:PID,…\n",
		              CONNECTIONS_MAX);
		return 64;
	}
	if (!prepare()) {
		perror("rent-load");
		return 70;
	}
	for (int i = 0; i < STEP_COUNT; i++) {
		if (strstr(options.phases, step_names[i]) != NULL)
			phase((enum step)i);
	}
	return 0;
}
