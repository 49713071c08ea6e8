/* SPDX-License-Identifier: MIT
 *
 * samples.h - latencies of a phase and their percentiles.
 */
#ifndef BENCH_SAMPLES_H
#define BENCH_SAMPLES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SAMPLES_MAX (1 << 21) /* further ones are not kept */

struct samples {
	uint32_t *us;
	size_t n;
};

bool samples_init(struct samples *s); /* false: no memory */
void samples_add(struct samples *s, int64_t us);
void samples_sort(struct samples *s);
/* Of sorted ones; 0 when there are none. */
uint32_t samples_at(const struct samples *s, unsigned percent);

#endif
