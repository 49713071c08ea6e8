/* SPDX-License-Identifier: MIT
 *
 * plugin.c - auth_jwt: who asks, by signed tokens of an identity provider. Descriptor, options, and the
 * order in which a token is judged.
 */
#include "claims.h"
#include "source.h"
#include "token.h"

#include <stdlib.h>
#include <strings.h>

#define ALGORITHMS_MAX 16

struct auth_jwt {
	const struct rent_host *host;
	const struct algorithm *algorithms[ALGORITHMS_MAX + 1]; /* ends with NULL */
	struct claim_rules rules;
	struct source source;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("issuer", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .max = "160", .help = "what the claim iss must be"),
	RENT_LIST_OPTION(
		"audience", NULL, .flags = RENT_OPT_REQUIRED, .max = "16",
		.help = "names of this service: the claim aud must have one of them"),
	RENT_LIST_OPTION(
		"algorithms", "RS256,ES256,EdDSA", .max = "16",
		.help = "signatures that count, whatever a token says of itself: RS256, "
			"RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA "
			"(Ed25519), HS256, HS384, HS512"),
	RENT_LIST_OPTION(
		"types", "JWT,at+jwt", .max = "8",
		.help = "typ of a token's header that counts; a token without one does as well"),
	RENT_PATH_OPTION("file", NULL, .min = "1",
	                 .help = "JWK set with the issuer's keys; read again when it has "
	                         "changed"),
	RENT_STRING_OPTION("url", NULL, .min = "1", .max = "1024",
	                   .help = "where the issuer publishes its JWK set (jwks_uri): "
	                           "\"https://HOST/PATH\""),
	RENT_INSECURE_OPTION,
	RENT_DURATION_OPTION(
		"refresh", "5m", .min = "10ms", .max = "1d",
		.help = "how often url is asked; a key that the issuer withdrew counts "
			"for so long"),
	RENT_DURATION_OPTION(
		"refetch", "2s", .min = "10ms", .max = "1m",
		.help = "time between two askings because of a token whose key is not "
			"known; such a token waits for it"),
	RENT_DURATION_OPTION("check", "1s", .min = "10ms", .max = "1h",
	                     .help = "how often the file is looked at"),
	RENT_DURATION_OPTION(
		"leeway", "30s", .min = "0s", .max = "5m",
		.help = "how far the issuer's clock may be from ours (exp, nbf)"),
	RENT_STRING_OPTION(
		"subject_claim", "sub", .min = "1", .max = "128",
		.help = "claim that says who it is, of a customer the user's id; a path "
			"of names is \"a.b\""),
	RENT_STRING_OPTION(
		"subject_prefix", "", .max = "32",
		.help = "put before every subject, so that those of two issuers are different "
			"users: \"shop/\""),
	RENT_STRING_OPTION(
		"role_claim", "role", .min = "1", .max = "128",
		.help = "claim that roles looks at: a text, or a list of texts"),
	RENT_LIST_OPTION(
		"roles", "", .max = "32",
		.help = "VALUE=ROLE: who has VALUE in role_claim is customer, viewer, "
			"operator or service; the first entry that fits counts"),
	RENT_ENUM_OPTION("default_role", "customer", .choices = "customer|none",
	                 .help = "what a token is that no entry of roles fits; none: it "
	                         "is refused"),
	RENT_STRING_OPTION(
		"scope_claim", "", .max = "128",
		.help = "claim that limits what a token may of its role, such as "
			"\"scope\"; \"\": tokens are not limited"),
	RENT_SLOW_UPSTREAM_OPTIONS("jwks", "5s", "5", "10s"),
	RENT_OPTIONS_END,
};

static int read_algorithms(struct auth_jwt *a, struct rent_error *err)
{
	const char *name;

	for (size_t i = 0; i < ALGORITHMS_MAX &&
	                   (name = a->host->opt_list(a->host, "algorithms", i)) != NULL;
	     i++) {
		a->algorithms[i] = algorithm_find(name);
		if (a->algorithms[i] == NULL)
			return rent_fail(
				err, RENT_EINVAL,
				"algorithms: '%s' is not known, or signs nothing", name);
	}
	return a->algorithms[0] != NULL
	               ? 0
	               : rent_fail(err, RENT_EINVAL, "algorithms is empty");
}

/* ---- judging a token */

/* The one of the header, if the configuration has it. */
static const struct algorithm *allowed(const struct auth_jwt *a, const char *name)
{
	for (size_t i = 0; a->algorithms[i] != NULL; i++)
		if (strcmp(a->algorithms[i]->name, name) == 0)
			return a->algorithms[i];
	return NULL;
}

static int verify_with(const struct key_set *set, const struct algorithm *algorithm,
                       const struct token_header *header, const struct token_parts *parts,
                       struct rent_error *err)
{
	const json_t *key = NULL;

	switch (key_set_find(set, algorithm, header->kid, &key)) {
	case KEY_UNKNOWN:
		return 1;
	case KEY_UNFIT:
		return rent_fail(err, RENT_EPERM,
		                 header->kid == NULL
		                         ? "a token that does not say which key"
		                         : "a token of a key for another algorithm");
	case KEY_FOUND:
		break;
	}
	if (!algorithm_verify(algorithm, key, parts))
		return rent_fail(err, RENT_EPERM,
		                 "a token whose signature is not that of its key");
	return 0;
}

