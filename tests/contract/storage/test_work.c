/* SPDX-License-Identifier: MIT
 *
 * test_work.c - claim and purge.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>

struct claimed {
	int n;
	char ids[64][RENT_ID_SIZE];
	size_t ops;
	struct rent_rental last;
};

static int add(void *arg, const struct rent_rental *r, const struct rent_op *const *ops,
               size_t n)
{
	struct claimed *c = arg;

	(void)ops;
	(void)rent_copy(c->ids[c->n++ % 64], RENT_ID_SIZE, r->id);
	c->ops = n;
	c->last = *r;
	return 0;
}

static int claim(struct fixture *f, const char *token, uint32_t limit,
                 struct claimed *ret)
{
	memset(ret, 0, sizeof(*ret));
	assert_int_equal(f->api->claim(f->self, token, LEASE, limit, add, ret, &f->err),
	                 0);
	return ret->n;
}

static void set_work(struct fixture *f, const char *id, int64_t in_us)
{
	struct rent_change c = change_of(f, id);

	c.work_in_us = in_us;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
}

static void claims_what_is_due(void **state)
{
	struct fixture *f = *state;
	struct claimed c;
	int64_t version;

	make_active(f, "r1");
	make_active(f, "r2");
	make_active(f, "r3");
	assert_int_equal(claim(f, "w", 10, &c), 0);
	set_work(f, "r1", 20);
	set_work(f, "r2", 10);
	set_work(f, "r3", 30);
	fixture_advance(f, 20);
	version = change_of(f, "r1").expect_version;
	/* Oldest work first. */
	assert_int_equal(claim(f, "w", 10, &c), 2);
	assert_string_equal(c.ids[0], "r2");
	assert_string_equal(c.ids[1], "r1");
	assert_int_equal(c.ops, 2);
	assert_string_equal(c.last.lease_token, "w");
	assert_true(c.last.lease_until == fixture_now(f) + LEASE);
	assert_true(c.last.version == version + 1);
	/* Leased: not given out again, not even to the same. */
	assert_int_equal(claim(f, "w", 10, &c), 0);
	fixture_advance(f, 10);
	assert_int_equal(claim(f, "v", 10, &c), 1);
	assert_string_equal(c.ids[0], "r3");
	/* A worker died: its leases run out. */
	fixture_advance(f, LEASE - 10);
	assert_int_equal(claim(f, "v", 1, &c), 1);
	assert_string_equal(c.ids[0], "r2");
	assert_int_equal(claim(f, "v", 10, &c), 1);
	assert_string_equal(c.ids[0], "r1");
}

static void abandoned_start(void **state)
{
	struct fixture *f = *state;
	struct claimed c;
	struct start s;

	put_quote(f, "q1", "user-1");
	(void)start_begin(f, &s, "k1", "q1", "r1");
	assert_int_equal(claim(f, "w", 10, &c), 0);
	fixture_advance(f, LEASE);
	assert_int_equal(claim(f, "w", 10, &c), 1);
	assert_int_equal(c.ops, 2);
	assert_int_equal(c.last.status, RENT_STATUS_PENDING);
	/* When a worker has claimed it, a client that repeats the request finds it running. */
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r9"), RENT_START_RUNNING);
}

static void no_lease_no_claim(void **state)
{
	struct fixture *f = *state;
	struct rent_change change;
	struct claimed c;

	make_active(f, "r1");
	set_work(f, "r1", 0);
	change = change_of(f, "r1");
	change.lease = RENT_LEASE_TAKE;
	change.token = "other";
	change.lease_us = LEASE;
	change.work_in_us = 0;
	assert_int_equal(advance_one(f, &change), RENT_CHANGE_APPLIED);
	assert_int_equal(claim(f, "w", 10, &c), 0);
	change = change_of(f, "r1");
	change.lease = RENT_LEASE_DROP;
	change.token = "other";
	change.work_in_us = 0;
	assert_int_equal(advance_one(f, &change), RENT_CHANGE_APPLIED);
	assert_int_equal(claim(f, "w", 10, &c), 1);
}

/* ---- many claimers */
#define CLAIM_RENTALS 300

struct crowd {
	struct fixture *f;
	pthread_mutex_t lock;
	int seen[CLAIM_RENTALS];
};

