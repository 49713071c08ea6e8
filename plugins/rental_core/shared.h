/* SPDX-License-Identifier: MIT
 *
 * shared.h - what the catalogue said, shared by hosts through the cache of the storage, if it
 * has one. A text from there may be anybody's: it is read as strictly as a provider's reply,
 * has to name what it is about, and to say when it was read; one that is too old, or from the
 * future, is not there.
 */
#ifndef CORE_SHARED_H
#define CORE_SHARED_H

#include "catalog.h"

/* Fills ask->result (SUCCEEDED) and its age, or returns false. ttl 0: not shared. */
bool shared_get(struct core *core, struct rent_arena *arena, struct catalog_ask *ask,
                int64_t ttl, int64_t *ret_age);

/* Hands a result on, if it is one. read_at: the wall clock before the provider was asked. */
void shared_put(struct core *core, const struct catalog_ask *ask, int64_t read_at,
                int64_t ttl);

#endif
