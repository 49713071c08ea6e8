/* SPDX-License-Identifier: MIT
 *
 * finding.h - a finding about one rental, kept until it has been seen a second time, and
 * its report. invariants.c and reconcile.c judge.
 */
#ifndef CORE_FINDING_H
#define CORE_FINDING_H

#include <rent/rental.h>

/* What stays the same of a finding, whichever rental it is about. */
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

#define FINDINGS_MAX 24 /* of one rental; more are not told */

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
int finding_tell(struct rent_check *check, const struct finding *finding,
                 const char *rental_id, const char *user_id, int64_t since);

#endif
