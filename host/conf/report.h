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

#define REPORT_MASK "***"

struct report_secret {
	struct report_secret *next;
	const char *text;
};

struct report {
	struct rent_arena *arena;
	struct problem *first;
	struct report_secret *secrets;
	size_t count;
};

/* Adds one. place and item may be NULL. */
void report_add(struct report *report, const struct conf_place *place, const char *item,
                const char *fmt, ...) RENT_PRINTF(4, 5);

/* The value of a secret option: no problem shows it, whatever it is about and whoever wrote it.
 * Texts of fewer than four characters are in every sentence and are not looked for. Kept by
 * pointer; NULL is ignored. */
void report_secret(struct report *report, const char *text);

/* text without the secrets; in the arena when it had one. NULL stays NULL. */
const char *report_covered(const struct report *report, const char *text);

/* All of them in the order of the file, each as "file:line:column: item: text", the line and
 * a caret below; or as one JSON array. Stars replace the quoted texts of a line, except the one that
 * the caret is at: the line may hold an option that is not known to be a secret, because its
 * plugin was not loaded or its name is mistyped. */
void report_print(const struct report *report, FILE *out, bool json);

#endif
