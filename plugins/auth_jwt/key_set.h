/* SPDX-License-Identifier: MIT
 *
 * key_set.h - the keys that may have signed a token: a JWK set (RFC 7517), read once and then never
 * changed. Whoever looks at it holds a reference.
 */
#ifndef AUTH_JWT_KEY_SET_H
#define AUTH_JWT_KEY_SET_H

#include "algorithms.h"

#include <rent/base.h>

#define KEY_SET_MAX      64                   /* keys */
#define KEY_SET_TEXT_MAX ((size_t)256 * 1024) /* bytes */

struct key_set;

/* Keys of kinds that are not known, and those that are not for signatures, are passed over. A set
 * without any key for one of the algorithms is refused (RENT_EINVAL): it would turn everybody away. */
int key_set_parse(const char *text, size_t size,
                  const struct algorithm *const *algorithms, struct key_set **ret,
                  struct rent_error *err);
struct key_set *key_set_ref(struct key_set *set);
void key_set_unref(struct key_set *set); /* NULL is fine */

size_t key_set_count(const struct key_set *set);
/* It has a key that signs as well as it verifies: nobody else may read where it comes from. */
bool key_set_is_secret(const struct key_set *set);

enum key_set_verdict {
	KEY_FOUND,
	/* No key has this id; a newer set may. */
	KEY_UNKNOWN,
	/* There is one, for another algorithm; or, without an id, there is not exactly one. */
	KEY_UNFIT,
};

/* The key for a token. kid NULL: the token names none; then the set must have one key that fits. */
enum key_set_verdict key_set_find(const struct key_set *set,
                                  const struct algorithm *algorithm, const char *kid,
                                  const json_t **ret);

#endif
