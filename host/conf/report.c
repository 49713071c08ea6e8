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

void report_secret(struct report *report, const char *text)
{
	struct report_secret *new;

	if (text == NULL || strlen(text) < 4)
		return;
	new = rent_alloc(report->arena, sizeof(*new));
	if (new == NULL)
		return;
	*new = (struct report_secret){ .next = report->secrets, .text = text };
	report->secrets = new;
}

const char *report_covered(const struct report *report, const char *text)
{
	for (const struct report_secret *s = report->secrets; text != NULL && s != NULL;
	     s = s->next) {
		const char *done = "", *at;

		for (at = strstr(text, s->text); at != NULL; at = strstr(text, s->text)) {
			done = rent_printf(report->arena, "%s%.*s" REPORT_MASK, done,
			                   (int)(at - text), text);
			if (done == NULL)
				return REPORT_MASK; /* no memory */
			text = at + strlen(s->text);
		}
		if (*done != '\0')
			text = rent_printf(report->arena, "%s%s", done, text);
	}
	return text;
}

/* Stars over the quoted texts of a line, except the one that begins at the column. */
static void star_texts(char *line, int caret)
{
	bool inside = false, shown = false;
	int column = 0;

	for (char *s = line; *s != '\0'; s++) {
		if (((unsigned char)*s & 0xc0) != 0x80)
			column++;
		if (*s == '"') {
			inside = !inside;
			shown = inside && column == caret;
		} else if (inside && !shown) {
			if (*s == '\\' && s[1] != '\0') {
				*s++ = '*';
				column++;
			}
			*s = '*';
		}
	}
}

/* The line as it may be shown; NULL: not at all. */
static const char *shown_quote(const struct report *report, const struct problem *p)
{
	char *line;

	if (p->place.quote == NULL ||
	    report_covered(report, p->place.quote) != p->place.quote)
		return NULL;
	line = rent_strdup(report->arena, p->place.quote);
	if (line != NULL)
		star_texts(line, p->place.column);
	return line;
}

/* Tabs stay tabs, so that the caret stands below its character whatever their width. */
static void print_quote(const char *quote, int caret, FILE *out)
{
	int column = 1;

	(void)fprintf(out, "    %s\n    ", quote);
	for (const char *s = quote; *s != '\0' && column < caret; s++) {
		if (((unsigned char)*s & 0xc0) == 0x80)
			continue;
		(void)fputc(*s == '\t' ? '\t' : ' ', out);
		column++;
	}
	(void)fputs("^\n", out);
}

static void print_one(const struct report *report, const struct problem *p, FILE *out)
{
	const char *quote = shown_quote(report, p),
		   *text = report_covered(report, p->text);

	if (p->place.file != NULL)
		(void)fprintf(out, "%s:", p->place.file);
	if (p->place.line > 0)
		(void)fprintf(out, "%d:%d:", p->place.line, p->place.column);
	(void)fprintf(out, "%s%s%s%s\n", p->place.file != NULL ? " " : "",
	              p->item == NULL ? "" : p->item, p->item == NULL ? "" : ": ",
	              text == NULL ? "" : text);
	if (quote != NULL)
		print_quote(quote, p->place.column, out);
}

static void print_json(const struct report *report, FILE *out)
{
	json_t *all = json_array();

	for (const struct problem *p = report->first; p != NULL; p = p->next)
		(void)json_array_append_new(
			all, json_pack("{s:s*, s:i, s:i, s:s*, s:s*, s:s*}", "file",
		                       p->place.file, "line", p->place.line, "column",
		                       p->place.column, "item", p->item, "problem",
		                       report_covered(report, p->text), "quote",
		                       shown_quote(report, p)));
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
		print_one(report, p, out);
	if (report->count > REPORT_MAX)
		(void)fprintf(out, "… and %zu more problems\n",
		              report->count - REPORT_MAX);
}
