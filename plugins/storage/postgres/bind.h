/* SPDX-License-Identifier: MIT
 *
 * bind.h - the parameters of one statement, in the binary format of the wire: numbers,
 * texts, and arrays of them, which is how a whole batch goes into one statement. Reused from
 * statement to statement; grows as needed.
 */
#ifndef STORAGE_POSTGRES_BIND_H
#define STORAGE_POSTGRES_BIND_H

#include <rent/base.h>

#define BIND_MAX 40

/* pg_type.oid of timestamptz; it never changes. */
#define BIND_TIME_OID 1184

/* Times of PostgreSQL are counted from 2000-01-01. */
#define BIND_EPOCH (INT64_C(946684800) * RENT_SECOND)

struct bind {
	char *data;
	size_t size, cap;
	bool failed; /* out of memory */
	int n;
	size_t at[BIND_MAX];
	int length[BIND_MAX]; /* -1: null */
	/* of the array being written */
	int32_t elements;
	bool nulls;
};

void bind_reset(struct bind *a);
void bind_done(struct bind *a);

void bind_int(struct bind *a, int64_t v);
void bind_time(struct bind *a, int64_t us);
void bind_text(struct bind *a, const char *s); /* NULL is null */
void bind_bytes(struct bind *a, const void *bytes, size_t size);

/* The elements of an array, and the type of the member of a row that they are taken from. */
enum bind_type {
	BIND_INT,  /* int64_t */
	BIND_ANY,  /* int64_t, 0 is null */
	BIND_TIME, /* int64_t, microseconds since 1970; 0 is null, INT64_MIN -infinity */
	BIND_TEXT, /* const char *, NULL is null */
	BIND_BOOL, /* bool */
	BIND_ENUM, /* an enum, as a number */
};

struct bind_column {
	enum bind_type type;
	size_t at; /* offset in the row */
};

/* Rows in memory as one array parameter for each of the columns, which end with BIND_END. */
#define BIND_END                   \
	{                          \
		BIND_INT, SIZE_MAX \
	}
void bind_rows(struct bind *a, const struct bind_column *columns, const void *rows,
               size_t stride, size_t n);

#endif
