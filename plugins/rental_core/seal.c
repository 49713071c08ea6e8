/* SPDX-License-Identifier: MIT
 *
 * seal.c - see seal.h.
 */
#include "seal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX 24 /* "12345:" before a value */
#define HEAD_MAX   256

void seal_sum_init(struct seal_sum *sum, const struct rent_crypto_api *crypto)
{
	*sum = (struct seal_sum){ .crypto = crypto };
}

void seal_sum_done(struct seal_sum *sum)
{
	free(sum->lines);
	free(sum->text);
}

static bool make_room(struct seal_sum *sum)
{
	struct seal_line *more;
	size_t room = sum->room == 0 ? 64 : sum->room * 2;

	if (sum->n < sum->room)
		return true;
	more = realloc(sum->lines, room * sizeof(*more));
	if (more == NULL)
		return false;
	sum->lines = more;
	sum->room = room;
	return true;
}

static bool make_text_room(struct seal_sum *sum, const struct rent_line *line)
{
	size_t need = LENGTH_MAX;
	char *more;

	for (uint32_t i = 0; i < line->count; i++)
		need += LENGTH_MAX +
		        (line->values[i] == NULL ? 0 : strlen(line->values[i]));
	if (need <= sum->text_room)
		return true;
	more = realloc(sum->text, need);
	if (more == NULL)
		return false;
	sum->text = more;
	sum->text_room = need;
	return true;
}

/* "17 5:alice 3:-20 -": lengths make it the text of one line only. */
static size_t write_text(struct seal_sum *sum, const struct rent_line *line)
{
	size_t n = (size_t)snprintf(sum->text, sum->text_room, "%" PRId64, line->id);

	for (uint32_t i = 0; i < line->count; i++) {
		const char *value = line->values[i];

		n += (size_t)(value == NULL
		                      ? snprintf(sum->text + n, sum->text_room - n, " -")
		                      : snprintf(sum->text + n, sum->text_room - n,
		                                 " %zu:%s", strlen(value), value));
	}
	return n;
}

int seal_sum_add(struct seal_sum *sum, const struct rent_line *line)
{
	struct seal_line *to;

	if (!make_room(sum) || !make_text_room(sum, line))
		return RENT_ENOMEM;
	to = &sum->lines[sum->n++];
	to->id = line->id;
	(void)rent_copy(to->rental_id, sizeof(to->rental_id),
	                line->count == 0 ? "" : line->values[0]);
	sum->crypto->sha256(sum->text, write_text(sum, line), to->digest);
	return 0;
}

int seal_sum_hash(struct seal_sum *sum, const struct rent_seal *seal, const char *before,
                  char ret[RENT_SEAL_SIZE])
{
	unsigned char hash[RENT_SHA256_SIZE];
	char *all = malloc(HEAD_MAX + sum->n * RENT_SHA256_SIZE);
	size_t n;

	if (all == NULL)
		return RENT_ENOMEM;
	n = (size_t)snprintf(all, HEAD_MAX, "%s %" PRId64 " %" PRId64 " %zu %s ",
	                     rent_name_of(rent_book_names, (int)seal->book), seal->number,
	                     seal->upto_id, sum->n, before);
	for (size_t i = 0; i < sum->n; i++) {
		memcpy(all + n, sum->lines[i].digest, RENT_SHA256_SIZE);
		n += RENT_SHA256_SIZE;
	}
	sum->crypto->sha256(all, n, hash);
	rent_hex(hash, sizeof(hash), ret);
	free(all);
	return 0;
}

char *seal_sum_digests(const struct seal_sum *sum)
{
	char *text = malloc(sum->n * SEAL_DIGITS + 1);

	if (text == NULL)
		return NULL;
	text[0] = '\0';
	for (size_t i = 0; i < sum->n; i++)
		rent_hex(sum->lines[i].digest, SEAL_DIGITS / 2, text + i * SEAL_DIGITS);
	return text;
}
