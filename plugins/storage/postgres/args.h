/* SPDX-License-Identifier: MIT
 *
 * args.h - the parameters of one statement, in the binary format of the wire: numbers,
 * texts, and arrays of them, which is how a whole batch goes into one statement. Reused from
 * statement to statement; grows as needed.
 */
#ifndef STORAGE_POSTGRES_ARGS_H
#define STORAGE_POSTGRES_ARGS_H

#include <rent/base.h>

#define ARGS_MAX 32

/* Times of PostgreSQL are counted from 2000-01-01. */
#define ARGS_EPOCH (INT64_C(946684800) * RENT_SECOND)

struct args {
	char *data;
	size_t size, cap;
	bool failed; /* out of memory */
	int n;
	size_t at[ARGS_MAX];
	int length[ARGS_MAX]; /* -1: null */
	/* of the array being written */
	int32_t elements;
	bool nulls;
};

void args_reset(struct args *a);
void args_done(struct args *a);

void args_int(struct args *a, int64_t v);
void args_time(struct args *a, int64_t us);
void args_text(struct args *a, const char *s); /* NULL is null */
void args_bytes(struct args *a, const void *bytes, size_t size);

/* What an array has for elements, and the member of a row that it is taken from. */
enum args_type {
	ARGS_INT,  /* int64_t */
	ARGS_ANY,  /* int64_t, 0 is null */
	ARGS_TIME, /* int64_t, microseconds since 1970; 0 is null, INT64_MIN -infinity */
	ARGS_TEXT, /* const char *, NULL is null */
	ARGS_BOOL, /* bool */
};

struct args_column {
	enum args_type type;
	size_t at; /* offset in the row */
};

/* Rows in memory as one array parameter for each of the columns, which end with ARGS_END. */
#define ARGS_END                   \
	{                          \
		ARGS_INT, SIZE_MAX \
	}
void args_rows(struct args *a, const struct args_column *columns, const void *rows,
               size_t stride, size_t n);

#endif
