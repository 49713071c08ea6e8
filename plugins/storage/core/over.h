/* SPDX-License-Identifier: MIT
 *
 * over.h - a storage that uses a storage. It states the intentions that it changes; a slot that
 * it leaves NULL is the inner storage's. A slot that the inner one lacks as well (it may
 * come from an older build) is RENT_EUNSUPPORTED.
 *
 *     static const struct rent_storage mine = { .struct_size = sizeof(mine),
 *                                               .advance = my_advance };
 *     struct my_cache { struct storage_over over; … };     the instance, in this order
 *     …
 *     storage_over_init(&cache->over, host, &mine, err)    in create
 *     .api = &storage_over_slots                           in the descriptor
 */
#ifndef STORAGE_CORE_OVER_H
#define STORAGE_CORE_OVER_H

#include <rent/host.h>
#include <rent/storage.h>

/* The first member of the instance. */
struct storage_over {
	struct rent_storage own;   /* NULL: the inner one's */
	struct rent_storage inner; /* what its table has of the slots we know */
	void *inner_self;
};

/* Looks up the storage that the configuration binds as "storage". */
int storage_over_init(struct storage_over *over, const struct rent_host *host,
                      const struct rent_storage *own, struct rent_error *err);

extern const struct rent_storage storage_over_slots;

#endif
