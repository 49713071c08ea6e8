/* SPDX-License-Identifier: MIT
 *
 * start.c - what a start means; see start.h.
 */
#include "core/start.h"

void start_reset(struct rent_start *s)
{
	s->ret = (enum rent_start_result)0;
	s->ret_outcome = s->ret_answer = NULL;
	s->ret_retry_us = 0;
}

static int replay(struct rent_start *s, const struct start_key *key,
                  struct rent_error *err)
{
	s->ret = RENT_START_REPLAY;
	s->ret_outcome = rent_strdup(s->arena, key->outcome);
	s->ret_answer = rent_strdup(s->arena, key->answer);
	if (s->ret_outcome == NULL || s->ret_answer == NULL)
		return rent_fail(err, RENT_ENOMEM,
		                 "start: no room for the stored answer");
	return 0;
}

int start_judge_key(struct rent_start *s, const struct start_key *key,
                    struct rent_error *err)
{
	if (strcmp(key->fingerprint, s->fingerprint) != 0) {
		s->ret = RENT_START_MISMATCH;
		return 0;
	}
	if (key->answered)
		return replay(s, key, err);
	if (!key->rental_there)
		return rent_fail(
			err, RENT_ECORRUPT,
			"key \"%s\": has no answer, and its rental \"%s\" is not "
			"there",
			s->key, key->rental_id);
	s->ret = RENT_START_RESUME;
	if (key->leased) {
		s->ret = RENT_START_RUNNING;
		s->ret_retry_us = key->lease_left > 0 ? key->lease_left : 1;
	}
	return 0;
}

const struct rent_quote *start_cached_quote(const struct rent_start *s)
{
	return s->quote != NULL && strcmp(s->quote->id, s->quote_id) == 0 ? s->quote
	                                                                  : NULL;
}

const struct rent_refusal *start_judge_quote(struct rent_start *s,
                                             const struct rent_quote *quote,
                                             const char *used_by, int64_t now)
{
	const char *owner = quote != NULL ? quote->user_id : used_by;
	const char *user = start_user(s);

	if (owner == NULL || (user != NULL && strcmp(user, owner) != 0)) {
		s->ret = RENT_START_QUOTE_UNKNOWN;
		return NULL;
	}
	if (quote == NULL || used_by != NULL) {
		s->ret = RENT_START_QUOTE_USED;
		return &s->used;
	}
	if (quote->expires_at <= now) {
		s->ret = RENT_START_QUOTE_EXPIRED;
		return &s->expired;
	}
	s->ret = RENT_START_NEW;
	return NULL;
}

static void add_intent(struct start_made *made, const struct rent_start *s,
                       const char *id, enum rent_op_kind kind, int64_t amount,
                       int64_t now)
{
	struct rent_op *op = &made->ops[made->count];

	*op = (struct rent_op){ .struct_size = sizeof(*op),
		                .kind = kind,
		                .purpose = RENT_FOR_START,
		                .state = RENT_OP_INTENT,
		                .amount = amount,
		                .created_at = now };
	(void)rent_copy(op->id, sizeof(op->id), id);
	(void)rent_copy(op->rental_id, sizeof(op->rental_id), s->rental_id);
	made->list[made->count++] = op;
}

static void add_hold(struct start_made *made, const struct rent_start *s, int64_t deposit,
                     int64_t now)
{
	struct rent_op *op = &made->ops[made->count];

	add_intent(made, s, s->hold_id, RENT_OP_HOLD, deposit, now);
	(void)rent_copy(op->method_ref, sizeof(op->method_ref), start_method(s));
	(void)rent_copy(op->return_url, sizeof(op->return_url), start_return_url(s));
}

void start_make(struct start_made *made, const struct rent_start *s,
                const struct rent_quote *quote, int64_t now)
{
	struct rent_rental *r = &made->rental;

	made->count = 0;
	if (quote->deposit > 0)
		add_hold(made, s, quote->deposit, now);
	if (s->eject_id != NULL)
		add_intent(made, s, s->eject_id, RENT_OP_EJECT, 0, now);
	*r = (struct rent_rental){ .struct_size = sizeof(*r),
		                   .price_per_hour = quote->price_per_hour,
		                   .free_period_min = quote->free_period_min,
		                   .deposit = quote->deposit,
		                   .status = RENT_STATUS_PENDING,
		                   .settlement = RENT_SETTLEMENT_OPEN,
		                   .created_at = now,
		                   .open_ops = (int64_t)made->count,
		                   .version = 1,
		                   .lease_until = now + s->lease_us,
		                   .work_at = now + s->lease_us,
		                   .now = now };
	(void)rent_copy(r->id, sizeof(r->id), s->rental_id);
	(void)rent_copy(r->user_id, sizeof(r->user_id), quote->user_id);
	(void)rent_copy(r->station_id, sizeof(r->station_id), quote->station_id);
	(void)rent_copy(r->quote_id, sizeof(r->quote_id), s->quote_id);
	(void)rent_copy(r->provider, sizeof(r->provider), s->provider);
	(void)rent_copy(r->lease_token, sizeof(r->lease_token), s->token);
	(void)rent_copy(r->cabinet_id, sizeof(r->cabinet_id), start_cabinet(s));
	(void)rent_copy(r->station_instance, sizeof(r->station_instance),
	                start_instance(s));
	(void)rent_copy(r->provider_plugin, sizeof(r->provider_plugin),
	                start_provider_plugin(s));
	(void)rent_copy(r->station_plugin, sizeof(r->station_plugin),
	                start_station_plugin(s));
	(void)rent_copy(r->payment_method, sizeof(r->payment_method), start_method(s));
}

int start_show(const struct start_made *made, const struct rent_start *s)
{
	return s->fn == NULL ? 0 : s->fn(s->arg, &made->rental, made->list, made->count);
}
