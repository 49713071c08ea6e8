/* SPDX-License-Identifier: MIT
 *
 * sqlite.h - an instance of the plugin, and the intentions that it implements.
 */
#ifndef STORAGE_SQLITE_SQLITE_H
#define STORAGE_SQLITE_SQLITE_H

#include "core/instance.h"
#include "core/readers.h"

#include "file.h"
#include "writer.h"

struct sqlite {
	struct storage_instance instance;
	struct trouble trouble;
	struct db_options db;
	struct file file;
	_Atomic int64_t
		looked_at; /* monotonic: when a reader looked after the file; 0: to be done */
	struct queue_options queue;
	int64_t read_connections, list_connections;
	struct writer *writer;
	struct readers *readers, *lists; /* lists: pages of everybody's rentals */
	_Atomic int64_t open[2];         /* connections of both */
};

#define STORAGE_NAME sqlite
#include "core/prototypes.h"

/* ---- reading */

/* A connection with a transaction begun, and room for one rental with its operations. */
struct sqlite_reader {
	struct reader reader;
	struct db db;
	struct rent_rental rental;
	struct rent_op ops[RENT_VIEW_OPS];
	const struct rent_op *list[RENT_VIEW_OPS]; /* of ops */
	size_t count;
};

/* The rental of the row that stmt stands on, with the sums over its operations. */
int sqlite_read_rental(struct db *db, sqlite3_stmt *stmt, struct rent_rental *ret,
                       struct rent_error *err);

/* Shows one rental with its operations. 1: there is none. */
int sqlite_show_rental(struct sqlite *self, const char *id, rent_rental_fn fn, void *arg,
                       struct rent_error *err);

/* ---- writing */
struct deed_row;
/* Who did it, in the transaction of what was done. */
int sqlite_put_deed(struct db *db, const struct deed_row *row, struct rent_error *err);

/* ---- the file and its schema (schema.c) */
int sqlite_check_schema(struct sqlite *self, enum db_use use, struct rent_error *err);
int sqlite_migrate(void *arg, bool dry_run, const struct rent_report *report,
                   struct rent_error *err);

#endif
