/* SPDX-License-Identifier: MIT
 *
 * book_compare.h - one operation of ours beside its entry in the provider's book: what differs.
 * Pure. reconcile.c walks over both.
 */
#ifndef CORE_BOOK_COMPARE_H
#define CORE_BOOK_COMPARE_H

#include "findings.h"
#include "provider_book.h"

enum book_finding {
	BOOK_MISSING_OURS,
	BOOK_MISSING_THEIRS,
	BOOK_KIND,
	BOOK_AMOUNT,
	BOOK_STATE,
	BOOK_MANUAL,
	BOOK_CANNOT_LIST,
	BOOK_HOLD_EXPIRED,
	BOOK_OPEN_THEIRS_ENDED,
	BOOK_ABOVE,
	BOOK_CURRENCY,
	BOOK_OUTSIDE,
	BOOK_OUTSIDE_UNKNOWN,
};

extern const struct finding_kind book_findings[];

struct book_terms {
	const struct rent_payment_caps *caps;
	/* Wall time; and for how long an operation may be open before it is reported. */
	int64_t now, patience;
};

/* Puts the differences into f and gives how many there are. e: NULL when the book has none. */
size_t book_compare(const struct book_terms *t, const struct rent_op *op,
                    const struct book_entry *e, struct findings *f);

/* Whether an entry is of another currency than the provider's own. */
bool book_is_foreign(const struct book_terms *t, const struct book_entry *e);

const char *book_kind_name(enum rent_payment_kind kind);
const char *book_outcome_name(enum rent_outcome outcome);

#endif
