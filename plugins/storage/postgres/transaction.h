/* SPDX-License-Identifier: MIT
 *
 * transaction.h - a batch in one transaction, sent as one pipeline from BEGIN to COMMIT. When
 * the database refuses a batch it is halved until the culprit is alone.
 */
#ifndef STORAGE_POSTGRES_TRANSACTION_H
#define STORAGE_POSTGRES_TRANSACTION_H

#include "batch.h"

/* Runs the units, each to its end. 0, or the code of the failure that the whole met (the jobs
 * have theirs). */
int transaction_run(struct batch *b);

#endif
