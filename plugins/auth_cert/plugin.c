/* SPDX-License-Identifier: MIT
 *
 * plugin.c - auth_cert: who asks, by the client certificate that the TLS listener has verified.
 */
#include "common/principals.h"

#include <rent/crypto.h>
#include <rent/plugin.h>
#include <stdlib.h>

#define BY_HASH "sha256:"

struct auth_cert {
	struct principals
		principals; /* what: the subject, or BY_HASH and 64 hex digits */
};

static const struct rent_option options[] = {
	RENT_LIST_OPTION(
		"certificates", NULL, .flags = RENT_OPT_REQUIRED, .max = "64",
		.help = "\"ROLE SUBJECT WHICH\": whom a certificate speaks for. WHICH is its "
			"whole subject (RFC 4514: \"CN=gateway,O=Rent\"), or \"sha256:\" and the "
			"hash of its DER form in hex"),
	RENT_OPTIONS_END,
};

static bool is_this(const char *what, const struct rent_peer *peer)
{
	size_t n = strlen(BY_HASH);

	if (strncmp(what, BY_HASH, n) == 0)
		return strcmp(what + n, peer->cert_fingerprint) == 0;
	return peer->cert_subject != NULL && strcmp(what, peer->cert_subject) == 0;
}

/* One that is not in the list is no refusal: a gateway's certificate may only be the way in, and a
 * token say who asks. */
static int cert_authenticate(void *self, const struct rent_http_request *req,
                             const struct rent_peer *peer, struct rent_principal *ret,
                             struct rent_error *err)
{
	const struct auth_cert *a = self;

	(void)req;
	(void)err;
	if (peer->cert_fingerprint == NULL)
		return RENT_AUTH_NOTHING;
	for (size_t i = 0; i < a->principals.count; i++) {
		if (!is_this(a->principals.list[i].what, peer))
			continue;
		principals_give(&a->principals.list[i], ret);
		(void)rent_copy(ret->key_id, sizeof(ret->key_id), peer->cert_fingerprint);
		return RENT_AUTH_KNOWN;
	}
	return RENT_AUTH_NOTHING;
}

static const struct rent_auth api = {
	.struct_size = sizeof(api),
	.authenticate = cert_authenticate,
};

static int check_hash(const char *what, struct rent_error *err)
{
	size_t n = strlen(BY_HASH);

	if (strncmp(what, BY_HASH, n) != 0 ||
	    (strlen(what + n) == 2 * (size_t)RENT_SHA256_SIZE &&
	     strspn(what + n, "0123456789abcdef") == strlen(what + n)))
		return 0;
	return rent_fail(err, RENT_EINVAL,
	                 "options.certificates: '%s' has not 64 lower-case hex digits",
	                 what);
}

static int cert_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct auth_cert *a = calloc(1, sizeof(*a));
	int code;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	code = principals_read(&a->principals, host, "certificates", err);
	for (size_t i = 0; i < a->principals.count && code == 0; i++)
		code = check_hash(a->principals.list[i].what, err);
	if (code != 0) {
		free(a);
		return code;
	}
	*ret_self = a;
	return 0;
}

RENT_PLUGIN(auth_cert) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_AUTH,
	.name = "auth_cert",
	.version = RENT_VERSION,
	.summary = "who asks, by the client certificate of a TLS listener",
	.options = options,
	.api = &api,
	.create = cert_create,
	.destroy = free,
};
