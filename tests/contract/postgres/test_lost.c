/* SPDX-License-Identifier: MIT
 *
 * test_lost.c - the connection is lost at the commit: what had happened is found out and
 * reported, what had not is said not to have, and nothing happens later.
 */
#include "backend_postgres.h"

#include <libpq-fe.h>
#include <proxy.h>
#include <stdlib.h>

struct wire {
	struct fixture *f;
	struct proxy *proxy;
	struct instance i;
};

static struct wire wire_new(struct fixture *f)
{
	struct wire w = { .f = f, .proxy = proxy_new(pg_port(backend_server())) };
	char dsn[64];

	(void)snprintf(dsn, sizeof(dsn), "port=%d application_name=wired",
	               proxy_port(w.proxy));
	w.i = instance_new(f, dsn, "1", "5s");
	if (w.i.plugin->start(w.i.self, &f->err) != 0)
		fail_msg("%s", f->err.text);
	return w;
}

static void wire_free(struct wire *w)
{
	instance_free(&w->i);
	proxy_free(w->proxy);
}

static int put(struct wire *w, const char *id, int64_t *ret_created)
{
	struct rent_quote q = { .struct_size = sizeof(q), .user_id = "u" };
	int code;

	(void)rent_copy(q.id, sizeof(q.id), id);
	code = w->i.api->quote_put(w->i.self, &q, RENT_MINUTE, &w->f->err);
	*ret_created = q.created_at;
	return code;
}

static void quote(void **state)
{
	struct wire w = wire_new(*state);
	int64_t created;

	proxy_arm(w.proxy, PROXY_CUT_REPLY);
	assert_int_equal(put(&w, "q1", &created), 0);
	assert_true(created == fixture_now(w.f));
	proxy_arm(w.proxy, PROXY_CUT_REQUEST);
	assert_int_equal(put(&w, "q2", &created), RENT_EUNAVAIL);
	assert_int_equal(fixture_int(w.f, "SELECT count(*) FROM quotes"), 1);
	assert_int_equal(put(&w, "q2", &created), 0);
	wire_free(&w);
}

static void start(void **state)
{
	struct wire w = wire_new(*state);
	struct fixture *f = w.f;
	struct start s;

	put_quote(f, "q1", "user-1");
	put_quote(f, "q2", "user-2");
	start_init(f, &s, "k1", "q1", "r1");
	proxy_arm(w.proxy, PROXY_CUT_REPLY);
	assert_int_equal(w.i.api->start_begin(w.i.self, &s.s, &f->err), 0);
	assert_int_equal(s.s.ret, RENT_START_NEW);
	assert_int_equal(s.shown, 1);
	assert_string_equal(s.rental.user_id, "user-1");
	assert_int_equal(s.rental.deposit, 300);
	assert_int_equal(s.op_count, 2);

	start_init(f, &s, "k2", "q2", "r2");
	proxy_arm(w.proxy, PROXY_CUT_REQUEST);
	assert_int_equal(w.i.api->start_begin(w.i.self, &s.s, &f->err), RENT_EUNAVAIL);
	assert_int_equal(s.shown, 0);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 1);
	assert_int_equal(w.i.api->start_begin(w.i.self, &s.s, &f->err), 0);
	assert_int_equal(s.s.ret, RENT_START_NEW);
	wire_free(&w);
}

static void change(void **state)
{
	struct wire w = wire_new(*state);
	struct fixture *f = w.f;
	struct rent_change c, stale, *list[] = { &stale, &c };
	int64_t version;

	make_active(f, "r1");
	make_active(f, "r2");
	c = change_of(f, "r2");
	c.finished_at = RENT_DB_NOW;
	c.status = RENT_STATUS_FINISHED;
	version = c.expect_version;
	stale = change_of(f, "r1");
	stale.expect_version = 77;
	proxy_arm(w.proxy, PROXY_CUT_REPLY);
	assert_int_equal(w.i.api->advance(w.i.self, list, 2, &f->err), 0);
	assert_int_equal(c.ret, RENT_CHANGE_APPLIED);
	assert_int_equal(c.ret_version, version + 1);
	assert_true(c.ret_now == fixture_now(f));
	assert_int_equal(stale.ret, RENT_CHANGE_CONFLICT);

	c = change_of(f, "r1");
	c.paid_delta = 5;
	proxy_arm(w.proxy, PROXY_CUT_REQUEST);
	assert_int_equal(w.i.api->advance(w.i.self, list + 1, 1, &f->err), RENT_EUNAVAIL);
	assert_int_equal(fixture_int(f, "SELECT sum(total_amount) FROM rentals"), 0);
	assert_int_equal(w.i.api->advance(w.i.self, list + 1, 1, &f->err), 0);
	assert_int_equal(c.ret, RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT sum(total_amount) FROM rentals"), 5);
	wire_free(&w);
}

/* The request arrived and its transaction waits for a lock while we are cut off. When we
 * say that it did not happen, it must not happen afterwards. */
static void still_running(void **state)
{
	struct wire w = wire_new(*state);
	struct fixture *f = w.f;
	PGconn *lock = PQconnectdb(f->place);
	struct rent_change c, *list[] = { &c };

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.paid_delta = 5;
	PQclear(PQexec(lock, "BEGIN"));
	PQclear(PQexec(lock, "SELECT 1 FROM rentals FOR UPDATE"));
	proxy_arm(w.proxy, PROXY_CUT_WAITING);
	assert_int_equal(w.i.api->advance(w.i.self, list, 1, &f->err), RENT_EUNAVAIL);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM pg_stat_activity WHERE "
	                                "application_name = 'wired' AND state <> 'idle'"),
	                 0);
	PQclear(PQexec(lock, "ROLLBACK"));
	PQfinish(lock);
	assert_int_equal(fixture_int(f, "SELECT total_amount FROM rentals"), 0);
	assert_int_equal(w.i.api->advance(w.i.self, list, 1, &f->err), 0);
	assert_int_equal(c.ret, RENT_CHANGE_APPLIED);
	wire_free(&w);
}

/* A claim leaves nothing that could be read back by id. */
static void claim(void **state)
{
	struct wire w = wire_new(*state);
	struct fixture *f = w.f;

	make_active(f, "r1");
	fixture_sql(f, "UPDATE rentals SET work_at = 5");
	proxy_arm(w.proxy, PROXY_CUT_REPLY);
	assert_int_equal(
		w.i.api->claim(w.i.self, "t", LEASE, 10, show_nothing, NULL, &f->err),
		RENT_EINDOUBT);
	wire_free(&w);
}

/* Nobody can be asked. */
static void cannot_be_read(void **state)
{
	struct wire w = wire_new(*state);
	struct fixture *f = w.f;
	struct rent_change c, *list[] = { &c };

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.paid_delta = 5;
	proxy_refuse(w.proxy, 1);
	proxy_arm(w.proxy, PROXY_CUT_REPLY);
	assert_int_equal(w.i.api->advance(w.i.self, list, 1, &f->err), RENT_EINDOUBT);
	assert_int_equal(w.i.api->advance(w.i.self, list, 1, &f->err), RENT_EUNAVAIL);
	assert_int_equal(fixture_int(f, "SELECT total_amount FROM rentals"), 5);
	proxy_refuse(w.proxy, 0);
	for (int i = 0; w.i.api->advance(w.i.self, list, 1, &f->err) != 0; i++) {
		assert_true(i < 1000);
		f->host->sleep_us(f->host, 20000);
	}
	wire_free(&w);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(quote),         T(start), T(change),
		T(still_running), T(claim), T(cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
