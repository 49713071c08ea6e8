/* SPDX-License-Identifier: MIT
 *
 * lost_commit.h - what became of a transaction whose COMMIT was sent and never answered.
 */
#ifndef STORAGE_POSTGRES_LOST_COMMIT_H
#define STORAGE_POSTGRES_LOST_COMMIT_H

#include "batch.h"

/* Connects again, makes sure that the server's process of the lost connection has ended,
 * and reads back what it left. Every unit gets its result: done; RENT_EUNAVAIL when it did
 * not happen; RENT_EINDOUBT when that cannot be told. Nothing is ever sent again. 0, or the
 * code that the units got. */
int lost_commit_find(struct batch *b, struct unit *units, size_t n);

#endif
