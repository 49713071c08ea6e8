/* SPDX-License-Identifier: MIT
 *
 * envelope.h - values as they stand in Redis, where anybody may have written them: a quote or a
 * cached text with a signature over it and its key. A value that does not read back exactly as it
 * was written counts as absent.
 *
 *     q1 ID USER STATION PRICE FREE DEPOSIT CREATED EXPIRES SIGNATURE
 *     c1 SIGNATURE TEXT         with a secret
 *     c0 TEXT                   without
 */
#ifndef STORAGE_REDIS_ENVELOPE_H
#define STORAGE_REDIS_ENVELOPE_H

#include <rent/model.h>

#include "seal.h"

#define ENVELOPE_QUOTE_SIZE 512
/* Bytes of a cached text, as rent/storage.h promises. */
#define ENVELOPE_TEXT_MAX   ((size_t)64 * 1024)
#define ENVELOPE_CACHE_SIZE (ENVELOPE_TEXT_MAX + SEAL_TEXT + 5)

/* 1: it cannot be written so that it reads back (an id that is no id). */
int envelope_quote(const struct seal *seal, const char *prefix,
                   const struct rent_quote *quote, char out[ENVELOPE_QUOTE_SIZE]);
bool envelope_read_quote(const struct seal *seal, const char *prefix, const char *id,
                         const char *text, size_t length, struct rent_quote *ret);

/* Where a cached text belongs. seal NULL: not signed. */
struct envelope_place {
	const struct seal *seal;
	const char *prefix, *space, *key;
};

/* Writes what comes before the text. */
int envelope_head(const struct envelope_place *place, const char *text,
                  char out[SEAL_TEXT + 5]);
/* The text within; NULL: refused. length is what Redis said, NULs within are refused. */
const char *envelope_text(const struct envelope_place *place, const char *value,
                          size_t length);

#endif
