/* SPDX-License-Identifier: MIT
 *
 * metrics/family.c - see family.h.
 */
#include "metrics/family.h"

#include <assert.h>
#include <stdlib.h>

static uint32_t hash_labels(const struct rent_metric *m, const char *const *labels)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (unsigned i = 0; i < m->label_count; i++) {
		for (const char *p = labels[i]; *p != '\0'; p++)
			h = (h ^ (unsigned char)*p) * 16777619u;
		h = (h ^ 0xffu) * 16777619u;
	}
	return h;
}

static bool same_labels(const struct rent_metric *m, const struct series *s,
                        const char *const *labels)
{
	for (unsigned i = 0; i < m->label_count; i++)
		if (strcmp(s->labels[i], labels[i]) != 0)
			return false;
	return true;
}

static void series_free(struct series *s)
{
	if (s == NULL)
		return;
	for (unsigned i = 0; i < RENT_METRIC_LABELS; i++)
		free(s->labels[i]);
	free(s);
}

static struct series *series_new(const struct rent_metric *m, const char *const *labels,
                                 uint32_t hash)
{
	size_t cells = m->type == RENT_HISTOGRAM ? (size_t)m->bucket_count + 1 : 0;
	struct series *s = calloc(1, sizeof(*s) + cells * sizeof(s->cells[0]));

	if (s == NULL)
		return NULL;
	s->hash = hash;
	for (unsigned i = 0; i < m->label_count; i++) {
		s->labels[i] = strdup(labels[i]);
		if (s->labels[i] == NULL) {
			series_free(s);
			return NULL;
		}
	}
	return s;
}

/* The series, or NULL and in *ret_slot the empty slot where it belongs. */
static struct series *probe(struct rent_metric *m, const char *const *labels,
                            uint32_t hash, uint32_t *ret_slot)
{
	uint32_t i = hash & m->slot_mask;

	for (;; i = (i + 1) & m->slot_mask) {
		struct series *s =
			atomic_load_explicit(&m->slots[i], memory_order_acquire);

		if (s == NULL) {
			*ret_slot = i;
			return NULL;
		}
		if (s->hash == hash && same_labels(m, s, labels))
			return s;
	}
}

static void publish_series(struct rent_metric *m, struct series *s)
{
	if (m->last == NULL)
		atomic_store_explicit(&m->first, s, memory_order_release);
	else
		atomic_store_explicit(&m->last->next, s, memory_order_release);
	m->last = s;
}

/* The one series that takes what no longer fits. With the lock held. */
static struct series *other_series(struct rent_metric *m)
{
	static const char *const names[RENT_METRIC_LABELS] = { "other", "other", "other",
		                                               "other" };
	struct series *s = atomic_load_explicit(&m->other, memory_order_relaxed);

	if (s != NULL)
		return s;
	s = series_new(m, names, 0);
	if (s == NULL)
		return NULL;
	publish_series(m, s);
	atomic_store_explicit(&m->other, s, memory_order_release);
	return s;
}

static struct series *add_series(struct rent_metric *m, const char *const *labels,
                                 uint32_t hash)
{
	struct series *s;
	uint32_t slot;

	(void)pthread_mutex_lock(&m->lock);
	s = probe(m, labels, hash, &slot);
	if (s == NULL && m->series_count >= m->series_max) {
		s = other_series(m);
	} else if (s == NULL) {
		s = series_new(m, labels, hash);
		if (s != NULL) {
			m->series_count++;
			publish_series(m, s);
			atomic_store_explicit(&m->slots[slot], s, memory_order_release);
		}
	}
	(void)pthread_mutex_unlock(&m->lock);
	return s;
}

struct series *family_series(struct rent_metric *m, const char *const *labels)
{
	const char *values[RENT_METRIC_LABELS] = { "", "", "", "" };
	struct series *s;
	uint32_t hash, slot;

	for (unsigned i = 0; i < m->label_count; i++)
		values[i] = labels == NULL || labels[i] == NULL ? "" : labels[i];
	hash = hash_labels(m, values);
	s = probe(m, values, hash, &slot);
	if (s != NULL)
		return s;
	/* A full family answers without its lock; a series added meanwhile was probed. */
	s = atomic_load_explicit(&m->other, memory_order_acquire);
	return s != NULL ? s : add_series(m, values, hash);
}

static bool copy_definition(struct rent_metric *m, const struct rent_metric_def *def)
{
	m->type = def->type;
	m->scale = def->scale > 0 ? def->scale : 1;
	m->name = strdup(def->name);
	m->help = strdup(def->help == NULL ? "" : def->help);
	m->with_service = (def->flags & RENT_METRIC_SERVICE) != 0;
	if (m->name == NULL || m->help == NULL)
		return false;
	while (m->label_count < RENT_METRIC_LABELS &&
	       def->labels[m->label_count] != NULL) {
		m->labels[m->label_count] = strdup(def->labels[m->label_count]);
		if (m->labels[m->label_count] == NULL)
			return false;
		m->label_count++;
	}
	if (def->type != RENT_HISTOGRAM || def->bucket_count == 0)
		return true;
	m->buckets = calloc(def->bucket_count, sizeof(*m->buckets));
	if (m->buckets == NULL)
		return false;
	m->bucket_count = def->bucket_count;
	memcpy(m->buckets, def->buckets, def->bucket_count * sizeof(*m->buckets));
	return true;
}

struct rent_metric *family_new(const struct rent_metric_def *def, unsigned max_series)
{
	struct rent_metric *m = calloc(1, sizeof(*m));
	uint32_t slots = 2;

	if (m == NULL)
		return NULL;
	(void)pthread_mutex_init(&m->lock, NULL);
	m->counts = true;
	if (!copy_definition(m, def)) {
		family_free(m);
		return NULL;
	}
	m->series_max = m->label_count == 0 ? 1 : max_series;
	while (slots < 2 * m->series_max) /* never full, so that probing ends */
		slots *= 2;
	m->slot_mask = slots - 1;
	m->slots = calloc(slots, sizeof(*m->slots));
	if (m->slots == NULL) {
		family_free(m);
		return NULL;
	}
	return m;
}

void family_free(struct rent_metric *m)
{
	struct series *s, *next;

	if (m == NULL)
		return;
	for (s = atomic_load(&m->first); s != NULL; s = next) {
		next = atomic_load(&s->next);
		series_free(s);
	}
	for (unsigned i = 0; i < RENT_METRIC_LABELS; i++)
		free(m->labels[i]);
	(void)pthread_mutex_destroy(&m->lock);
	free(m->slots);
	free(m->buckets);
	free(m->name);
	free(m->help);
	free(m);
}

bool family_same(const struct rent_metric *m, const struct rent_metric_def *def)
{
	unsigned n = 0;

	for (; n < RENT_METRIC_LABELS && def->labels[n] != NULL; n++)
		if (n >= m->label_count || strcmp(m->labels[n], def->labels[n]) != 0)
			return false;
	return n == m->label_count && m->type == def->type &&
	       m->scale == (def->scale > 0 ? def->scale : 1);
}
