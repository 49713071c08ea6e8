/* SPDX-License-Identifier: MIT
 *
 * conf/report.h - the problems of a configuration, all of one run: where, which item, why,
 * what is allowed. They live in the arena of the configuration they are about.
 */
#ifndef HOST_CONF_REPORT_H
#define HOST_CONF_REPORT_H

#include <rent/base.h>

#define REPORT_MAX 200 /* problems kept; further ones are only counted */

/* Where something stands. A place without a line is not in a file (--set). */
struct conf_place {
	const char *file;  /* or "--set=…" */
	const char *quote; /* the text of the line; NULL: none */
	int line, column;  /* from 1; columns are characters */
	int order;         /* of the lines of all files as they were read */
};

struct problem {
	struct problem *next;
	struct conf_place place;
	const char *item,
		*text; /* "instances.core.options.tick", why and what is allowed */
};

struct report {
	struct rent_arena *arena;
	struct problem *first;
	size_t count;
};

/* Adds one. place and item may be NULL. */
void report_add(struct report *report, const struct conf_place *place, const char *item,
                const char *fmt, ...) RENT_PRINTF(4, 5);

/* All of them in the order of the file, each as "file:line:column: item: text", the line and
 * a caret below; or as one JSON array. */
void report_print(const struct report *report, FILE *out, bool json);

#endif
