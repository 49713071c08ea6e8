/* SPDX-License-Identifier: MIT
 *
 * stubs/map.c - open addressing with linear probing, at most two thirds full. Owns its
 * slots, neither keys nor values.
 */
#include "map.h"

#include <rent/base.h>
#include <stdlib.h>

void map_done(struct map *m)
{
	free(m->slots);
	*m = (struct map){ 0 };
}

/* FNV-1a, stirred at the end: ids that sort by time differ in their last bytes only. */
uint64_t map_hash(const char *key)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(1099511628211);
	h ^= h >> 32;
	h *= UINT64_C(0x9e3779b97f4a7c15);
	return h ^ (h >> 29);
}

static struct map_slot *map_find(const struct map *m, const char *key, uint64_t hash)
{
	size_t i = (size_t)hash & (m->cap - 1);

	while (m->slots[i].key != NULL &&
	       (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
		i = (i + 1) & (m->cap - 1);
	return &m->slots[i];
}

void *map_get(const struct map *m, const char *key)
{
	return m->cap == 0 ? NULL : map_find(m, key, map_hash(key))->value;
}

static int map_grow(struct map *m)
{
	struct map bigger = { .cap = m->cap == 0 ? 64 : m->cap * 2, .n = m->n };

	bigger.slots = calloc(bigger.cap, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return RENT_ENOMEM;
	for (size_t i = 0; i < m->cap; i++) {
		const struct map_slot *s = &m->slots[i];

		if (s->key != NULL)
			*map_find(&bigger, s->key, s->hash) = *s;
	}
	free(m->slots);
	*m = bigger;
	return 0;
}

int map_put(struct map *m, const char *key, void *value)
{
	uint64_t hash = map_hash(key);
	struct map_slot *slot;

	if (m->n * 3 >= m->cap * 2 && map_grow(m) < 0)
		return RENT_ENOMEM;
	slot = map_find(m, key, hash);
	if (slot->key == NULL)
		m->n++;
	*slot = (struct map_slot){ hash, key, value };
	return 0;
}
