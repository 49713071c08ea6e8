/* SPDX-License-Identifier: MIT
 *
 * intentions.c - the table of intentions as rows; see intentions.h.
 */
#include "core/intentions.h"

const struct intention_row intentions[INTENTIONS] = {
#define INTENTION(name, access, commit, parameters, arguments)                \
	[INTENTION_##name] = { #name, INTENTION_##access, INTENTION_##commit, \
		               offsetof(struct rent_storage, name) },
#define INTENTION_CACHE INTENTION
#include "core/intentions.def"
#undef INTENTION
#undef INTENTION_CACHE
};

/* The table has every slot, in the order of the struct. */
#define INTENTION(name, access, commit, parameters, arguments)                  \
	_Static_assert(offsetof(struct rent_storage, name) ==                   \
	                       sizeof(void *) * (1 + (size_t)INTENTION_##name), \
	               "intentions.def: " #name);
#define INTENTION_CACHE INTENTION
#include "core/intentions.def"
#undef INTENTION
#undef INTENTION_CACHE
_Static_assert(sizeof(struct rent_storage) == sizeof(void *) * (1 + (size_t)INTENTIONS),
               "intentions.def: a slot of struct rent_storage is missing");
