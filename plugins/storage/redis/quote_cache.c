/* SPDX-License-Identifier: MIT
 *
 * quote_cache.c - see quote_cache.h. Rows of a few places, found by a hash of the id: nothing is ever moved
 * and there is no list to be kept in order.
 */
#include "quote_cache.h"

#include <pthread.h>
#include <stdlib.h>

#define ROW 8 /* places of a row */

struct place {
	struct rent_quote quote;
	uint64_t stamp; /* 0: empty */
};

struct quote_cache {
	pthread_mutex_t lock;
	uint64_t stamp;
	size_t rows;
	struct place places[];
};

int quote_cache_new(int64_t room, struct quote_cache **ret, struct rent_error *err)
{
	size_t rows = ((size_t)room + ROW - 1) / ROW;
	struct quote_cache *keep =
		calloc(1, sizeof(*keep) + rows * ROW * sizeof(keep->places[0]));

	if (keep == NULL)
		return rent_fail(err, RENT_ENOMEM,
		                 "quotes_kept %" PRId64 ": out of memory", room);
	keep->rows = rows;
	(void)pthread_mutex_init(&keep->lock, NULL);
	*ret = keep;
	return 0;
}

void quote_cache_free(struct quote_cache *keep)
{
	if (keep == NULL)
		return;
	(void)pthread_mutex_destroy(&keep->lock);
	free(keep);
}

/* FNV-1a; ids are ours. */
static struct place *row_of(struct quote_cache *keep, const char *id)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *id != '\0'; id++)
		h = (h ^ (unsigned char)*id) * UINT64_C(1099511628211);
	return &keep->places[h % keep->rows * ROW];
}

static struct place *find(struct place *row, const char *id)
{
	for (size_t i = 0; i < ROW; i++) {
		if (row[i].stamp != 0 && strcmp(row[i].quote.id, id) == 0)
			return &row[i];
	}
	return NULL;
}

static struct place *oldest(struct place *row)
{
	struct place *at = row;

	for (size_t i = 1; i < ROW; i++) {
		if (row[i].stamp < at->stamp)
			at = &row[i];
	}
	return at;
}

void quote_cache_put(struct quote_cache *keep, const struct rent_quote *quote)
{
	struct place *row = row_of(keep, quote->id), *at;

	(void)pthread_mutex_lock(&keep->lock);
	at = find(row, quote->id);
	if (at == NULL)
		at = oldest(row);
	at->quote = *quote;
	at->stamp = ++keep->stamp;
	(void)pthread_mutex_unlock(&keep->lock);
}

bool quote_cache_get(struct quote_cache *keep, const char *id, struct rent_quote *ret)
{
	const struct place *at;

	(void)pthread_mutex_lock(&keep->lock);
	at = find(row_of(keep, id), id);
	if (at != NULL)
		*ret = at->quote;
	(void)pthread_mutex_unlock(&keep->lock);
	return at != NULL;
}
