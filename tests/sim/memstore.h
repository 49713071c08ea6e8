/* SPDX-License-Identifier: MIT
 *
 * memstore.h - a storage in memory: the interface of rent/storage.h in its plainest form,
 * nothing but arrays and a lock. The second implementation that the interface is tried with,
 * and the database of the simulator. Durable means: still there as long as the memstore is,
 * whatever became of the hosts that used it.
 */
#ifndef SIM_MEMSTORE_H
#define SIM_MEMSTORE_H

#include <rent/storage.h>

struct memstore;

/* now gives the database's clock. */
struct memstore *memstore_new(int64_t (*now)(void *arg), void *arg);
void memstore_free(struct memstore *m);

extern const struct rent_storage memstore_api;

/* ---- for those who check, and for an operator's edits */
struct mem_rental {
	struct rent_rental r; /* money sums and now are not kept up in here */
	bool debt_row;
	size_t last_op; /* 1-based; the chain of its operations, newest first */
	int64_t attempts_taken, journal; /* sums of their rows */
	int64_t debt_seen; /* for those who check that it shrinks; 0: not yet */
};

struct mem_op {
	struct rent_op op;
	size_t next; /* the one before it of the same rental, 1-based; 0 ends */
};

size_t memstore_rentals(struct memstore *m, struct mem_rental **ret);
size_t memstore_ops(struct memstore *m, struct mem_op **ret);

/* Sums for one rental, as audit_scan would give them; not locked. */
void memstore_audit_row(struct memstore *m, struct mem_rental *rental,
                        struct rent_audit_row *ret, struct rent_rental *ret_view);

/* One of them, or NULL. */
struct mem_rental *memstore_rental(struct memstore *m, const char *rental_id);
const struct rent_op *memstore_op(struct memstore *m, const char *id);

/* Raises the debt of a rental from outside. */
void memstore_raise_debt(struct memstore *m, const char *rental_id, int64_t by);
/* Moves the begin of an ACTIVE rental back from outside. */
void memstore_move_start(struct memstore *m, const char *rental_id, int64_t by);
/* Some unused offers were not on the disk yet. */
void memstore_lose_quotes(struct memstore *m);

/* Switches a defence off, for tests that must notice: see memstore.c. */
enum mem_sabotage {
	MEM_NO_VERSION_GUARD = 1u << 0,
	MEM_NO_LEASE_TOKEN = 1u << 1,
	MEM_NO_SINGLE_QUOTE = 1u << 2,
	MEM_NO_ONE_TAKE = 1u << 3,
	MEM_NO_USED_CHECK = 1u << 4,
	MEM_NO_POWERBANK_CHECK = 1u << 5,
	MEM_NO_FINGERPRINT = 1u << 6,
	MEM_NO_OP_OPEN_CHECK = 1u << 7,
	MEM_NO_KEY_LEASE = 1u << 8,
	MEM_CLAIM_SHARED = 1u << 9,
};
void memstore_sabotage(struct memstore *m, uint32_t what);

#endif
