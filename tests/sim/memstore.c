/* SPDX-License-Identifier: MIT
 *
 * memstore.c - a storage in memory. See memstore.h. Every call takes the one lock, so each is
 * atomic; guards are checked before anything is written, so nothing need be undone.
 */
#include "memstore.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

struct mem_quote {
	struct rent_quote q;
};

struct mem_key {
	char key[RENT_KEY_SIZE], scope[32], fingerprint[RENT_KEY_SIZE];
	char rental_id[RENT_ID_SIZE], outcome[32], answer[1024];
	bool answered;
	int64_t created_at;
};

#define LIST(type)              \
	struct {                \
		type *at;       \
		size_t n, room; \
	}

struct memstore {
	pthread_mutex_t lock;
	int64_t (*now)(void *arg);
	void *now_arg;
	uint32_t sabotage;
	LIST(struct mem_rental) rentals; /* by id, ascending */
	LIST(struct mem_op) ops;         /* in the order they were recorded */
	LIST(struct mem_quote) quotes;
	LIST(struct mem_key) keys;
	LIST(struct rent_resolution) resolutions;
};

static void *grown(void *at, size_t n, size_t *room, size_t size)
{
	if (n < *room)
		return at;
	*room = *room == 0 ? 16 : *room * 2;
	at = realloc(at, *room * size);
	assert(at != NULL);
	return at;
}

#define PUSH(list)                                                                   \
	((list).at = grown((list).at, (list).n, &(list).room, sizeof((list).at[0])), \
	 memset(&(list).at[(list).n], 0, sizeof((list).at[0])), &(list).at[(list).n++])

struct memstore *memstore_new(int64_t (*now)(void *arg), void *arg)
{
	struct memstore *m = calloc(1, sizeof(*m));

