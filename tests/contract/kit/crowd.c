/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/crowd.c - the same many times over: what is not given back, and what threads do to each other.
 */
#include "kit.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
/* Of the sanitizer; its header is not everywhere. */
size_t __sanitizer_get_current_allocated_bytes(void);
#endif

#define ROUNDS 100
#define PASSES 6
/* The smallest piece that malloc() gives out takes more. */
#define SMALLEST      16
#define THREADS       4
#define THREAD_ROUNDS 200

/* Bytes that are allocated now. A sanitizer has an allocator that mallinfo2() knows nothing of. */
static size_t allocated(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	return __sanitizer_get_current_allocated_bytes();
#else
	return mallinfo2().uordblks;
#endif
}

/* The C library keeps freed pieces for itself, now more, now fewer: only what grows every time
 * is a leak. */
void kit_check_growth(struct kit *k, void (*round)(struct kit *k))
{
	size_t before, after, least = SIZE_MAX;

	kit_begin(k, "requests and replies leave no memory behind");
	for (int pass = 0; pass < PASSES && least > 0; pass++) {
		before = allocated();
		for (int i = 0; i < ROUNDS; i++)
			round(k);
		after = allocated();
		if (after < before)
			after = before;
		if (pass > 0 && after - before < least)
			least = after - before;
	}
	if (least > (size_t)ROUNDS * SMALLEST)
		kit_fault(k, "%zu bytes more after %d times the same", least, ROUNDS);
	kit_end(k);
}

struct crowd {
	struct kit *k;
	bool (*round)(struct kit *k, int i, const void *arg);
	const void *arg;
	atomic_int differ;
};

static void *crowd_member(void *arg)
{
	struct crowd *crowd = arg;

	for (int i = 0; i < THREAD_ROUNDS; i++) {
		if (!crowd->round(crowd->k, i, crowd->arg))
			(void)atomic_fetch_add(&crowd->differ, 1);
	}
	return NULL;
}

int kit_crowd(struct kit *k, bool (*round)(struct kit *k, int i, const void *arg),
              const void *arg)
{
	struct crowd crowd = { .k = k, .round = round, .arg = arg };
	pthread_t threads[THREADS];
	int started = 0;

	while (started < THREADS &&
	       pthread_create(&threads[started], NULL, crowd_member, &crowd) == 0)
		started++;
	for (int i = 0; i < started; i++)
		(void)pthread_join(threads[i], NULL);
	if (started < THREADS)
		kit_fault(k, "threads could not be started");
	return atomic_load(&crowd.differ);
}
