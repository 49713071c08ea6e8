/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/faults.h - everything that is wrong with a file, each with its line, so
 * that one run shows all of it.
 */
#ifndef CATALOG_FAULTS_H
#define CATALOG_FAULTS_H

#include <rent/base.h>

/* Beyond these only the number grows. */
#define FAULTS_KEPT      100
#define FAULTS_TEXT_SIZE 240

struct faults {
	const char *file;
	size_t count;
	struct fault {
		size_t line;
		char text[FAULTS_TEXT_SIZE];
	} list[FAULTS_KEPT];
};

/* line: from 1; 0 the file as a whole. */
void faults_add(struct faults *f, size_t line, const char *fmt, ...) RENT_PRINTF(3, 4);
/* In the order of the lines. */
void faults_sort(struct faults *f);
/* "FILE:LINE: what", the i-th of min(count, FAULTS_KEPT). */
void faults_text(const struct faults *f, size_t i, char *ret, size_t size);

#endif
