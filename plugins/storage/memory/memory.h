/* SPDX-License-Identifier: MIT
 *
 * memory.h - an instance of storage_memory: arrays, a few hash indexes, and one lock. Every
 * intention holds the lock from its first look to its last callback, so each is atomic; guards
 * are checked before anything is written, so nothing need be undone. The tables are open to
 * those who look on: the simulator, and the contract suite.
 */
#ifndef STORAGE_MEMORY_MEMORY_H
#define STORAGE_MEMORY_MEMORY_H

#include "common/wait.h"
#include "core/change.h"
#include "core/instance.h"

struct memory_rental {
	/* The sums over operations, and now, are not kept up in here. */
	struct rent_rental r;
	bool debt_row;    /* there is a row of debts, perhaps of 0 */
	bool undeposited; /* it went on though its deposit could not be held */
	/* The newest of its operations; the chain goes by memory_op.older. */
	size_t newest_op;
	int64_t attempts_taken, journal; /* sums of their rows */
	int64_t reopened_at;             /* by a return after the buyout; 0: never */
	int64_t debt_seen;               /* a note of the simulator's */
};

/* 1-based positions in the table of operations; 0 is none. */
struct memory_op {
	struct rent_op op;
	size_t older; /* of the same rental */
};

struct memory_inventory {
	struct rent_inventory row; /* powerbanks: the one below */
	char *powerbanks;
};

struct memory_message {
	struct rent_message row; /* data: the one below, while it is given out */
	char *data;
};

#define MEMORY_KEY_SIZE ((size_t)2 * RENT_KEY_SIZE)

struct memory_key {
	char key[RENT_KEY_SIZE], scope[RENT_KEY_SIZE], fingerprint[RENT_KEY_SIZE];
	char full[MEMORY_KEY_SIZE]; /* both: one key a scope */
	char user_id[RENT_ID_SIZE];
	char rental_id[RENT_ID_SIZE]; /* "": none */
	bool answered;
	char outcome[RENT_ID_SIZE];
	char *answer; /* with answered */
	int64_t created_at;
};

struct memory_attempt {
	char rental_id[RENT_ID_SIZE];
	char error[RENT_NOTE_SIZE];
	int64_t amount, created_at;
	bool success;
};

struct memory_journal {
	char rental_id[RENT_ID_SIZE], op_id[RENT_ID_SIZE];
	char reason[RENT_NOTE_SIZE];
	int64_t delta, after, created_at;
};

/* The quote of a rental: it is used for good. */
struct memory_used_quote {
	char id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE];
};

/* A row of audit_log; its id is its place, from 1 on. */
struct memory_deed {
	int64_t at;
	enum rent_deed_kind kind;
	char rental_id[RENT_ID_SIZE], op_id[RENT_ID_SIZE];
	char subject[RENT_ID_SIZE], role[16], issuer[RENT_NOTE_SIZE],
		key_id[RENT_ID_SIZE];
	char peer[RENT_ID_SIZE], request_id[RENT_ID_SIZE], by[RENT_ID_SIZE];
	char reason[RENT_REASON_SIZE];
};

/* ---- tables */

#define MEMORY_TABLE(type)      \
	struct {                \
		type *at;       \
		size_t n, room; \
	}

/* From a text to its place in a table: open addressing, 1-based places, 0 is free. */
struct memory_index {
	uint32_t *slots;
	size_t size; /* a power of two, or 0 */
};

struct memory {
	struct storage_instance instance;
	/* The database's clock. */
	int64_t (*now)(void *arg);
	void *now_arg;
	int64_t rentals_max;
	uint32_t sabotage; /* enum memory_sabotage, in the simulator */
	struct lock lock;  /* what follows */
	MEMORY_TABLE(struct memory_rental) rentals; /* by id, ascending */
	MEMORY_TABLE(struct memory_op) ops;         /* in the order they were recorded */
	MEMORY_TABLE(struct rent_quote) quotes;
	MEMORY_TABLE(struct memory_key) keys;
	MEMORY_TABLE(struct rent_resolution) resolutions;
	MEMORY_TABLE(struct rent_note) notes;     /* in the order they were written */
	MEMORY_TABLE(struct rent_inbound) events; /* in the order they came */
	MEMORY_TABLE(struct memory_inventory) inventories; /* in the order they came */
	MEMORY_TABLE(struct memory_message) outbox; /* in the order they were recorded */
	MEMORY_TABLE(struct rent_outside) outside;  /* likewise */
	MEMORY_TABLE(struct memory_attempt) attempts;
	MEMORY_TABLE(struct memory_journal) journal;
	MEMORY_TABLE(struct memory_deed) deeds;
	/* Of all rentals, in the order they were begun. */
	MEMORY_TABLE(struct memory_used_quote) used_quotes;
	struct memory_index ops_by_id, quotes_by_id, keys_by_key, used_quotes_by_id;
};