static int note(void *arg, const struct rent_rental *r, const struct rent_op *const *ops,
                size_t n)
{
	struct crowd *crowd = arg;

	(void)ops;
	(void)n;
	(void)pthread_mutex_lock(&crowd->lock);
	crowd->seen[strtol(r->id + 1, NULL, 10)]++;
	(void)pthread_mutex_unlock(&crowd->lock);
	return 0;
}

static void claimer(void *arg, int i)
{
	struct crowd *crowd = arg;
	char token[RENT_ID_SIZE];

	(void)snprintf(token, sizeof(token), "worker-%d", i);
	for (int k = 0; k < 10; k++) {
		if (crowd->f->api->claim(crowd->f->self, token, LEASE, 7, note, crowd,
		                         NULL) != 0)
			abort();
	}
}

static void disjoint(void **state)
{
	struct crowd crowd = { .f = *state, .lock = PTHREAD_MUTEX_INITIALIZER };

	fixture_sql(
		crowd.f,
		"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < "
		"%d) INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
		"free_period_min, deposit, status, total_amount, started_at, work_at) SELECT "
		"'r' || i, 'u', 'pb' || i, 1, 0, 0, 'ACTIVE', 0, '2026-11-23 07:00:00', 5 "
		"FROM n",
		CLAIM_RENTALS - 1);
	run_threads(8, claimer, &crowd);
	for (int i = 0; i < CLAIM_RENTALS; i++)
		assert_int_equal(crowd.seen[i], 1);
}

/* ---- purge */
static int64_t purge(struct fixture *f, int64_t quote_age, int64_t key_age,
                     uint32_t limit)
{
	int64_t n = -1;

	assert_int_equal(f->api->purge(f->self, quote_age, key_age, limit, &n, &f->err),
	                 0);
	return n;
}

static void purges_quotes(void **state)
{
	struct fixture *f = *state;
	struct start s;

	if (f->backend->quotes_elsewhere != NULL && f->backend->quotes_elsewhere())
		skip(); /* there are none to be purged */
	put_quote(f, "q1", "u");
	put_quote(f, "q2", "u");
	fixture_advance(f, 30 * RENT_SECOND);
	put_quote(f, "q3", "u");
	fixture_advance(f, 31 * RENT_SECOND); /* q1, q2 expired 1 s ago */
	assert_int_equal(purge(f, 2 * RENT_SECOND, RENT_HOUR, 100), 0);
	assert_int_equal(purge(f, 0, RENT_HOUR, 1), 1);
	assert_int_equal(purge(f, 0, RENT_HOUR, 100), 1);
	assert_int_equal(start_begin(f, &s, "k", "q3", "r"), RENT_START_NEW);
	assert_int_equal(start_begin(f, &s, "k2", "q1", "r2"), RENT_START_QUOTE_UNKNOWN);
}

static void never_a_live_key(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct start s;

	make_active(f, "active");
	make_finished(f, "settled");
	make_finished(f, "unsettled");
	put_quote(f, "qp", "u");
	(void)start_begin(f, &s, "key-pending", "qp", "pending");
	(void)start_begin(f, &s, "key-refused", "q-active", "x"); /* used */
	c = change_of(f, "unsettled");
	c.settlement = RENT_SETTLEMENT_PENDING;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	fixture_sql(
		f,
		"INSERT INTO idempotency_keys (key, scope, user_id, response_json, "
		"created_at) VALUES ('key-old', 's', 'u', '{}', '2026-01-01 00:00:00')");
	fixture_advance(f, RENT_HOUR);
	assert_int_equal(purge(f, RENT_HOUR * 10, RENT_HOUR, 100), 1); /* key-old */
	fixture_advance(f, 1);
	assert_int_equal(purge(f, RENT_HOUR * 10, RENT_HOUR, 1), 1);
	assert_int_equal(purge(f, RENT_HOUR * 10, RENT_HOUR, 100), 1);
	assert_int_equal(fixture_int(f,
	                             "SELECT count(*) FROM idempotency_keys WHERE key IN "
	                             "('key-active', 'key-unsettled', 'key-pending')"),
	                 3);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM idempotency_keys"), 3);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 4);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(claims_what_is_due), T(abandoned_start), T(no_lease_no_claim),
		T(disjoint),           T(purges_quotes),   T(never_a_live_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
