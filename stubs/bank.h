/* SPDX-License-Identifier: MIT
 *
 * stubs/bank.h - users' money: what a hold, capture, charge, release or refund does to it,
 * and when it is refused. Called under the lock of the stubs.
 */
#ifndef STUBS_BANK_H
#define STUBS_BANK_H

#include "book.h"
#include "city.h"

#define BANK_ACCOUNTS_MAX 1000000

/* Only users of the data file and those whose money is being declined have one; anybody
 * else has money without end. */
struct account {
	char id[RENT_ID_SIZE];
	const struct city_user *info;
	int64_t reserved, spent;
	bool declined;
};

struct bank {
	struct account **accounts;
	size_t n, cap;
	struct map by_id;
};

int bank_init(struct bank *bank, const struct city *city);
void bank_done(struct bank *bank);

/* Does the operation as far as it can be done, and enters it or its refusal in the book;
 * processed_percent below 100 moves less than was asked. Negative: nothing happened. */
int bank_apply(struct bank *bank, struct book *book, const struct order *o,
               int64_t processed_percent, int64_t now, struct entry **ret);
/* An operation read from the file. */
int bank_replay(struct bank *bank, const struct book *book, struct entry *e);

int bank_decline(struct bank *bank, const struct city *city, const char *user_id,
                 bool declined);
void bank_decline_nobody(struct bank *bank);
/* Everything back to the data file. */
void bank_reset(struct bank *bank);

#endif
