/* SPDX-License-Identifier: MIT
 *
 * resolutions.h - the journal of what persons said became of operations in MANUAL.
 */
#ifndef STORAGE_SQLITE_RESOLUTIONS_H
#define STORAGE_SQLITE_RESOLUTIONS_H

#include <rent/storage.h>

#include "db.h"

/* Whether a change has no resolution, or one of an operation that it ends for good. */
bool resolution_fits(const struct rent_change *change);

/* Writes the resolution of a change, if it has one. 0, DB_CONSTRAINT or negative. */
int resolution_put(struct db *db, const struct rent_change *change,
                   struct rent_error *err);

/* 0, DB_CONSTRAINT or negative. Adds the two members that resolutions have in an audit. */
int resolution_sums(struct db *db, const char *rental_id, struct rent_audit_row *row,
                    struct rent_error *err);

#endif
