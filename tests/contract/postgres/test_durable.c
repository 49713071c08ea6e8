/* SPDX-License-Identifier: MIT
 *
 * test_durable.c - every commit waits for the disk, except a batch that consists of quotes
 * only, unless quotes_durable = true; and no quote waits behind what does. Triggers note the
 * setting with which each writing transaction was committed.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <stdatomic.h>
#include <stdlib.h>

static const struct fake_option durable = { "quotes_durable", "true" };
static const struct fake_option may_be_lost = { "quotes_durable", "false" };

static void watch_commits(struct fixture *f)
{
	static const char *const tables[] = { "quotes", "rentals" };

	fixture_sql(f, "CREATE TABLE commits (what text, level text, xid xid8)");
	fixture_sql(f, "CREATE FUNCTION note_commit() RETURNS trigger LANGUAGE plpgsql "
	               "AS $$ BEGIN INSERT INTO commits VALUES (TG_TABLE_NAME, "
	               "current_setting('synchronous_commit'), pg_current_xact_id()); "
	               "RETURN NULL; END $$");
	for (size_t i = 0; i < 2; i++)
		fixture_sql(f,
		            "CREATE CONSTRAINT TRIGGER watched AFTER INSERT OR UPDATE "
		            "ON %s DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE "
		            "FUNCTION note_commit()",
		            tables[i]);
}

/* All that was committed with a row of the table since the last look. */
static void expect_level(struct fixture *f, const char *table, const char *level)
{
	assert_true(fixture_int(f, "SELECT count(*) FROM commits WHERE what = '%s'",
	                        table) > 0);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM commits WHERE level <> '%s'", level),
		0);
	fixture_sql(f, "DELETE FROM commits");
}

static int put(struct instance *i, const char *id)
{
	struct rent_quote q = { .struct_size = sizeof(q), .user_id = "user-1" };

	(void)rent_copy(q.id, sizeof(q.id), id);
	return i->api->quote_put(i->self, &q, RENT_HOUR, NULL);
}

static void a_quote_waits_for_the_disk(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_with(f, "", "1", "5s", durable);

	watch_commits(f);
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(put(&i, "q1"), 0);
	expect_level(f, "quotes", "on");
	instance_free(&i);
}

static void a_quote_that_may_be_lost_does_not(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_with(f, "", "1", "5s", may_be_lost);

	watch_commits(f);
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(put(&i, "q1"), 0);
	expect_level(f, "quotes", "off");
	instance_free(&i);
}

static int pay(struct instance *i, struct rent_change c)
{
	struct rent_change *list[] = { &c };
	int code;

	c.paid_delta = 5;
	code = i->api->advance(i->self, list, 1, NULL);
	return code == 0 && c.ret != RENT_CHANGE_APPLIED ? RENT_EFAIL : code;
}

static void money_waits_for_the_disk(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_with(f, "", "1", "5s", may_be_lost);
	struct start s;

	put_quote(f, "q1", "user-1");
	watch_commits(f);
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	start_init(f, &s, "k1", "q1", "r1");
	assert_int_equal(i.api->start_begin(i.self, &s.s, &f->err), 0);
	assert_int_equal(s.s.ret, RENT_START_NEW);
	expect_level(f, "rentals", "on");
	assert_int_equal(pay(&i, change_of(f, "r1")), 0);
	expect_level(f, "rentals", "on");
	instance_free(&i);
}

/* ---- money and quotes at once */
struct mixed {
	struct fixture *f;
	struct instance i;
	struct rent_change change;
	PGconn *lock;
	int codes[4];
	_Atomic bool quoted;
};

static bool is_held_up(struct mixed *m)
{
	return pg_int(m->f->place, "SELECT count(*) FROM pg_stat_activity WHERE "
	                           "application_name = 'mine' AND "
	                           "wait_event_type = 'Lock'") == 1;
}

static bool two_wait(struct mixed *m)
{
	struct rent_health health = { .struct_size = sizeof(health) };

	m->i.plugin->health(m->i.self, &health);
	return strstr(health.why, " 2 writes waiting") != NULL;
}

static void until(struct mixed *m, bool (*done)(struct mixed *m))
{
	for (int n = 0; !done(m); n++) {
		if (n == 2000)
			abort();
		m->f->host->sleep_us(m->f->host, 10000);
	}
}

