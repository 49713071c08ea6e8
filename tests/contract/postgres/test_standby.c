/* SPDX-License-Identifier: MIT
 *
 * test_standby.c - a primary that must wait for a synchronous standby which does not answer:
 * what was committed on one disk only is not reported as done, however the connection ended,
 * and is found again when the standby is back.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <stdlib.h>

/* Quotes that may be lost wait for no standby. */
static const struct fake_option durable = { "quotes_durable", "true" };

/* From now on every commit waits for a standby that there is not; and no longer. */
static void wait_for_nobody(struct fixture *f, bool wait)
{
	fixture_sql(f, wait ? "ALTER SYSTEM SET synchronous_standby_names = 'nobody'"
	                    : "ALTER SYSTEM RESET synchronous_standby_names");
	fixture_sql(f, "SELECT pg_reload_conf()");
	/* the signal is on its way: a session that connects now may still know the old value */
	while (fixture_int(f, "SELECT count(*) FROM pg_settings WHERE name = "
	                      "'synchronous_standby_names' AND setting <> ''") !=
	       (wait ? 1 : 0))
		f->host->sleep_us(f->host, 10000);
}

/* An operator's look and edit, which wait for nobody. */
static int64_t paid(struct fixture *f)
{
	return fixture_int(f, "SELECT total_amount FROM rentals");
}

/* The wait is longer than the time-out: the session is given up, found again, and ended,
 * which makes its commit visible on this server though no standby has it. */
static void nobody_confirms(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_with(f, "", "1", "500ms", durable);
	struct rent_change c, *list[] = { &c };
	int code;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.paid_delta = 5;
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	wait_for_nobody(f, true);
	code = i.api->advance(i.self, list, 1, &f->err);
	wait_for_nobody(f, false);
	assert_int_equal(paid(f), 5);
	assert_int_equal(code, RENT_EINDOUBT);
	instance_free(&i);
}

/* Once there is a connection again. */
static int put_unconfirmed(struct fixture *f, struct instance *i, int n)
{
	struct rent_quote q = { .struct_size = sizeof(q), .user_id = "u" };
	int code = RENT_EUNAVAIL;

	(void)snprintf(q.id, sizeof(q.id), "q%d", n);
	for (int tries = 0; tries < 1000 && code == RENT_EUNAVAIL; tries++) {
		code = i->api->quote_put(i->self, &q, RENT_MINUTE, &f->err);
		f->host->sleep_us(f->host, 10000);
	}
	return code;
}

/* One commit after the other is not confirmed, and neither is what is committed to find out. Of
 * the sessions that the server keeps waiting for its standby one at most is left. */
static void sessions_do_not_pile_up(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_with(f, "", "1", "300ms", durable);
	int64_t left[3];
	int code[3];

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	wait_for_nobody(f, true);
	for (int n = 0; n < 3; n++) {
		code[n] = put_unconfirmed(f, &i, n);
		left[n] = fixture_int(f, "SELECT count(*) FROM pg_stat_activity "
		                         "WHERE wait_event = 'SyncRep'");
	}
	wait_for_nobody(f, false);
	for (int n = 0; n < 3; n++) {
		assert_int_equal(code[n], RENT_EINDOUBT);
		assert_true(left[n] <= 1);
	}
	instance_free(&i);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(nobody_confirms),
		T(sessions_do_not_pile_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
