/* SPDX-License-Identifier: MIT
 *
 * readers.h - the connections that only read: opened when first needed, lent to one caller
 * at a time with a transaction begun, at most so many.
 */
#ifndef STORAGE_SQLITE_READERS_H
#define STORAGE_SQLITE_READERS_H

#include "view.h"

struct readers;

struct reader {
	struct db db;
	struct reader *next;
	struct view view; /* room for one rental with its operations */
};

struct readers_options {
	struct db_options db;
	int64_t max;
	/* How many are open, told whenever it changes. */
	void (*on_count)(void *arg, int64_t open);
	void *arg;
};

int readers_new(const struct readers_options *options, struct readers **ret,
                struct rent_error *err);
/* All must have been given back. NULL is fine. */
void readers_free(struct readers *readers);

/* Waits for a free connection and begins a transaction on it. A thread that holds one
 * already (a callback that reads again) does not wait but gets one more, so that nobody
 * waits for himself. */
int readers_take(struct readers *readers, struct reader **ret, struct rent_error *err);
void readers_give(struct readers *readers, struct reader *reader);

/* Shows one rental with its operations. 1: there is none. */
int readers_view(struct readers *readers, const char *id, rent_rental_fn fn, void *arg,
                 struct rent_error *err);

#endif
