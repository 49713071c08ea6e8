/* SPDX-License-Identifier: MIT
 *
 * conf/source.h - the text of a configuration: the file and what it includes as one buffer,
 * with where each line came from. libconfig resolves an @include against one folder for all;
 * here it is the folder of the file that says it. This file does not interpret the text.
 */
#ifndef HOST_CONF_SOURCE_H
#define HOST_CONF_SOURCE_H

#include "conf/report.h"

#define SOURCE_MAX       ((size_t)4 * 1024 * 1024) /* bytes of all files together */
#define SOURCE_DEPTH     10                        /* includes within includes */
#define SOURCE_LINES_MAX 100000

struct source_line {
	const char *file, *text;
	int number;
	bool include; /* was replaced by what follows it */
};

struct source {
	struct rent_arena *arena;
	struct report *report;
	struct source_line *lines; /* the i-th line of text is lines[i - 1] */
	int count;
	int room;
	size_t size;
	char *text; /* all lines joined */
};

/* Reads file and its includes. Files that cannot be read or are not text go to the report;
 * RENT_EFAIL then, with errno's reason in *ret_errno for the file itself (0: another). */
int source_read(struct source *source, const char *file, int *ret_errno);

/* The place of a column (in bytes, from 0) of a line (from 1) of the joined text. */
void source_place(const struct source *source, int line, size_t offset,
                  struct conf_place *ret);

#endif
