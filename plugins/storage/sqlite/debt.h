/* SPDX-License-Identifier: MIT
 *
 * debt.h - the debt part of a change: the row of `debts` and the line of the journal that
 * explains it.
 */
#ifndef STORAGE_SQLITE_DEBT_H
#define STORAGE_SQLITE_DEBT_H

#include <rent/storage.h>

#include "db.h"

/* 0, DB_CONSTRAINT or negative. */
int debt_apply(struct db *db, const struct rent_change *change, struct rent_error *err);

#endif
