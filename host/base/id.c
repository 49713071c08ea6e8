/* SPDX-License-Identifier: MIT
 *
 * base/id.c - see id.h. Owns the process' highest UUIDv7 so far.
 */
#include "base/id.h"

#include "base/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/random.h>

/* The upper 60 bits of the last id without version: 48 bits of ms, 12 bits of counter. */
static _Atomic uint64_t id_last;

void id_random(void *out, size_t size)
{
	unsigned char *p = out;

	while (size > 0) {
		ssize_t n = getrandom(p, size, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort(); /* ids that repeat would be worse */
		p += n;
		size -= (size_t)n;
	}
}

/* Random bytes by the spoonful: a system call for every id is dear on a hot path. */
static void sip_random(void *out, size_t size)
{
	static _Thread_local unsigned char cup[512];
	static _Thread_local size_t left;

	assert(size <= sizeof(cup));
	if (left < size) {
		id_random(cup, sizeof(cup));
		left = sizeof(cup);
	}
	left -= size;
	memcpy(out, cup + left, size);
	memset(cup + left, 0, size);
}

static void hex(char *out, const unsigned char *in, size_t n)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < n; i++) {
		out[2 * i] = digits[in[i] >> 4];
		out[2 * i + 1] = digits[in[i] & 15];
	}
}

void id_hex(char *out, size_t n)
{
	unsigned char raw[32];

	assert(n <= sizeof(raw));
	sip_random(raw, n);
	hex(out, raw, n);
	out[2 * n] = '\0';
}

/* The counter starts low in a new millisecond, so that it has room to count. */
static uint64_t next_stamp(int64_t wall_us, uint8_t salt)
{
	uint64_t ms = wall_us > 0 ? (uint64_t)wall_us / 1000 : 0;
	uint64_t fresh = ((ms & UINT64_C(0xffffffffffff)) << 12) | salt;
	uint64_t last = atomic_load_explicit(&id_last, memory_order_relaxed);
	uint64_t next;

	do {
		next = fresh > last ? fresh : last + 1;
	} while (!atomic_compare_exchange_weak_explicit(
		&id_last, &last, next, memory_order_relaxed, memory_order_relaxed));
	return next;
}

/* 32 digits in groups of 8, 4, 4, 4 and 12; without printf, since every request has several. */
static void group(const char *digits, char out[RENT_ID_SIZE])
{
	for (int i = 0; i < 32; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			*out++ = '-';
		*out++ = digits[i];
	}
	*out = '\0';
}

void id_uuid7_at(int64_t wall_us, char out[RENT_ID_SIZE])
{
	unsigned char raw[16], rnd[9];
	char text[32];
	uint64_t stamp;

	sip_random(rnd, sizeof(rnd));
	stamp = next_stamp(wall_us, rnd[8]);
	for (int i = 0; i < 6; i++)
		raw[i] = (unsigned char)(stamp >> (52 - 8 * i));
	raw[6] = (unsigned char)(0x70 | ((stamp >> 8) & 0x0f));
	raw[7] = (unsigned char)stamp;
	memcpy(raw + 8, rnd, 8);
	raw[8] = (unsigned char)(0x80 | (raw[8] & 0x3f));
	hex(text, raw, sizeof(raw));
	group(text, out);
}

void id_uuid7(char out[RENT_ID_SIZE])
{
	id_uuid7_at(clock_wall_us(), out);
}
