/* SPDX-License-Identifier: MIT
 *
 * base/arena.c - see arena.h. Owns the chunks of every arena, and a few spare first chunks
 * a thread: an arena a request is then two list operations instead of malloc and free.
 *
 * With AddressSanitizer every allocation is a separate chunk, so that ASan sees an
 * overrun within an arena.
 */
#include "base/arena.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_EXACT 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_EXACT 1
#endif
#endif
#ifndef ARENA_EXACT
#define ARENA_EXACT 0
#endif

#define ARENA_MAGIC UINT32_C(0xa3e2a5c1)
#define CHUNK_FIRST ((size_t)8192)
#define CHUNK_MOST  ((size_t)65536)
#define SPARES      64u
#define ALIGN       alignof(max_align_t)

struct chunk {
	struct chunk *next;
	size_t size; /* of data */
	alignas(max_align_t) unsigned char data[];
};

struct arena {
	struct rent_arena api; /* first: what a plugin sees */
	uint32_t magic;
	size_t max, given;    /* ceiling and bytes handed out */
	unsigned char *at;    /* free space of the newest chunk */
	size_t left, grow;    /* … its size; data size of the next chunk */
	struct chunk *newest; /* the first chunk, last in the list, holds this struct */
};

struct spares {
	struct chunk *list;
	unsigned count;
	bool armed; /* the destructor of this thread is registered */
};

static _Thread_local struct spares spares;
static pthread_key_t spares_key;
static pthread_once_t spares_once = PTHREAD_ONCE_INIT;

static void spares_free(void *arg)
{
	struct spares *s = arg;

	while (s->list != NULL) {
		struct chunk *c = s->list;

		s->list = c->next;
		free(c);
	}
	s->count = SPARES; /* nothing is kept by a thread that ends */
}

static void spares_setup(void)
{
	int rc = pthread_key_create(&spares_key, spares_free);

	assert(rc == 0);
	(void)rc;
}

static struct chunk *chunk_new(size_t size)
{
	struct chunk *c;

	if (size == CHUNK_FIRST && spares.list != NULL) {
		c = spares.list;
		spares.list = c->next;
		spares.count--;
		return c;
	}
	if (size > SIZE_MAX - sizeof(*c))
		return NULL;
	c = malloc(sizeof(*c) + size);
	if (c != NULL)
		c->size = size;
	return c;
}

static void chunk_free(struct chunk *c)
{
	if (ARENA_EXACT || c->size != CHUNK_FIRST || spares.count >= SPARES) {
		free(c);
		return;
	}
	if (!spares.armed) {
		(void)pthread_once(&spares_once, spares_setup);
		(void)pthread_setspecific(spares_key, &spares);
		spares.armed = true;
	}
	c->next = spares.list;
	spares.list = c;
	spares.count++;
}

static struct arena *arena_from(struct rent_arena *api)
{
	struct arena *a = (struct arena *)api;

	assert(a->magic == ARENA_MAGIC);
	return a;
}

static bool add_chunk(struct arena *a, size_t need)
{
	size_t size = ARENA_EXACT || need > a->grow ? need : a->grow;
	struct chunk *c = chunk_new(size);

	if (c == NULL)
		return false;
	c->next = a->newest;
	a->newest = c;
	a->at = c->data;
	a->left = c->size;
	if (a->grow < CHUNK_MOST)
		a->grow *= 2;
	return true;
}

static void *arena_alloc(struct rent_arena *api, size_t size)
{
	struct arena *a = arena_from(api);
	size_t need;
	void *p;

	if (size > a->max - a->given)
		return NULL;
	need = (size + (size == 0) + ALIGN - 1) / ALIGN * ALIGN;
	if ((ARENA_EXACT || need > a->left) && !add_chunk(a, ARENA_EXACT ? size : need))
		return NULL;
	p = a->at;
	if (!ARENA_EXACT) {
		a->at += need;
		a->left -= need;
	}
	a->given += size;
	memset(p, 0, size);
	return p;
}

struct rent_arena *arena_new(size_t max)
{
	struct chunk *c = chunk_new(CHUNK_FIRST);
	struct arena *a;
	size_t own = (sizeof(*a) + ALIGN - 1) / ALIGN * ALIGN;

	if (c == NULL)
		return NULL;
	c->next = NULL;
	a = (struct arena *)(void *)c->data;
	*a = (struct arena){
		.api = { .struct_size = sizeof(a->api), .alloc = arena_alloc },
		.magic = ARENA_MAGIC,
		.max = max,
		.at = c->data + own,
		.left = CHUNK_FIRST - own,
		.grow = CHUNK_FIRST * 2,
		.newest = c,
	};
	return &a->api;
}

void arena_free(struct rent_arena *arena)
{
	struct chunk *c, *next;

	if (arena == NULL)
		return;
	c = arena_from(arena)->newest;
	arena_from(arena)->magic = 0;
	for (; c != NULL; c = next) {
		next = c->next;
		chunk_free(c);
	}
}

size_t arena_used(const struct rent_arena *arena)
{
	return ((const struct arena *)arena)->given;
}
