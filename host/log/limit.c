/* SPDX-License-Identifier: MIT
 *
 * limit.c - see limit.h.
 */
#include "log/limit.h"

#include <pthread.h>

#include "log/log.h"

#define LIMIT_SLOTS 256

struct bucket {
	uint64_t key;
	int64_t tokens_us; /* what is left, as time: a line costs RENT_SECOND / LOG_PER_SECOND */
	int64_t filled_at;
	int64_t suppressed;
};

static const int64_t line_cost = RENT_SECOND / LOG_PER_SECOND;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct bucket buckets[LIMIT_SLOTS];

/* FNV-1a */
static uint64_t hash(uint64_t h, const char *s)
{
	for (; *s != '\0'; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(1099511628211);
	return h;
}

static bool bucket_take(struct bucket *b, uint64_t key, int64_t now_us,
                        int64_t *ret_suppressed)
{
	int64_t most = LOG_BURST * line_cost;

	if (b->key != key)
		*b = (struct bucket){ .key = key,
			              .tokens_us = most,
			              .filled_at = now_us };
	b->tokens_us += now_us > b->filled_at ? now_us - b->filled_at : 0;
	b->tokens_us = b->tokens_us > most ? most : b->tokens_us;
	b->filled_at = now_us;
	if (b->tokens_us < line_cost) {
		b->suppressed++;
		return false;
	}
	b->tokens_us -= line_cost;
	*ret_suppressed = b->suppressed;
	b->suppressed = 0;
	return true;
}

bool limit_allow(const char *component, const char *fmt, int64_t now_us,
                 int64_t *ret_suppressed)
{
	uint64_t key = hash(hash(UINT64_C(14695981039346656037), component), fmt) | 1;
	bool allow;

	(void)pthread_mutex_lock(&lock);
	allow = bucket_take(&buckets[key / 2 % LIMIT_SLOTS], key, now_us, ret_suppressed);
	(void)pthread_mutex_unlock(&lock);
	return allow;
}
