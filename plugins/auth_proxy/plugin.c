/* SPDX-License-Identifier: MIT
 *
 * plugin.c - auth_proxy: who asks, as a gateway in front of rentald says that has asked already. What
 * it says is signed with a secret that both know, counts for a short time, and only from its address.
 *
 *     X-Auth-User: alice
 *     X-Auth-Role: customer          may be left out: customer
 *     X-Auth-Time: 1800000000        seconds since 1970
 *     X-Auth-Signature: HEX          HMAC-SHA256 of "v2\nTIME\nROLE\nUSER\nMETHOD\nPATH\nQUERY\nBODY"
 *
 * QUERY is every parameter as NAME=VALUE, decoded but for "%", "&" and "=" (%25, %26, %3D), in their order, with
 * "&" between; BODY the SHA-256 of the body in hexadecimal digits. So what a gateway signed is good for this request only.
 */
#include "common/networks.h"

#include <rent/auth.h>
#include <rent/host.h>
#include <rent/plugin.h>
#include <stdlib.h>

#define SIGNATURE_SIZE (2 * RENT_SHA256_SIZE + 1)
#define LAST_SECOND    INT64_C(253402300799) /* of the year 9999 */

struct auth_proxy {
	const struct rent_host *host;
	const char *secrets[2]; /* the second while they change; NULL: none */
	struct networks proxies;
	bool unix_too;
	uint32_t roles; /* 1u << role, or'ed */
	int64_t max_age_us;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("secret", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET,
	                   .min = "32", .max = "256",
	                   .help = "what the gateway signs with"),
	RENT_STRING_OPTION("old_secret", NULL, .flags = RENT_OPT_SECRET, .min = "32",
	                   .max = "256",
	                   .help = "counts as well, while the secret changes"),
	RENT_LIST_OPTION(
		"proxies", NULL, .flags = RENT_OPT_REQUIRED, .max = "32",
		.help = "addresses and networks of the gateways; \"unix\": unix sockets"),
	RENT_LIST_OPTION("roles", "customer", .max = "4",
	                 .help = "what the gateway may say that somebody is"),
	RENT_DURATION_OPTION(
		"max_age", "30s", .min = "1s", .max = "10m",
		.help = "how long what it says counts, to both sides of now"),
	RENT_OPTIONS_END,
};

/* What the gateway says. */
struct saying {
	const char *user, *role, *time, *signature;
};

/* With "%", "&" and "=" as %25, %26 and %3D, so that no two queries are one text. NULL: no memory. */
static const char *escape(struct rent_arena *arena, const char *text)
{
	static const char hex[] = "0123456789ABCDEF";
	char *ret = rent_alloc(arena, 3 * strlen(text) + 1), *at = ret;

	for (; ret != NULL && *text != '\0'; text++) {
		if (strchr("%&=", *text) == NULL) {
			*at++ = *text;
			continue;
		}
		*at++ = '%';
		*at++ = hex[(unsigned char)*text >> 4];
		*at++ = hex[(unsigned char)*text & 15];
	}
	if (ret != NULL)
		*at = '\0';
	return ret;
}

/* NULL: no memory. */
static const char *query_of(const struct rent_http_request *req)
{
	const char *text = "";

	for (uint32_t i = 0; text != NULL && i < req->query_count; i++) {
		const char *name = escape(req->arena, req->query[i].name);
		const char *value = escape(req->arena, req->query[i].value);

		text = name == NULL || value == NULL
		               ? NULL
		               : rent_printf(req->arena, "%s%s%s=%s", text,
		                             i == 0 ? "" : "&", name, value);
	}
	return text;
}

static const char *text_to_sign(const struct auth_proxy *a,
                                const struct rent_http_request *req,
                                const struct saying *s)
{
	unsigned char digest[RENT_SHA256_SIZE];
	char body[SIGNATURE_SIZE];
	const char *query = query_of(req);

	a->host->crypto->sha256(req->body, req->body_size, digest);
	rent_hex(digest, sizeof(digest), body);
	return query == NULL ? NULL
	                     : rent_printf(req->arena, "v2\n%s\n%s\n%s\n%s\n%s\n%s\n%s",
	                                   s->time, s->role, s->user, req->method,
	                                   req->path, query, body);
}

static bool is_signed(const struct auth_proxy *a, const struct rent_http_request *req,
                      const struct saying *s)
{
	const struct rent_crypto_api *crypto = a->host->crypto;
	const char *text = text_to_sign(a, req, s);
	unsigned char mac[RENT_SHA256_SIZE];
	char hex[SIGNATURE_SIZE];
	bool good = false;

	if (text == NULL || strlen(s->signature) != SIGNATURE_SIZE - 1)
		return false;
	for (size_t i = 0; i < 2 && a->secrets[i] != NULL; i++) {
		crypto->hmac_sha256(a->secrets[i], strlen(a->secrets[i]), text,
		                    strlen(text), mac);
		rent_hex(mac, sizeof(mac), hex);
		good = crypto->equal(hex, s->signature, SIGNATURE_SIZE - 1) || good;
	}
	return good;
}