#define STORAGE_NAME memory
#include "core/prototypes.h"

/* now: the database's clock. NULL: out of memory. */
struct memory *memory_new(int64_t (*now)(void *arg), void *arg);
void memory_free(struct memory *m);

/* Makes room for n more rows, so that MEMORY_PUSH cannot fail afterwards. False: out of memory. */
#define MEMORY_RESERVE(table, more)                                                    \
	memory_reserve((void **)&(table).at, (table).n, &(table).room, (size_t)(more), \
	               sizeof((table).at[0]))
bool memory_reserve(void **at, size_t n, size_t *room, size_t more, size_t size);

/* A zeroed row at the end. */
#define MEMORY_PUSH(table)                                         \
	(memset(&(table).at[(table).n], 0, sizeof((table).at[0])), \
	 &(table).at[(table).n++])

/* ---- looking things up; under the lock */
struct memory_rental *memory_rental(struct memory *m, const char *id);
/* Where it is, or would be. */
size_t memory_rental_place(struct memory *m, const char *id);
struct memory_op *memory_op(struct memory *m, const char *id);
/* One of this rental. */
struct memory_op *memory_op_of(struct memory *m, const struct memory_rental *r,
                               const char *id);
struct rent_quote *memory_quote(struct memory *m, const char *id);
/* Live rentals that went on without a deposit and have none. */
int64_t memory_count_undeposited(struct memory *m);
/* "key scope" */
void memory_full_key(const char *key, const char *scope, char out[MEMORY_KEY_SIZE]);
struct memory_key *memory_key(struct memory *m, const char *key, const char *scope);
/* The user of the rental that was begun with it; NULL: none was. */
const char *memory_quote_used(struct memory *m, const char *quote_id);

/* The operations of a rental, newest first: for (op = newest; op != NULL; op = older). */
struct memory_op *memory_newest_op(struct memory *m, const struct memory_rental *r);
struct memory_op *memory_older_op(struct memory *m, const struct memory_op *op);

/* ---- adding; there is room. Each row is in its index afterwards. */
struct memory_rental *memory_insert_rental(struct memory *m, const char *id,
                                           const char *quote_id);
void memory_insert_op(struct memory *m, struct memory_rental *rental,
                      const struct rent_op *op);
/* False: out of memory. */
bool memory_insert_message(struct memory *m, const struct change_message *row,
                           int64_t now);
/* The last quote, or key, of its table is new. */
void memory_index_quote(struct memory *m);
void memory_index_key(struct memory *m);
/* Rows were removed or changed at will: all indexes are made again. */
void memory_reindex(struct memory *m);

struct deed_row;
/* Who did it. */
void memory_put_deed(struct memory *m, const struct deed_row *row);

/* ---- showing */
/* The rental as of now, with the sums over its operations. */
void memory_view(struct memory *m, const struct memory_rental *rental,
                 struct rent_rental *ret);
int memory_show(struct memory *m, const struct memory_rental *rental, bool with_ops,
                rent_rental_fn fn, void *arg);
/* Sums for one rental, as audit_scan gives them. */
void memory_audit_row(struct memory *m, struct memory_rental *rental,
                      struct rent_audit_row *ret, struct rent_rental *ret_view);

static inline bool memory_lease_is_free(const struct rent_rental *r, int64_t now)
{
	return r->lease_token[0] == '\0' || r->lease_until <= now;
}

/* Switches a defence off, for the simulator's tests that must notice; elsewhere all are on. */
enum memory_sabotage {
	MEMORY_NO_SINGLE_QUOTE = 1u << 0,
	MEMORY_NO_ONE_TAKE = 1u << 1,
};
#ifdef STORAGE_MEMORY_SABOTAGE
#define MEMORY_WITHOUT(m, defence) (((m)->sabotage & (uint32_t)(defence)) != 0)
#else
#define MEMORY_WITHOUT(m, defence) ((void)(m), false)
#endif

#endif