	assert(m != NULL);
	m->now = now;
	m->now_arg = arg;
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

void memstore_free(struct memstore *m)
{
	if (m == NULL)
		return;
	free(m->rentals.at);
	free(m->ops.at);
	free(m->quotes.at);
	free(m->keys.at);
	free(m->resolutions.at);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

void memstore_sabotage(struct memstore *m, uint32_t what)
{
	m->sabotage = what;
}

static bool without(const struct memstore *m, enum mem_sabotage defence)
{
	return (m->sabotage & (uint32_t)defence) != 0;
}

/* ---- finding */

static size_t rental_index(struct memstore *m, const char *id)
{
	size_t low = 0, high = m->rentals.n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (strcmp(m->rentals.at[mid].r.id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct mem_rental *find_rental(struct memstore *m, const char *id)
{
	size_t i = rental_index(m, id);

	if (i < m->rentals.n && strcmp(m->rentals.at[i].r.id, id) == 0)
		return &m->rentals.at[i];
	return NULL;
}

static struct mem_key *find_key(struct memstore *m, const char *key)
{
	size_t i;

	for (i = 0; i < m->keys.n; i++) {
		if (strcmp(m->keys.at[i].key, key) == 0)
			return &m->keys.at[i];
	}
	return NULL;
}

/* The operations of a rental, newest first: for (op = newest(); op; op = older()). */
static struct mem_op *newest(struct memstore *m, const struct mem_rental *r)
{
	return r->last_op == 0 ? NULL : &m->ops.at[r->last_op - 1];
}

static struct mem_op *older(struct memstore *m, const struct mem_op *op)
{
	return op->next == 0 ? NULL : &m->ops.at[op->next - 1];
}

static struct mem_op *find_op(struct memstore *m, const struct mem_rental *r,
                              const char *id)
{
	struct mem_op *op;

	for (op = newest(m, r); op != NULL; op = older(m, op)) {
		if (strcmp(op->op.id, id) == 0)
			return op;
	}
	return NULL;
}

static bool lease_is_free(const struct rent_rental *r, int64_t now)
{
	return r->lease_token[0] == '\0' || r->lease_until <= now;
}

/* ---- showing */

static struct rent_rental view_of(struct memstore *m, const struct mem_rental *rental)
{
	struct rent_rental r = rental->r;
	const struct mem_op *at;

	r.struct_size = sizeof(r);
	r.now = m->now(m->now_arg);
	r.in_flight = r.in_flight_debt = r.in_doubt = r.open_ops = 0;
	for (at = newest(m, rental); at != NULL; at = older(m, at)) {
		const struct rent_op *op = &at->op;

		if (rent_op_is_open(op->state)) {
			r.open_ops++;
			if (rent_op_takes(op->kind))
				r.in_flight += op->amount;
			if (op->purpose == RENT_FOR_DEBT)
				r.in_flight_debt += op->amount;
		} else if (op->state == RENT_OP_MANUAL && rent_op_takes(op->kind)) {
			r.in_doubt += op->amount;
		}
	}
	return r;
}

/* Order in which operations are shown with a rental: hold and eject, open ones, the newest
 * of SETTLE, the newest with something to refund. */
static int rank(const struct rent_op *op)
{
	if (op->kind == RENT_OP_HOLD || op->kind == RENT_OP_EJECT)
		return 0;
	if (rent_op_is_open(op->state))
		return 1;
	if (op->purpose == RENT_FOR_SETTLE)
		return 2;
	return rent_op_takes(op->kind) && op->processed > op->used ? 3 : 4;
}

static size_t shown_ops(struct memstore *m, const struct mem_rental *rental,
                        const struct rent_op *ops[RENT_VIEW_OPS])
{
	const struct mem_op *op;
	size_t n = 0;
	int pass;

	for (pass = 0; pass < 3; pass++) {
		for (op = newest(m, rental); op != NULL && n < RENT_VIEW_OPS - 1;
		     op = older(m, op)) {
			if (rank(&op->op) == pass)
				ops[n++] = &op->op;
		}
	}
	for (op = newest(m, rental); op != NULL; op = older(m, op)) {
		if (rank(&op->op) == 3) {
			ops[n++] = &op->op;
			break;
		}
	}
	return n;
}

static int show(struct memstore *m, const struct mem_rental *rental, bool with_ops,
                rent_rental_fn fn, void *arg)
{
	struct rent_rental r = view_of(m, rental);
	const struct rent_op *ops[RENT_VIEW_OPS];
	size_t n = with_ops ? shown_ops(m, rental, ops) : 0;

	return fn(arg, &r, with_ops ? ops : NULL, n);
}

/* ---- offers and starts */

static int mem_quote_put(void *self, struct rent_quote *quote, int64_t ttl_us,
                         struct rent_error *err)
{
	struct memstore *m = self;

	(void)err;
	pthread_mutex_lock(&m->lock);
	quote->created_at = m->now(m->now_arg);
	quote->expires_at = quote->created_at + ttl_us;
	PUSH(m->quotes)->q = *quote;
	pthread_mutex_unlock(&m->lock);
	return 0;
}

static const struct rent_quote *find_quote(struct memstore *m, const struct rent_start *s)
{
	size_t i;

	for (i = 0; i < m->quotes.n; i++) {
		if (strcmp(m->quotes.at[i].q.id, s->quote_id) == 0)
			return &m->quotes.at[i].q;
	}
	return s->quote;
}

static bool quote_is_used(struct memstore *m, const char *quote_id)
{
	size_t i;

	for (i = 0; i < m->rentals.n && !without(m, MEM_NO_SINGLE_QUOTE); i++) {
		if (strcmp(m->rentals.at[i].r.quote_id, quote_id) == 0)
			return true;
	}
	return false;
}

static struct mem_rental *insert_rental(struct memstore *m, const char *id)
{
	size_t i = rental_index(m, id);

	(void)PUSH(m->rentals);
	memmove(&m->rentals.at[i + 1], &m->rentals.at[i],
	        (m->rentals.n - 1 - i) * sizeof(m->rentals.at[0]));
	memset(&m->rentals.at[i], 0, sizeof(m->rentals.at[0]));
	rent_copy(m->rentals.at[i].r.id, RENT_ID_SIZE, id);
	return &m->rentals.at[i];
}

static void insert_op(struct memstore *m, struct mem_rental *rental,
                      const struct rent_op_new *new)
{
	struct mem_op *slot = PUSH(m->ops);
	struct rent_op *op = &slot->op;

	slot->next = rental->last_op;
	rental->last_op = m->ops.n;
	op->struct_size = sizeof(*op);
	rent_copy(op->id, sizeof(op->id), new->id);
	rent_copy(op->rental_id, sizeof(op->rental_id), rental->r.id);
	rent_copy(op->target_id, sizeof(op->target_id),
	          new->target_id == NULL ? "" : new->target_id);
	op->kind = new->kind;
	op->purpose = new->purpose;
	op->state = RENT_OP_INTENT;
	op->amount = new->amount;
	op->created_at = m->now(m->now_arg);
}

static struct mem_rental *begin_rental(struct memstore *m, const struct rent_start *s,
                                       const struct rent_quote *q)
{
	struct mem_rental *rental = insert_rental(m, s->rental_id);
	struct rent_rental *r = &rental->r;
	struct rent_op_new hold = { .id = s->hold_id,
		                    .kind = RENT_OP_HOLD,
		                    .purpose = RENT_FOR_START,
		                    .amount = q->deposit };
	struct rent_op_new eject = { .id = s->eject_id,
		                     .kind = RENT_OP_EJECT,
		                     .purpose = RENT_FOR_START };

	r->struct_size = sizeof(*r);
	rent_copy(r->user_id, sizeof(r->user_id), q->user_id);
	rent_copy(r->station_id, sizeof(r->station_id), q->station_id);
	rent_copy(r->quote_id, sizeof(r->quote_id), s->quote_id);
	rent_copy(r->provider, sizeof(r->provider), s->provider);
	rent_copy(r->lease_token, sizeof(r->lease_token), s->token);
	r->price_per_hour = q->price_per_hour;
	r->free_period_min = q->free_period_min;
	r->deposit = q->deposit;
	r->status = RENT_STATUS_PENDING;
	r->settlement = RENT_SETTLEMENT_OPEN;
	r->created_at = m->now(m->now_arg);
	r->lease_until = r->work_at = r->created_at + s->lease_us;
	r->version = 1;
	if (q->deposit > 0)
		insert_op(m, rental, &hold);
	if (s->eject_id != NULL)
		insert_op(m, rental, &eject);
	return rental;
}

static void record_key(struct memstore *m, const struct rent_start *s,
                       const char *rental_id, const struct rent_refusal *refusal)
{
	struct mem_key *key = PUSH(m->keys);

	rent_copy(key->key, sizeof(key->key), s->key);
	rent_copy(key->scope, sizeof(key->scope), s->scope);
	rent_copy(key->fingerprint, sizeof(key->fingerprint), s->fingerprint);
	rent_copy(key->rental_id, sizeof(key->rental_id), rental_id);
	key->created_at = m->now(m->now_arg);
	if (refusal == NULL)
		return;
	key->answered = true;
	rent_copy(key->outcome, sizeof(key->outcome), refusal->outcome);
	rent_copy(key->answer, sizeof(key->answer), refusal->answer);
}

static int start_known_key(struct memstore *m, struct rent_start *s, struct mem_key *key)
{
	struct mem_rental *rental;
	int64_t now = m->now(m->now_arg);

	if ((strcmp(key->fingerprint, s->fingerprint) != 0 ||
	     strcmp(key->scope, s->scope) != 0) &&
	    !without(m, MEM_NO_FINGERPRINT)) {
		s->ret = RENT_START_MISMATCH;
		return 0;
	}
	if (key->answered) {
		s->ret = RENT_START_REPLAY;
		s->ret_outcome = rent_strdup(s->arena, key->outcome);
		s->ret_answer = rent_strdup(s->arena, key->answer);
		return s->ret_answer == NULL ? RENT_ENOMEM : 0;
	}
	rental = find_rental(m, key->rental_id);
	if (rental == NULL)
		return RENT_ECORRUPT;
	if (!lease_is_free(&rental->r, now) && !without(m, MEM_NO_KEY_LEASE)) {
		s->ret = RENT_START_RUNNING;
		s->ret_retry_us = rental->r.lease_until - now;
		return 0;
	}
	s->ret = RENT_START_RESUME;
	rent_copy(rental->r.lease_token, RENT_ID_SIZE, s->token);
	rental->r.lease_until = rental->r.work_at = now + s->lease_us;
	rental->r.version++;
	return show(m, rental, true, s->fn, s->arg);
}

static int start_new_key(struct memstore *m, struct rent_start *s)
{
	const struct rent_quote *q = find_quote(m, s);
	const struct rent_refusal *refusal = NULL;

	if (quote_is_used(m, s->quote_id)) {
		s->ret = RENT_START_QUOTE_USED;
		refusal = &s->used;
	} else if (q == NULL) {
		s->ret = RENT_START_QUOTE_UNKNOWN;
		refusal = &s->unknown;
	} else if (q->expires_at <= m->now(m->now_arg)) {
		s->ret = RENT_START_QUOTE_EXPIRED;
		refusal = &s->expired;
	}
	record_key(m, s, refusal == NULL ? s->rental_id : "", refusal);
	if (refusal != NULL)
		return 0;
	s->ret = RENT_START_NEW;
	return show(m, begin_rental(m, s, q), true, s->fn, s->arg);
}

static int mem_start_begin(void *self, struct rent_start *s, struct rent_error *err)
{
	struct memstore *m = self;
	struct mem_key *key;
	int code;

	(void)err;
	pthread_mutex_lock(&m->lock);
	key = find_key(m, s->key);
	code = key != NULL ? start_known_key(m, s, key) : start_new_key(m, s);
	pthread_mutex_unlock(&m->lock);
	return code;
}

/* ---- advance: guards */

static bool lease_allows(const struct memstore *m, const struct rent_rental *r,
                         const struct rent_change *c)
{
	bool ours = c->token != NULL && strcmp(r->lease_token, c->token) == 0;

	if (without(m, MEM_NO_LEASE_TOKEN))
		return true;
	switch (c->lease) {
	case RENT_LEASE_NONE:
		return true;
	case RENT_LEASE_TAKE:
		return ours || lease_is_free(r, m->now(m->now_arg));
	case RENT_LEASE_KEEP:
	case RENT_LEASE_DROP:
		return ours;
	}
	return false;
}

static bool powerbank_is_taken(struct memstore *m, const struct rent_change *c)
{
	size_t i;

	for (i = 0; c->powerbank_id != NULL && i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		if (r->status == RENT_STATUS_ACTIVE && strcmp(r->id, c->rental_id) != 0 &&
		    strcmp(r->powerbank_id, c->powerbank_id) == 0)
			return !without(m, MEM_NO_POWERBANK_CHECK);
	}
	return false;
}

static bool ends_are_open(struct memstore *m, const struct mem_rental *r,
                          const struct rent_change *c)
{
	const struct rent_resolution *resolution = rent_change_resolution(c);
	bool named = resolution == NULL;
	size_t i;

	for (i = 0; i < RENT_CHANGE_OPS; i++) {
		struct mem_op *op;

		if (c->ends[i].id == NULL)
			continue;
		op = find_op(m, r, c->ends[i].id);
		if (op == NULL)
			return false;
		named |= resolution != NULL && strcmp(resolution->op_id, op->op.id) == 0;
		if (!rent_change_may_end(c, i, op->op.state) &&
		    !without(m, MEM_NO_OP_OPEN_CHECK))
			return false;
	}
	return named;
}

static bool ends_now(const struct rent_change *c, const char *id)
{
	size_t i;

	for (i = 0; i < RENT_CHANGE_OPS; i++) {
		if (c->ends[i].id != NULL && strcmp(c->ends[i].id, id) == 0)
			return c->ends[i].state != RENT_OP_PENDING &&
			       c->ends[i].state != RENT_OP_UNKNOWN;
	}
	return false;
}

static bool takes_another(struct memstore *m, const struct mem_rental *r,
                          const struct rent_change *c)
{
	const struct mem_op *op;
	size_t i;
	int open = 0;

	for (i = 0; i < RENT_CHANGE_OPS; i++)
		open += c->news[i].id != NULL && rent_op_takes(c->news[i].kind);
	if (open == 0 || without(m, MEM_NO_ONE_TAKE))
		return false;
	for (op = newest(m, r); op != NULL; op = older(m, op))
		open += rent_op_takes(op->op.kind) && rent_op_is_open(op->op.state) &&
		        !ends_now(c, op->op.id);
	return open > 1;
}

static int64_t gives_back(const struct rent_op *op, const struct rent_op_end *end)
{
	switch (end->state) {
	case RENT_OP_SUCCEEDED:
		return op->amount - end->processed;
	case RENT_OP_DECLINED:
	case RENT_OP_NOT_EXECUTED:
		return op->amount;
	case RENT_OP_STATE_NONE:
	case RENT_OP_INTENT:
	case RENT_OP_PENDING:
	case RENT_OP_UNKNOWN:
	case RENT_OP_MANUAL:
		break;
	}
	return 0;
}

/* What would be left of a target once the ends of the change are applied. */
static int64_t left_after_ends(struct memstore *m, const struct mem_rental *r,
                               const struct rent_change *c, const struct mem_op *target)
{
	int64_t used = target->op.used, processed = target->op.processed;
	size_t k;

	for (k = 0; k < RENT_CHANGE_OPS; k++) {
		const struct mem_op *ended =
			c->ends[k].id == NULL ? NULL : find_op(m, r, c->ends[k].id);

		if (ended == target)
			processed = c->ends[k].processed;
		if (ended != NULL && strcmp(ended->op.target_id, target->op.id) == 0)
			used -= gives_back(&ended->op, &c->ends[k]);
	}
	return processed - used;
}

static bool overuses(struct memstore *m, const struct mem_rental *r,
                     const struct rent_change *c)
{
	size_t i;

	for (i = 0; i < RENT_CHANGE_OPS && !without(m, MEM_NO_USED_CHECK); i++) {
		const struct rent_op_new *op = &c->news[i];
		const struct mem_op *target;

		if (op->id == NULL || op->target_id == NULL || op->target_id[0] == '\0')
			continue;
		target = find_op(m, r, op->target_id);
		if (target == NULL || left_after_ends(m, r, c, target) < op->amount)
			return true;
	}
	return false;
}

static bool status_may(enum rent_status from, enum rent_status to)
{
	static const bool may[RENT_STATUS_FAILED + 1][RENT_STATUS_FAILED + 1] = {
		[RENT_STATUS_PENDING] = { [RENT_STATUS_ACTIVE] = true,
		                          [RENT_STATUS_FAILED] = true },
		[RENT_STATUS_ACTIVE] = { [RENT_STATUS_FINISHED] = true,
		                         [RENT_STATUS_BUYOUT] = true },
	};

	return to == RENT_STATUS_NONE || from == to || may[from][to];
}

static bool may_apply(struct memstore *m, struct rent_change *c,
                      const struct mem_rental *rental)
{
	const struct rent_rental *r = &rental->r;

	c->ret = RENT_CHANGE_CONFLICT;
	if (r->version != c->expect_version && !without(m, MEM_NO_VERSION_GUARD))
		return false;
	if (!lease_allows(m, r, c) || !ends_are_open(m, rental, c) ||
	    takes_another(m, rental, c) || overuses(m, rental, c) ||
	    !status_may(r->status, c->status))
		return false;
	if (powerbank_is_taken(m, c)) {
		c->ret = RENT_CHANGE_POWERBANK_TAKEN;
		return false;
	}
	return true;
}

/* ---- advance: effects */

static void set_text(char *dst, size_t size, const char *src)
{
	if (src != NULL)
		rent_copy(dst, size, src);
}

static void apply_end(struct memstore *m, struct mem_rental *r,
                      const struct rent_op_end *end)
{
	bool final = !(end->state == RENT_OP_PENDING || end->state == RENT_OP_UNKNOWN);
	struct mem_op *found = find_op(m, r, end->id), *target;
	struct rent_op *op;

	if (found == NULL)
		return; /* ends_are_open() saw it */
	op = &found->op;
	target = op->target_id[0] == '\0' ? NULL : find_op(m, r, op->target_id);
	if (target != NULL)
		target->op.used -= gives_back(op, end);
	op->state = end->state;
	op->processed = end->processed;
	op->tries++;
	if (end->expires_at != 0)
		op->expires_at = end->expires_at;
	set_text(op->ref, sizeof(op->ref), end->ref);
	set_text(op->result, sizeof(op->result), end->result);
	set_text(op->note, sizeof(op->note), end->note);
	if (!final)
		return;
	op->resolved_at = m->now(m->now_arg);
	if (rent_op_takes(op->kind) && end->state == RENT_OP_SUCCEEDED)
		r->attempts_taken += end->processed;
}

static void apply_ops(struct memstore *m, struct mem_rental *r,
                      const struct rent_change *c)
{
	size_t i;

	for (i = 0; i < RENT_CHANGE_OPS; i++) {
		if (c->ends[i].id != NULL)
			apply_end(m, r, &c->ends[i]);
	}
	for (i = 0; i < RENT_CHANGE_OPS; i++) {
		struct mem_op *target;

		if (c->news[i].id == NULL)
			continue;
		target = c->news[i].target_id == NULL || c->news[i].target_id[0] == '\0'
		                 ? NULL
		                 : find_op(m, r, c->news[i].target_id);
		if (target != NULL)
			target->op.used += c->news[i].amount;
		insert_op(m, r, &c->news[i]);
	}
}

static void apply_debt(struct memstore *m, struct mem_rental *rental,
                       const struct rent_change *c)
{
	struct rent_rental *r = &rental->r;
	int64_t after = r->debt + c->debt_delta;

	if (after < 0)
		after = 0;
	if (after != r->debt) {
		rental->journal += after - r->debt;
		r->debt = after;
		rental->debt_row = true;
	}
	if (!rental->debt_row)
		return;
	if (c->debt_try == RENT_DEBT_TRY_OK) {
		r->debt_attempts = 0;
		r->debt_last_attempt_at = 0;
	} else if (c->debt_try == RENT_DEBT_TRY_FAILED) {
		r->debt_attempts++;
		r->debt_last_attempt_at = m->now(m->now_arg);
	}
}

static void apply_lease(struct rent_rental *r, const struct rent_change *c, int64_t now)
{
	if (c->lease == RENT_LEASE_DROP) {
		r->lease_token[0] = '\0';
		r->lease_until = 0;
	} else if (c->lease != RENT_LEASE_NONE) {
		rent_copy(r->lease_token, sizeof(r->lease_token), c->token);
		r->lease_until = now + c->lease_us;
	}
}

static void apply_answer(struct memstore *m, const struct rent_change *c)
{
	size_t i;

	for (i = 0; c->outcome != NULL && i < m->keys.n; i++) {
		if (strcmp(m->keys.at[i].rental_id, c->rental_id) != 0)
			continue;
		m->keys.at[i].answered = true;
		rent_copy(m->keys.at[i].outcome, sizeof(m->keys.at[i].outcome),
		          c->outcome);
		rent_copy(m->keys.at[i].answer, sizeof(m->keys.at[i].answer), c->answer);
	}
}

/* After the ends were applied: what the operation says is what was resolved. */
static void apply_resolution(struct memstore *m, struct mem_rental *rental,
                             const struct rent_change *c)
{
	const struct rent_resolution *from = rent_change_resolution(c);
	const struct mem_op *op = from == NULL ? NULL : find_op(m, rental, from->op_id);
	struct rent_resolution *to;

	if (op == NULL)
		return;
	to = PUSH(m->resolutions);
	*to = *from;
	rent_copy(to->rental_id, sizeof(to->rental_id), rental->r.id);
	rent_copy(to->ref, sizeof(to->ref), op->op.ref);
	to->resolved_as = op->op.state;
	to->amount = op->op.processed;
	to->created_at = m->now(m->now_arg);
}

static void apply(struct memstore *m, struct mem_rental *rental, struct rent_change *c)
{
	struct rent_rental *r = &rental->r;
	int64_t now = m->now(m->now_arg);

	if (c->status != RENT_STATUS_NONE)
		r->status = c->status;
	if (c->settlement != RENT_SETTLEMENT_NONE)
		r->settlement = c->settlement;
	set_text(r->powerbank_id, sizeof(r->powerbank_id), c->powerbank_id);
	if (r->provider[0] == '\0')
		set_text(r->provider, sizeof(r->provider), c->provider);
	if (c->set_final) {
		r->has_final = true;
		r->final_amount = c->final_amount;
	}
	if (c->started_at != 0)
		r->started_at = c->started_at == RENT_DB_NOW ? now : c->started_at;
	if (c->finished_at != 0)
		r->finished_at = c->finished_at == RENT_DB_NOW ? now : c->finished_at;
	r->paid += c->paid_delta;
	r->work_at = c->work_in_us == RENT_NO_WORK ? 0 : now + c->work_in_us;
	r->work_tries = c->work_tries;
	apply_lease(r, c, now);
	apply_debt(m, rental, c);
	apply_ops(m, rental, c);
	apply_resolution(m, rental, c);
	apply_answer(m, c);
	c->ret = RENT_CHANGE_APPLIED;
	c->ret_version = ++r->version;
	c->ret_now = now;
}

static int mem_advance(void *self, struct rent_change *const *changes, size_t n,
                       struct rent_error *err)
{
	struct memstore *m = self;
	size_t i;

	if (n > RENT_ADVANCE_MAX)
		return rent_fail(err, RENT_EINVAL, "too many changes at once: %zu", n);
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < n; i++) {
		struct mem_rental *rental = find_rental(m, changes[i]->rental_id);

		if (rental == NULL)
			changes[i]->ret = RENT_CHANGE_GONE;
		else if (may_apply(m, changes[i], rental))
			apply(m, rental, changes[i]);
	}
	pthread_mutex_unlock(&m->lock);
	return 0;
}

/* ---- reading */

static int mem_rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                          struct rent_error *err)
{
	struct memstore *m = self;
	struct mem_rental *rental;
	int code = 1;

	(void)err;
	pthread_mutex_lock(&m->lock);
	rental = find_rental(m, id);
	if (rental != NULL)
		code = show(m, rental, true, fn, arg);
	pthread_mutex_unlock(&m->lock);
	return code;
}

static bool is_older(const struct rent_rental *r, const struct rent_rental *than)
{
	if (r->created_at != than->created_at)
		return r->created_at < than->created_at;
	return strcmp(r->id, than->id) < 0;
}

/* The newest that is older than `before` and asked for; NULL when there is none. */
static struct mem_rental *next_listed(struct memstore *m, const struct rent_list_query *q,
                                      const struct rent_rental *before)
{
	struct mem_rental *best = NULL;
	size_t i;

	for (i = 0; i < m->rentals.n; i++) {
		struct mem_rental *rental = &m->rentals.at[i];

		if (q->user_id[0] != '\0' && strcmp(rental->r.user_id, q->user_id) != 0)
			continue;
		if (q->status != RENT_STATUS_NONE && rental->r.status != q->status)
			continue;
		if (before->created_at != 0 && !is_older(&rental->r, before))
			continue;
		if (best == NULL || is_older(&best->r, &rental->r))
			best = rental;
	}
	return best;
}

static int mem_rental_list(void *self, const struct rent_list_query *q, rent_rental_fn fn,
                           void *arg, struct rent_error *err)
{
	struct memstore *m = self;
	struct rent_rental before = { .created_at = q->before_created_at };
	uint32_t n;
	int code = 0;

	(void)err;
	rent_copy(before.id, sizeof(before.id), q->before_id == NULL ? "" : q->before_id);
	pthread_mutex_lock(&m->lock);
	for (n = 0; n < q->limit && code == 0; n++) {
		struct mem_rental *rental = next_listed(m, q, &before);

		if (rental == NULL)
			break;
		before.created_at = rental->r.created_at;
		rent_copy(before.id, sizeof(before.id), rental->r.id);
		code = show(m, rental, false, fn, arg);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

static int mem_rental_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                            struct rent_error *err)
{
	struct memstore *m = self;
	struct mem_rental *rental;
	size_t i;
	int code = 1;

	(void)err;
	pthread_mutex_lock(&m->lock);
	rental = find_rental(m, id);
	for (i = 0, code = rental == NULL; i < m->ops.n && code == 0; i++) {
		if (strcmp(m->ops.at[i].op.rental_id, id) == 0)
			code = fn(arg, &m->ops.at[i].op);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

static bool is_scanned(const struct mem_rental *rental, enum rent_scan what)
{
	enum rent_status s = rental->r.status;

	if (what == RENT_SCAN_ACTIVE)
		return s == RENT_STATUS_ACTIVE;
	return (s == RENT_STATUS_FINISHED || s == RENT_STATUS_BUYOUT) &&
	       rental->r.debt > 0;
}

static int mem_scan(void *self, enum rent_scan what, const char *after_id, uint32_t limit,
                    rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct memstore *m = self;
	uint32_t n = 0;
	size_t i;
	int code = 0;

	(void)err;
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < m->rentals.n && n < limit && code == 0; i++) {
		struct mem_rental *rental = &m->rentals.at[i];

		if (strcmp(rental->r.id, after_id) <= 0 || !is_scanned(rental, what))
			continue;
		n++;
		code = show(m, rental, false, fn, arg);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

static struct mem_rental *next_work(struct memstore *m, int64_t now)
{
	struct mem_rental *best = NULL;
	size_t i;

	for (i = 0; i < m->rentals.n; i++) {
		struct rent_rental *r = &m->rentals.at[i].r;

		if (r->work_at == 0 || r->work_at > now)
			continue;
		if (!lease_is_free(r, now) && !without(m, MEM_CLAIM_SHARED))
			continue;
		if (best == NULL || r->work_at < best->r.work_at)
			best = &m->rentals.at[i];
	}
	return best;
}

static int mem_claim(void *self, const char *token, int64_t lease_us, uint32_t limit,
                     rent_rental_fn fn, void *arg, struct rent_error *err)
{
	struct memstore *m = self;
	int64_t now;
	uint32_t n;
	int code = 0;

	(void)err;
	pthread_mutex_lock(&m->lock);
	now = m->now(m->now_arg);
	for (n = 0; n < limit && code == 0; n++) {
		struct mem_rental *rental = next_work(m, now);

		if (rental == NULL)
			break;
		rent_copy(rental->r.lease_token, RENT_ID_SIZE, token);
		rental->r.lease_until = rental->r.work_at = now + lease_us;
		rental->r.version++;
		code = show(m, rental, true, fn, arg);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

static bool key_is_old(struct memstore *m, const struct mem_key *key, int64_t before)
{
	struct mem_rental *rental =
		key->rental_id[0] == '\0' ? NULL : find_rental(m, key->rental_id);

	if (key->created_at >= before)
		return false;
	return rental == NULL || (rental->r.status != RENT_STATUS_PENDING &&
	                          rental->r.status != RENT_STATUS_ACTIVE &&
	                          rental->r.settlement != RENT_SETTLEMENT_PENDING);
}

static int mem_purge(void *self, int64_t quote_age_us, int64_t key_age_us, uint32_t limit,
                     int64_t *ret_n, struct rent_error *err)
{
	struct memstore *m = self;
	int64_t now;
	uint32_t quotes = 0, keys = 0;
	size_t i;

	(void)err;
	pthread_mutex_lock(&m->lock);
	now = m->now(m->now_arg);
	for (i = 0; i < m->quotes.n && quotes < limit;) {
		if (m->quotes.at[i].q.expires_at < now - quote_age_us) {
			m->quotes.at[i] = m->quotes.at[--m->quotes.n];
			quotes++;
		} else {
			i++;
		}
	}
	for (i = 0; i < m->keys.n && keys < limit;) {
		if (key_is_old(m, &m->keys.at[i], now - key_age_us)) {
			m->keys.at[i] = m->keys.at[--m->keys.n];
			keys++;
		} else {
			i++;
		}
	}
	pthread_mutex_unlock(&m->lock);
	*ret_n = quotes + keys;
	return 0;
}

static int mem_totals(void *self, struct rent_totals *ret, struct rent_error *err)
{
	struct memstore *m = self;
	int64_t now;
	size_t i;

	(void)err;
	pthread_mutex_lock(&m->lock);
	now = m->now(m->now_arg);
	for (i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		ret->active += r->status == RENT_STATUS_ACTIVE;
		ret->pending += r->status == RENT_STATUS_PENDING;
		ret->unsettled += r->settlement == RENT_SETTLEMENT_PENDING;
		ret->debt += r->debt;
		if (r->work_at != 0 && now - r->work_at > ret->oldest_work_us)
			ret->oldest_work_us = now - r->work_at;
	}
	for (i = 0; i < m->ops.n; i++) {
		ret->open_ops += rent_op_is_open(m->ops.at[i].op.state);
		ret->manual_ops += m->ops.at[i].op.state == RENT_OP_MANUAL;
	}
	pthread_mutex_unlock(&m->lock);
	return 0;
}

/* ---- auditing */

static void audit_done(const struct rent_op *op, struct rent_audit_row *row)
{
	int64_t *const sums[] = {
		[RENT_OP_HOLD] = &row->held,        [RENT_OP_CAPTURE] = &row->captured,
		[RENT_OP_RELEASE] = &row->released, [RENT_OP_CHARGE] = NULL,
		[RENT_OP_REFUND] = &row->refunded,  [RENT_OP_EJECT] = NULL,
	};

	if (sums[op->kind] != NULL)
		*sums[op->kind] += op->processed;
	if (rent_op_takes(op->kind))
		row->charged += op->processed;
	row->ejects += op->kind == RENT_OP_EJECT;
	if (op->kind != RENT_OP_HOLD)
		return;
	row->holds++;
	row->hold_used += op->used;
	if (op->used < op->processed)
		row->hold_expires_at = op->expires_at;
}

static void audit_op(const struct rent_op *op, struct rent_audit_row *row)
{
	row->overused += op->used > op->processed;
	row->settle_takes += op->purpose == RENT_FOR_SETTLE && rent_op_takes(op->kind) &&
	                     (op->processed > 0 || op->state == RENT_OP_MANUAL ||
	                      rent_op_is_open(op->state));
	row->manual += op->state == RENT_OP_MANUAL;
	if (op->kind == RENT_OP_REFUND && op->state == RENT_OP_MANUAL)
		row->refunding += op->amount;
	if (op->state == RENT_OP_SUCCEEDED)
		audit_done(op, row);
	if (!rent_op_is_open(op->state))
		return;
	row->open_takes += rent_op_takes(op->kind);
	if (op->kind == RENT_OP_REFUND)
		row->refunding += op->amount;
	if (row->oldest_open_at == 0 || op->created_at < row->oldest_open_at)
		row->oldest_open_at = op->created_at;
}

static void audit_others(struct memstore *m, const struct mem_rental *rental,
                         struct rent_audit_row *row)
{
	size_t i;

	for (i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		if (&m->rentals.at[i] == rental)
			continue;
		row->same_quote += r->quote_id[0] != '\0' &&
		                   strcmp(r->quote_id, rental->r.quote_id) == 0;
		row->same_powerbank_live +=
			(r->status == RENT_STATUS_PENDING ||
		         r->status == RENT_STATUS_ACTIVE) &&
			r->powerbank_id[0] != '\0' &&
			strcmp(r->powerbank_id, rental->r.powerbank_id) == 0;
	}
	for (i = 0; i < m->keys.n; i++)
		row->keys += strcmp(m->keys.at[i].rental_id, rental->r.id) == 0;
}

static void audit_resolutions(struct memstore *m, const struct mem_rental *rental,
                              struct rent_audit_row *row)
{
	size_t i;

	for (i = 0; i < m->resolutions.n; i++) {
		const struct rent_resolution *r = &m->resolutions.at[i];
		const struct mem_op *op = strcmp(r->rental_id, rental->r.id) == 0
		                                  ? find_op(m, rental, r->op_id)
		                                  : NULL;

		if (op == NULL)
			continue;
		row->resolved++;
		row->resolved_otherwise +=
			op->op.state != r->resolved_as || op->op.processed != r->amount;
	}
}

void memstore_audit_row(struct memstore *m, struct mem_rental *rental,
                        struct rent_audit_row *ret, struct rent_rental *ret_view)
{
	const struct mem_op *op;

	*ret_view = view_of(m, rental);
	memset(ret, 0, sizeof(*ret));
	ret->struct_size = sizeof(*ret);
	ret->rental = ret_view;
	for (op = newest(m, rental); op != NULL; op = older(m, op))
		audit_op(&op->op, ret);
	ret->attempts_taken = rental->attempts_taken;
	ret->journal_debt = rental->journal;
	audit_others(m, rental, ret);
	audit_resolutions(m, rental, ret);
}

static int mem_audit_scan(void *self, const char *after_id, uint32_t limit,
                          rent_audit_fn fn, void *arg, struct rent_error *err)
{
	struct memstore *m = self;
	uint32_t n = 0;
	size_t i;
	int code = 0;

	(void)err;
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < m->rentals.n && n < limit && code == 0; i++) {
		struct rent_audit_row row;
		struct rent_rental view;

		if (strcmp(m->rentals.at[i].r.id, after_id) <= 0)
			continue;
		n++;
		memstore_audit_row(m, &m->rentals.at[i], &row, &view);
		code = fn(arg, &row);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

/* ---- for operators */

static int mem_op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                      struct rent_error *err)
{
	struct memstore *m = self;
	const struct rent_op *op;
	int code;

	(void)err;
	pthread_mutex_lock(&m->lock);
	op = memstore_op(m, id);
	code = op == NULL ? 1 : fn(arg, op);
	pthread_mutex_unlock(&m->lock);
	return code;
}

/* The operation with the least id above after_id; they are not sorted. */
static const struct rent_op *next_op(struct memstore *m, enum rent_ops what,
                                     const char *after_id)
{
	const struct rent_op *best = NULL;
	size_t i;

	for (i = 0; i < m->ops.n; i++) {
		const struct rent_op *op = &m->ops.at[i].op;

		if (what == RENT_OPS_MANUAL && op->state != RENT_OP_MANUAL)
			continue;
		if (strcmp(op->id, after_id) > 0 &&
		    (best == NULL || strcmp(op->id, best->id) < 0))
			best = op;
	}
	return best;
}

static int mem_op_scan(void *self, enum rent_ops what, const char *after_id,
                       uint32_t limit, rent_op_fn fn, void *arg, struct rent_error *err)
{
	struct memstore *m = self;
	const struct rent_op *op = NULL;
	uint32_t n;
	int code = 0;

	(void)err;
	pthread_mutex_lock(&m->lock);
	for (n = 0; n < limit && code == 0; n++) {
		op = next_op(m, what, op == NULL ? after_id : op->id);
		if (op == NULL)
			break;
		code = fn(arg, op);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

static int mem_resolutions(void *self, const char *rental_id, rent_resolution_fn fn,
                           void *arg, struct rent_error *err)
{
	struct memstore *m = self;
	size_t i;
	int code = 0;

	(void)err;
	pthread_mutex_lock(&m->lock);
	for (i = 0; i < m->resolutions.n && code == 0; i++) {
		if (strcmp(m->resolutions.at[i].rental_id, rental_id) == 0)
			code = fn(arg, &m->resolutions.at[i]);
	}
	pthread_mutex_unlock(&m->lock);
	return code;
}

size_t memstore_rentals(struct memstore *m, struct mem_rental **ret)
{
	*ret = m->rentals.at;
	return m->rentals.n;
}

size_t memstore_ops(struct memstore *m, struct mem_op **ret)
{
	*ret = m->ops.at;
	return m->ops.n;
}

void memstore_raise_debt(struct memstore *m, const char *rental_id, int64_t by)
{
	struct mem_rental *rental = find_rental(m, rental_id);

	if (rental == NULL)
		return;
	rental->r.debt += by;
	rental->debt_row = true;
}

struct mem_rental *memstore_rental(struct memstore *m, const char *rental_id)
{
	return find_rental(m, rental_id);
}

const struct rent_op *memstore_op(struct memstore *m, const char *id)
{
	size_t i;

	for (i = m->ops.n; i > 0; i--) {
		if (strcmp(m->ops.at[i - 1].op.id, id) == 0)
			return &m->ops.at[i - 1].op;
	}
	return NULL;
}

void memstore_move_start(struct memstore *m, const char *rental_id, int64_t by)
{
	struct mem_rental *rental = find_rental(m, rental_id);

	if (rental != NULL && rental->r.status == RENT_STATUS_ACTIVE)
		rental->r.started_at -= by;
}

void memstore_lose_quotes(struct memstore *m)
{
	m->quotes.n /= 2;
}

const struct rent_storage memstore_api = {
	.struct_size = sizeof(struct rent_storage),
	.quote_put = mem_quote_put,
	.start_begin = mem_start_begin,
	.advance = mem_advance,
	.rental_get = mem_rental_get,
	.rental_list = mem_rental_list,
	.rental_trail = mem_rental_trail,
	.scan = mem_scan,
	.claim = mem_claim,
	.purge = mem_purge,
	.totals = mem_totals,
	.audit_scan = mem_audit_scan,
	.op_get = mem_op_get,
	.op_scan = mem_op_scan,
	.resolutions = mem_resolutions,
};
