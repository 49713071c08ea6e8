/* SPDX-License-Identifier: MIT
 *
 * seal.h - proves that a host wrote a value: HMAC-SHA256 under a secret that the hosts
 * share. The only file pair that knows libcrypto.
 */
#ifndef STORAGE_REDIS_SEAL_H
#define STORAGE_REDIS_SEAL_H

#include <rent/base.h>

#define SEAL_TEXT 64 /* hex digits */

struct seal;

/* previous may be NULL: another secret that is accepted too, while hosts change theirs. */
int seal_new(const char *secret, const char *previous, struct seal **ret,
             struct rent_error *err);
void seal_free(struct seal *seal);

/* Over n texts; where one ends and the next begins is part of what is signed. Any thread. */
int seal_sign(const struct seal *seal, const char *const *parts, size_t n,
              char out[SEAL_TEXT + 1]);
bool seal_is_good(const struct seal *seal, const char *const *parts, size_t n,
                  const char *signature, size_t length);

#endif
