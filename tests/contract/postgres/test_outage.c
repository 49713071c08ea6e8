/* SPDX-License-Identifier: MIT
 *
 * test_outage.c - a server that goes away, hangs, or is not the first of its list: calls
 * fail soon and harmlessly, and all goes on by itself when it is back.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

/* Whatever is waited for here comes sooner. */
#define PATIENCE (20 * RENT_SECOND)

static int put(struct instance *i, const char *id, struct rent_error *err)
{
	struct rent_quote q = { .struct_size = sizeof(q), .user_id = "u" };

	(void)rent_copy(q.id, sizeof(q.id), id);
	return i->api->quote_put(i->self, &q, RENT_HOUR, err);
}

/* Every put() is the one writer's. */
static const struct fake_option durable = { "quotes_durable", "true" };
static const struct fake_option may_be_lost = { "quotes_durable", "false" };

static int get_nothing(struct instance *i, struct rent_error *err)
{
	struct shown *shown = calloc(1, sizeof(*shown));
	int code = i->api->rental_get(i->self, "nobody", show_into, shown, err);

	free(shown);
	return code;
}

static enum rent_health_state health_of(struct instance *i)
{
	struct rent_health health = { .struct_size = sizeof(health) };

	i->plugin->health(i->self, &health);
	return health.state;
}

static void until_it_works(struct fixture *f, struct instance *i)
{
	int64_t until = f->host->mono_us(f->host) + PATIENCE;
	char id[RENT_ID_SIZE];

	f->host->uuid7(f->host, id);
	while (put(i, id, &f->err) != 0) {
		assert_true(f->host->mono_us(f->host) < until);
		f->host->sleep_us(f->host, 20000);
	}
	while (get_nothing(i, &f->err) != 1)
		assert_true(f->host->mono_us(f->host) < until);
	/* Quotes have a writer of their own, which may be back first. */
	while (health_of(i) != RENT_HEALTHY) {
		assert_true(f->host->mono_us(f->host) < until);
		f->host->sleep_us(f->host, 20000);
	}
}

/* Fails, and soon. */
static void refused_soon(struct fixture *f, struct instance *i)
{
	int64_t since = f->host->mono_us(f->host);

	assert_int_equal(put(i, "never", &f->err), RENT_EUNAVAIL);
	assert_int_equal(get_nothing(i, &f->err), RENT_EUNAVAIL);
	assert_true(f->host->mono_us(f->host) - since < 5 * RENT_SECOND);
}

/* A writer that nobody calls looks after its connection once a second. */
static void until_it_is_unhealthy(struct fixture *f, struct instance *i)
{
	int64_t until = f->host->mono_us(f->host) + PATIENCE;

	while (health_of(i) != RENT_UNHEALTHY) {
		assert_true(f->host->mono_us(f->host) < until);
		f->host->sleep_us(f->host, 20000);
	}
}

static void never_happened(struct fixture *f)
{
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM quotes WHERE id = 'never'"),
	                 0);
}

static void restart(void **state)
{
	static const int signals[] = { SIGINT, SIGQUIT };
	struct fixture *f = *state;
	struct instance i = instance_new(f, "", "2", "5s");

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	for (size_t k = 0; k < 2; k++) {
		until_it_works(f, &i);
		pg_stop(backend_server(), signals[k]);
		refused_soon(f, &i);
		refused_soon(f, &i);
		until_it_is_unhealthy(f, &i);
		pg_start(backend_server());
		until_it_works(f, &i);
	}
	never_happened(f);
	instance_free(&i);
}

/* The sessions were ended while idle: nobody notices. */
static void idle_sessions_end(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_new(f, "application_name=mine", "1", "5s");

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(put(&i, "q1", &f->err), 0);
	assert_int_equal(get_nothing(&i, &f->err), 1);
	fixture_sql(f, "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
	               "WHERE application_name = 'mine'");
	until_it_works(f, &i);
	instance_free(&i);
}

/* Their connection is their own, and no quote is lost without a word. */
static void quotes_that_fail_are_told(void **state)
{
	struct fixture *f = *state;
	struct instance i =
		instance_with(f, "application_name=mine", "1", "500ms", may_be_lost);
	struct rent_health health = { .struct_size = sizeof(health) };
	PGconn *lock = PQconnectdb(f->place);

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	until_it_works(f, &i);
	assert_int_equal(health_of(&i), RENT_HEALTHY);
	PQclear(PQexec(lock, "BEGIN"));
	PQclear(PQexec(lock, "LOCK TABLE quotes"));
	assert_int_equal(put(&i, "never", &f->err), RENT_EUNAVAIL);
	PQfinish(lock);
	i.plugin->health(i.self, &health);
	assert_int_equal(health.state, RENT_DEGRADED);
	assert_non_null(strstr(health.why, "quotes: "));
	until_it_works(f, &i);
	assert_int_equal(health_of(&i), RENT_HEALTHY);
	instance_free(&i);
}

/* A server that accepts and says nothing. */
static void hangs(void **state)
{
	struct fixture *f = *state;
	struct instance i =
		instance_with(f, "application_name=mine", "1", "500ms", durable);
	PGconn *lock = PQconnectdb(f->place);

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	PQclear(PQexec(lock, "BEGIN"));
	PQclear(PQexec(lock, "LOCK TABLE quotes, rentals"));
	refused_soon(f, &i);
	PQfinish(lock);
	until_it_works(f, &i);
	never_happened(f);
	instance_free(&i);
}

