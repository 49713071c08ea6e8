/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks_out/webhooks_out.h - an instance: one other system that is told of rentals, its
 * secrets, and how its last answers were.
 */
#ifndef WEBHOOKS_OUT_H
#define WEBHOOKS_OUT_H

#include <rent/plugin.h>
#include <rent/storage.h>

#include "common/wait.h"

/* Standard Webhooks: 24 to 64 bytes. */
#define KEY_LEAST 24
#define KEY_MOST  64
/* The one in use, and the one before it while it is replaced. */
#define KEYS_MOST 2

struct key {
	unsigned char bytes[KEY_MOST];
	size_t size; /* 0: none */
};

struct webhooks_out {
	const struct rent_host *host;
	struct rent_storage storage;
	void *storage_self;
	struct rent_upstream *upstream;
	char *target; /* path and query of the address */
	int64_t batch, tries, first_wait;
	struct rent_metric *deliveries, *open, *set_aside, *oldest;
	/* ---- of what follows */
	struct lock lock;
	struct key keys[KEYS_MOST];
	bool draining;
	/* The receiver answered 410. */
	bool gone;
	/* Monotonic: nothing is sent before. */
	int64_t quiet_until;
	/* Monotonic: when the sums are read again. */
	int64_t sums_at;
	/* Of the last try; "": it was good. */
	char trouble[RENT_NOTE_SIZE];
};

/* ---- signature.c */

/* Reads "whsec_…". RENT_EINVAL: it is no key of that size. */
int key_read(const struct rent_host *host, const char *option, const char *text,
             struct key *ret, struct rent_error *err);
/* Overwrites it. */
void key_wipe(struct key *key);
/* "v1,…", one for each key, with blanks between them. NULL: the arena is full. */
char *signature_make(const struct rent_host *host, struct rent_arena *arena,
                     const struct key keys[KEYS_MOST], const char *id, int64_t seconds,
                     const char *body);

/* ---- verdict.c */

/* What an answer, or none, means for a message. */
struct verdict {
	enum rent_message_state state;
	/* With OPEN. */
	int64_t wait_us;
	/* As they shall be. */
	int64_t tries;
	/* Nothing is sent to the receiver for so long; 0: go on. */
	int64_t quiet_us;
	bool gone;
	/* Of the metric. */
	const char *result;
	char note[RENT_NOTE_SIZE];
};

/* tries: the one that ended included. random: any number, for the jitter. */
struct verdict verdict_of(const struct rent_exchange *x, int64_t tries,
                          int64_t tries_most, int64_t first_wait, uint64_t random);

/* ---- delivery.c */

/* Sends what is due; timer callback, arg is the instance. */
void delivery_round(void *arg);

/* ---- commands.c */
extern const struct rent_command webhooks_out_commands[];

#endif
