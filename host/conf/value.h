/* SPDX-License-Identifier: MIT
 *
 * conf/value.h - the notation of option values: one parser for the file, defaults, bounds
 * and --set. Text in, value out; where the text came from is not known here.
 */
#ifndef HOST_CONF_VALUE_H
#define HOST_CONF_VALUE_H

#include <rent/options.h>

#define VALUE_LIST_MAX 256

struct conf_value {
	bool set;
	int64_t number;          /* all but text and lists; ENUM: index in choices */
	const char *text;        /* as it was written */
	const char *const *list; /* LIST: ends with NULL */
};

/* Reads text as the type of opt and checks its bounds. RENT_EINVAL with why (what is wrong,
 * what is allowed) in err; RENT_ENOMEM. The value keeps text and lives in arena. */
int value_parse(const struct rent_option *opt, const char *text, struct rent_arena *arena,
                struct conf_value *ret, struct rent_error *err);

/* The same for the elements of a list; elements is kept. */
int value_parse_list(const struct rent_option *opt, const char *const *elements, size_t n,
                     struct conf_value *ret, struct rent_error *err);

/* "a duration from 1s to 1h", "one of text, json", … Writes into buffer. */
const char *value_allowed(const struct rent_option *opt, char *buffer, size_t size);

const char *value_type_name(enum rent_option_type type); /* "duration"; "?" */

/* Is the index-th choice, copied into buffer, there? */
bool value_choice(const struct rent_option *opt, int index, char *buffer, size_t size);

bool value_equal(const struct rent_option *opt, const struct conf_value *a,
                 const struct conf_value *b);

#endif
