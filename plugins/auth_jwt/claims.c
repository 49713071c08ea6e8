/* SPDX-License-Identifier: MIT
 *
 * claims.c - see claims.h.
 */
#include "claims.h"

#include <string.h>

#define LAST_SECOND INT64_C(253402300799) /* of the year 9999 */
#define NO_SCOPE    "none"                /* no route wants it: nothing is allowed */

/* ---- options */

/* "VALUE=ROLE" */
static bool read_role(const char *text, struct claim_role *ret)
{
	const char *equals = strrchr(text, '=');
	size_t n = equals == NULL ? 0 : (size_t)(equals - text);

	if (n == 0 || n >= sizeof(ret->value))
		return false;
	memcpy(ret->value, text, n);
	ret->value[n] = '\0';
	ret->role = (enum rent_role)rent_value_of(rent_role_names, equals + 1);
	return ret->role != 0;
}

int claim_rules_init(struct claim_rules *rules, const struct rent_host *host,
                     struct rent_error *err)
{
	const char *text;

	*rules = (struct claim_rules){
		.host = host,
		.issuer = host->opt_str(host, "issuer"),
		.subject_prefix = host->opt_str(host, "subject_prefix"),
		.subject_claim = host->opt_str(host, "subject_claim"),
		.role_claim = host->opt_str(host, "role_claim"),
		.scope_claim = host->opt_str(host, "scope_claim"),
		.leeway_us = host->opt_int(host, "leeway"),
		.default_role = host->opt_enum(host, "default_role") == 0
		                        ? RENT_ROLE_CUSTOMER
		                        : 0,
	};
	for (size_t i = 0; (text = host->opt_list(host, "roles", i)) != NULL; i++) {
		if (i == CLAIM_ROLES_MAX)
			return rent_fail(err, RENT_EINVAL,
			                 "roles has more than %d entries",
			                 CLAIM_ROLES_MAX);
		if (!read_role(text, &rules->roles[rules->role_count++]))
			return rent_fail(err, RENT_EINVAL,
			                 "roles: '%s' is not VALUE=ROLE with one of "
			                 "customer, viewer, operator and service",
			                 text);
	}
	return 0;
}

/* ---- values */

/* A claim by its name, or by a path of names: "realm_access.roles". A name may have dots itself. */
static const json_t *claim(const json_t *claims, const char *name)
{
	const json_t *value = json_object_get(claims, name);
	const char *dot = strchr(name, '.');

	if (value != NULL || dot == NULL)
		return value;
	return claim(json_object_getn(claims, name, (size_t)(dot - name)), dot + 1);
}

static bool is_text(const json_t *value, const char *text)
{
	return json_is_string(value) && strcmp(json_string_value(value), text) == 0;
}

/* Whether a value is this text, or a list with it, or (words) a text with it between spaces. */
static bool has_text(const json_t *value, const char *text, bool words)
{
	const json_t *item;
	size_t i;

	json_array_foreach(value, i, item) if (is_text(item, text)) return true;
	if (!json_is_string(value))
		return false;
	return words ? json_string_value(value)[0] != '\0' &&
	                       rent_scope_has(json_string_value(value), text)
	             : is_text(value, text);
}

/* Seconds since 1970, as a time of ours. */
static bool read_time(const json_t *claims, const char *name, int64_t *ret)
{
	const json_t *value = json_object_get(claims, name);
	int64_t seconds = json_integer_value(value);

	if (!json_is_integer(value) || seconds < 0 || seconds > LAST_SECOND)
		return false;
	*ret = seconds * RENT_SECOND;
	return true;
}

/* ---- judging */

static const char *wrong_place(const struct claim_rules *r, const json_t *claims)
{
	const json_t *audience = json_object_get(claims, "aud");
	const char *mine;

	if (!is_text(json_object_get(claims, "iss"), r->issuer))
		return "a token of another issuer";
	for (size_t i = 0; (mine = r->host->opt_list(r->host, "audience", i)) != NULL;
	     i++)
		if (has_text(audience, mine, false))
			return NULL;
	return "a token for another audience";
}

