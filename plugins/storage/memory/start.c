/* SPDX-License-Identifier: MIT
 *
 * start.c - quotes and keys: quote_put, start_begin, purge.
 */
#include "core/start.h"
#include "core/deed.h"

#include <stdlib.h>

#include "memory.h"

static int out_of_memory(struct rent_error *err)
{
	return rent_fail(err, RENT_ENOMEM, "memory: out of memory");
}

int memory_quote_put(struct memory *m, struct rent_quote *quote, int64_t ttl_us,
                     struct rent_error *err)
{
	int code = 0;

	lock_acquire(&m->lock);
	if (memory_quote(m, quote->id) != NULL) {
		code = rent_fail(err, RENT_EFAIL, "memory: there is a quote \"%s\"",
		                 quote->id);
	} else if (!MEMORY_RESERVE(m->quotes, 1)) {
		code = out_of_memory(err);
	} else {
		quote->created_at = m->now(m->now_arg);
		quote->expires_at = quote->created_at + ttl_us;
		rent_adopt(MEMORY_PUSH(m->quotes), sizeof(*quote), quote,
		           quote->struct_size);
		memory_index_quote(m);
	}
	lock_release(&m->lock);
	return code;
}

/* ---- starts */

static int reserve(struct memory *m, struct rent_error *err)
{
	if ((int64_t)m->rentals.n >= m->rentals_max)
		return rent_fail(err, RENT_EFULL,
		                 "memory: %zu rentals are kept already (rentals_max)",
		                 m->rentals.n);
	return MEMORY_RESERVE(m->rentals, 1) && MEMORY_RESERVE(m->used_quotes, 1) &&
	                       MEMORY_RESERVE(m->ops, 2) && MEMORY_RESERVE(m->keys, 1) &&
	                       MEMORY_RESERVE(m->deeds, 1)
	               ? 0
	               : out_of_memory(err);
}

static struct memory_rental *put_rental(struct memory *m, const struct start_made *made)
{
	const struct rent_rental *r = &made->rental;
	struct memory_rental *rental = memory_insert_rental(m, r->id, r->quote_id);

	rental->r = *r;
	for (size_t i = 0; i < made->count; i++)
		memory_insert_op(m, rental, &made->ops[i]);
	return rental;
}

static int put_key(struct memory *m, const struct rent_start *s, const char *user_id,
                   const struct rent_refusal *refusal, struct rent_error *err)
{
	struct memory_key *key = MEMORY_PUSH(m->keys);

	(void)rent_copy(key->key, sizeof(key->key), s->key);
	(void)rent_copy(key->scope, sizeof(key->scope), s->scope);
	(void)rent_copy(key->fingerprint, sizeof(key->fingerprint), s->fingerprint);
	(void)rent_copy(key->user_id, sizeof(key->user_id), user_id);
	memory_full_key(key->key, key->scope, key->full);
	key->created_at = m->now(m->now_arg);
	if (refusal == NULL) {
		(void)rent_copy(key->rental_id, sizeof(key->rental_id), s->rental_id);
	} else {
		key->answered = true;
		(void)rent_copy(key->outcome, sizeof(key->outcome), refusal->outcome);
		key->answer = strdup(refusal->answer);
		if (key->answer == NULL) {
			m->keys.n--;
			return out_of_memory(err);
		}
	}
	memory_index_key(m);
	return 0;
}

static int start_known_key(struct memory *m, struct rent_start *s,
                           const struct memory_key *known, struct rent_error *err)
{
	struct memory_rental *rental = memory_rental(m, known->rental_id);
	int64_t now = m->now(m->now_arg);
	struct start_key key = { .scope = known->scope,
		                 .fingerprint = known->fingerprint,
		                 .answered = known->answered,
		                 .outcome = known->outcome,
		                 .answer = known->answer,
		                 .rental_id = known->rental_id,
		                 .rental_there = rental != NULL };
	int code;

	if (rental != NULL) {
		key.leased = !memory_lease_is_free(&rental->r, now);
		key.lease_left = rental->r.lease_until - now;
	}
	code = start_judge_key(s, &key, err);
	if (code != 0 || s->ret != RENT_START_RESUME || rental == NULL)
		return code;
	(void)rent_copy(rental->r.lease_token, RENT_ID_SIZE, s->token);
	rental->r.lease_until = rental->r.work_at = now + s->lease_us;
	rental->r.version++;
	return s->fn == NULL ? 0 : memory_show(m, rental, true, s->fn, s->arg);
}

