/* SPDX-License-Identifier: MIT
 *
 * tariffs.c - the tariff cache. See tariffs.h.
 */
#include "tariffs.h"

#include <stdlib.h>

struct tariff_entry {
	struct rent_catalog_tariff tariff;
	int64_t at;
	uint64_t used;
	uint32_t next; /* in its chain, 1-based */
};

int tariffs_init(struct tariffs *t, size_t room)
{
	memset(t, 0, sizeof(*t));
	t->entries = calloc(room, sizeof(*t->entries));
	t->buckets = calloc(room, sizeof(*t->buckets));
	if (t->entries == NULL || t->buckets == NULL) {
		free(t->entries);
		free(t->buckets);
		return RENT_ENOMEM;
	}
	t->room = room;
	pthread_mutex_init(&t->lock, NULL);
	return RENT_OK;
}

void tariffs_done(struct tariffs *t)
{
	if (t->room == 0)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t->entries);
	free(t->buckets);
	t->room = 0;
}

/* FNV-1a; the table is small and its keys come from our own catalogue. */
static uint32_t *bucket_of(struct tariffs *t, const char *id)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return &t->buckets[h % t->room];
}

static struct tariff_entry *find(struct tariffs *t, const char *id)
{
	uint32_t i;

	for (i = *bucket_of(t, id); i != 0; i = t->entries[i - 1].next) {
		if (strcmp(t->entries[i - 1].tariff.id, id) == 0)
			return &t->entries[i - 1];
	}
	return NULL;
}

static void unlink_entry(struct tariffs *t, const struct tariff_entry *e)
{
	uint32_t me = (uint32_t)(e - t->entries) + 1;
	uint32_t *link = bucket_of(t, e->tariff.id);

	while (*link != me)
		link = &t->entries[*link - 1].next;
	*link = e->next;
}

static struct tariff_entry *oldest(struct tariffs *t)
{
	struct tariff_entry *e = &t->entries[0];
	size_t i;

	for (i = 1; i < t->count; i++) {
		if (t->entries[i].used < e->used)
			e = &t->entries[i];
	}
	return e;
}

bool tariffs_get(struct tariffs *t, const char *id, int64_t now, int64_t ttl,
                 struct rent_catalog_tariff *ret)
{
	struct tariff_entry *e;
	bool hit;

	pthread_mutex_lock(&t->lock);
	e = find(t, id);
	hit = e != NULL && now - e->at < ttl;
	if (hit) {
		e->used = ++t->uses;
		*ret = e->tariff;
	}
	pthread_mutex_unlock(&t->lock);
	return hit;
}

void tariffs_put(struct tariffs *t, const struct rent_catalog_tariff *tariff, int64_t now)
{
	struct tariff_entry *e;

	pthread_mutex_lock(&t->lock);
	e = find(t, tariff->id);
	if (e == NULL) {
		uint32_t *bucket;

		if (t->count < t->room) {
			e = &t->entries[t->count++];
		} else {
			e = oldest(t);
			unlink_entry(t, e);
		}
		bucket = bucket_of(t, tariff->id);
		e->next = *bucket;
		*bucket = (uint32_t)(e - t->entries) + 1;
	}
	e->tariff = *tariff;
	e->at = now;
	e->used = ++t->uses;
	pthread_mutex_unlock(&t->lock);
}
