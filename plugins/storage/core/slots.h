/* SPDX-License-Identifier: MIT
 *
 * slots.h - the interface table of a backend: `storage_slots`, for the descriptor. Each slot
 * calls the backend's function of prototypes.h and records how long it took. Included once, by
 * the file that holds the descriptor, after the backend's main header.
 */
#define INTENTION(name, access, commit, parameters, arguments)                  \
	static int slot_##name(void *self, STORAGE_LIST parameters,             \
	                       struct rent_error *err)                          \
	{                                                                       \
		int64_t since = storage_enter(self);                            \
		int code = STORAGE_FN(name)(self, STORAGE_LIST arguments, err); \
                                                                                \
		return storage_leave(self, INTENTION_##name, since, code, err); \
	}
#ifdef STORAGE_HAS_CACHE
#define INTENTION_CACHE INTENTION
#else
#define INTENTION_CACHE(name, access, commit, parameters, arguments)
#endif
#include "core/intentions.def"
#undef INTENTION
#undef INTENTION_CACHE

static const struct rent_storage storage_slots = {
	.struct_size = sizeof(struct rent_storage),
#define INTENTION(name, access, commit, parameters, arguments) .name = slot_##name,
#ifdef STORAGE_HAS_CACHE
#define INTENTION_CACHE INTENTION
#else
#define INTENTION_CACHE(name, access, commit, parameters, arguments)
#endif
#include "core/intentions.def"
#undef INTENTION
#undef INTENTION_CACHE
};
