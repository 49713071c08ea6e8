/* SPDX-License-Identifier: MIT
 *
 * provider_book.h - what a payment provider says it has done since a time: its list read page
 * by page, in memory, by id or by reference. Compares nothing.
 */
#ifndef CORE_PROVIDER_BOOK_H
#define CORE_PROVIDER_BOOK_H

#include "core.h"

#define BOOK_MAX 1000000 /* entries; more need a later beginning */

struct book_entry {
	char id[RENT_ID_SIZE]; /* "" when it was sent without a key that can be ours */
	char rental_id[RENT_ID_SIZE], user_id[RENT_ID_SIZE]; /* cut */
	char ref[RENT_REF_SIZE];
	char target_ref[RENT_REF_SIZE]; /* refund: of what it is of; "" not known */
	char currency[4];               /* "": that of the provider's caps */
	enum rent_payment_kind kind;
	enum rent_outcome outcome;
	int64_t amount, at;
	bool known; /* for who compares */
};

struct provider_book {
	struct book_entry *entries; /* by id; those without one first, by kind and ref */
	size_t n, room;
};

/* Reads the list from `since` on. A page that does not come is asked for again, a few times.
 * RENT_EUNAVAIL: it did not come. book is zeroed; book_done() in any case. */
int book_read(struct core *core, struct payment_port *port, int64_t since,
              struct provider_book *book, struct rent_error *err);
void book_done(struct provider_book *book);

/* The entry of an operation, or NULL: that of its id, else one without an id that has its kind
 * and its reference. */
struct book_entry *book_find(const struct provider_book *book, const char *id,
                             enum rent_payment_kind kind, const char *ref);

#endif
