/* SPDX-License-Identifier: MIT
 *
 * fuzz_forwarded.c - X-Forwarded-For, of requests that a trusted proxy sends and of others. Input: a byte,
 * whose lowest bit says whether the sender is one, then a header a line. The client must be the address that
 * the plain reading below finds.
 */
#include <arpa/inet.h>

#include "base/arena.h"
#include "fuzz.h"
#include "http/address.h"
#include "http/call.h"
#include "http/clients.h"
#include "http/mhd/conn.h"

#define LINES 8

static const char *const proxies[] = { "10.0.0.0/8", "2001:db8::/32", "192.0.2.1", NULL };

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

/* ---- the plain reading: all addresses in a row, the nearest last */

struct hops {
	char text[64];
	bool ended; /* nobody whom we trust has named what stands further left */
};

/* Takes one; what is no address ends it. */
static void take(struct hops *h, const char *from, size_t n)
{
	struct sockaddr_storage addr;
	char hop[INET6_ADDRSTRLEN];

	while (n > 0 && (from[0] == ' ' || from[0] == '\t'))
		from++, n--;
	while (n > 0 && (from[n - 1] == ' ' || from[n - 1] == '\t'))
		n--;
	h->ended = true;
	if (n == 0 || n >= sizeof(hop))
		return;
	memcpy(hop, from, n);
	hop[n] = '\0';
	if (!address_parse(hop, &addr))
		return;
	memcpy(h->text, hop, n + 1);
	h->ended = !address_in_list(proxies, (const struct sockaddr *)&addr);
}

static void read_line(struct hops *h, const char *line)
{
	size_t end = strlen(line);

	/* Nothing in front of the first comma is no hop. */
	while (end > 0 && !h->ended) {
		size_t begin = end;

		while (begin > 0 && line[begin - 1] != ',')
			begin--;
		take(h, line + begin, end - begin);
		end = begin > 0 ? begin - 1 : 0;
	}
}

/* ---- */

static unsigned split(char *text, struct rent_header *lines)
{
	unsigned n = 0;

	for (char *line; n < LINES && (line = strsep(&text, "\n")) != NULL; n++)
		lines[n] = (struct rent_header){ n % 2 == 0 ? "X-Forwarded-For"
			                                    : "x-forwarded-for",
			                         line };
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_server server;
	struct fuzz f = { data, size };
	bool trusted = (fuzz_byte(&f) & 1) != 0;
	const char *sender = trusted ? "10.1.2.3" : "198.51.100.7";
	struct rent_header lines[LINES];
	struct conn conn = { .fd = -1 };
	struct call call = { .server = &server, .conn = &conn, .headers = lines };
	struct hops hops = { .ended = !trusted };
	char *text = fuzz_rest(&f);

	server.config.trusted_proxies = proxies;
	FUZZ_MUST(address_parse(sender, &conn.addr));
	(void)rent_copy(hops.text, sizeof(hops.text), sender);
	call.peer.address = call.peer.client = sender;
	call.request.arena = arena_new(ARENA_MAX_DEFAULT);
	call.header_count = split(text, lines);
	for (unsigned i = call.header_count; i-- > 0;)
		read_line(&hops, lines[i].value);
	clients_see(&call);
	FUZZ_MUST(strcmp(call.peer.client, hops.text) == 0);
	FUZZ_MUST(strcmp(call.peer.address, sender) == 0);
	arena_free(call.request.arena);
	free(text);
	return 0;
}
