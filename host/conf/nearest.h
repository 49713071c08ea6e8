/* SPDX-License-Identifier: MIT
 *
 * conf/nearest.h - did you mean: the name that is fewest typing mistakes away.
 */
#ifndef HOST_CONF_NEAREST_H
#define HOST_CONF_NEAREST_H

#include <rent/base.h>

struct nearest {
	const char *wrong, *best;
	size_t distance;
};

void nearest_init(struct nearest *nearest, const char *wrong);
void nearest_try(struct nearest *nearest, const char *name);

/* `; did you mean "x"?`, or "" when nothing is near. Writes into buffer. */
const char *nearest_hint(const struct nearest *nearest, char *buffer, size_t size);

/* Insertions, deletions, replacements and swaps of neighbours that make b of a. */
size_t nearest_distance(const char *a, const char *b);

#endif
