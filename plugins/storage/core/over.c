/* SPDX-License-Identifier: MIT
 *
 * over.c - a storage that uses a storage; see over.h.
 */
#include "core/over.h"

#include "core/intentions.h"

#define LIST(...) __VA_ARGS__

/* A slot calls the storage's own function, or else the inner one's. */
#define INTENTION(name, access, commit, parameters, arguments)                          \
	static int over_##name(void *self, LIST parameters, struct rent_error *err)     \
	{                                                                               \
		struct storage_over *over = self;                                       \
                                                                                        \
		if (over->own.name != NULL)                                             \
			return over->own.name(self, LIST arguments, err);               \
		if (over->inner.name != NULL)                                           \
			return over->inner.name(over->inner_self, LIST arguments, err); \
		return rent_fail(err, RENT_EUNSUPPORTED,                                \
		                 "the storage behind this one has no " #name            \
		                 "; it is of an older build");                          \
	}
#define INTENTION_CACHE INTENTION
#include "core/intentions.def"
#undef INTENTION

#define INTENTION(name, access, commit, parameters, arguments) .name = over_##name,
const struct rent_storage storage_over_slots = {
	.struct_size = sizeof(struct rent_storage),
#include "core/intentions.def"
};
#undef INTENTION
#undef INTENTION_CACHE

int storage_over_init(struct storage_over *over, const struct rent_host *host,
                      const struct rent_storage *own, struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };
	const struct rent_storage *inner;

	over->own = *own;
	if (!host->lookup(host, "storage", &bound))
		return rent_fail(err, RENT_EINVAL, "uses.storage: is missing");
	inner = bound.api;
	rent_adopt(&over->inner, sizeof(over->inner), inner, inner->struct_size);
	over->inner_self = bound.self;
	return 0;
}
