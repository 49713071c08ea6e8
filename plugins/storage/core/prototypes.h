/* SPDX-License-Identifier: MIT
 *
 * prototypes.h - the functions that a backend implements, one an intention:
 *
 *     int sqlite_quote_put(struct sqlite *self, struct rent_quote *quote, int64_t ttl_us,
 *                          struct rent_error *err);
 *
 * A backend names itself and includes this in its main header:
 *
 *     #define STORAGE_NAME sqlite               the prefix; struct sqlite begins with a
 *     #include "core/prototypes.h"              struct storage_instance
 *
 * With STORAGE_HAS_CACHE defined it implements cache_get and cache_put as well. slots.h makes
 * the interface table of these functions.
 */
#include "core/instance.h"
#include "core/intentions.h"

#ifndef STORAGE_CORE_PROTOTYPES_H
#define STORAGE_CORE_PROTOTYPES_H
#define STORAGE_LIST(...)   __VA_ARGS__
#define STORAGE_JOIN_(a, b) a##_##b
#define STORAGE_JOIN(a, b)  STORAGE_JOIN_(a, b)
#define STORAGE_FN(name)    STORAGE_JOIN(STORAGE_NAME, name)
#endif

#define INTENTION(name, access, commit, parameters, arguments)                    \
	int STORAGE_FN(name)(struct STORAGE_NAME * self, STORAGE_LIST parameters, \
	                     struct rent_error * err);
#ifdef STORAGE_HAS_CACHE
#define INTENTION_CACHE INTENTION
#else
#define INTENTION_CACHE(name, access, commit, parameters, arguments)
#endif
#include "core/intentions.def"
#undef INTENTION
#undef INTENTION_CACHE