/* The issuer may have new keys since we asked: then the token waits for them. */
static int verify(struct auth_jwt *a, const struct token_header *header,
                  const struct token_parts *parts, struct rent_error *err)
{
	const struct algorithm *algorithm = allowed(a, header->alg);
	int code = 1;

	if (algorithm == NULL)
		return rent_fail(err, RENT_EPERM,
		                 "a token of an algorithm that is not allowed");
	for (int i = 0; i < 2 && code == 1; i++) {
		uint64_t tries;
		struct key_set *set = source_take(&a->source, &tries);

		if (set != NULL)
			code = verify_with(set, algorithm, header, parts, err);
		key_set_unref(set);
		if (code == 1 && i == 0) {
			code = source_newer(&a->source, tries, err);
			code = code == 0 ? 1 : code;
		}
	}
	return code == 1 ? rent_fail(err, RENT_EPERM,
	                             "a token of a key that the issuer does not have")
	                 : code;
}

/* Tokens of other kinds, of a logout for instance, are signed by the same keys. */
static int check_type(const struct auth_jwt *a, const struct token_header *header,
                      struct rent_error *err)
{
	const char *type;

	if (header->typ == NULL)
		return 0;
	for (size_t i = 0; (type = a->host->opt_list(a->host, "types", i)) != NULL; i++)
		if (strcasecmp(type, header->typ) == 0)
			return 0;
	return rent_fail(err, RENT_EPERM, "a token of another type (typ, options.types)");
}

static int judge(struct auth_jwt *a, const char *text, struct rent_principal *ret,
                 struct rent_error *err)
{
	struct token_header header;
	struct token_parts parts;
	json_t *claims = NULL;
	int code = token_split(text, &parts, err);

	if (code == 0)
		code = token_header(&parts, &header, err);
	if (code != 0)
		return code;
	code = check_type(a, &header, err);
	if (code == 0)
		code = verify(a, &header, &parts, err);
	if (code == 0)
		code = token_claims(&parts, &claims, err);
	if (code == 0)
		code = claims_read(&a->rules, claims, a->host->wall_us(a->host), ret,
		                   err);
	if (code == 0 && rent_id_valid(header.kid))
		(void)rent_copy(ret->key_id, sizeof(ret->key_id), header.kid);
	json_decref(claims);
	json_decref(header.doc);
	return code;
}

/* The token of "Bearer a.b.c"; NULL: what is there is none. */
static const char *token_of(const struct rent_http_request *req)
{
	const char *text = req->header(req, "Authorization");

	if (text == NULL || strncasecmp(text, "Bearer ", 7) != 0)
		return NULL;
	text += 7;
	text += strspn(text, " ");
	return strchr(text, '.') == NULL ? NULL : text;
}

static int jwt_authenticate(void *self, const struct rent_http_request *req,
                            const struct rent_peer *peer, struct rent_principal *ret,
                            struct rent_error *err)
{
	const char *text = token_of(req);

	(void)peer;
	return text == NULL ? (int)RENT_AUTH_NOTHING : judge(self, text, ret, err);
}

static const struct rent_auth api = {
	.struct_size = sizeof(api),
	.authenticate = jwt_authenticate,
	.challenge = "Bearer",
};

/* ---- life */

static void refresh(void *arg)
{
	struct rent_error err = { .code = 0 };
	struct auth_jwt *a = arg;

	(void)source_refresh(&a->source, &err);
}

static int jwt_create(const struct rent_host *host, void **ret_self,
                      struct rent_error *err)
{
	struct auth_jwt *a = calloc(1, sizeof(*a));
	int code;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->host = host;
	code = read_algorithms(a, err);
	if (code == 0)
		code = claim_rules_init(&a->rules, host, err);
	if (code == 0)
		code = source_init(&a->source, host, a->algorithms, err);
	if (code != 0) {
		free(a);
		return code;
	}
	*ret_self = a;
	return 0;
}

/* A file that is wrong ends the start; an issuer that does not answer yet does not. */
static int jwt_start(void *self, struct rent_error *err)
{
	struct auth_jwt *a = self;
	bool is_file = a->source.file != NULL;
	int code = is_file ? source_refresh(&a->source, err) : 0;

	if (code != 0)
		return code;
	return a->host->timer(a->host, "jwks",
	                      a->host->opt_int(a->host, is_file ? "check" : "refresh"),
	                      refresh, a, err);
}

static void jwt_health(void *self, struct rent_health *ret)
{
	struct auth_jwt *a = self;

	source_health(&a->source, ret);
}

static int jwt_check(void *self, struct rent_error *err)
{
	struct auth_jwt *a = self;

	return source_refresh(&a->source, err);
}

static void jwt_destroy(void *self)
{
	struct auth_jwt *a = self;

	source_done(&a->source);
	free(a);
}

RENT_PLUGIN(auth_jwt) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_AUTH,
	.name = "auth_jwt",
	.version = RENT_VERSION,
	.summary = "who asks, by signed tokens (JWT) of an identity provider",
	.options = options,
	.api = &api,
	.create = jwt_create,
	.start = jwt_start,
	.destroy = jwt_destroy,
	.health = jwt_health,
	.check = jwt_check,
};
