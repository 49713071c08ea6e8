/* SPDX-License-Identifier: MIT
 *
 * conf/option.h - a declared table of options (rent/options.h) met by a group of the
 * configuration: every option with its value and where it came from. The host's own settings
 * and those of every plugin instance are such sets.
 */
#ifndef HOST_CONF_OPTION_H
#define HOST_CONF_OPTION_H

#include <rent/options.h>

#include "conf/tree.h"
#include "conf/value.h"

#define OPTION_MAX 256 /* rows of a table; more is a table without an end */

struct option_value {
	struct conf_value value;
	enum conf_origin origin;
	const struct conf_node *node; /* NULL: a default */
};

struct option_set {
	const struct rent_option *table;
	size_t count;
	const char *path; /* "instances.core.options"; "" at the top */
	/* Read by any thread, replaced by a reload. The array before stays valid. */
	_Atomic(struct option_value *) values;
};

/* Is the table itself in order? RENT_EINVAL with the row and what is wrong with it. table may
 * be NULL. */
int option_table_check(const struct rent_option *table, size_t *ret_count,
                       struct rent_error *err);

/* Reads group (NULL: nothing set) by a checked table. Everything wrong goes to the report;
 * what is wrong or missing is left unset. others (may be NULL) ends with NULL: members that
 * are not options. at: where a missing option is reported. Fails for want of memory only. */
int option_set_load(struct option_set *set, const struct conf_node *group,
                    const struct conf_place *at, const char *const *others,
                    struct report *report);

/* NULL when the table has no such option. */
const struct rent_option *option_find(const struct option_set *set, const char *name);
/* The option must be in the table. */
const struct option_value *option_get(const struct option_set *set, const char *name);

int64_t option_int(const struct option_set *set, const char *name);
bool option_bool(const struct option_set *set, const char *name);
const char *option_text(const struct option_set *set,
                        const char *name); /* NULL: not set */

#endif
