/* SPDX-License-Identifier: MIT
 *
 * samples.c - see samples.h.
 */
#include "samples.h"

#include <stdlib.h>

bool samples_init(struct samples *s)
{
	*s = (struct samples){ .us = calloc(SAMPLES_MAX, sizeof(*s->us)) };
	return s->us != NULL;
}

void samples_add(struct samples *s, int64_t us)
{
	if (s->n < SAMPLES_MAX)
		s->us[s->n++] = (uint32_t)us;
}

static int by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

void samples_sort(struct samples *s)
{
	qsort(s->us, s->n, sizeof(*s->us), by_value);
}

uint32_t samples_at(const struct samples *s, unsigned percent)
{
	return s->n == 0 ? 0 : s->us[s->n * percent / 100];
}
