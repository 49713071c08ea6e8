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
	K_MISSING_OURS,
	K_MISSING_THEIRS,
	K_KIND,
	K_AMOUNT,
	K_STATE,
	K_MANUAL,
	K_CANNOT_LIST,
	K_HOLD_EXPIRED,
	K_OPEN_THEIRS_ENDED,
	K_ABOVE,
	K_CURRENCY,
};

extern const struct finding_kind book_findings[];

/* The provider's word for a kind of operation of ours; 0: it is not the provider's. */
extern const enum rent_payment_kind book_kinds[];

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
