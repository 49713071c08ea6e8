/* SPDX-License-Identifier: MIT
 *
 * probe.h - whether what met errors that nobody foresaw works again. A host that is not ready
 * gets no calls that would show it.
 */
#ifndef STORAGE_SQLITE_PROBE_H
#define STORAGE_SQLITE_PROBE_H

#include "db.h"

/* Does nothing unless there is trouble. Then every statement is tried on a new connection, with
 * empty parameters, in a transaction that is rolled back. The writer's thread, which holds no
 * transaction.
 *
 * damage: also what met damage, which may be where no such statement looks. */
void probe_trouble(const struct db_options *options, bool damage);

#endif
