/* SPDX-License-Identifier: MIT
 *
 * fuzz_http.c - bytes as they come from a client, through the real path: the socket, the
 * library that parses, router, limits, http_api with rules that answer anything (fuzz_rental.h),
 * and what is written back. Input: the bytes of one connection. A line "\n~\n" becomes the
 * headers of an idempotent POST, so that the fuzzer need not find them letter by letter.
 */
#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events/events.h"
#include "fuzz.h"
#include "fuzz_rental.h"
#include "http/server.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/task.h"

/* After so long a silence the client that sent something odd leaves. If the server then does
 * not answer a plain request, it has failed.
 */
#define SILENCE_MS  2
#define PATIENCE_MS 5000
#define PLAIN_EVERY 32

static struct sockaddr_in address;

static bool ready(void *arg, struct http_ready *report)
{
	(void)arg;
	http_ready_add(report, "main", "fuzz", "ok", NULL);
	return true;
}

static bool draining(void *arg)
{
	(void)arg;
	return false;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct http_probe probe = {
		.service = "fuzz", .version = "1", .ready = ready, .draining = draining
	};
	static const char *const origins[] = { "http://other.example", NULL };
	static struct http_mount mount = { .instance = "api" };
	static struct http_config config = { .name = "fuzz",
		                             .listen = "127.0.0.1:0",
		                             .mounts = &mount,
		                             .mount_count = 1,
		                             .cors_origins = origins,
		                             .body_max = 4096,
		                             .event_threads = 1,
		                             .system_routes = HTTP_SYSTEM_ALL,
		                             .streams_max = 1,
		                             .probe = &probe };
	static const struct tasks_options tasks = { .loops = 1,
		                                    .tasks_max = 64,
		                                    .stack_size = (size_t)512 * 1024,
		                                    .blocking_threads = 1,
		                                    .blocking_queue = 64 };
	struct http_server *server;
	struct rent_error err;

	(void)argc;
	(void)argv;
	log_setup((enum rent_log_level)0, LOG_LOGFMT);
	mount.routes = fuzz_rental_routes(&mount.self);
	FUZZ_MUST(tasks_new(&tasks, &config.tasks, &err) == 0);
	FUZZ_MUST(tasks_start(config.tasks, &err) == 0);
	config.pool = tasks_workers(config.tasks);
	config.metrics = metrics_new("fuzz", 0);
	FUZZ_MUST(config.metrics != NULL);
	config.events = events_new(NULL, config.metrics);
	FUZZ_MUST(config.events != NULL);
	FUZZ_MUST(http_server_new(&config, &server, &err) == 0);
	FUZZ_MUST(http_server_start(server, &err) == 0);
	address.sin_family = AF_INET;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((uint16_t)http_server_port(server));
	return 0;
}

static void send_all(int fd, const char *text, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, text, n, MSG_NOSIGNAL);

		if (sent <= 0)
			return; /* it has heard enough */
		text += sent;
		n -= (size_t)sent;
	}
}

static const char shorthand[] = "\n~\n";
static const char longhand[] = "\r\nHost: a\r\nContent-Type: application/json\r\n"
			       "Idempotency-Key: k\r\n";

static void send_input(int fd, const char *text, size_t n)
{
	const char *at;

	while ((at = memmem(text, n, shorthand, 3)) != NULL) {
		send_all(fd, text, (size_t)(at - text));
		send_all(fd, longhand, strlen(longhand));
		n -= (size_t)(at + 3 - text);
		text = at + 3;
	}
	send_all(fd, text, n);
}

/* A reply, if there is one, begins like HTTP. When the end of the input arrives in one piece
 * with the bytes before it, the library does not see the end and keeps the connection for
 * its idle time, so silence is an end, too. Returns how much came.
 */
static size_t receive(int fd, int patience_ms)
{
	char head[5], rest[4096];
	struct pollfd p = { .fd = fd, .events = POLLIN };
	size_t n = 0, all = 0;

	while (poll(&p, 1, all > 0 ? SILENCE_MS : patience_ms) > 0) {
		ssize_t got = recv(fd, n < 5 ? head + n : rest,
		                   n < 5 ? 5 - n : sizeof(rest), 0);

		if (got <= 0)
			break;
		n = n < 5 ? n + (size_t)got : n;
		all += (size_t)got;
	}
	FUZZ_MUST(n == 0 || memcmp(head, "HTTP/", n) == 0);
	return all;
}

/* One connection. Returns how much came back. */
static size_t say(const char *text, size_t n, int patience_ms)
{
	const struct linger gone = { .l_onoff = 1, .l_linger = 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t all;

	FUZZ_MUST(fd >= 0);
	FUZZ_MUST(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	send_input(fd, text, n);
	(void)shutdown(fd, SHUT_WR);
	all = receive(fd, patience_ms);
	/* Ports would run out. */
	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &gone, sizeof(gone));
	(void)close(fd);
	return all;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char plain[] = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
	static unsigned inputs;
	struct fuzz f = { data, size };
	char *text = fuzz_rest(&f);

	/* A stream of events stays open for as long as one listens. */
	if (memmem(text, size, "events", 6) == NULL)
		(void)say(text, size, SILENCE_MS);
	free(text);
	if (inputs++ % PLAIN_EVERY == 0)
		FUZZ_MUST(say(plain, sizeof(plain) - 1, PATIENCE_MS) > 0);
	return 0;
}
