/* SPDX-License-Identifier: MIT
 *
 * memory.c - the tables and their indexes; see memory.h.
 */
#include "memory.h"

#include <assert.h>
#include <stdlib.h>

struct memory *memory_new(int64_t (*now)(void *arg), void *arg)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (m == NULL)
		return NULL;
	m->now = now;
	m->now_arg = arg;
	m->rentals_max = INT64_MAX;
	/* A callback may ask the storage again. */
	lock_init_recursive(&m->lock);
	return m;
}

void memory_free(struct memory *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->keys.n; i++)
		free(m->keys.at[i].answer);
	free(m->rentals.at);
	free(m->ops.at);
	free(m->quotes.at);
	free(m->keys.at);
	free(m->resolutions.at);
	free(m->notes.at);
	free(m->events.at);
	for (size_t i = 0; i < m->inventories.n; i++)
		free(m->inventories.at[i].powerbanks);
	free(m->inventories.at);
	for (size_t i = 0; i < m->outbox.n; i++)
		free(m->outbox.at[i].data);
	free(m->outbox.at);
	free(m->outside.at);
	free(m->attempts.at);
	free(m->journal.at);
	free(m->deeds.at);
	free(m->used_quotes.at);
	free(m->ops_by_id.slots);
	free(m->quotes_by_id.slots);
	free(m->keys_by_key.slots);
	free(m->used_quotes_by_id.slots);
	lock_done(&m->lock);
	free(m);
}

bool memory_reserve(void **at, size_t n, size_t *room, size_t more, size_t size)
{
	size_t wanted = *room == 0 ? 16 : *room;
	void *grown;

	while (wanted < n + more)
		wanted *= 2;
	if (wanted == *room)
		return true;
	grown = realloc(*at, wanted * size);
	if (grown == NULL)
		return false;
	*at = grown;
	*room = wanted;
	return true;
}

/* ---- indexes */

/* A column of texts: the first byte of the first, the bytes from one row to the next. */
struct texts {
	const char *first;
	size_t stride, n;
};

#define TEXTS(table, member)                                                         \
	(struct texts)                                                               \
	{                                                                            \
		(table).n == 0 ? NULL : (table).at[0].member, sizeof((table).at[0]), \
			(table).n                                                    \
	}

static uint64_t hash_of(const char *text)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	return h;
}

static const char *text_at(struct texts texts, uint32_t place)
{
	return texts.first + texts.stride * (place - 1);
}

/* The slot of a text, or the free one where it belongs. */
static uint32_t *slot_of(const struct memory_index *index, struct texts texts,
                         const char *text)
{
	size_t i = hash_of(text) & (index->size - 1);

	while (index->slots[i] != 0 && strcmp(text_at(texts, index->slots[i]), text) != 0)
		i = (i + 1) & (index->size - 1);
	return &index->slots[i];
}

/* 1-based, 0: not there. */
static uint32_t place_of(const struct memory_index *index, struct texts texts,
                         const char *text)
{
	return index->size == 0 || texts.n == 0 ? 0 : *slot_of(index, texts, text);
}

static void index_all(struct memory_index *index, struct texts texts, size_t size)
{
	free(index->slots);
	index->slots = calloc(size, sizeof(*index->slots));
	/* A few bytes a row, after the rows themselves were had. */
	assert(index->slots != NULL);
	index->size = size;
	for (uint32_t place = 1; place <= texts.n; place++)
		*slot_of(index, texts, text_at(texts, place)) = place;
}

/* The last row was added. At most half of the slots are used. */
static void index_last(struct memory_index *index, struct texts texts)
{
	if (texts.n * 2 > index->size)
		index_all(index, texts, index->size == 0 ? 64 : index->size * 2);
	else
		*slot_of(index, texts, text_at(texts, (uint32_t)texts.n)) =
			(uint32_t)texts.n;
}

static size_t index_size(size_t n)
{
	size_t size = 64;

	while (size < n * 2)
		size *= 2;
	return size;
}

void memory_reindex(struct memory *m)
{
	index_all(&m->ops_by_id, TEXTS(m->ops, op.id), index_size(m->ops.n));
	index_all(&m->quotes_by_id, TEXTS(m->quotes, id), index_size(m->quotes.n));
	index_all(&m->keys_by_key, TEXTS(m->keys, full), index_size(m->keys.n));
	index_all(&m->used_quotes_by_id, TEXTS(m->used_quotes, id),
	          index_size(m->used_quotes.n));
}

/* ---- looking things up */

