/* SPDX-License-Identifier: MIT
 *
 * rent/value.h - named values: the members of a JSON object that is to be written, and the
 * fields of a command's result.
 */
#ifndef RENT_VALUE_H
#define RENT_VALUE_H

#include "base.h"

RENT_EXTERN_C_BEGIN

enum rent_value_type {
	RENT_VALUE_NULL = 0,
	/* text; NULL or "" is written as null. */
	RENT_VALUE_TEXT,
	/* Number. */
	RENT_VALUE_INT,
	/* number, 0 or 1. */
	RENT_VALUE_BOOL,
	/* number: wall time in microseconds, written as RFC 3339; 0 is null. */
	RENT_VALUE_TIME,
};

/* A list of them ends with RENT_VALUES_END. Text that is not UTF-8 is written with '?'. */
struct rent_value {
	const char *name;
	enum rent_value_type type;
	const char *text;
	int64_t number;
};

/* clang-format off */
#define RENT_VALUES_END         { .name = NULL }
#define RENT_TEXT(name_, s_)    { .name = (name_), .type = RENT_VALUE_TEXT, .text = (s_) }
#define RENT_NUMBER(name_, n_)  { .name = (name_), .type = RENT_VALUE_INT, .number = (n_) }
#define RENT_TRUTH(name_, b_)   { .name = (name_), .type = RENT_VALUE_BOOL, .number = (b_) }
#define RENT_MOMENT(name_, us_) { .name = (name_), .type = RENT_VALUE_TIME, .number = (us_) }
#define RENT_NOTHING(name_)     { .name = (name_), .type = RENT_VALUE_NULL }
/* clang-format on */

RENT_EXTERN_C_END
#endif