static bool ids_are_taken(struct memory *m, const struct rent_start *s)
{
	return memory_rental(m, s->rental_id) != NULL ||
	       (s->hold_id != NULL && memory_op(m, s->hold_id) != NULL) ||
	       (s->eject_id != NULL && memory_op(m, s->eject_id) != NULL);
}

static int start_new_key(struct memory *m, struct rent_start *s, struct rent_error *err)
{
	const char *used_by = MEMORY_WITHOUT(m, MEMORY_NO_SINGLE_QUOTE)
	                              ? NULL
	                              : memory_quote_used(m, s->quote_id);
	const struct rent_quote *stored = memory_quote(m, s->quote_id);
	const struct rent_refusal *refusal;
	struct rent_quote quote = { .struct_size = sizeof(quote) };
	struct start_made made;
	struct deed_row deed;
	int code = reserve(m, err);

	if (code != 0)
		return code;
	if (stored == NULL)
		stored = start_cached_quote(s);
	if (stored != NULL)
		rent_adopt(&quote, sizeof(quote), stored, stored->struct_size);
	refusal = start_judge_quote(s, stored == NULL ? NULL : &quote, used_by,
	                            m->now(m->now_arg));
	if (s->ret == RENT_START_QUOTE_UNKNOWN)
		return 0;
	if (refusal == NULL && ids_are_taken(m, s))
		return rent_fail(err, RENT_EFAIL, "memory: an id of the start is taken");
	code = put_key(m, s, stored == NULL ? used_by : quote.user_id, refusal, err);
	if (code != 0 || refusal != NULL)
		return code;
	start_make(&made, s, &quote, m->now(m->now_arg));
	(void)put_rental(m, &made);
	if (deed_of_start(s, &deed))
		memory_put_deed(m, &deed);
	return start_show(&made, s);
}

int memory_start_begin(struct memory *m, struct rent_start *s, struct rent_error *err)
{
	const struct memory_key *key;
	int code;

	start_reset(s);
	lock_acquire(&m->lock);
	key = memory_key(m, s->key, s->scope);
	code = key != NULL ? start_known_key(m, s, key, err) : start_new_key(m, s, err);
	lock_release(&m->lock);
	return code;
}

/* ---- purge */

static bool key_is_old(struct memory *m, const struct memory_key *key, int64_t before)
{
	const struct memory_rental *rental =
		key->rental_id[0] == '\0' ? NULL : memory_rental(m, key->rental_id);

	if (key->created_at >= before)
		return false;
	return rental == NULL || (rental->r.status != RENT_STATUS_PENDING &&
	                          rental->r.status != RENT_STATUS_ACTIVE &&
	                          rental->r.settlement != RENT_SETTLEMENT_PENDING);
}

static uint32_t purge_quotes(struct memory *m, int64_t before, uint32_t limit)
{
	uint32_t n = 0;

	for (size_t i = 0; i < m->quotes.n && n < limit;) {
		if (m->quotes.at[i].expires_at < before) {
			m->quotes.at[i] = m->quotes.at[--m->quotes.n];
			n++;
		} else {
			i++;
		}
	}
	return n;
}

static uint32_t purge_keys(struct memory *m, int64_t before, uint32_t limit)
{
	uint32_t n = 0;

	for (size_t i = 0; i < m->keys.n && n < limit;) {
		if (key_is_old(m, &m->keys.at[i], before)) {
			/* The last key takes its place, so nothing is freed twice. */
			/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
			free(m->keys.at[i].answer);
			m->keys.at[i] = m->keys.at[--m->keys.n];
			n++;
		} else {
			i++;
		}
	}
	return n;
}

int memory_purge(struct memory *m, int64_t quote_age_us, int64_t key_age_us,
                 uint32_t limit, int64_t *ret_n, struct rent_error *err)
{
	int64_t now, n;

	(void)err;
	lock_acquire(&m->lock);
	now = m->now(m->now_arg);
	n = (int64_t)purge_quotes(m, now - quote_age_us, limit) +
	    purge_keys(m, now - key_age_us, limit);
	if (n > 0)
		memory_reindex(m);
	lock_release(&m->lock);
	if (ret_n != NULL)
		*ret_n = n;
	return 0;
}
