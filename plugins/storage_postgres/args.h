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

enum args_type {
	ARGS_INT,
	ARGS_TEXT,
	ARGS_TIME,
	ARGS_BOOL
};

/* One array parameter: begin, its elements, end. */
void args_begin(struct args *a, enum args_type type);
void args_add_int(struct args *a, int64_t v);
void args_add_bool(struct args *a, bool v);
void args_add_text(struct args *a, const char *s); /* NULL is null */
void args_add_time(struct args *a, int64_t us);    /* 0 is null, INT64_MIN -infinity */
void args_add_null(struct args *a);
void args_end(struct args *a);

/* The array of VALUE over i = 0 .. n - 1. */
#define ARGS_COLUMN(a, TYPE, add, count, value)      \
	do {                                         \
		args_begin((a), TYPE);               \
		for (size_t i = 0; i < (count); i++) \
			add((a), value);             \
		args_end(a);                         \
	} while (0)
#define ARGS_INTS(a, count, value)  ARGS_COLUMN(a, ARGS_INT, args_add_int, count, value)
#define ARGS_TEXTS(a, count, value) ARGS_COLUMN(a, ARGS_TEXT, args_add_text, count, value)
#define ARGS_TIMES(a, count, value) ARGS_COLUMN(a, ARGS_TIME, args_add_time, count, value)
#define ARGS_BOOLS(a, count, value) ARGS_COLUMN(a, ARGS_BOOL, args_add_bool, count, value)

#endif