/* The process itself stands still: the server's own time-out cannot end it. */
static void stopped_backend(void **state)
{
	struct fixture *f = *state;
	struct instance i =
		instance_with(f, "application_name=mine", "1", "500ms", durable);
	int64_t since, took;
	pid_t pid;
	int code;

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	pid = (pid_t)fixture_int(f, "SELECT pid FROM pg_stat_activity "
	                            "WHERE application_name = 'mine'");
	assert_true(pid > 1);
	assert_int_equal(kill(pid, SIGSTOP), 0);
	since = f->host->mono_us(f->host);
	code = put(&i, "q1", &f->err);
	took = f->host->mono_us(f->host) - since;
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_true(code == RENT_EINDOUBT || code == RENT_EUNAVAIL);
	/* The time-out, what the server is given on top, and finding out what happened. */
	assert_in_range(took, 0, 12 * RENT_SECOND);
	until_it_works(f, &i);
	instance_free(&i);
}

static void several_hosts(void **state)
{
	struct fixture *f = *state;
	struct instance i;
	char dsn[128];

	/* Nobody listens on the first. */
	(void)snprintf(dsn, sizeof(dsn), "host=127.0.0.1,127.0.0.1 port=1,%d",
	               pg_port(backend_server()));
	i = instance_new(f, dsn, "1", "5s");
	if (i.plugin->start(i.self, &f->err) != 0)
		fail_msg("%s", f->err.text);
	assert_int_equal(put(&i, "q1", &f->err), 0);
	instance_free(&i);
}

/* ---- one bad apple, and two hosts that lock in opposite order */
struct crowd {
	struct fixture *f;
	struct instance i[2];
	atomic_int good, refused, others;
};

static void put_one(void *arg, int n)
{
	struct crowd *crowd = arg;
	char id[RENT_ID_SIZE];
	int code;

	for (int k = 0; k < 20; k++) {
		(void)snprintf(id, sizeof(id), n % 8 == 0 ? "taken" : "q-%d-%d", n, k);
		code = put(&crowd->i[0], id, NULL);
		(void)atomic_fetch_add(code == 0            ? &crowd->good
		                       : code == RENT_EFAIL ? &crowd->refused
		                                            : &crowd->others,
		                       1);
	}
}

static void one_bad_of_many(void **state)
{
	struct crowd crowd = { .f = *state };
	struct fixture *f = *state;

	crowd.i[0] = instance_new(f, "", "2", "5s");
	assert_int_equal(crowd.i[0].plugin->start(crowd.i[0].self, &f->err), 0);
	assert_int_equal(put(&crowd.i[0], "taken", &f->err), 0);
	run_threads(32, put_one, &crowd);
	assert_int_equal(atomic_load(&crowd.others), 0);
	assert_int_equal(atomic_load(&crowd.refused), 4 * 20);
	assert_int_equal(atomic_load(&crowd.good), 28 * 20);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM quotes"), 1 + 28 * 20);
	instance_free(&crowd.i[0]);
}

#define RENTALS 40

/* Each takes all rentals at once, in a different order, until it has moved each of them
 * often. */
static void move_all(void *arg, int n)
{
	struct crowd *crowd = arg;
	struct instance *i = &crowd->i[n % 2];
	struct rent_change c[RENTALS], *list[RENTALS];
	char ids[RENTALS][RENT_ID_SIZE];
	int64_t versions[RENTALS] = { 0 };

	for (int round = 0; round < 10; round++) {
		for (int k = 0; k < RENTALS; k++) {
			int at = n % 2 == 0 ? k : RENTALS - 1 - k;

			(void)snprintf(ids[k], sizeof(ids[k]), "r%02d", at);
			c[k] = (struct rent_change){ .struct_size = sizeof(c[k]),
				                     .rental_id = ids[k],
				                     .expect_version = versions[at],
				                     .paid_delta = 1,
				                     .debt_delta = 1,
				                     .debt_reason = "test",
				                     .work_in_us = RENT_NO_WORK };
			list[k] = &c[k];
		}
		if (i->api->advance(i->self, list, RENTALS, NULL) != 0) {
			(void)atomic_fetch_add(&crowd->others, 1);
			return;
		}
		for (int k = 0; k < RENTALS; k++) {
			int at = n % 2 == 0 ? k : RENTALS - 1 - k;

			versions[at]++;
			if (c[k].ret == RENT_CHANGE_APPLIED)
				(void)atomic_fetch_add(&crowd->good, 1);
		}
	}
}

static void crossing_locks(void **state)
{
	struct crowd crowd = { .f = *state };
	struct fixture *f = *state;

	fixture_sql(f,
	            "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
	            "free_period_min, deposit, status, total_amount, started_at) SELECT "
	            "'r' || lpad(i::text, 2, '0'), 'u', 'pb' || i, 1, 0, 0, 'ACTIVE', 0, "
	            "now() FROM generate_series(0, %d) i",
	            RENTALS - 1);
	for (int k = 0; k < 2; k++) {
		crowd.i[k] = instance_new(f, "", "2", "10s");
		assert_int_equal(crowd.i[k].plugin->start(crowd.i[k].self, &f->err), 0);
	}
	run_threads(8, move_all, &crowd);
	assert_int_equal(atomic_load(&crowd.others), 0);
	assert_int_equal(fixture_int(f, "SELECT sum(total_amount) FROM rentals"),
	                 atomic_load(&crowd.good));
	assert_int_equal(fixture_int(f, "SELECT sum(amount_total) FROM debts"),
	                 atomic_load(&crowd.good));
	assert_int_equal(fixture_int(f, "SELECT sum(version) FROM rentals"),
	                 atomic_load(&crowd.good));
	for (int k = 0; k < 2; k++)
		instance_free(&crowd.i[k]);
}

/* "Soon" needs a clock that runs. */
#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup_real, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_bad_of_many),
		T(crossing_locks),
		T(several_hosts),
		T(idle_sessions_end),
		T(quotes_that_fail_are_told),
		T(hangs),
		T(stopped_backend),
		T(restart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
