/* SPDX-License-Identifier: MIT
 *
 * metrics/metrics.c - see metrics.h. A registry: families by name, checked
 * definitions, and the counting itself.
 */
#include "metrics/metrics.h"

#include "metrics/registry.h"

#include <stdlib.h>

struct metrics {
	pthread_mutex_t lock;
	struct rent_metric *families; /* by name */
	char service[64];
	unsigned max_series;
};

/* The same for every registry, and never written to. */
static struct rent_metric nothing = { .name = NULL }; /* counts: false */

struct metrics *metrics_new(const char *service, unsigned max_series)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		return NULL;
	(void)pthread_mutex_init(&metrics->lock, NULL);
	(void)rent_copy(metrics->service, sizeof(metrics->service), service);
	metrics->max_series = max_series > 0 ? max_series : METRICS_MAX_SERIES;
	return metrics;
}

void metrics_free(struct metrics *metrics)
{
	struct rent_metric *m, *next;

	if (metrics == NULL)
		return;
	for (m = metrics->families; m != NULL; m = next) {
		next = m->next;
		family_free(m);
	}
	(void)pthread_mutex_destroy(&metrics->lock);
	free(metrics);
}

static bool good_name(const char *s, bool colons)
{
	if (s == NULL || *s == '\0' || (*s >= '0' && *s <= '9'))
		return false;
	for (; *s != '\0'; s++) {
		bool ok = (*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') ||
		          (*s >= '0' && *s <= '9') || *s == '_' || (colons && *s == ':');

		if (!ok)
			return false;
	}
	return true;
}

static bool good_definition(const struct rent_metric_def *def)
{
	if (!good_name(def->name, true))
		return false;
	if (def->type != RENT_COUNTER && def->type != RENT_GAUGE &&
	    def->type != RENT_HISTOGRAM)
		return false;
	for (unsigned i = 0; i < RENT_METRIC_LABELS && def->labels[i] != NULL; i++)
		if (!good_name(def->labels[i], false))
			return false;
	if (def->bucket_count > 0 && def->buckets == NULL)
		return false;
	for (uint32_t i = 1; i < def->bucket_count; i++)
		if (def->buckets[i] <= def->buckets[i - 1])
			return false;
	return true;
}

/* The family of that name or the place for it. With the lock held. */
static struct rent_metric **family_place(struct metrics *metrics, const char *name)
{
	struct rent_metric **at = &metrics->families;

	while (*at != NULL && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	return at;
}

struct rent_metric *metrics_register(struct metrics *metrics,
                                     const struct rent_metric_def *def)
{
	struct rent_metric_def own;
	struct rent_metric **at, *m;

	if (def == NULL)
		return &nothing;
	rent_adopt(&own, sizeof(own), def, def->struct_size);
	if (!good_definition(&own))
		return &nothing;
	(void)pthread_mutex_lock(&metrics->lock);
	at = family_place(metrics, own.name);
	m = *at;
	if (m != NULL && strcmp(m->name, own.name) == 0) {
		if (!family_same(m, &own))
			m = &nothing;
	} else {
		m = family_new(&own, metrics->max_series);
		if (m == NULL) {
			m = &nothing;
		} else {
			m->next = *at;
			*at = m;
		}
	}
	(void)pthread_mutex_unlock(&metrics->lock);
	return m;
}

void metrics_add(struct rent_metric *m, int64_t n, const char *const *labels)
{
	struct series *s;

	if (!m->counts || m->type == RENT_HISTOGRAM || (m->type == RENT_COUNTER && n < 0))
		return;
	s = family_series(m, labels);
	if (s != NULL)
		atomic_fetch_add_explicit(&s->value, n, memory_order_relaxed);
}

void metrics_set(struct rent_metric *m, int64_t v, const char *const *labels)
{
	struct series *s;

	if (!m->counts || m->type != RENT_GAUGE)
		return;
	s = family_series(m, labels);
	if (s != NULL)
		atomic_store_explicit(&s->value, v, memory_order_relaxed);
}

void metrics_observe(struct rent_metric *m, int64_t v, const char *const *labels)
{
	struct series *s;
	uint32_t i = 0;

	if (!m->counts || m->type != RENT_HISTOGRAM)
		return;
	s = family_series(m, labels);
	if (s == NULL)
		return;
	while (i < m->bucket_count && v > m->buckets[i])
		i++;
	atomic_fetch_add_explicit(&s->value, v, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->cells[i], 1, memory_order_relaxed);
}

int metrics_render_one(struct metrics *metrics, struct dynbuf *out, const char *name)
{
	(void)pthread_mutex_lock(&metrics->lock);
	for (struct rent_metric *m = metrics->families; m != NULL; m = m->next)
		if (strcmp(m->name, name) == 0)
			render_family(out, m, metrics->service);
	(void)pthread_mutex_unlock(&metrics->lock);
	return out->error;
}

int metrics_render(struct metrics *metrics, struct dynbuf *out)
{
	(void)pthread_mutex_lock(&metrics->lock);
	for (struct rent_metric *m = metrics->families; m != NULL; m = m->next)
		render_family(out, m, metrics->service);
	(void)pthread_mutex_unlock(&metrics->lock);
	process_render(out);
	return out->error;
}
