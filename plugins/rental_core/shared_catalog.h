/* SPDX-License-Identifier: MIT
 *
 * shared_catalog.h - what the catalogue said, shared by hosts through the cache of the storage, if it
 * has one. A text from there may be anybody's: it is read as strictly as a provider's reply,
 * has to name what it is about, and to say when it was read; one that is too old, or from the
 * future, is not there.
 */
#ifndef CORE_SHARED_CATALOG_H
#define CORE_SHARED_CATALOG_H

#include "core.h"

/* Something to be read from the catalogue. */
struct catalog_ask {
	enum rent_catalog_what what;
	const char *id;
	struct rent_catalog_result result;
	int64_t retry_us; /* UNKNOWN since the breaker is open, for so long; 0: otherwise */
};

/* Fills ask->result (SUCCEEDED) and its age, or returns false. ttl 0: not shared. */
bool shared_catalog_get(struct core *core, struct rent_arena *arena,
                        struct catalog_ask *ask, int64_t ttl, int64_t *ret_age);

/* Hands a result on, if it is one. read_at: the wall clock before the provider was asked. */
void shared_catalog_put(struct core *core, const struct catalog_ask *ask, int64_t read_at,
                        int64_t ttl);

#endif
