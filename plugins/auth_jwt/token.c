/* SPDX-License-Identifier: MIT
 *
 * token.c - see token.h.
 */
#include "token.h"

#include <jose/b64.h>
#include <string.h>
#include <strings.h>

/* The part up to the next dot, or to the end. NULL: it is empty. */
static const char *next_part(const char **at, size_t *ret_size)
{
	const char *part = *at;

	*ret_size = strcspn(part, ".");
	*at = part + *ret_size + (part[*ret_size] == '.' ? 1 : 0);
	return *ret_size == 0 ? NULL : part;
}

int token_split(const char *text, struct token_parts *ret, struct rent_error *err)
{
	size_t size = strnlen(text, TOKEN_MAX + 1), dots = 0;

	if (size > TOKEN_MAX)
		return rent_fail(err, RENT_EPERM, "a token of more than %d characters",
		                 TOKEN_MAX);
	for (const char *c = text; *c != '\0'; c++)
		dots += *c == '.';
	if (dots == 4)
		return rent_fail(err, RENT_EPERM,
		                 "an encrypted token: only signed ones are taken");
	ret->header = next_part(&text, &ret->header_size);
	ret->payload = next_part(&text, &ret->payload_size);
	ret->signature = next_part(&text, &ret->signature_size);
	if (dots != 2 || ret->header == NULL || ret->payload == NULL ||
	    ret->signature == NULL)
		return rent_fail(err, RENT_EPERM,
		                 "a token that is not HEADER.PAYLOAD.SIGNATURE");
	return 0;
}

/* A task's stack is small, and jansson goes down with the nesting. */
static bool is_flat(const char *text, size_t size)
{
	size_t brackets = 0;

	for (size_t i = 0; i < size; i++)
		brackets += text[i] == '[' || text[i] == '{';
	return brackets <= TOKEN_BRACKETS;
}

static int read_object(const char *part, size_t size, const char *what, json_t **ret,
                       struct rent_error *err)
{
	char text[TOKEN_MAX * 3 / 4 + 3];
	size_t n = jose_b64_dec_buf(part, size, NULL, 0);

	if (n > sizeof(text) || jose_b64_dec_buf(part, size, text, n) != n)
		return rent_fail(err, RENT_EPERM, "a token whose %s is not base64url",
		                 what);
	if (!is_flat(text, n))
		return rent_fail(err, RENT_EPERM, "a token whose %s is nested too much",
		                 what);
	/* Two readers of a member that is there twice may take different ones. */
	*ret = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	if (json_is_object(*ret))
		return 0;
	json_decref(*ret);
	*ret = NULL;
	return rent_fail(err, RENT_EPERM,
	                 "a token whose %s is no JSON object, or has a member twice",
	                 what);
}

/* RFC 7515, 4.1.9: "application/" may be left out. */
static const char *short_type(const char *typ)
{
	static const char prefix[] = "application/";

	if (typ != NULL && strncasecmp(typ, prefix, sizeof(prefix) - 1) == 0)
		return typ + sizeof(prefix) - 1;
	return typ;
}

int token_header(const struct token_parts *parts, struct token_header *ret,
                 struct rent_error *err)
{
	const json_t *kid, *typ;
	json_t *doc = NULL;
	int code = read_object(parts->header, parts->header_size, "header", &doc, err);

	if (code != 0)
		return code;
	kid = json_object_get(doc, "kid");
	typ = json_object_get(doc, "typ");
	*ret = (struct token_header){ doc, json_string_value(json_object_get(doc, "alg")),
		                      json_string_value(kid),
		                      short_type(json_string_value(typ)) };
	/* RFC 7515, 4.1.11: extensions that must be understood; we understand none. */
	if (json_object_get(doc, "crit") != NULL)
		code = rent_fail(err, RENT_EPERM,
		                 "a token with extensions that are not known");
	else if (ret->alg == NULL || (kid != NULL && ret->kid == NULL) ||
	         (typ != NULL && ret->typ == NULL))
		code = rent_fail(
			err, RENT_EPERM,
			"a token whose header has no alg, or a kid or typ that is no text");
	if (code != 0)
		json_decref(doc);
	return code;
}

int token_claims(const struct token_parts *parts, json_t **ret, struct rent_error *err)
{
	return read_object(parts->payload, parts->payload_size, "payload", ret, err);
}
