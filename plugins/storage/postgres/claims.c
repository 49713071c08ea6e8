/* SPDX-License-Identifier: MIT
 *
 * claims.c - see claims.h. The hash of a text is the polynomial whose coefficients are its bytes, at a secret
 * point of the field of 2^61 - 1 (Carter and Wegman 1979): two texts of n bytes meet at n points at most,
 * and whoever does not know the point cannot choose texts that meet.
 */
#include "claims.h"

#define FIELD ((UINT64_C(1) << 61) - 1)

void claims_init(struct claims *claims, const struct rent_host *host)
{
	*claims = (struct claims){ .n = 0 };
	while (claims->point == 0) {
		host->random(host, &claims->point, sizeof(claims->point));
		claims->point %= FIELD;
	}
}

/* a * b + c in the field. */
static uint64_t multiply_add(uint64_t a, uint64_t b, unsigned char c)
{
	unsigned __int128 wide = (unsigned __int128)a * b + c;
	uint64_t sum = (uint64_t)(wide & FIELD) + (uint64_t)(wide >> 61);

	return sum >= FIELD ? sum - FIELD : sum;
}

/* Never 0, which is an empty slot: the text begins with a 1, so that its length counts, too. */
static uint64_t hash_of(uint64_t point, char type, const char *text)
{
	uint64_t h = multiply_add(1, point, (unsigned char)type);

	for (; *text != '\0'; text++)
		h = multiply_add(h, point, (unsigned char)*text);
	return h == 0 ? FIELD : h;
}

static size_t slot_of(const struct claims *claims, uint64_t h)
{
	size_t i = h % CLAIMS_SLOTS;

	while (claims->slots[i] != 0 && claims->slots[i] != h)
		i = (i + 1) % CLAIMS_SLOTS;
	return i;
}

bool claims_add(void *arg, char type, const char *text)
{
	struct claims *claims = arg;
	uint64_t h = hash_of(claims->point, type, text);
	size_t i = slot_of(claims, h);

	if (claims->slots[i] != 0 || claims->n == CLAIMS_MAX)
		return false;
	claims->slots[i] = h;
	claims->used[claims->n++] = i;
	return true;
}

void claims_forget(struct claims *claims, size_t down_to)
{
	while (claims->n > down_to)
		claims->slots[claims->used[--claims->n]] = 0;
}
