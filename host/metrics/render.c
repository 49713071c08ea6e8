/* SPDX-License-Identifier: MIT
 *
 * metrics/render.c - families as Prometheus text 0.0.4. Numbers are written from integers:
 * what was counted is what is shown, to the last micro-unit.
 */
#include "metrics/registry.h"

static const char *const type_names[] = {
	[RENT_COUNTER] = "counter",
	[RENT_GAUGE] = "gauge",
	[RENT_HISTOGRAM] = "histogram",
};

void render_number(struct dynbuf *out, int64_t v, int64_t scale)
{
	uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
	uint64_t rest = magnitude % (uint64_t)scale;
	char digits[20];
	size_t n = 0;

	(void)dynbuf_printf(out, "%s%" PRIu64, v < 0 ? "-" : "",
	                    magnitude / (uint64_t)scale);
	while (rest > 0 && n < sizeof(digits)) {
		rest *= 10;
		digits[n++] = (char)('0' + rest / (uint64_t)scale);
		rest %= (uint64_t)scale;
	}
	if (n > 0) {
		(void)dynbuf_append(out, ".", 1);
		(void)dynbuf_append(out, digits, n);
	}
}

static void escape(struct dynbuf *out, const char *s, bool quotes)
{
	for (; *s != '\0'; s++) {
		if (*s == '\\')
			(void)dynbuf_puts(out, "\\\\");
		else if (*s == '\n')
			(void)dynbuf_puts(out, "\\n");
		else if (*s == '"' && quotes)
			(void)dynbuf_puts(out, "\\\"");
		else
			(void)dynbuf_append(out, s, 1);
	}
}

/* One pair; *open tells whether the brace has been written. */
static void pair(struct dynbuf *out, bool *open, const char *name, const char *value)
{
	(void)dynbuf_puts(out, *open ? "," : "{");
	*open = true;
	(void)dynbuf_puts(out, name);
	(void)dynbuf_puts(out, "=\"");
	escape(out, value, true);
	(void)dynbuf_puts(out, "\"");
}

/* Name and labels, with the brace left open when there was a label. */
static bool head(struct dynbuf *out, const struct rent_metric *m, const struct series *s,
                 const char *suffix, const char *service)
{
	bool open = false;

	(void)dynbuf_puts(out, m->name);
	(void)dynbuf_puts(out, suffix);
	if (m->with_service)
		pair(out, &open, "service", service);
	for (unsigned i = 0; i < m->label_count; i++)
		pair(out, &open, m->labels[i], s->labels[i]);
	return open;
}

static void line(struct dynbuf *out, bool open, int64_t v, int64_t scale)
{
	(void)dynbuf_puts(out, open ? "} " : " ");
	render_number(out, v, scale);
	(void)dynbuf_append(out, "\n", 1);
}

static void histogram(struct dynbuf *out, struct rent_metric *m, struct series *s,
                      const char *service)
{
	int64_t total = 0;
	bool open;

	for (uint32_t i = 0; i <= m->bucket_count; i++) {
		total += atomic_load_explicit(&s->cells[i], memory_order_relaxed);
		open = head(out, m, s, "_bucket", service);
		(void)dynbuf_puts(out, open ? ",le=\"" : "{le=\"");
		if (i < m->bucket_count)
			render_number(out, m->buckets[i], m->scale);
		else
			(void)dynbuf_puts(out, "+Inf");
		(void)dynbuf_printf(out, "\"} %" PRId64 "\n", total);
	}
	open = head(out, m, s, "_sum", service);
	line(out, open, atomic_load_explicit(&s->value, memory_order_relaxed), m->scale);
	open = head(out, m, s, "_count", service);
	line(out, open, total, 1);
}

void render_family(struct dynbuf *out, struct rent_metric *m, const char *service)
{
	struct series *s;

	if (m->label_count == 0)
		(void)family_series(m, NULL); /* a count of 0 is a statement too */
	s = atomic_load_explicit(&m->first, memory_order_acquire);
	if (s == NULL)
		return;
	(void)dynbuf_printf(out, "# HELP %s ", m->name);
	escape(out, m->help, false);
	(void)dynbuf_printf(out, "\n# TYPE %s %s\n", m->name, type_names[m->type]);
	for (; s != NULL; s = atomic_load_explicit(&s->next, memory_order_acquire)) {
		bool open;

		if (m->type == RENT_HISTOGRAM) {
			histogram(out, m, s, service);
			continue;
		}
		open = head(out, m, s, "", service);
		line(out, open, atomic_load_explicit(&s->value, memory_order_relaxed),
		     m->scale);
	}
}
