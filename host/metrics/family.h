/* SPDX-License-Identifier: MIT
 *
 * metrics/family.h - one family and its series: a fixed hash table of series that readers
 * walk without a lock, since a series is published once and never goes away.
 */
#ifndef METRICS_FAMILY_H
#define METRICS_FAMILY_H

#include <pthread.h>
#include <rent/host.h>
#include <stdatomic.h>

struct series {
	struct series *_Atomic next; /* in order of creation, for rendering */
	uint32_t hash;
	char *labels[RENT_METRIC_LABELS];
	_Atomic int64_t value;   /* counter, gauge; histogram: sum */
	_Atomic int64_t cells[]; /* histogram: one a bucket, and one above the last */
};

struct rent_metric {
	struct rent_metric *next; /* of the registry, by name */
	enum rent_metric_type type;
	char *name, *help;
	char *labels[RENT_METRIC_LABELS];
	unsigned label_count;
	int64_t scale;
	int64_t *buckets;
	uint32_t bucket_count;
	bool with_service;
	bool counts; /* false: the handle that counts nothing */

	pthread_mutex_t lock; /* adding a series */
	struct series *_Atomic *slots;
	uint32_t slot_mask;
	unsigned series_count, series_max;
	struct series *_Atomic first;
	struct series *last;
	struct series *_Atomic other; /* where further label values are counted */
};

/* NULL on ENOMEM. def has been checked. */
struct rent_metric *family_new(const struct rent_metric_def *def, unsigned max_series);
void family_free(struct rent_metric *m);

/* Whether a second definition of the same name says the same. */
bool family_same(const struct rent_metric *m, const struct rent_metric_def *def);

/* The series of these label values; made when it is new; NULL when there is no memory. */
struct series *family_series(struct rent_metric *m, const char *const *labels);

#endif
