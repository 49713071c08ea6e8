/* SPDX-License-Identifier: MIT
 *
 * findings.h - what a check finds about one rental: a finding, kept until it has been seen a
 * second time and then reported; and the invariants I1-I7 of docs/explanation/money.md, pure,
 * from the sums of the rental's single rows. audit.c walks over all rentals, reconcile.c compares
 * with the provider's book.
 */
#ifndef CORE_FINDINGS_H
#define CORE_FINDINGS_H

#include <rent/rental.h>
#include <rent/storage.h>

#include "rules.h"

/* The part of a finding that is the same for every rental. */
struct finding_kind {
	const char *invariant; /* "I1"; "" none */
	const char *code, *advice;
	bool breach;
};

struct finding {
	const struct finding_kind *kind;
	char op_id[RENT_ID_SIZE];
	char text[RENT_ERROR_TEXT];
	bool counted;
	int64_t expected, found;
	int64_t since; /* 0: the latest change of the rental */
};

#define FINDINGS_MAX 24 /* of one rental; more are not reported */

struct findings {
	size_t n;
	bool breach; /* at least one */
	struct finding at[FINDINGS_MAX];
};

/* Empties them. They are large: not for the stack. */
static inline struct findings *findings_none(struct findings *f)
{
	f->n = 0;
	f->breach = false;
	return f;
}

/* Adds one and gives it; never NULL (the last is written over when there are too many). */
struct finding *findings_add(struct findings *f, const struct finding_kind *kind,
                             const char *fmt, ...) RENT_PRINTF(3, 4);
/* … that compares two numbers. */
void finding_count(struct finding *finding, int64_t expected, int64_t found);

/* Whether one of this kind, and about the same operation, is among them. */
bool findings_have(const struct findings *f, const struct finding *like);

/* Reports the finding to the caller of the check, and counts it. since: for one that has
 * none. */
int finding_report(struct rent_check *check, const struct finding *finding,
                   const char *rental_id, const char *user_id, int64_t since);

/* From then on something that recovery should have ended, or nobody has taken up, is not just
 * late. */
#define INVARIANT_TOO_LONG (2 * RENT_HOUR)

/* Adds what it finds. */
void invariants_check(const struct params *params, const struct rent_audit_row *row,
                      struct findings *findings);

#endif
