/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/catalog_sql_test.c - catalog_sql on a real PostgreSQL: answers, queries
 * that are wrong, rows that are wrong, a slow query, a database that goes and comes back.
 */
#include "provider_test.h"

#include "pg.h"

#include <rent/catalog.h>
#include <signal.h>

#define STATIONS "SELECT * FROM stations WHERE id = $1"

static struct pg *pg;
static char dsn[256];

static const char tables[] =
	"CREATE TABLE tariffs (id text, price_per_hour int, free_period_min int, deposit bigint);"
	"CREATE TABLE stations (id text, tariff_id text, slots int, name text, lat numeric, lon "
	"numeric, disabled boolean);"
	"CREATE TABLE users (id text, subscriber boolean, trusted boolean);"
	"INSERT INTO tariffs VALUES ('city', 60, 5, 300), ('odd', -1, 0, 0), ('two', 1, 1, 1), "
	"('two', 2, 2, 2);"
	"INSERT INTO stations VALUES ('s1', 'city', 3, 'Cafe', 59.9301, -30.5, NULL), "
	"('s2', 'city', 2, NULL, NULL, NULL, true);"
	"INSERT INTO users VALUES ('u1', true, false)";

static const struct fake_option *options_with(const char *name, const char *value)
{
	static struct fake_option options[8];
	int n = 0;

	options[n++] = (struct fake_option){ "dsn", dsn };
	options[n++] = (struct fake_option){ "timeout", "1s" };
	options[n++] = (struct fake_option){
		"users", "SELECT id, subscriber, trusted FROM users WHERE id = $1"
	};
	if (name == NULL || strcmp(name, "stations") != 0)
		options[n++] = (struct fake_option){ "stations", STATIONS };
	if (name != NULL)
		options[n++] = (struct fake_option){ name, value };
	options[n] = (struct fake_option){ NULL, NULL };
	return options;
}

static void open_with(const char *name, const char *value)
{
	struct rent_error err = { 0 };

	provider_open(options_with(name, value));
	assert_int_equal(plugin->start(self, &err), 0);
}

static struct rent_catalog_result ask(enum rent_catalog_what what, const char *id)
{
	struct rent_catalog_result ret = { .struct_size = sizeof(ret) };

	((const struct rent_catalog *)plugin->api)
		->read(self, what, id, RENT_NO_DEADLINE, arena, &ret);
	return ret;
}

static void answers_from_the_tables(void **state)
{
	struct rent_catalog_result r;

	(void)state;
	open_with(NULL, NULL);
	r = ask(RENT_CAT_TARIFF, "city");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_string_equal(r.tariff.id, "city");
	assert_int_equal(r.tariff.price_per_hour, 60);
	assert_int_equal(r.tariff.deposit, 300);
	assert_int_equal(ask(RENT_CAT_TARIFF, "town").outcome, RENT_DECLINED);
	assert_int_equal(ask(RENT_CAT_TARIFF, "' OR true --").outcome, RENT_DECLINED);
	assert_int_equal(ask(RENT_CAT_CONFIGS, "").configs.last_banks_increase_ppm,
	                 1500000);
	assert_true(ask(RENT_CAT_USER, "u1").user.subscriber);
	r = ask(RENT_CAT_USER, "stranger");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_false(r.user.subscriber);
	r = ask(RENT_CAT_STATION, "s1");
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	assert_int_equal(r.station.slots, 3);
	assert_non_null(strstr(r.station.json, "\"lat\":59.9301,\"lon\":-30.5"));
	assert_int_equal(ask(RENT_CAT_STATION, "s2").outcome, RENT_DECLINED);
	provider_close();
}

static void rows_that_cannot_be(void **state)
{
	struct rent_catalog_result r;

	(void)state;
	open_with(NULL, NULL);
	r = ask(RENT_CAT_TARIFF, "odd");
	assert_int_equal(r.outcome, RENT_UNKNOWN);
	assert_string_equal(
		r.note, "tariffs: column 'price_per_hour' is -1, which it must not be");
	r = ask(RENT_CAT_TARIFF, "two");
	assert_int_equal(r.outcome, RENT_UNKNOWN);
	assert_string_equal(r.note, "tariffs: 2 rows for one id");
	provider_close();
	open_with("tariffs", "SELECT * FROM tariffs WHERE id <> $1 LIMIT 1");
	r = ask(RENT_CAT_TARIFF, "odd");
	assert_int_equal(r.outcome, RENT_UNKNOWN);
	assert_string_equal(r.note, "tariffs: a row of another id");
	provider_close();
}

