/* SPDX-License-Identifier: MIT
 *
 * key_set.c - see key_set.h.
 */
#include "key_set.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

struct key_set {
	atomic_uint refs;
	json_t *doc;
	const json_t *keys[KEY_SET_MAX];
	size_t count;
};

static bool is_useful(const json_t *jwk, const struct algorithm *const *algorithms)
{
	for (; json_is_object(jwk) && *algorithms != NULL; algorithms++)
		if (algorithm_fits(*algorithms, jwk))
			return true;
	return false;
}

static int take_keys(struct key_set *set, const struct algorithm *const *algorithms,
                     struct rent_error *err)
{
	const json_t *list = json_object_get(set->doc, "keys"), *jwk;
	size_t i;

	if (!json_is_array(list))
		return rent_fail(err, RENT_EINVAL, "is no JWK set: no list \"keys\"");
	json_array_foreach(list, i, jwk)
	{
		if (!is_useful(jwk, algorithms))
			continue;
		if (set->count == KEY_SET_MAX)
			return rent_fail(err, RENT_EINVAL, "has more than %d keys",
			                 KEY_SET_MAX);
		set->keys[set->count++] = jwk;
	}
	if (set->count == 0)
		return rent_fail(err, RENT_EINVAL,
		                 "has no key for the algorithms of the configuration");
	return 0;
}

int key_set_parse(const char *text, size_t size,
                  const struct algorithm *const *algorithms, struct key_set **ret,
                  struct rent_error *err)
{
	struct key_set *set = calloc(1, sizeof(*set));
	json_error_t where;
	int code = 0;

	if (set == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	atomic_init(&set->refs, 1);
	if (size > KEY_SET_TEXT_MAX)
		code = rent_fail(err, RENT_EINVAL, "is larger than %zu bytes",
		                 KEY_SET_TEXT_MAX);
	if (code == 0) {
		set->doc = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
		code = set->doc == NULL
		               ? rent_fail(err, RENT_EINVAL, "is not JSON: line %d: %s",
		                           where.line, where.text)
		               : take_keys(set, algorithms, err);
	}
	if (code != 0)
		key_set_unref(set);
	else
		*ret = set;
	return code;
}

struct key_set *key_set_ref(struct key_set *set)
{
	if (set != NULL)
		(void)atomic_fetch_add(&set->refs, 1);
	return set;
}

void key_set_unref(struct key_set *set)
{
	if (set == NULL || atomic_fetch_sub(&set->refs, 1) != 1)
		return;
	json_decref(set->doc);
	free(set);
}

size_t key_set_count(const struct key_set *set)
{
	return set->count;
}

bool key_set_is_secret(const struct key_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		if (json_object_get(set->keys[i], "k") != NULL ||
		    json_object_get(set->keys[i], "d") != NULL)
			return true;
	return false;
}

static bool has_id(const json_t *jwk, const char *kid)
{
	const char *own = json_string_value(json_object_get(jwk, "kid"));

	return own != NULL && strcmp(own, kid) == 0;
}

enum key_set_verdict key_set_find(const struct key_set *set,
                                  const struct algorithm *algorithm, const char *kid,
                                  const json_t **ret)
{
	size_t named = 0, fit = 0;

	for (size_t i = 0; i < set->count; i++) {
		const json_t *jwk = set->keys[i];

		if (kid != NULL && !has_id(jwk, kid))
			continue;
		named++;
		if (!algorithm_fits(algorithm, jwk))
			continue;
		fit++;
		*ret = jwk;
	}
	if (kid != NULL && named == 0)
		return KEY_UNKNOWN;
	return fit == 1 ? KEY_FOUND : KEY_UNFIT;
}
