/* SPDX-License-Identifier: MIT
 *
 * conf/dump.h - option sets as text: the effective configuration in libconfig's language,
 * each value with its origin as a comment, secrets masked; and the manual of a table.
 */
#ifndef HOST_CONF_DUMP_H
#define HOST_CONF_DUMP_H

#include "conf/option.h"

#define DUMP_MASK "********"

/* All options of a set, `depth` tabs deep. Options that are not set are left out. */
void dump_set(const struct option_set *set, int depth, FILE *out);

/* name = "text"; with what libconfig and ${…} would read otherwise escaped. */
void dump_text(const char *name, const char *text, int depth, FILE *out);

/* Is this never to be shown: by the plugin's word, or as the operator keeps it? */
bool dump_is_secret(const struct rent_option *opt, const struct option_value *value);

/* Where a value came from: "default", "FILE:LINE", "FILE:LINE (${env:X})", "--set". Writes
 * into buffer. */
const char *dump_origin(const struct option_value *value, char *buffer, size_t size);

/* The value of an option as text, masked when it is secret. Writes into buffer. */
const char *dump_value(const struct rent_option *opt, const struct option_value *value,
                       char *buffer, size_t size);

/* A row for each option: name, type, what is allowed, default, flags, help. */
void dump_table(const struct rent_option *table, size_t count, FILE *out);

#endif