/* The first holds up the only writer, so that the next two go together. */
static void take_part(void *arg, int n)
{
	struct mixed *m = arg;

	if (n > 0)
		until(m, n == 3 ? two_wait : is_held_up);
	switch (n) {
	case 0:
		m->codes[n] = put(&m->i, "q1");
		break;
	case 1:
		m->codes[n] = put(&m->i, "q2");
		break;
	case 2:
		m->codes[n] = pay(&m->i, m->change);
		break;
	default:
		PQclear(PQexec(m->lock, "COMMIT"));
		break;
	}
}

/* A role with one connection has none for quotes alone. The server may still count the one that
 * start() has just closed. */
static void start_lonely(struct mixed *m)
{
	struct fixture *f = m->f;

	fixture_sql(f, "CREATE ROLE lonely LOGIN CONNECTION LIMIT 1");
	fixture_sql(f, "GRANT ALL ON ALL TABLES IN SCHEMA public TO lonely");
	fixture_sql(f, "GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO lonely");
	for (int tries = 0;; tries++) {
		m->i = instance_with(f, "user=lonely application_name=mine", "1", "1m",
		                     may_be_lost);
		if (m->i.plugin->start(m->i.self, &f->err) == 0)
			return;
		if (tries == 50)
			fail_msg("%s", f->err.text);
		m->i.plugin->destroy(m->i.self); /* after a failed start() nothing else */
		fake_host_free(m->i.fake);
		f->host->sleep_us(f->host, 50000);
	}
}

static void money_with_a_quote_waits_for_the_disk(void **state)
{
	struct fixture *f = *state;
	struct mixed m = { .f = f, .lock = PQconnectdb(f->place) };

	make_active(f, "r1");
	m.change = change_of(f, "r1");
	watch_commits(f);
	start_lonely(&m);
	PQclear(PQexec(m.lock, "BEGIN"));
	PQclear(PQexec(m.lock, "LOCK TABLE quotes"));
	run_threads(4, take_part, &m);
	PQfinish(m.lock);
	for (int n = 0; n < 4; n++)
		assert_int_equal(m.codes[n], 0);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM commits AS money "
	                                "JOIN commits AS quote USING (xid) "
	                                "WHERE money.what = 'rentals' AND "
	                                "quote.what = 'quotes'"),
	                 1);
	assert_int_equal(fixture_int(f,
	                             "SELECT count(*) FROM commits WHERE xid = (SELECT "
	                             "xid FROM commits WHERE what = 'rentals') AND "
	                             "level <> 'on'"),
	                 0);
	instance_free(&m.i);
	fixture_sql(f, "DROP OWNED BY lonely; DROP ROLE lonely");
}

/* Until two connections have committed something: of money, and of quotes. */
static bool quotes_are_connected(struct mixed *m)
{
	char id[RENT_ID_SIZE];

	m->f->host->uuid7(m->f->host, id);
	assert_int_equal(put(&m->i, id), 0);
	return pg_int(m->f->place, "SELECT count(*) FROM pg_stat_activity WHERE "
	                           "application_name = 'mine' AND query LIKE "
	                           "'%COMMIT%'") == 2;
}

/* The first holds up the only writer until the second is through. */
static void pay_or_quote(void *arg, int n)
{
	struct mixed *m = arg;

	if (n == 0) {
		m->codes[n] = pay(&m->i, m->change);
		assert_true(atomic_load(&m->quoted));
		return;
	}
	until(m, is_held_up);
	m->codes[n] = put(&m->i, "q1");
	atomic_store(&m->quoted, true);
	PQclear(PQexec(m->lock, "COMMIT"));
}

static void a_quote_does_not_wait_behind_money(void **state)
{
	struct fixture *f = *state;
	struct mixed m = { .f = f, .lock = PQconnectdb(f->place) };

	m.i = instance_with(f, "application_name=mine", "1", "1m", may_be_lost);
	make_active(f, "r1");
	assert_int_equal(m.i.plugin->start(m.i.self, &f->err), 0);
	assert_int_equal(pay(&m.i, change_of(f, "r1")), 0);
	until(&m, quotes_are_connected);
	m.change = change_of(f, "r1");
	PQclear(PQexec(m.lock, "BEGIN"));
	PQclear(PQexec(m.lock, "LOCK TABLE rentals"));
	run_threads(2, pay_or_quote, &m);
	PQfinish(m.lock);
	assert_int_equal(m.codes[0], 0);
	assert_int_equal(m.codes[1], 0);
	instance_free(&m.i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_quote_waits_for_the_disk),
		T(a_quote_that_may_be_lost_does_not),
		T(money_waits_for_the_disk),
		T(money_with_a_quote_waits_for_the_disk),
		T(a_quote_does_not_wait_behind_money),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
