/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/faults.c - the list of faults of one reading. See faults.h.
 */
#include "faults.h"

#include <stdlib.h>

void faults_add(struct faults *f, size_t line, const char *fmt, ...)
{
	va_list ap;

	if (f->count < FAULTS_KEPT) {
		f->list[f->count].line = line;
		va_start(ap, fmt);
		(void)vsnprintf(f->list[f->count].text, FAULTS_TEXT_SIZE, fmt, ap);
		va_end(ap);
	}
	f->count++;
}

static int by_line(const void *a, const void *b)
{
	const struct fault *x = a, *y = b;

	return x->line < y->line ? -1 : x->line > y->line;
}

void faults_sort(struct faults *f)
{
	qsort(f->list, f->count < FAULTS_KEPT ? f->count : FAULTS_KEPT,
	      sizeof(f->list[0]), by_line);
}

void faults_text(const struct faults *f, size_t i, char *ret, size_t size)
{
	const struct fault *at = &f->list[i];

	if (at->line == 0)
		(void)snprintf(ret, size, "%s: %s", f->file, at->text);
	else
		(void)snprintf(ret, size, "%s:%zu: %s", f->file, at->line, at->text);
}
