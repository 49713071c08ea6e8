/* SPDX-License-Identifier: MIT
 *
 * nearest.c - see nearest.h. Optimal string alignment in three rows.
 */
#include "conf/nearest.h"

#define NEAREST_MAX 64 /* longer names are not compared */

void nearest_init(struct nearest *nearest, const char *wrong)
{
	*nearest = (struct nearest){ .wrong = wrong, .distance = SIZE_MAX };
}

static size_t least(size_t a, size_t b, size_t c)
{
	size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

size_t nearest_distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_MAX + 1], n = strlen(a), m = strlen(b);

	if (n > NEAREST_MAX || m > NEAREST_MAX)
		return SIZE_MAX;
	memset(rows, 0, sizeof(rows));
	for (size_t j = 0; j <= m; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t *row = rows[i % 3], *up = rows[(i + 2) % 3],
		       *up2 = rows[(i + 1) % 3];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = least(up[j] + 1, row[j - 1] + 1,
			               up[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < row[j])
				row[j] = up2[j - 2] + 1;
		}
	}
	return rows[n % 3][m];
}

void nearest_try(struct nearest *nearest, const char *name)
{
	size_t distance = nearest_distance(nearest->wrong, name);

	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->best = name;
	}
}

const char *nearest_hint(const struct nearest *nearest, char *buffer, size_t size)
{
	/* A third of the letters wrong is another word. */
	size_t most = strlen(nearest->wrong) / 3 + 1;

	buffer[0] = '\0';
	if (nearest->best != NULL && nearest->distance <= most &&
	    nearest->distance < strlen(nearest->best))
		(void)snprintf(buffer, size, "; did you mean \"%s\"?", nearest->best);
	return buffer;
}
