/* SPDX-License-Identifier: MIT
 *
 * ops.h - the operations of a change: which it ends and which it begins, and the payment
 * attempts that follow from an end. Called inside the writer's transaction.
 */
#ifndef STORAGE_SQLITE_OPS_H
#define STORAGE_SQLITE_OPS_H

#include <rent/storage.h>

#include "db.h"

/* An operation of this rental that a change ends, as it was found. */
struct ops_found {
	int64_t seq, amount;
	enum rent_op_kind kind;
	char target_id[RENT_ID_SIZE];
	char note[RENT_NOTE_SIZE];
};

/* Looks up what the change ends; writes nothing. 0, or 1 when an operation is not an open
 * one of the rental (or one in MANUAL that it resolves), or named twice; or negative. */
int ops_find(struct db *db, const struct rent_change *change,
             struct ops_found found[RENT_CHANGE_OPS], struct rent_error *err);

/* Applies ends, then news. 0, DB_CONSTRAINT when the database or a missing target refuses,
 * or negative. */
int ops_apply(struct db *db, const struct rent_change *change,
              const struct ops_found found[RENT_CHANGE_OPS], struct rent_error *err);

#endif
