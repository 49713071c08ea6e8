/* SPDX-License-Identifier: MIT
 *
 * core.c - the reference's use cases. Each rule of the earlier implementation stands where
 * python() is asked.
 */
#include "reference.h"

#define KEYS          64
#define TTL           RENT_MINUTE
#define DEBT_STEP     100
#define DEBT_WAIT     RENT_MINUTE
#define RELEASE_TRIES 8
#define ACTIVE_MAX    64

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t due(const struct rent_rental *r, int64_t t)
{
	int64_t s = (t - r->started_at) / RENT_SECOND - r->free_period_min * 60;

	return s <= 0 ? 0
	              : least((r->price_per_hour * s + 3599) / 3600, REFERENCE_BUYOUT);
}

static int ref_quote(void *self, const char *station_id, const char *user_id,
                     struct rent_arena *arena, struct rent_quote_reply *ret,
                     struct rent_error *err)
{
	struct rent_quote *q = &ret->quote;
	static uint64_t n;

	(void)self;
	(void)arena;
	*q = (struct rent_quote){ .struct_size = sizeof(*q),
		                  .price_per_hour = sim.price,
		                  .deposit = sim.deposit };
	(void)snprintf(q->id, sizeof(q->id), "quote-%" PRIu64, n++);
	rent_copy(q->user_id, sizeof(q->user_id), user_id);
	rent_copy(q->station_id, sizeof(q->station_id), station_id);
	return sim_storage.quote_put(sim_this_host(), q, TTL, err);
}

/* ---- start */

/* The keys of the earlier implementation: looked up first, written last. */
static struct python_key {
	uint64_t seed;
	char key[RENT_KEY_SIZE], quote[RENT_ID_SIZE], answer[512]; /* "": none yet */
} python_keys[KEYS];
static size_t python_key_count;

static struct python_key *python_key(const char *key)
{
	size_t i;

	for (i = 0; i < python_key_count && i < KEYS; i++) {
		if (python_keys[i].seed == sim.seed &&
		    strcmp(python_keys[i].key, key) == 0)
			return &python_keys[i];
	}
	return NULL;
}

static void python_key_put(const struct rent_start_request *rq, const char *answer)
{
	struct python_key *k = python_key(rq->key);

	if (k == NULL)
		k = &python_keys[python_key_count++ % KEYS];
	k->seed = sim.seed;
	rent_copy(k->key, sizeof(k->key), rq->key);
	rent_copy(k->quote, sizeof(k->quote), rq->quote_id);
	rent_copy(k->answer, sizeof(k->answer), answer);
}

static bool quote_looks_used(const char *quote)
{
	struct memory_rental *rentals;
	size_t n = memstore_rentals(sim_store, &rentals), i;

	for (i = 0; i < n; i++) {
		if (strcmp(rentals[i].r.quote_id, quote) == 0)
			return true;
	}
	return false;
}

/* Check, then insert: true when what it saw answers the request. */
static bool python_looks(const struct rent_start_request *rq,
                         struct rent_start_reply *ret)
{
	const struct python_key *k = python_key(rq->key);

	if (python(PYTHON_KEY_RACE) && k != NULL) {
		bool same = strcmp(k->quote, rq->quote_id) == 0;

		ret->verdict = same ? RENT_DONE : RENT_KEY_MISMATCH;
		ret->json = rent_strdup(rq->arena, k->answer);
		ret->replayed = same;
		return true;
	}
	if (python(PYTHON_QUOTE_RACE) && k == NULL && quote_looks_used(rq->quote_id)) {
		ret->verdict = RENT_QUOTE_USED;
		return true;
	}
	if (!python(PYTHON_KEY_RACE))
		python_key_put(rq, "");
	return false;
}

static struct sim_reply give_out(struct ref_rental *rental)
{
	struct sim_reply reply = ref_ask(rental, rental->eject_id, RENT_OP_EJECT, 0);

	/* No order number: what was not answered did not happen, once more. */
	while (reply.outcome == RENT_UNKNOWN) {
		struct rent_change c = { .lease = RENT_LEASE_KEEP };
		struct sim_reply none = { .outcome = RENT_NOT_EXECUTED };
		char id[RENT_ID_SIZE];

		(void)snprintf(id, sizeof(id), "%.50s-again", rental->eject_id);
		ref_end(rental, rental->eject_id, &none, 0, RENT_FOR_START);
		c.news[0] = (struct rent_op_new){ .id = id,
			                          .kind = RENT_OP_EJECT,
			                          .purpose = RENT_FOR_START };
		(void)ref_change(rental, &c);
		rent_copy(rental->eject_id, RENT_ID_SIZE, id);
		reply = ref_ask(rental, id, RENT_OP_EJECT, 0);
	}
	return reply;
}