static const char *no_time(const json_t *claims, int64_t *ret_begin, int64_t *ret_end)
{
	*ret_begin = 0;
	if (!read_time(claims, "exp", ret_end))
		return "a token without a whole number exp";
	if (json_object_get(claims, "nbf") != NULL &&
	    !read_time(claims, "nbf", ret_begin))
		return "a token whose nbf is no whole number";
	return NULL;
}

static const char *wrong_time(const struct claim_rules *r, int64_t begin, int64_t end,
                              int64_t now)
{
	if (end + r->leeway_us <= now)
		return "a token that has expired";
	if (begin > now + r->leeway_us)
		return "a token that is not valid yet";
	return NULL;
}

static const char *wrong_role(const struct claim_rules *r, const json_t *claims,
                              enum rent_role *ret)
{
	const json_t *value = claim(claims, r->role_claim);

	*ret = r->default_role;
	for (size_t i = 0; i < r->role_count; i++) {
		if (!has_text(value, r->roles[i].value, true))
			continue;
		*ret = r->roles[i].role;
		break;
	}
	return *ret == 0 ? "a token without a role that counts here" : NULL;
}

/* What a token that lets its bearer in does not say: what ended (logout), what another token's hash is (an
 * ID token), or, as Keycloak writes it, that it is of another kind. */
static const char *wrong_kind(const json_t *claims)
{
	static const char *const others[] = { "events", "at_hash", "c_hash" };
	const json_t *typ = json_object_get(claims, "typ");

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (json_object_get(claims, others[i]) != NULL)
			return "a token that is not for access (events, at_hash, c_hash)";
	if (typ != NULL && !is_text(typ, "Bearer") && !is_text(typ, "JWT"))
		return "a token that is not for access (typ)";
	return NULL;
}

static bool add_scope(char *scopes, const char *more)
{
	size_t n = strlen(scopes);

	return (size_t)snprintf(scopes + n, RENT_SCOPES_SIZE - n, "%s%s",
	                        n == 0 ? "" : " ", more) < RENT_SCOPES_SIZE - n;
}

static const char *wrong_scope(const struct claim_rules *r, const json_t *claims,
                               char *scopes)
{
	const json_t *value, *item;
	bool fits = true;
	size_t i;

	scopes[0] = '\0';
	if (r->scope_claim[0] == '\0')
		return NULL;
	value = claim(claims, r->scope_claim);
	json_array_foreach(value, i, item) fits =
		fits && json_is_string(item) &&
		add_scope(scopes, json_string_value(item));
	if (json_is_string(value))
		fits = add_scope(scopes, json_string_value(value));
	/* "" would mean all. */
	if (scopes[strspn(scopes, " ")] == '\0')
		(void)rent_copy(scopes, RENT_SCOPES_SIZE, NO_SCOPE);
	return fits ? NULL : "a token whose scopes are too long, or no texts";
}

int claims_read(const struct claim_rules *rules, const json_t *claims, int64_t now,
                struct rent_principal *ret, struct rent_error *err)
{
	const char *named = json_string_value(claim(claims, rules->subject_claim));
	char subject[RENT_ID_SIZE];
	const char *wrong = wrong_place(rules, claims);
	int64_t begin, end;

	if (wrong == NULL)
		wrong = wrong_kind(claims);
	if (wrong == NULL)
		wrong = no_time(claims, &begin, &end);
	if (wrong == NULL)
		wrong = wrong_role(rules, claims, &ret->role);
	if (wrong == NULL)
		wrong = wrong_scope(rules, claims, ret->scopes);
	if (wrong == NULL &&
	    (named == NULL || named[0] == '\0' ||
	     snprintf(subject, sizeof(subject), "%s%s", rules->subject_prefix, named) >=
	             (int)sizeof(subject) ||
	     !rent_id_valid(subject)))
		wrong = "a token whose subject is not 1 to 64 visible ASCII characters";
	if (wrong != NULL)
		return rent_fail(err, RENT_EPERM, "%s", wrong);
	wrong = wrong_time(rules, begin, end, now);
	if (wrong != NULL) {
		(void)rent_fail(err, RENT_EPERM, "%s", wrong);
		return RENT_AUTH_EXPIRED;
	}
	ret->expires_at = end + rules->leeway_us;
	(void)rent_copy(ret->subject, sizeof(ret->subject), subject);
	(void)rent_copy(ret->issuer, sizeof(ret->issuer), rules->issuer);
	return 0;
}
