/* SPDX-License-Identifier: MIT
 *
 * batch.h - jobs that share a transaction. A job is one call of a caller; it is made of units,
 * the smallest things that can succeed or fail by themselves (a start, one change of an
 * advance). How a batch is run is transaction.h's.
 */
#ifndef STORAGE_POSTGRES_BATCH_H
#define STORAGE_POSTGRES_BATCH_H

#include <rent/storage.h>

#include "conn.h"
#include "core/queue.h"

enum job_kind {
	JOB_QUOTE,
	JOB_START,
	JOB_ADVANCE,
	JOB_CLAIM,
	JOB_PURGE,
	JOB_EVENT,
	JOB_INVENTORY,
	JOB_OUTBOX,
	JOB_ANSWER,
	JOB_SEAL,
	JOB_KINDS
};

#define BATCH_MARK 16

/* Begins the caller's own struct, which lives until writers_do() returns. */
struct job {
	struct queue_job queued; /* with the result */
	enum job_kind kind;
	size_t units; /* how many */
	bool applied; /* a transaction with some of its units was committed */
};

/* The result of reading back after a commit whose reply was lost. */
enum unit_found {
	FOUND_NOTHING, /* no trace: it happened only if others of its transaction did */
	FOUND_DONE,    /* its trace: the transaction was committed */
	FOUND_UNCLEAR, /* somebody has been there since */
};

struct unit {
	struct job *job;
	/* JOB_ADVANCE */
	struct rent_change *change;
	/* Units of a kind are sorted by it, which is the order of locks. */
	const char *order;
	/* JOB_ADVANCE: nothing of it is sent. */
	bool skip;
	enum unit_found found;
};

/* Units of one kind, and what they share. */
struct slice {
	struct conn *conn;
	/* Of this transaction and kind, and of no other. */
	unsigned char mark[BATCH_MARK];
	struct unit *units;
	size_t n;
};

/* What a kind of job knows. */
struct kind {
	const char *name;
	/* Fills in the units of a job. */
	void (*split)(struct job *job, struct unit *units);
	/* Names everything that no two jobs of a batch may share: calls add(arg, type, text)
	 * for each. Stops when add returns false. NULL: nothing. */
	bool (*claims)(struct job *job,
	               bool (*add)(void *arg, char type, const char *text), void *arg);
	/* Sends its statements, and takes their results in the same order. */
	void (*send)(const struct slice *s);
	void (*take)(const struct slice *s);
	/* After the commit; conn is free for queries. NULL: nothing is to be done. */
	void (*committed)(const struct slice *s);
	/* It alone was refused: its result, or its job's failure. NULL: the latter. */
	void (*refused)(struct unit *unit, const struct conn *conn);
	/* Reads back what the transaction left, now that nothing of it runs any more; sets
	 * found, and the results of what is done. Negative: it could not. NULL: unclear. */
	int (*find)(const struct slice *s, struct rent_error *err);
	/* The transaction was committed, without a trace of this unit. NULL: unclear. */
	void (*without_trace)(struct unit *unit);
};

extern const struct kind *const kinds[JOB_KINDS];
extern const struct kind quote_kind, start_kind, advance_kind, claim_kind, purge_kind,
	event_kind, inventory_kind, outbox_kind, answer_kind, seal_kind;

struct batch {
	const struct conn_options *options;
	struct conn *conn;
	bool quotes_durable;
	struct unit *units;
	size_t n;
	struct rent_error err; /* of the last failure that was not a unit's own */
	unsigned char mark[BATCH_MARK]; /* of the transaction under way */
	bool committed;                 /* … and its commit was confirmed */
	bool tried_again;               /* … after an error that nobody foresaw */
	/* Process and start of a session that still waited for a standby when it was left, 0:
	 * none (see lost_commit.c). */
	int64_t left, left_started;
};

/* Room for what one batch may have: BATCH_ROWS and one more whole advance. */
#define BATCH_ROWS  2000
#define BATCH_UNITS (BATCH_ROWS + RENT_ADVANCE_MAX)

/* Adds a job, for whose units there is room; says what it must not share with others. */
void batch_add(struct batch *b, struct job *job);
bool batch_claims(struct job *job, bool (*add)(void *arg, char type, const char *text),
                  void *arg);

/* Calls fn for the units of each kind. */
void batch_each(struct batch *b, struct unit *units, size_t n,
                void (*fn)(const struct kind *kind, struct slice *s, void *arg),
                void *arg);

/* Zeroed rows to be filled in and sent; freed by the caller. NULL: out of memory, and the
 * pipeline has failed for that. */
void *slice_rows(const struct slice *s, size_t n, size_t size);

/* The job of a unit has failed; the first failure counts. */
void unit_fail(struct unit *unit, int code, const struct rent_error *err);
void units_fail(struct unit *units, size_t n, int code, const struct rent_error *err);

#endif
