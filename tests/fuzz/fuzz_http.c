/* SPDX-License-Identifier: MIT
 *
 * fuzz_http.c - bytes as they come from a client, through the real path: the socket, the
 * library that parses, router, limits, http_api with rules that answer anything (fuzz_rental.h),
 * and what is written back. Input: the bytes of one connection. A line "\n~\n" becomes the
 * headers of an idempotent POST, so that the fuzzer need not find them letter by letter.
 */
#include <poll.h>
#include <sys/socket.h>

#include "fuzz.h"
#include "fuzz_server.h"

/* After so long a silence the client that sent something odd leaves. If the server then does
 * not answer a plain request, it has failed.
 */
#define SILENCE_MS  2
#define PATIENCE_MS 5000
#define PLAIN_EVERY 32

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const char *const origins[] = { "http://other.example", NULL };
	static struct http_config config = { .cors_origins = origins,
		                             .body_max = 4096,
		                             .system_routes = HTTP_SYSTEM_ALL,
		                             .streams_max = 1 };

	(void)argc;
	(void)argv;
	fuzz_server_begin(&config);
	return 0;
}

static const char shorthand[] = "\n~\n";
static const char longhand[] = "\r\nHost: a\r\nContent-Type: application/json\r\n"
			       "Idempotency-Key: k\r\n";

static void send_input(int fd, const char *text, size_t n)
{
	const char *at;

	while ((at = memmem(text, n, shorthand, 3)) != NULL) {
		fuzz_server_send(fd, text, (size_t)(at - text));
		fuzz_server_send(fd, longhand, strlen(longhand));
		n -= (size_t)(at + 3 - text);
		text = at + 3;
	}
	fuzz_server_send(fd, text, n);
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
	int fd = fuzz_server_connect();
	size_t all;

	send_input(fd, text, n);
	(void)shutdown(fd, SHUT_WR);
	all = receive(fd, patience_ms);
	fuzz_server_leave(fd);
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