/* A release that is refused is tried again. */
static void release(struct ref_rental *rental, int64_t amount)
{
	for (int i = 0; i < RELEASE_TRIES; i++) {
		if (ref_move(rental, RENT_OP_RELEASE, RENT_FOR_SETTLE, amount,
		             rental->hold.id) > 0)
			return;
	}
}

static void begin(struct ref_rental *rental, const struct rent_start_request *rq,
                  struct rent_start_reply *ret)
{
	struct rent_change c = { .lease = RENT_LEASE_DROP };
	struct sim_reply hold = { .outcome = RENT_SUCCEEDED }, eject;
	bool out;

	if (rental->hold.id[0] != '\0') {
		hold = ref_ask(rental, rental->hold.id, RENT_OP_HOLD, rental->r.deposit);
		ref_end(rental, rental->hold.id, &hold, 0, RENT_FOR_START);
	}
	eject = give_out(rental);
	ref_end(rental, rental->eject_id, &eject, 0, RENT_FOR_START);
	out = eject.outcome == RENT_SUCCEEDED;
	if (!out && hold.outcome == RENT_SUCCEEDED && rental->hold.id[0] != '\0')
		release(rental, rental->r.deposit);
	c.status = out ? RENT_STATUS_ACTIVE : RENT_STATUS_FAILED;
	c.settlement = out ? RENT_SETTLEMENT_NONE : RENT_SETTLEMENT_DONE;
	c.powerbank_id = out ? eject.result : NULL;
	c.started_at = out ? RENT_DB_NOW : 0;
	if (out && hold.outcome != RENT_SUCCEEDED && !python(PYTHON_START_DEBT_LOST))
		c.debt_delta = rental->r.deposit;
	c.debt_reason = "deposit could not be held";
	c.outcome = out ? "done" : "not_available";
	ret->verdict = out ? RENT_DONE : RENT_NOT_AVAILABLE;
	ret->json = rent_printf(rq->arena, "{\"order_id\":\"%s\"}", rental->r.id);
	c.answer = ret->json;
	(void)ref_change(rental, &c);
}

static int take_row(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	(void)ops;
	(void)n;
	*(struct rent_rental *)arg = *r;
	return 0;
}

static void judge(const struct rent_start *s, struct rent_start_reply *ret)
{
	static const enum rent_verdict verdicts[] = {
		[RENT_START_RUNNING] = RENT_KEY_RUNNING,
		[RENT_START_MISMATCH] = RENT_KEY_MISMATCH,
		[RENT_START_QUOTE_UNKNOWN] = RENT_NO_QUOTE,
		[RENT_START_QUOTE_EXPIRED] = RENT_QUOTE_EXPIRED,
		[RENT_START_QUOTE_USED] = RENT_QUOTE_USED,
	};

	if (s->ret != RENT_START_REPLAY) {
		ret->verdict = verdicts[s->ret];
		return;
	}
	ret->verdict =
		(enum rent_verdict)rent_value_of(rent_verdict_names, s->ret_outcome);
	ret->json = s->ret_answer;
	ret->replayed = true;
}

static int ref_start(void *self, const struct rent_start_request *rq,
                     struct rent_start_reply *ret, struct rent_error *err)
{
	static uint64_t n;
	char id[RENT_ID_SIZE], hold[RENT_ID_SIZE], eject[RENT_ID_SIZE],
		key[RENT_KEY_SIZE];
	struct ref_rental rental = { .token = "" };
	struct rent_start s = { .struct_size = sizeof(s), .scope = "start" };

