/* SPDX-License-Identifier: MIT
 *
 * start.h - start_begin without a database: what a known key means, whether a quote can be used,
 * and the rental and intents that a start makes. Values in, values out.
 *
 * Order: start_reset(); if the key is known start_judge_key(), else start_judge_quote() with the
 * quote's row, or start_cached_quote() when there is none.
 */
#ifndef STORAGE_CORE_START_H
#define STORAGE_CORE_START_H

#include <rent/storage.h>

/* A key that was used before, as the database has it. */
struct start_key {
	const char *scope, *fingerprint;
	bool answered;
	const char *outcome, *answer; /* with answered */
	const char *rental_id;
	bool rental_there;
	bool leased;        /* its rental's lease is live, and not this start's own */
	int64_t lease_left; /* with leased */
};

/* Forgets what an earlier try at the same start left in the out members. */
void start_reset(struct rent_start *s);

/* Sets s->ret to MISMATCH, REPLAY (with a copy of the answer), RUNNING or RESUME; the latter
 * means that the caller takes the rental over. RENT_ECORRUPT: no answer and no rental. */
int start_judge_key(struct rent_start *s, const struct start_key *key,
                    struct rent_error *err);

/* Members that a caller of an older build does not have; never NULL. */
#define START_TEXT(s, member)                                      \
	((s)->struct_size >= offsetof(struct rent_start, member) + \
	                                 sizeof((s)->member) &&    \
	                 (s)->member != NULL                       \
	         ? (s)->member                                     \
	         : "")

static inline const char *start_cabinet(const struct rent_start *s)
{
	return START_TEXT(s, cabinet_id);
}

static inline const char *start_instance(const struct rent_start *s)
{
	return START_TEXT(s, station_instance);
}

static inline const char *start_provider_plugin(const struct rent_start *s)
{
	return START_TEXT(s, provider_plugin);
}

static inline const char *start_station_plugin(const struct rent_start *s)
{
	return START_TEXT(s, station_plugin);
}

static inline const char *start_method(const struct rent_start *s)
{
	return START_TEXT(s, method_ref);
}

static inline const char *start_return_url(const struct rent_start *s)
{
	return START_TEXT(s, return_url);
}

/* NULL: nobody is kept. */
static inline const struct rent_actor *start_actor(const struct rent_start *s)
{
	return s->struct_size > offsetof(struct rent_start, actor) ? s->actor : NULL;
}

/* The quote that the caller's cache has for this start; NULL: none. It is used when the database
 * has no row for it. */
const struct rent_quote *start_cached_quote(const struct rent_start *s);

/* The user whose quote it must be; NULL: anybody's. */
static inline const char *start_user(const struct rent_start *s)
{
	return s->struct_size >= offsetof(struct rent_start, user_id) + sizeof(s->user_id)
	               ? s->user_id
	               : NULL;
}

/* Sets s->ret to NEW, or to the reason why the quote cannot be used: QUOTE_UNKNOWN (there is none,
 * or it is another user's, used or not), QUOTE_USED, QUOTE_EXPIRED. quote: NULL when there is no
 * row. used_by: the user of the rental that was begun with it; NULL: none was. Returns the
 * refusal to be recorded as the answer of the key, NULL with NEW and with QUOTE_UNKNOWN: that
 * records nothing, so that nobody fills the table or burns keys with quotes that are not there.
 *
 * This is the rule. PostgreSQL has it a second time, in sql/write/start.sql: there one statement
 * judges and records all starts of a batch, and reading the quotes first would cost a round trip
 * and a race. tests/contract/storage/test_start.c holds both to the same answers. */
const struct rent_refusal *start_judge_quote(struct rent_start *s,
                                             const struct rent_quote *quote,
                                             const char *used_by, int64_t now);

/* The rows of a start with result NEW: the rental and up to two intents, hold first. */
struct start_made {
	struct rent_rental rental;
	struct rent_op ops[2];
	const struct rent_op *list[2]; /* of ops */
	size_t count;
};
void start_make(struct start_made *made, const struct rent_start *s,
                const struct rent_quote *quote, int64_t now);

/* Calls s->fn with it, if there is one. */
int start_show(const struct start_made *made, const struct rent_start *s);

#endif
