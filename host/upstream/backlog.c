/* SPDX-License-Identifier: MIT
 *
 * upstream/backlog.c - see backlog.h.
 */
#include "upstream/backlog.h"

#include <stdlib.h>

static void swap(struct backlog *b, size_t i, size_t k)
{
	struct job *job = b->jobs[i];

	b->jobs[i] = b->jobs[k];
	b->jobs[k] = job;
}

static bool before(const struct backlog *b, size_t i, size_t k)
{
	return b->jobs[i]->due_us < b->jobs[k]->due_us;
}

void backlog_done(struct backlog *b)
{
	free(b->jobs);
	*b = (struct backlog){ .jobs = NULL };
}

int backlog_put(struct backlog *b, struct job *job)
{
	size_t i = b->count;

	if (b->count == b->cap) {
		size_t cap = b->cap == 0 ? 64 : b->cap * 2;
		struct job **jobs = realloc(b->jobs, cap * sizeof(struct job *));

		if (jobs == NULL)
			return RENT_ENOMEM;
		b->jobs = jobs;
		b->cap = cap;
	}
	b->jobs[b->count++] = job;
	for (; i > 0 && before(b, i, (i - 1) / 2); i = (i - 1) / 2)
		swap(b, i, (i - 1) / 2);
	return 0;
}

struct job *backlog_first(const struct backlog *b)
{
	return b->count == 0 ? NULL : b->jobs[0];
}

struct job *backlog_take(struct backlog *b)
{
	struct job *first = backlog_first(b);
	size_t i = 0;

	if (first == NULL)
		return NULL;
	b->jobs[0] = b->jobs[--b->count];
	for (;;) {
		size_t least = 2 * i + 1;

		if (least + 1 < b->count && before(b, least + 1, least))
			least++;
		if (least >= b->count || !before(b, least, i))
			return first;
		swap(b, i, least);
		i = least;
	}
}
