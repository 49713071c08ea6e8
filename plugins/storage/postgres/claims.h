/* SPDX-License-Identifier: MIT
 *
 * claims.h - what the jobs of a batch claim for themselves (keys, quotes, rentals, powerbanks), as hashes in a
 * table of a fixed size. Two texts whose hashes are the same only wait for each other; which ones
 * those are nobody outside can know, because the hash depends on a number that the process draws.
 */
#ifndef STORAGE_POSTGRES_CLAIMS_H
#define STORAGE_POSTGRES_CLAIMS_H

#include <rent/host.h>

#define CLAIMS_SLOTS 16384
#define CLAIMS_MAX   (CLAIMS_SLOTS / 2)

struct claims {
	uint64_t point; /* drawn, 0 < point < 2^61 - 1 */
	uint64_t slots[CLAIMS_SLOTS];
	size_t used[CLAIMS_MAX], n;
};

/* Draws its number; nothing is claimed. */
void claims_init(struct claims *claims, const struct rent_host *host);

/* False: somebody in the batch has it, or there is no room to remember it. arg: the claims. */
bool claims_add(void *arg, char type, const char *text);

/* Gives back what was claimed after the first `down_to`. */
void claims_forget(struct claims *claims, size_t down_to);

#endif