	(void)self;
	ret->json = ret->request_id = ret->order_id = "";
	(void)snprintf(id, sizeof(id), "00000000-0000-7000-8000-%012" PRIx64, n);
	(void)snprintf(hold, sizeof(hold), "hold-%" PRIu64, n);
	(void)snprintf(eject, sizeof(eject), "eject-%" PRIu64, n);
	rent_copy(key, sizeof(key), rq->key);
	if (python(PYTHON_KEY_RACE) || python(PYTHON_QUOTE_RACE)) {
		if (python_looks(rq, ret))
			return 0;
		strand_yield(); /* a query later, what it saw may be old */
	}
	if (python(PYTHON_KEY_RACE))
		(void)snprintf(key, sizeof(key), "%.80s-%" PRIu64, rq->key, n);
	(void)snprintf(rental.token, sizeof(rental.token), "start-%" PRIu64, n++);
	s.key = key;
	s.fingerprint = s.quote_id = rq->quote_id;
	s.rental_id = id;
	s.hold_id = hold;
	s.eject_id = eject;
	s.provider = "";
	s.token = rental.token;
	s.lease_us = REFERENCE_LEASE;
	s.unknown = (struct rent_refusal){ "no_quote", "{}" };
	s.expired = (struct rent_refusal){ "quote_expired", "{}" };
	s.used = (struct rent_refusal){ "quote_used", "{}" };
	s.arena = rq->arena;
	s.fn = take_row;
	s.arg = &rental.r;
	if (sim_storage.start_begin(sim_this_host(), &s, err) != 0)
		return RENT_EUNAVAIL;
	if (s.ret != RENT_START_NEW) {
		judge(&s, ret);
		return 0;
	}
	(void)ref_load(id, &rental);
	begin(&rental, rq, ret);
	if (python(PYTHON_KEY_RACE) && ret->verdict == RENT_DONE)
		python_key_put(rq, ret->json);
	return 0;
}

/* ---- the end */

/* The newest charge or capture with something left to give back. */
static const struct rent_op *refundable(const struct ref_rental *rental)
{
	struct memory_op *ops;
	size_t i = memstore_ops(sim_store, &ops);

	for (; i > 0; i--) {
		const struct rent_op *op = &ops[i - 1].op;

		if (strcmp(op->rental_id, rental->r.id) == 0 && rent_op_takes(op->kind) &&
		    op->state == RENT_OP_SUCCEEDED && op->processed > op->used)
			return op;
	}
	return NULL;
}

static void refund(struct ref_rental *rental, int64_t overpaid)
{
	const struct rent_op *op;

	while (overpaid > 0 && (op = refundable(rental)) != NULL) {
		int64_t amount = least(op->processed - op->used, overpaid);
		char id[RENT_ID_SIZE];

		rent_copy(id, sizeof(id), op->id); /* operations move in memory */
		overpaid -= ref_move(rental, RENT_OP_REFUND, RENT_FOR_SETTLE, amount, id);
	}
}

static int64_t hold_left(const struct ref_rental *rental)
{
	if (rental->hold.id[0] == '\0' || rental->hold.state != RENT_OP_SUCCEEDED)
		return 0;
	return rental->hold.processed - rental->hold.used;
}

/* What stood there as debt is part of what is unpaid, and falls away. */
static void settle(struct ref_rental *rental, enum rent_status status)
{
	struct rent_change end = { .lease = RENT_LEASE_KEEP,
		                   .status = status,
		                   .settlement = RENT_SETTLEMENT_PENDING,
		                   .finished_at = rental->r.now,
		                   .set_final = true,
		                   .final_amount = due(&rental->r, rental->r.now),
		                   .debt_delta = -rental->r.debt,
		                   .debt_reason = "settled" };
	struct rent_change done = { .lease = RENT_LEASE_DROP,
		                    .settlement = RENT_SETTLEMENT_DONE,
		                    .work_in_us = RENT_NO_WORK,
		                    .debt_reason = "settled" };
	int64_t unpaid = end.final_amount;

	if (!python(PYTHON_STOP_CHARGES_ALL))
		unpaid -= rental->r.paid;
	(void)ref_change(rental, &end);
	if (unpaid > 0 && hold_left(rental) > 0)
		unpaid -= ref_move(rental, RENT_OP_CAPTURE, RENT_FOR_SETTLE,
		                   least(hold_left(rental), unpaid), rental->hold.id);
	if (unpaid > 0)
		unpaid -= ref_move(rental, RENT_OP_CHARGE, RENT_FOR_SETTLE, unpaid, "");
	if (unpaid < 0)
		refund(rental, -unpaid);
	if (hold_left(rental) > 0)
		release(rental, hold_left(rental));
	done.debt_delta = unpaid > 0 ? unpaid : 0;
	(void)ref_change(rental, &done);
}

static void fill(const struct ref_rental *rental, struct rent_view *ret)
{
	const struct rent_rental *r = &rental->r;

	ret->rental = *r;
	ret->accrued = r->has_final ? r->final_amount : due(r, r->now);
}

static int ref_stop(void *self, const char *order_id, const char *station_id,
                    struct rent_view *ret, struct rent_error *err)
{
	struct ref_rental rental = { .token = "" };

	(void)self;
	(void)station_id;
	if (!ref_load(order_id, &rental))
		return rent_fail(err, RENT_EFAIL, "no such rental");
	if (rental.r.status == RENT_STATUS_ACTIVE) {
		if (!ref_lock(&rental))
			return rent_fail(err, RENT_EUNAVAIL, "busy");
		settle(&rental, RENT_STATUS_FINISHED);
	}
	fill(&rental, ret);
	return 0;
}

