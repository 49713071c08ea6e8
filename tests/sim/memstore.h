/* SPDX-License-Identifier: MIT
 *
 * memstore.h - the simulator's database: storage_memory without a host, and what an operator does
 * to it behind everybody's back. Durable means: still there as long as the memstore is, whatever
 * became of the hosts that used it.
 */
#ifndef SIM_MEMSTORE_H
#define SIM_MEMSTORE_H

#include "memory.h"

/* Its slots, without metrics; self is a struct memory. */
extern const struct rent_storage memstore_api;

/* ---- for those who check */
size_t memstore_rentals(struct memory *m, struct memory_rental **ret);
size_t memstore_ops(struct memory *m, struct memory_op **ret);
size_t memstore_events(struct memory *m, struct rent_inbound **ret);
/* One of the operations, or NULL. */
const struct rent_op *memstore_op(struct memory *m, const char *id);

/* ---- an operator's edits */
/* Raises the debt of a rental. */
void memstore_raise_debt(struct memory *m, const char *rental_id, int64_t by);
/* Moves the begin of an ACTIVE rental back. */
void memstore_move_start(struct memory *m, const char *rental_id, int64_t by);
/* Some unused quotes were not on the disk yet. */
void memstore_lose_quotes(struct memory *m);

#endif