static void wrong_queries_end_the_start(void **state)
{
	static const struct {
		const char *option, *query, *says;
	} wrong[] = {
		{ "tariffs", "SELECT id FROM tariffs WHERE id = $1",
		  "options.tariffs: column 'price_per_hour' is missing" },
		{ "tariffs", "SELECT *, 1 AS colour FROM tariffs WHERE id = $1",
		  "options.tariffs: there is no column 'colour'; there are id, " },
		{ "tariffs", "SELECT *, 1 AS id FROM tariffs WHERE id = $1",
		  "options.tariffs: column 'id' is there twice" },
		{ "tariffs", "SELECT * FROM tariffs",
		  "options.tariffs: the query must have one parameter, $1, the id" },
		{ "tariffs", "SELECT * FROM prices WHERE id = $1",
		  "options.tariffs: ERROR:  relation \"prices\" does not exist" },
		{ "tariffs", "SELEC", "options.tariffs: ERROR:  syntax error" },
		{ "configs", "SELECT 'much' AS last_banks_increase",
		  "options.configs: column 'last_banks_increase' must be numeric" },
		{ "configs", "TRUNCATE tariffs",
		  "options.configs: the statement gives no columns" },
		{ "stations",
		  "SELECT id, id AS tariff_id, id AS slots FROM stations WHERE id = $1",
		  "options.stations: column 'slots' must be smallint, integer or bigint" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		struct rent_error err = { 0 };

		provider_open(options_with(wrong[i].option, wrong[i].query));
		assert_int_equal(plugin->start(self, &err), RENT_EINVAL);
		if (strncmp(err.text, wrong[i].says, strlen(wrong[i].says)) != 0)
			assert_string_equal(err.text, wrong[i].says);
		provider_close();
	}
}

static void nothing_is_written(void **state)
{
	struct rent_catalog_result r;

	(void)state;
	open_with("configs", "WITH gone AS (DELETE FROM users RETURNING 1) "
	                     "SELECT 1.5 AS last_banks_increase");
	r = ask(RENT_CAT_CONFIGS, "");
	assert_int_equal(r.outcome, RENT_UNKNOWN);
	assert_non_null(strstr(r.note, "read-only transaction"));
	assert_int_equal(pg_int(dsn, "SELECT count(*) FROM users"), 1);
	/* The connection is as good as before. */
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_SUCCEEDED);
	provider_close();
}

static void a_slow_query_is_given_up(void **state)
{
	int64_t began;

	(void)state;
	open_with("configs", "SELECT 1.5 AS last_banks_increase FROM pg_sleep(60)");
	began = host()->mono_us(host());
	assert_int_equal(ask(RENT_CAT_CONFIGS, "").outcome, RENT_UNKNOWN);
	assert_true(host()->mono_us(host()) - began < 10 * RENT_SECOND);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_SUCCEEDED);
	provider_close();
}

static void the_database_goes_and_comes(void **state)
{
	struct rent_health health = { .struct_size = sizeof(health) };
	struct rent_catalog_result r = { 0 };

	(void)state;
	open_with(NULL, NULL);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_SUCCEEDED);
	pg_stop(pg, SIGQUIT);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_UNKNOWN);
	plugin->health(self, &health);
	assert_int_equal(health.state, RENT_DEGRADED);
	pg_start(pg);
	for (int i = 0; i < 100 && r.outcome != RENT_SUCCEEDED; i++) {
		r = ask(RENT_CAT_TARIFF, "city");
		host()->sleep_us(host(), INT64_C(100000));
	}
	assert_int_equal(r.outcome, RENT_SUCCEEDED);
	plugin->health(self, &health);
	assert_int_equal(health.state, RENT_HEALTHY);
	provider_close();
}

static void a_start_without_the_database(void **state)
{
	(void)state;
	pg_stop(pg, SIGINT);
	open_with(NULL, NULL);
	assert_int_equal(ask(RENT_CAT_TARIFF, "city").outcome, RENT_UNKNOWN);
	assert_true(fake_host_complaints(fake) > 0);
	provider_close();
	pg_start(pg);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_from_the_tables),
		cmocka_unit_test(rows_that_cannot_be),
		cmocka_unit_test(wrong_queries_end_the_start),
		cmocka_unit_test(nothing_is_written),
		cmocka_unit_test(a_slow_query_is_given_up),
		cmocka_unit_test(the_database_goes_and_comes),
		cmocka_unit_test(a_start_without_the_database),
	};
	int failed;

	assert_int_equal(argc, 2);
	(void)provider_setup;
	(void)provider_teardown;
	(void)reply_of;
	plugin = fake_host_load(argv[1]);
	pg = pg_new(NULL);
	(void)snprintf(dsn, sizeof(dsn), "%s dbname=postgres", pg_conninfo(pg));
	pg_sql(dsn, tables);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	pg_free(pg);
	return failed;
}
