/* SPDX-License-Identifier: MIT
 *
 * tariffs.c - see tariffs.h: a table with chains, under one lock.
 */
#include "tariffs.h"

#include <pthread.h>
#include <stdlib.h>

/* ---- the cache of tariffs */

struct tariff_entry {
	struct rent_catalog_tariff tariff;
	int64_t at;
	uint64_t used;
	/* In its chain, 1-based. */
	uint32_t next;
};

struct tariffs {
	pthread_mutex_t lock;
	struct tariff_entry *entries;
	size_t room, count;
	/* Heads of chains, 1-based; 0 empty. */
	uint32_t *buckets;
	uint64_t uses;
};

struct tariffs *tariffs_new(size_t room)
{
	struct tariffs *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return NULL;
	pthread_mutex_init(&t->lock, NULL);
	t->entries = calloc(room, sizeof(*t->entries));
	t->buckets = calloc(room, sizeof(*t->buckets));
	t->room = room;
	if (t->entries == NULL || t->buckets == NULL) {
		tariffs_free(t);
		return NULL;
	}
	return t;
}

void tariffs_free(struct tariffs *t)
{
	if (t == NULL)
		return;
	pthread_mutex_destroy(&t->lock);
	free(t->entries);
	free(t->buckets);
	free(t);
}

/* FNV-1a; the table is small and its keys come from our own catalogue. */
static uint32_t *bucket_of(struct tariffs *t, const char *id)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return &t->buckets[h % t->room];
}

static struct tariff_entry *find_entry(struct tariffs *t, const char *id)
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

static struct tariff_entry *oldest_entry(struct tariffs *t)
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
	e = find_entry(t, id);
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
	e = find_entry(t, tariff->id);
	if (e == NULL) {
		uint32_t *bucket;

		if (t->count < t->room) {
			e = &t->entries[t->count++];
		} else {
			e = oldest_entry(t);
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