static int ref_status(void *self, const char *order_id, struct rent_view *ret,
                      struct rent_error *err)
{
	struct ref_rental rental = { .token = "" };

	(void)self;
	if (!ref_load(order_id, &rental))
		return rent_fail(err, RENT_EFAIL, "no such rental");
	fill(&rental, ret);
	return 0;
}

/* ---- billing */

struct page {
	size_t n;
	struct rent_rental rentals[ACTIVE_MAX];
};

static int page_row(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	struct page *p = arg;

	(void)ops;
	(void)n;
	if (p->n < ACTIVE_MAX)
		p->rentals[p->n++] = *r;
	return 0;
}

static bool collect(struct ref_rental *rental)
{
	const struct rent_rental *r = &rental->r;
	int64_t wait = r->debt_last_attempt_at == 0
	                       ? 0
	                       : DEBT_WAIT << least(r->debt_attempts, 6);

	if (r->debt <= 0 || r->now < r->debt_last_attempt_at + wait)
		return false;
	(void)ref_move(rental, RENT_OP_CHARGE, RENT_FOR_DEBT, least(r->debt, DEBT_STEP),
	               "");
	return true;
}

static void bill(const struct rent_rental *seen)
{
	struct ref_rental rental = { .r = *seen, .token = "" };
	int64_t exposure, fresh;
	bool active;

	/* Two workers, each with what it read, nobody with a lock. */
	if (!python(PYTHON_TWO_WORKERS) && !ref_lock(&rental))
		return;
	exposure = rental.r.paid + rental.r.debt;
	fresh = due(&rental.r, rental.r.now) - exposure;
	active = rental.r.status == RENT_STATUS_ACTIVE;
	if (active && exposure >= REFERENCE_BUYOUT && rental.token[0] != '\0') {
		settle(&rental, RENT_STATUS_BUYOUT);
		return;
	}
	/* Debt goes first; new accrual follows in the next tick. */
	if (!collect(&rental) && active && fresh > 0)
		(void)ref_move(&rental, RENT_OP_CHARGE, RENT_FOR_ACCRUAL, fresh, "");
	if (rental.token[0] != '\0')
		ref_unlock(&rental);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the interface's signature */
static int ref_plan_batch(void *self, enum rent_phase phase, struct rent_page *to_read,
                          struct rent_batch **ret_batch, struct rent_run *run,
                          struct rent_error *err)
{
	enum rent_scan what =
		phase == RENT_PHASE_ACCRUAL ? RENT_SCAN_ACTIVE : RENT_SCAN_DEBTS;
	struct page page = { .n = 0 };
	size_t i;

	(void)self;
	(void)run;
	*ret_batch = NULL;
	to_read->more = false;
	if (phase == RENT_PHASE_RECOVERY ||
	    (phase == RENT_PHASE_DEBTS && python(PYTHON_DEBT_FORGOTTEN)))
		return 0;
	if (sim_storage.scan(sim_this_host(), what, "", ACTIVE_MAX, page_row, &page,
	                     err) != 0)
		return RENT_EUNAVAIL;
	for (i = 0; i < page.n; i++)
		bill(&page.rentals[i]);
	return 0;
}

static int ref_run_batch(void *self, struct rent_batch *batch, struct rent_run *run,
                         struct rent_error *err)
{
	(void)self;
	(void)batch;
	(void)run;
	(void)err;
	return 0;
}

static int ref_housekeep(void *self, struct rent_error *err)
{
	(void)self;
	(void)err;
	return 0;
}

static int ref_create(const struct rent_host *host, void **ret_self,
                      struct rent_error *err)
{
	static int nothing;

	(void)host;
	(void)err;
	*ret_self = &nothing;
	return 0;
}

static int ref_begin(void *self, struct rent_error *err)
{
	(void)self;
	(void)err;
	return 0;
}

static const struct rent_rental_api api = {
	.struct_size = sizeof(api),
	.quote = ref_quote,
	.start = ref_start,
	.status = ref_status,
	.stop = ref_stop,
	.plan_batch = ref_plan_batch,
	.run_batch = ref_run_batch,
	.housekeep = ref_housekeep,
};

const struct rent_plugin reference_plugin = {
	.struct_size = sizeof(reference_plugin),
	.kind = RENT_KIND_RENTAL,
	.name = "reference",
	.api = &api,
	.create = ref_create,
	.start = ref_begin,
};
