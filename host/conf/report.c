/* SPDX-License-Identifier: MIT
 *
 * report.c - see report.h.
 */
#include "conf/report.h"

#include <jansson.h>

static char *format(struct rent_arena *arena, const char *fmt, va_list ap)
	RENT_PRINTF(2, 0);
static char *format(struct rent_arena *arena, const char *fmt, va_list ap)
{
	char text[1024];

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	return rent_strdup(arena, text);
}

/* Behind all that stand before it or at the same place, so that the list stays sorted. */
static void insert(struct report *report, struct problem *new)
{
	struct problem **at = &report->first;

	while (*at != NULL && ((*at)->place.order < new->place.order ||
	                       ((*at)->place.order == new->place.order &&
	                        (*at)->place.column <= new->place.column)))
		at = &(*at)->next;
	new->next = *at;
	*at = new;
}

void report_add(struct report *report, const struct conf_place *place, const char *item,
                const char *fmt, ...)
{
	struct problem *new;
	va_list ap;

	if (report->count++ >= REPORT_MAX)
		return;
	new = rent_alloc(report->arena, sizeof(*new));
	if (new == NULL)
		return;
	if (place != NULL)
		new->place = *place;
	new->item = item == NULL ? NULL : rent_strdup(report->arena, item);
	va_start(ap, fmt);
	new->text = format(report->arena, fmt, ap);
	va_end(ap);
	insert(report, new);
}

/* Tabs stay tabs, so that the caret stands below its character whatever their width. */
static void print_quote(const struct conf_place *place, FILE *out)
{
	int column = 1;

	(void)fprintf(out, "    %s\n    ", place->quote);
	for (const char *s = place->quote; *s != '\0' && column < place->column; s++) {
		if (((unsigned char)*s & 0xc0) == 0x80)
			continue;
		(void)fputc(*s == '\t' ? '\t' : ' ', out);
		column++;
	}
	(void)fputs("^\n", out);
}

static void print_one(const struct problem *p, FILE *out)
{
	if (p->place.file != NULL)
		(void)fprintf(out, "%s:", p->place.file);
	if (p->place.line > 0)
		(void)fprintf(out, "%d:%d:", p->place.line, p->place.column);
	(void)fprintf(out, "%s%s%s%s\n", p->place.file != NULL ? " " : "",
	              p->item == NULL ? "" : p->item, p->item == NULL ? "" : ": ",
	              p->text == NULL ? "" : p->text);
	if (p->place.quote != NULL)
		print_quote(&p->place, out);
}

static void print_json(const struct report *report, FILE *out)
{
	json_t *all = json_array();

	for (const struct problem *p = report->first; p != NULL; p = p->next)
		(void)json_array_append_new(
			all, json_pack("{s:s*, s:i, s:i, s:s*, s:s*, s:s*}", "file",
		                       p->place.file, "line", p->place.line, "column",
		                       p->place.column, "item", p->item, "problem",
		                       p->text, "quote", p->place.quote));
	(void)json_dumpf(all, out, JSON_INDENT(2));
	(void)fputc('\n', out);
	json_decref(all);
}

void report_print(const struct report *report, FILE *out, bool json)
{
	if (json) {
		print_json(report, out);
		return;
	}
	for (const struct problem *p = report->first; p != NULL; p = p->next)
		print_one(p, out);
	if (report->count > REPORT_MAX)
		(void)fprintf(out, "… and %zu more problems\n",
		              report->count - REPORT_MAX);
}
