/* SPDX-License-Identifier: MIT
 *
 * test_limits.c - what is short does not make others wait: connections, locks, time-outs that an
 * operator has set.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdlib.h>

/* The server grants one of two writers a connection: the other keeps trying, and that is not
 * in the way of calls. With its share of the wake-ups each took the idle second. */
static void one_writer_of_two(void **state)
{
	enum {
		CALLS = 20
	};
	struct fixture *f = *state;
	struct instance i;
	int64_t began;

	fixture_sql(f, "CREATE ROLE lonely LOGIN CONNECTION LIMIT 1");
	fixture_sql(f, "GRANT ALL ON ALL TABLES IN SCHEMA public TO lonely");
	/* The server may still count the connection that start() has just closed. */
	for (int tries = 0;; tries++) {
		i = instance_new(f, "user=lonely", "2", "5s");
		if (i.plugin->start(i.self, &f->err) == 0)
			break;
		if (tries == 50)
			fail_msg("%s", f->err.text);
		i.plugin->destroy(i.self); /* after a failed start() nothing else */
		fake_host_free(i.fake);
		f->host->sleep_us(f->host, 50000);
	}
	began = f->host->mono_us(f->host);
	for (int n = 0; n < CALLS; n++) {
		struct rent_quote q = { .struct_size = sizeof(q), .user_id = "u" };

		(void)snprintf(q.id, sizeof(q.id), "q%d", n);
		if (i.api->quote_put(i.self, &q, RENT_MINUTE, &f->err) != 0)
			fail_msg("%s", f->err.text);
		/* what each call finds: both wait */
		f->host->sleep_us(f->host, 50000);
	}
	assert_true(f->host->mono_us(f->host) - began < CALLS * RENT_SECOND / 3);
	instance_free(&i);
	fixture_sql(f, "DROP OWNED BY lonely; DROP ROLE lonely");
}

#define CROWD 96

struct crowd {
	struct fixture *f;
	struct instance i;
	_Atomic int refused;
	_Atomic int64_t slowest;
};

static void list(void *arg, int i)
{
	struct crowd *crowd = arg;
	const struct rent_host *host = crowd->f->host;
	struct rent_list_query query = { .struct_size = sizeof(query),
		                         .user_id = "u",
		                         .limit = 5 };
	struct rent_error err = { .text = "" };
	int64_t began = host->mono_us(host), took;
	int code = crowd->i.api->rental_list(crowd->i.self, &query, show_nothing, NULL,
	                                     &err);

	(void)i;
	took = host->mono_us(host) - began;
	if (took > atomic_load(&crowd->slowest))
		atomic_store(&crowd->slowest, took);
	if (code == RENT_EUNAVAIL && strstr(err.text, "read_connections") != NULL)
		atomic_fetch_add(&crowd->refused, 1);
}

/* Behind somebody's lock each of four connections gives up after the time-out of 300 ms. A crowd
 * does not wait for all of them in turn: with 96 that would be 7.2 s. */
static void reads_do_not_queue_for_ever(void **state)
{
	struct fixture *f = *state;
	struct crowd crowd = { .f = f, .i = instance_new(f, "", "1", "300ms") };
	PGconn *lock = PQconnectdb(f->place);

	assert_int_equal(crowd.i.plugin->start(crowd.i.self, &f->err), 0);
	backend_run(lock, "BEGIN; LOCK TABLE rentals");
	run_threads(CROWD, list, &crowd);
	PQfinish(lock);
	assert_true(atomic_load(&crowd.refused) > 0);
	assert_true(atomic_load(&crowd.slowest) < 6 * RENT_SECOND);
	instance_free(&crowd.i);
}

struct migrator {
	struct fixture *f;
	struct instance i;
	PGconn *lock;
	_Atomic bool done;
	int code;
	struct rent_error err;
};

/* 0: the migration; 1: the holder of its lock, until the migration has waited past the
 * time-outs. */
static void migrate(void *arg, int n)
{
	struct migrator *m = arg;

	if (n == 0) {
		m->code = m->i.plugin->migrate(m->i.self, false, NULL, &m->err);
		atomic_store(&m->done, true);
		return;
	}
	while (!atomic_load(&m->done) &&
	       fixture_int(m->f,
	                   "SELECT count(*) FROM pg_stat_activity WHERE wait_event = "
	                   "'advisory' AND query_start < clock_timestamp() - "
	                   "interval '500 ms'") == 0)
		m->f->host->sleep_us(m->f->host, 10000);
	backend_run(m->lock, "COMMIT");
}

/* A server or role that ends statements after a while does not end the wait for another host's
 * migration, nor the migration. */
static void migrations_wait(void **state)
{
	struct fixture *f = *state;
	struct migrator m = { .f = f, .lock = PQconnectdb(f->place) };

	fixture_sql(f, "DROP SCHEMA public CASCADE");
	fixture_sql(f, "CREATE SCHEMA public");
	m.i = instance_new(f, "options='-c statement_timeout=100 -c lock_timeout=100'",
	                   "1", "5s");
	backend_run(
		m.lock,
		"BEGIN; DO $$ BEGIN PERFORM pg_advisory_xact_lock(32197732811000932); END $$");
	run_threads(2, migrate, &m);
	PQfinish(m.lock);
	if (m.code != 0)
		fail_msg("%s", m.err.text);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 0);
	instance_free(&m.i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup_real, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_writer_of_two),
		T(reads_do_not_queue_for_ever),
		T(migrations_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
