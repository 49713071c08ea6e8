/* SPDX-License-Identifier: MIT
 *
 * quote_cache.c - see quote_cache.h. Rows of a few slots, found by a hash of the id: nothing is ever moved
 * and there is no list to be kept in order.
 */
#include "quote_cache.h"

#include <pthread.h>
#include <stdlib.h>

#define ROW 8 /* slots of a row */

struct quote_slot {
	struct rent_quote quote;
	uint64_t stamp; /* 0: empty */
};

struct quote_cache {
	pthread_mutex_t lock;
	uint64_t stamp;
	size_t rows;
	struct quote_slot slots[];
};

int quote_cache_new(int64_t room, struct quote_cache **ret, struct rent_error *err)
{
	size_t rows = ((size_t)room + ROW - 1) / ROW;
	struct quote_cache *cache =
		calloc(1, sizeof(*cache) + rows * ROW * sizeof(cache->slots[0]));

	if (cache == NULL)
		return rent_fail(err, RENT_ENOMEM,
		                 "quotes_kept %" PRId64 ": out of memory", room);
	cache->rows = rows;
	(void)pthread_mutex_init(&cache->lock, NULL);
	*ret = cache;
	return 0;
}

void quote_cache_free(struct quote_cache *cache)
{
	if (cache == NULL)
		return;
	(void)pthread_mutex_destroy(&cache->lock);
	free(cache);
}

/* FNV-1a; ids are ours. */
static struct quote_slot *row_of(struct quote_cache *cache, const char *id)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return &cache->slots[h % cache->rows * ROW];
}

static struct quote_slot *find_slot(struct quote_slot *row, const char *id)
{
	for (size_t i = 0; i < ROW; i++) {
		if (row[i].stamp != 0 && strcmp(row[i].quote.id, id) == 0)
			return &row[i];
	}
	return NULL;
}

static struct quote_slot *oldest(struct quote_slot *row)
{
	struct quote_slot *at = row;

	for (size_t i = 1; i < ROW; i++) {
		if (row[i].stamp < at->stamp)
			at = &row[i];
	}
	return at;
}

void quote_cache_put(struct quote_cache *cache, const struct rent_quote *quote)
{
	struct quote_slot *row = row_of(cache, quote->id), *at;

	(void)pthread_mutex_lock(&cache->lock);
	at = find_slot(row, quote->id);
	if (at == NULL)
		at = oldest(row);
	at->quote = *quote;
	at->stamp = ++cache->stamp;
	(void)pthread_mutex_unlock(&cache->lock);
}

bool quote_cache_get(struct quote_cache *cache, const char *id, struct rent_quote *ret)
{
	const struct quote_slot *at;

	(void)pthread_mutex_lock(&cache->lock);
	at = find_slot(row_of(cache, id), id);
	if (at != NULL)
		*ret = at->quote;
	(void)pthread_mutex_unlock(&cache->lock);
	return at != NULL;
}
