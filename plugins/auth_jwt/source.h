/* SPDX-License-Identifier: MIT
 *
 * source.h - where the keys come from, and their rotation: a file that is read again when it has
 * changed, or an address that is asked again now and then, and when a token names a key that is not
 * in the set. What was read before stays while the source is wrong or silent.
 */
#ifndef AUTH_JWT_SOURCE_H
#define AUTH_JWT_SOURCE_H

#include "key_set.h"

#include <rent/host.h>
#include <rent/plugin.h>

#include "common/trusted_file.h"
#include "common/wait.h"

#define SOURCE_WAITING_MAX \
	64 /* requests that wait for newer keys; further ones get 503 */

struct source {
	const struct rent_host *host;
	const struct algorithm *const *algorithms; /* ends with NULL */
	const char *file;                          /* NULL: it is fetched */
	struct file_stamp stamp;                   /* the timer's */
	struct rent_upstream *upstream;
	const char *target;
	int64_t refetch_us; /* at least between two fetches for the sake of a token */

	struct lock lock; /* guards what follows; never held while waiting */
	struct wait wait;
	struct key_set *set; /* NULL: none yet */
	uint64_t tries;      /* that have ended */
	int64_t tried_at;    /* monotonic: the last one began */
	bool busy;           /* one is under way */
	unsigned waiting;
	char trouble[RENT_NOTE_SIZE]; /* of the last try; "": none */
};

/* Reads the options "file", "url", "insecure" and "refetch", and opens the upstream "jwks". algorithms
 * must outlive it. */
int source_init(struct source *s, const struct rent_host *host,
                const struct algorithm *const *algorithms, struct rent_error *err);
void source_done(struct source *s);

/* Reads the file, or asks the address. A timer, a task, or the main thread; one at a time. Says in the
 * log when trouble begins and ends. Negative: the keys could not be read. */
int source_refresh(struct source *s, struct rent_error *err);

/* A reference to the keys in force. NULL: there are none yet. *ret_tries: for source_newer(). */
struct key_set *source_take(struct source *s, uint64_t *ret_tries);

/* Waits for keys newer than those of `tries`, and asks for them when the last asking is refetch_us ago.
 * In a task; many at once cause one fetch. 0: take again. RENT_EPERM: a file has all there are.
 * RENT_EUNAVAIL: they cannot be fetched. RENT_EFULL: too many wait. */
int source_newer(struct source *s, uint64_t tries, struct rent_error *err);

void source_health(struct source *s, struct rent_health *ret);

#endif