/* *ret_end: when it ends to count. */
static bool is_fresh(const struct auth_proxy *a, const char *time, int64_t *ret_end)
{
	int64_t said, now = a->host->wall_us(a->host);

	if (time[0] == '\0' || strlen(time) > 12 ||
	    strspn(time, "0123456789") != strlen(time))
		return false;
	said = strtoll(time, NULL, 10);
	if (said > LAST_SECOND)
		return false;
	said *= RENT_SECOND;
	*ret_end = said + a->max_age_us;
	return said >= now - a->max_age_us && said <= now + a->max_age_us;
}

static bool is_gateway(const struct auth_proxy *a, const struct rent_peer *peer)
{
	return peer->is_unix ? a->unix_too : networks_have(&a->proxies, peer->address);
}

static int proxy_authenticate(void *self, const struct rent_http_request *req,
                              const struct rent_peer *peer, struct rent_principal *ret,
                              struct rent_error *err)
{
	const struct auth_proxy *a = self;
	struct saying s = { req->header(req, "X-Auth-User"),
		            req->header(req, "X-Auth-Role"),
		            req->header(req, "X-Auth-Time"),
		            req->header(req, "X-Auth-Signature") };
	int role;

	if (s.user == NULL && s.signature == NULL)
		return RENT_AUTH_NOTHING;
	if (!is_gateway(a, peer))
		return rent_fail(err, RENT_EPERM,
		                 "X-Auth-User from an address that is no gateway's");
	if (s.user == NULL || s.time == NULL || s.signature == NULL)
		return rent_fail(
			err, RENT_EPERM,
			"X-Auth-User, X-Auth-Time and X-Auth-Signature come together");
	if (s.role == NULL)
		s.role = "customer";
	if (!is_signed(a, req, &s))
		return rent_fail(err, RENT_EPERM,
		                 "a signature that is not the gateway's");
	if (!is_fresh(a, s.time, &ret->expires_at))
		return rent_fail(err, RENT_EPERM,
		                 "X-Auth-Time is not now; do the clocks agree?");
	role = rent_value_of(rent_role_names, s.role);
	if (role == 0 || (a->roles & 1u << (unsigned)role) == 0)
		return rent_fail(err, RENT_EPERM,
		                 "a role that the gateway may not give (options.roles)");
	if (!rent_id_valid(s.user))
		return rent_fail(err, RENT_EPERM,
		                 "X-Auth-User is not 1 to 64 visible ASCII characters");
	ret->role = (enum rent_role)role;
	(void)rent_copy(ret->subject, sizeof(ret->subject), s.user);
	return RENT_AUTH_KNOWN;
}

static const struct rent_auth api = {
	.struct_size = sizeof(api),
	.authenticate = proxy_authenticate,
};

static int read_lists(struct auth_proxy *a, struct rent_error *err)
{
	const struct rent_host *host = a->host;
	const char *text;
	int code = 0;

	for (size_t i = 0;
	     code == 0 && (text = host->opt_list(host, "proxies", i)) != NULL; i++) {
		if (strcmp(text, "unix") == 0)
			a->unix_too = true;
		else
			code = networks_add(&a->proxies, "proxies", text, err);
	}
	for (size_t i = 0; code == 0 && (text = host->opt_list(host, "roles", i)) != NULL;
	     i++) {
		int role = rent_value_of(rent_role_names, text);

		a->roles |= 1u << (unsigned)role;
		if (role == 0)
			code = rent_fail(
				err, RENT_EINVAL,
				"options.roles: '%s' is none of customer, viewer, "
				"operator and service",
				text);
	}
	return code;
}

static int proxy_create(const struct rent_host *host, void **ret_self,
                        struct rent_error *err)
{
	struct auth_proxy *a = calloc(1, sizeof(*a));
	int code;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->host = host;
	a->secrets[0] = host->opt_str(host, "secret");
	a->secrets[1] = host->opt_str(host, "old_secret");
	a->max_age_us = host->opt_int(host, "max_age");
	code = read_lists(a, err);
	if (code != 0) {
		free(a);
		return code;
	}
	*ret_self = a;
	return 0;
}

RENT_PLUGIN(auth_proxy) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_AUTH,
	.name = "auth_proxy",
	.version = RENT_VERSION,
	.summary = "who asks, as a gateway in front says and signs",
	.options = options,
	.api = &api,
	.create = proxy_create,
	.destroy = free,
};
