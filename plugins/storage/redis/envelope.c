/* SPDX-License-Identifier: MIT
 *
 * envelope.c - writes and reads the values in Redis; see envelope.h.
 */
#include "envelope.h"

#include <stdlib.h>

/* ---- quotes */
static int body_of(const struct rent_quote *q, char out[ENVELOPE_QUOTE_SIZE])
{
	if (!rent_id_valid(q->id) || !rent_id_valid(q->user_id) ||
	    !rent_id_valid(q->station_id))
		return 1;
	(void)snprintf(out, ENVELOPE_QUOTE_SIZE,
	               "q1 %s %s %s %" PRId64 " %" PRId64 " %" PRId64 " %" PRId64
	               " %" PRId64,
	               q->id, q->user_id, q->station_id, q->price_per_hour,
	               q->free_period_min, q->deposit, q->created_at, q->expires_at);
	return 0;
}

int envelope_quote(const struct seal *seal, const char *prefix,
                   const struct rent_quote *quote, char out[ENVELOPE_QUOTE_SIZE])
{
	char body[ENVELOPE_QUOTE_SIZE], signature[SEAL_TEXT + 1];
	const char *const parts[] = { "quote", prefix, body };
	int code = body_of(quote, body);

	if (code == 0)
		code = seal_sign(seal, parts, 3, signature);
	if (code == 0)
		(void)snprintf(out, ENVELOPE_QUOTE_SIZE, "%.430s %s", body, signature);
	return code;
}

/* The next word of *s, which ends at a space; moves *s behind it. */
static const char *next_word(char **s)
{
	char *word = *s, *end = strchr(word, ' ');

	if (end == NULL)
		return "";
	*end = '\0';
	*s = end + 1;
	return word;
}

static int64_t next_number(char **s)
{
	return strtoll(next_word(s), NULL, 10);
}

/* A body that does not give the same text again was not written by envelope_quote(). */
static bool parse_quote(const char *body, struct rent_quote *ret)
{
	struct rent_quote q = { .struct_size = sizeof(q) };
	char copy[ENVELOPE_QUOTE_SIZE + 1], again[ENVELOPE_QUOTE_SIZE], *s = copy;

	(void)snprintf(copy, sizeof(copy), "%s ", body);
	(void)next_word(&s);
	(void)rent_copy(q.id, sizeof(q.id), next_word(&s));
	(void)rent_copy(q.user_id, sizeof(q.user_id), next_word(&s));
	(void)rent_copy(q.station_id, sizeof(q.station_id), next_word(&s));
	q.price_per_hour = next_number(&s);
	q.free_period_min = next_number(&s);
	q.deposit = next_number(&s);
	q.created_at = next_number(&s);
	q.expires_at = next_number(&s);
	if (body_of(&q, again) != 0 || strcmp(again, body) != 0)
		return false;
	*ret = q;
	return q.price_per_hour >= 0 && q.free_period_min >= 0 && q.deposit >= 0 &&
	       q.created_at > 0 && q.expires_at > q.created_at;
}

bool envelope_read_quote(const struct seal *seal, const char *prefix, const char *id,
                         const char *text, size_t length, struct rent_quote *ret)
{
	char body[ENVELOPE_QUOTE_SIZE];
	const char *const parts[] = { "quote", prefix, body };
	struct rent_quote quote;
	size_t n;

	if (length <= SEAL_TEXT + 1 || length >= ENVELOPE_QUOTE_SIZE ||
	    memchr(text, '\0', length) != NULL)
		return false;
	n = length - SEAL_TEXT - 1;
	memcpy(body, text, n);
	body[n] = '\0';
	if (text[n] != ' ' || !seal_is_good(seal, parts, 3, text + n + 1, SEAL_TEXT))
		return false;
	if (!parse_quote(body, &quote) || strcmp(quote.id, id) != 0)
		return false;
	*ret = quote;
	return true;
}

/* ---- cached texts */
int envelope_head(const struct envelope_place *place, const char *text,
                  char out[SEAL_TEXT + 5])
{
	const char *const parts[] = { "cache", place->prefix, place->space, place->key,
		                      text };
	char signature[SEAL_TEXT + 1];
	int code;

	if (place->seal == NULL) {
		(void)snprintf(out, SEAL_TEXT + 5, "c0 ");
		return 0;
	}
	code = seal_sign(place->seal, parts, 5, signature);
	if (code == 0)
		(void)snprintf(out, SEAL_TEXT + 5, "c1 %s ", signature);
	return code;
}

const char *envelope_text(const struct envelope_place *place, const char *value,
                          size_t length)
{
	const char *text = value + 3 + SEAL_TEXT + 1;
	const char *const parts[] = { "cache", place->prefix, place->space, place->key,
		                      text };

	if (length >= ENVELOPE_CACHE_SIZE || memchr(value, '\0', length) != NULL)
		return NULL;
	if (place->seal == NULL)
		return strncmp(value, "c0 ", 3) == 0 ? value + 3 : NULL;
	if (length < 3 + SEAL_TEXT + 1 || strncmp(value, "c1 ", 3) != 0 ||
	    text[-1] != ' ')
		return NULL;
	return seal_is_good(place->seal, parts, 5, value + 3, SEAL_TEXT) ? text : NULL;
}
