/* SPDX-License-Identifier: MIT
 *
 * seal.h - the sum over lines of a book, pure. The digest of a line is the SHA-256 of its id and its values,
 * each with its length; the hash of a seal is the SHA-256 of what it says of itself, of the hash before it,
 * and of the digests of its lines. A seal keeps the first digits of each digest, by
 * which a line that does not fit is found; only the hash proves anything.
 */
#ifndef CORE_SEAL_H
#define CORE_SEAL_H

#include <rent/crypto.h>
#include <rent/storage.h>

/* Hexadecimal digits of a digest that a seal keeps. */
#define SEAL_DIGITS 16

struct seal_line {
	int64_t id;
	char rental_id[RENT_ID_SIZE];
	unsigned char digest[RENT_SHA256_SIZE];
};

struct seal_sum {
	const struct rent_crypto_api *crypto;
	struct seal_line *lines;
	size_t n, room;
	/* Of a line. */
	char *text;
	size_t text_room;
};

void seal_sum_init(struct seal_sum *sum, const struct rent_crypto_api *crypto);
void seal_sum_done(struct seal_sum *sum);
/* Begins with the next seal. */
static inline void seal_sum_reset(struct seal_sum *sum)
{
	sum->n = 0;
}

/* 0 or RENT_ENOMEM. */
int seal_sum_add(struct seal_sum *sum, const struct rent_line *line);

/* The hash of a seal over the lines so far; its book, number and upto_id are set. before: the hash of the
 * seal before it, "" of the first. 0 or RENT_ENOMEM. */
int seal_sum_hash(struct seal_sum *sum, const struct rent_seal *seal, const char *before,
                  char ret[RENT_SEAL_SIZE]);

/* SEAL_DIGITS for each line, NUL-terminated; the caller's to free. NULL: out of memory. */
char *seal_sum_digests(const struct seal_sum *sum);

#endif
