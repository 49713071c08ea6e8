/* SPDX-License-Identifier: MIT
 *
 * fuzz_keys.c - the header with an API key, for auth_keys. Input: a byte, then either the header as it
 * comes, or (an odd byte) pairs of a place and a byte by which the good key is changed. Nobody is known
 * by any other key than the good one.
 */
#include <rent/auth.h>

#include "fuzz_plugin.h"

#include <unistd.h>

static const char good[] =
	"rk_0123456789abcdef_"
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
static const struct rent_auth *api;
static const struct rent_host *host;
static void *self;
static const char *authorization;
static char file[] = "/tmp/fuzz-keys-XXXXXX";

static const char *header(const struct rent_http_request *req, const char *name)
{
	(void)req;
	return strcmp(name, "Authorization") == 0 ? authorization : NULL;
}

/* Two keys: the good one, and one that is over. */
static void write_keys(int fd)
{
	unsigned char hash[RENT_SHA256_SIZE];
	char hex[2 * RENT_SHA256_SIZE + 1];

	host->crypto->sha256(good, strlen(good), hash);
	rent_hex(hash, sizeof(hash), hex);
	FUZZ_MUST(
		dprintf(fd,
	                "{\"keys\": [{\"id\": \"0123456789abcdef\", \"sha256\": \"%s\", "
	                "\"role\": \"viewer\", \"subject\": \"scraper\"}, "
	                "{\"id\": \"fedcba9876543210\", \"sha256\": \"%s\", \"role\": "
	                "\"operator\", \"subject\": \"late\", \"expires_at\": "
	                "\"2020-01-01T00:00:00Z\"}]}",
	                hex, hex) > 0);
	(void)close(fd);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct fake_option options[] = { { "file", file }, { NULL, NULL } };
	const struct rent_plugin *plugin = fake_host_load(FUZZ_SO);
	struct rent_error err = { .code = 0 };
	int fd;

	(void)argc;
	(void)argv;
	fd = mkstemp(file);
	FUZZ_MUST(fd >= 0);
	host = fake_host_table(fake_host_new(plugin, options));
	write_keys(fd);
	FUZZ_MUST(plugin->create(host, &self, &err) == 0);
	FUZZ_MUST(plugin->start(self, &err) == 0);
	(void)unlink(file);
	api = plugin->api;
	return 0;
}

/* "Bearer " and the good key with some bytes changed; none of them becomes a NUL. */
static const char *change(struct rent_arena *arena, const char *pairs)
{
	char *text = rent_printf(arena, "Bearer %s", good);

	for (; text != NULL && pairs[0] != '\0' && pairs[1] != '\0'; pairs += 2)
		text[(unsigned char)pairs[0] % strlen(text)] = pairs[1];
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	bool is_changed = (fuzz_byte(&f) & 1) != 0;
	struct rent_arena *arena = host->arena_new(host);
	struct rent_http_request req = { .struct_size = sizeof(req),
		                         .header = header,
		                         .arena = arena };
	struct rent_peer peer = { .struct_size = sizeof(peer),
		                  .address = "",
		                  .client = "" };
	struct rent_principal who = { .struct_size = sizeof(who) };
	struct rent_error err = { .code = 0 };
	char *text = fuzz_rest(&f);
	size_t n;
	int code;

	authorization = is_changed ? change(arena, text) : text;
	n = strlen(authorization);
	code = api->authenticate(self, &req, &peer, &who, &err);
	FUZZ_MUST(code == RENT_AUTH_KNOWN || code == RENT_AUTH_NOTHING ||
	          code == RENT_AUTH_EXPIRED || code == RENT_EPERM);
	FUZZ_MUST((code == RENT_AUTH_KNOWN) ==
	          (n >= sizeof(good) + 6 &&
	           strncasecmp(authorization, "Bearer ", 7) == 0 &&
	           strspn(authorization + 7, " ") == n - 7 - strlen(good) &&
	           strcmp(authorization + n - strlen(good), good) == 0));
	if (code == RENT_AUTH_KNOWN)
		FUZZ_MUST(who.role == RENT_ROLE_VIEWER &&
		          strcmp(who.subject, "scraper") == 0 && who.expires_at == 0);
	/* No part of a credential is in a log. */
	FUZZ_MUST(strstr(err.text, good + 20) == NULL);
	host->arena_free(host, arena);
	free(text);
	return 0;
}