size_t memory_rental_place(struct memory *m, const char *id)
{
	size_t low = 0, high = m->rentals.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcmp(m->rentals.at[mid].r.id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct memory_rental *memory_rental(struct memory *m, const char *id)
{
	size_t i = memory_rental_place(m, id);

	if (i < m->rentals.n && strcmp(m->rentals.at[i].r.id, id) == 0)
		return &m->rentals.at[i];
	return NULL;
}

struct memory_op *memory_op(struct memory *m, const char *id)
{
	uint32_t place = place_of(&m->ops_by_id, TEXTS(m->ops, op.id), id);

	return place == 0 ? NULL : &m->ops.at[place - 1];
}

struct memory_op *memory_op_of(struct memory *m, const struct memory_rental *r,
                               const char *id)
{
	struct memory_op *op = memory_op(m, id);

	return op != NULL && strcmp(op->op.rental_id, r->r.id) == 0 ? op : NULL;
}

struct rent_quote *memory_quote(struct memory *m, const char *id)
{
	uint32_t place = place_of(&m->quotes_by_id, TEXTS(m->quotes, id), id);

	return place == 0 ? NULL : &m->quotes.at[place - 1];
}

void memory_full_key(const char *key, const char *scope, char out[MEMORY_KEY_SIZE])
{
	(void)snprintf(out, MEMORY_KEY_SIZE, "%s %s", key, scope);
}

struct memory_key *memory_key(struct memory *m, const char *key, const char *scope)
{
	char full[MEMORY_KEY_SIZE];
	uint32_t place;

	memory_full_key(key, scope, full);
	place = place_of(&m->keys_by_key, TEXTS(m->keys, full), full);

	return place == 0 ? NULL : &m->keys.at[place - 1];
}

static bool is_held(struct memory *m, const struct memory_rental *r)
{
	const struct memory_op *op = memory_newest_op(m, r);

	while (op != NULL &&
	       (op->op.kind != RENT_OP_HOLD || op->op.state != RENT_OP_SUCCEEDED))
		op = memory_older_op(m, op);
	return op != NULL;
}

int64_t memory_count_undeposited(struct memory *m)
{
	int64_t n = 0;

	for (size_t i = 0; i < m->rentals.n; i++) {
		const struct memory_rental *r = &m->rentals.at[i];
		bool live = r->r.status == RENT_STATUS_PENDING ||
		            r->r.status == RENT_STATUS_ACTIVE;

		n += live && r->undeposited && !is_held(m, r);
	}
	return n;
}

const char *memory_quote_used(struct memory *m, const char *quote_id)
{
	uint32_t place =
		place_of(&m->used_quotes_by_id, TEXTS(m->used_quotes, id), quote_id);
	const struct memory_rental *rental =
		place == 0 ? NULL
			   : memory_rental(m, m->used_quotes.at[place - 1].rental_id);

	return rental == NULL ? NULL : rental->r.user_id;
}

struct memory_op *memory_newest_op(struct memory *m, const struct memory_rental *r)
{
	return r->newest_op == 0 ? NULL : &m->ops.at[r->newest_op - 1];
}

struct memory_op *memory_older_op(struct memory *m, const struct memory_op *op)
{
	return op->older == 0 ? NULL : &m->ops.at[op->older - 1];
}

/* ---- adding */

struct memory_rental *memory_insert_rental(struct memory *m, const char *id,
                                           const char *quote_id)
{
	size_t i = memory_rental_place(m, id);

	(void)MEMORY_PUSH(m->rentals);
	memmove(&m->rentals.at[i + 1], &m->rentals.at[i],
	        (m->rentals.n - 1 - i) * sizeof(m->rentals.at[0]));
	memset(&m->rentals.at[i], 0, sizeof(m->rentals.at[0]));
	(void)rent_copy(m->rentals.at[i].r.id, RENT_ID_SIZE, id);
	if (quote_id[0] != '\0') {
		struct memory_used_quote *used = MEMORY_PUSH(m->used_quotes);

		(void)rent_copy(used->id, RENT_ID_SIZE, quote_id);
		(void)rent_copy(used->rental_id, RENT_ID_SIZE, id);
		index_last(&m->used_quotes_by_id, TEXTS(m->used_quotes, id));
	}
	return &m->rentals.at[i];
}

void memory_insert_op(struct memory *m, struct memory_rental *rental,
                      const struct rent_op *op)
{
	struct memory_op *row = MEMORY_PUSH(m->ops);

	row->op = *op;
	row->older = rental->newest_op;
	rental->newest_op = m->ops.n;
	index_last(&m->ops_by_id, TEXTS(m->ops, op.id));
}

void memory_index_quote(struct memory *m)
{
	index_last(&m->quotes_by_id, TEXTS(m->quotes, id));
}

void memory_index_key(struct memory *m)
{
	index_last(&m->keys_by_key, TEXTS(m->keys, full));
}
