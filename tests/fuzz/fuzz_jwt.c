/* SPDX-License-Identifier: MIT
 *
 * fuzz_jwt.c - tokens for auth_jwt. Input: a byte, then either the token as it comes, or (an odd byte)
 * header and payload with a line feed between, which the target signs with the secret that the plugin
 * knows. Nobody is known by a token that was not signed so.
 */
#include <rent/auth.h>

#include "fuzz_plugin.h"

#include <fcntl.h>
#include <unistd.h>

/* base64url of the 32 bytes of `secret` */
#define KEYS                                                                    \
	"{\"keys\": [{\"kty\": \"oct\", \"kid\": \"k\", \"k\": "                \
	"\"MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE\"}, {\"kty\": \"OKP\", " \
	"\"crv\": \"Ed25519\", \"kid\": \"e\", \"x\": "                         \
	"\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"

static const char secret[] = "01234567890123456789012345678901";
static const struct rent_auth *api;
static const struct rent_host *host;
static void *self;
static const char *authorization;

static const char *header(const struct rent_http_request *req, const char *name)
{
	(void)req;
	return strcmp(name, "Authorization") == 0 ? authorization : NULL;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	char file[] = "/tmp/fuzz-jwt-XXXXXX";
	int fd = mkstemp(file);
	const struct fake_option options[] = { { "issuer", "i" },
		                               { "audience", "a" },
		                               { "algorithms", "HS256,EdDSA" },
		                               { "file", file },
		                               { "roles", "o=operator" },
		                               { "role_claim", "r.r" },
		                               { "scope_claim", "scope" },
		                               { NULL, NULL } };
	const struct rent_plugin *plugin = fake_host_load(FUZZ_SO);
	struct rent_error err = { .code = 0 };

	(void)argc;
	(void)argv;
	FUZZ_MUST(fd >= 0 && write(fd, KEYS, strlen(KEYS)) == (ssize_t)strlen(KEYS));
	(void)close(fd);
	host = fake_host_table(fake_host_new(plugin, options));
	FUZZ_MUST(plugin->create(host, &self, &err) == 0);
	FUZZ_MUST(plugin->start(self, &err) == 0);
	(void)unlink(file);
	api = plugin->api;
	return 0;
}

/* Base64 as tokens have it. */
static char *encode(struct rent_arena *arena, const void *data, size_t size)
{
	char *text = host->crypto->base64(arena, data, size);

	for (char *c = text; c != NULL && *c != '\0'; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	if (text != NULL)
		text[strcspn(text, "=")] = '\0';
	return text;
}

static char *sign(struct rent_arena *arena, const char *text)
{
	size_t n = strcspn(text, "\n");
	const char *payload = text[n] == '\0' ? "" : text + n + 1;
	char *head = encode(arena, text, n);
	char *claims = encode(arena, payload, strlen(payload));
	unsigned char mac[RENT_SHA256_SIZE];
	char *plain;

	if (head == NULL || claims == NULL)
		return NULL;
	plain = rent_printf(arena, "%s.%s", head, claims);
	if (plain == NULL)
		return NULL;
	host->crypto->hmac_sha256(secret, strlen(secret), plain, strlen(plain), mac);
	return rent_printf(arena, "%s.%s", plain, encode(arena, mac, sizeof(mac)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	bool is_signed = (fuzz_byte(&f) & 1) != 0;
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
	const char *token = is_signed ? sign(arena, text) : text;
	int code;

	authorization = token == NULL ? NULL : rent_printf(arena, "Bearer %s", token);
	code = api->authenticate(self, &req, &peer, &who, &err);
	FUZZ_MUST(code == RENT_AUTH_KNOWN || code == RENT_AUTH_NOTHING ||
	          code == RENT_AUTH_EXPIRED || code == RENT_EPERM);
	if (code == RENT_AUTH_KNOWN) {
		FUZZ_MUST(is_signed);
		FUZZ_MUST(rent_id_valid(who.subject));
		FUZZ_MUST(strcmp(who.issuer, "i") == 0);
		FUZZ_MUST(fuzz_ends(who.scopes, sizeof(who.scopes)));
		FUZZ_MUST(who.role == RENT_ROLE_CUSTOMER ||
		          who.role == RENT_ROLE_OPERATOR);
		FUZZ_MUST(who.scopes[0] != '\0' && who.expires_at > 0);
	}
	host->arena_free(host, arena);
	free(text);
	return 0;
}
