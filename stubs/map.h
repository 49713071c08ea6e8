/* SPDX-License-Identifier: MIT
 *
 * stubs/map.h - a map from strings to pointers. The key's memory belongs to the value and
 * lives as long as it; nothing is ever removed singly.
 */
#ifndef STUBS_MAP_H
#define STUBS_MAP_H

#include <stddef.h>
#include <stdint.h>

struct map_slot {
	uint64_t hash;
	const char *key; /* NULL: free */
	void *value;
};

struct map {
	struct map_slot *slots;
	size_t n, cap; /* cap is a power of two, or 0 */
};

void map_done(struct map *m);
void *map_get(const struct map *m, const char *key);
/* Replaces the value (and the key's memory) of an equal key. 0 or RENT_ENOMEM. */
int map_put(struct map *m, const char *key, void *value);
uint64_t map_hash(const char *key);

#endif
