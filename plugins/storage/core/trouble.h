/* SPDX-License-Identifier: MIT
 *
 * trouble.h - errors that nobody foresaw, by the operation that met them. An operation is in
 * trouble until it has succeeded again; meanwhile the instance is unhealthy, since calls fail
 * and nobody knows better. Entering and leaving are logged once, every error is counted.
 */
#ifndef STORAGE_CORE_TROUBLE_H
#define STORAGE_CORE_TROUBLE_H

#include <rent/host.h>

#include <stdatomic.h>

#include "common/wait.h"

/* The part that is in trouble: to try it again shows whether the trouble is over. */
enum trouble_side {
	TROUBLE_READING,
	TROUBLE_WRITING,
	TROUBLE_SEQUENCES, /* numbers are given that are in a table already */
	TROUBLE_DAMAGE,    /* a try may touch another part of the file */
	TROUBLE_SIDES
};

#define TROUBLE_MAX 32

/* Seconds between two trials after damage or a full disk. A host that is not ready gets
 * no calls that would show it. Such a trial looks elsewhere, or writes nothing, so that it proves
 * little: a host that is damaged in places must not be ready in every other second. */
#define TROUBLE_DAMAGE_EVERY 10

struct trouble {
	const struct rent_host *host;
	const char *database; /* the value of the metric label */
	struct rent_metric *errors;
	atomic_int count;
	struct lock lock; /* what follows */
	struct {
		const char *operation; /* a constant; NULL: unused */
		enum trouble_side side;
		char why[RENT_NOTE_SIZE];
	} in[TROUBLE_MAX];
};

void trouble_init(struct trouble *t, const struct rent_host *host, const char *database);
void trouble_done(struct trouble *t);

/* operation is a constant string: a statement, or a kind of job. */
void trouble_met(struct trouble *t, enum trouble_side side, const char *operation,
                 const struct rent_error *err);

/* The operation has succeeded. Costs nothing while there is no trouble. */
void trouble_over(struct trouble *t, const char *operation);
/* Everything of that side works. */
void trouble_all_over(struct trouble *t, enum trouble_side side);

bool trouble_is(struct trouble *t, enum trouble_side side);
/* False: there is none. Otherwise the first of them, as a sentence. */
bool trouble_first(struct trouble *t, char ret_why[RENT_NOTE_SIZE]);

#endif
