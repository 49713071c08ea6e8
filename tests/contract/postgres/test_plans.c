/* SPDX-License-Identifier: MIT
 *
 * test_plans.c - sessions that planned their statements on an empty schema do not read whole tables
 * once they have grown.
 */
#include "backend_postgres.h"

#define TABLES_READ "SELECT coalesce(sum(seq_scan), 0)::bigint FROM pg_stat_user_tables"

/* Ended rentals, as an operator's script inserts them. */
static void grow(struct fixture *f)
{
	fixture_sql(f,
	            "INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
	            "free_period_min, deposit, expires_at) SELECT 'old-' || i, 'u', 's', "
	            "60, 5, 0, rent_now() + interval '1 day' "
	            "FROM generate_series(1, 20000) i");
	fixture_sql(
		f,
		"INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
		"free_period_min, deposit, status, total_amount, started_at, "
		"finished_at, settlement) SELECT 'old-' || i, 'u', 'pb-' || i, 60, 5, 0, "
		"'FINISHED', 0, rent_now(), rent_now(), 'DONE' "
		"FROM generate_series(1, 20000) i");
	fixture_sql(
		f, "INSERT INTO operations (id, rental_id, kind, purpose, state, amount, "
		   "created_at) SELECT 'op-' || i, 'old-' || i, 'charge', 'accrual', "
		   "'DECLINED', 5, 1 FROM generate_series(1, 20000) i");
	fixture_sql(
		f,
		"INSERT INTO idempotency_keys (key, rental_id, outcome) "
		"SELECT 'k-' || i, 'old-' || i, 'ok' FROM generate_series(1, 20000) i");
	fixture_sql(f,
	            "INSERT INTO debts (rental_id, amount_total) SELECT 'old-' || i, 0 "
	            "FROM generate_series(1, 20000) i");
}

/* A rental's whole life, and what hosts do beside it. */
static void live(struct fixture *f)
{
	struct rent_list_query query = { .struct_size = sizeof(query), .limit = 5 };
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	struct rent_error *err = &f->err;
	struct start again;
	struct shown shown;
	int64_t purged;

	make_active(f, "r1");
	assert_int_equal(start_begin(f, &again, "key-r1", "another", "r2"),
	                 RENT_START_MISMATCH);
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 5),
	                 RENT_CHANGE_APPLIED);
	get(f, "r1", &shown);
	assert_true(shown.there);
	make_finished(f, "r3");
	assert_int_equal(f->api->claim(f->self, "w", LEASE, 9, show_nothing, NULL, err),
	                 0);
	assert_int_equal(f->api->rental_list(f->self, &query, show_nothing, NULL, err),
	                 0);
	query.status = RENT_STATUS_BUYOUT;
	assert_int_equal(f->api->rental_list(f->self, &query, show_nothing, NULL, err),
	                 0);
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_HELD, "", 9, show_nothing, NULL, err), 0);
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_ACTIVE, "", 9, show_nothing, NULL, err),
		0);
	assert_int_equal(
		f->api->scan(f->self, RENT_SCAN_DEBTS, "", 9, show_nothing, NULL, err),
		0);
	assert_int_equal(f->api->purge(f->self, RENT_HOUR, RENT_HOUR, 9, &purged, err),
	                 0);
	assert_int_equal(f->api->totals(f->self, &totals, err), 0);
	assert_int_equal(totals.active, 1);
}

/* Sessions hand in their counts when they end. */
static int64_t scans(struct fixture *f)
{
	for (int i = 0;
	     i < 1000 && fixture_int(f, "SELECT count(*) FROM pg_stat_activity "
	                                "WHERE application_name = 'grown'") > 0;
	     i++)
		f->host->sleep_us(f->host, 10000);
	return fixture_int(f, TABLES_READ);
}

#define RARE_LISTS 20
/* Other statements use it, too, but not so often. */
#define RARE_READ                                                                    \
	"SELECT coalesce(sum(idx_scan), 0)::bigint FROM pg_stat_user_indexes WHERE " \
	"indexrelname = 'rentals_rare'"

/* Through another index a rare status means to read all rentals. */
static void list_rare(struct fixture *f)
{
	struct rent_list_query query = { .struct_size = sizeof(query),
		                         .limit = 5,
		                         .status = RENT_STATUS_BUYOUT };

	for (int i = 0; i < RARE_LISTS; i++)
		assert_int_equal(
			f->api->rental_list(f->self, &query, show_nothing, NULL, &f->err),
			0);
}

static void indexes_are_used(void **state)
{
	struct fixture *f = *state, grown = *f;
	struct instance i = instance_new(f, "application_name=grown", "1", "5s");
	int64_t before;

	if (i.plugin->start(i.self, &f->err) != 0)
		fail_msg("%s", f->err.text);
	grown.self = i.self;
	live(&grown); /* every statement has a plan now */
	fixture_sql(f, "TRUNCATE operations, rentals, quotes, idempotency_keys, debts");
	grow(f);
	before = fixture_int(f, TABLES_READ);
	live(&grown);
	list_rare(&grown);
	instance_free(&i);
	assert_int_equal(scans(f), before);
	assert_true(fixture_int(f, RARE_READ) >= RARE_LISTS);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(indexes_are_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
