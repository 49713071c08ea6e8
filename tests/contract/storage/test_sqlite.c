/* SPDX-License-Identifier: MIT
 *
 * test_sqlite.c - what only storage_sqlite has: migrations, a full disk, a locked file, a
 * full queue, several processes on one file, constraints against everybody.
 */
#include "fixture.h"

#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void file_of(const char *place, char out[300])
{
	(void)snprintf(out, 300, "%.250s/deep/rental.db", place);
}

static sqlite3 *connect_operator(const char *place)
{
	char file[300];
	sqlite3 *db;

	file_of(place, file);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	return db;
}

/* An instance with its own options on the file of f; not migrated, not started. */
struct instance {
	const struct rent_plugin *plugin;
	struct fake_host *fake;
	void *self;
};

static struct instance create(struct fixture *f, const char *busy, const char *queue_max)
{
	char file[300];
	struct fake_option options[] = { { "path", file },
		                         { "busy_timeout", busy },
		                         { "queue_max", queue_max },
		                         { NULL, NULL } };
	struct instance i = { .plugin = f->plugin };

	file_of(f->place, file);
	i.fake = fake_host_new(i.plugin, options);
	assert_int_equal(i.plugin->create(fake_host_table(i.fake), &i.self, &f->err), 0);
	return i;
}

static void destroy(struct instance *i)
{
	i->plugin->destroy(i->self);
	fake_host_free(i->fake);
}

/* ---- migrations */
struct lines {
	int n;
	char text[256];
};

static void on_line(void *arg, bool breach, const char *subject, const char *text)
{
	struct lines *lines = arg;

	assert_false(breach);
	lines->n++;
	(void)snprintf(lines->text, sizeof(lines->text), "%s %s", subject, text);
}

static void drop_file(struct fixture *f)
{
	char file[300], name[310];

	file_of(f->place, file);
	(void)unlink(file);
	(void)snprintf(name, sizeof(name), "%s-wal", file);
	(void)unlink(name);
	(void)snprintf(name, sizeof(name), "%s-shm", file);
	(void)unlink(name);
}

static void migrations(void **state)
{
	struct fixture *f = *state;
	struct lines lines = { 0 };
	struct rent_report report = { sizeof(report), &lines, on_line };
	struct instance i;
	struct stat st;
	char file[300];

	file_of(f->place, file);
	f->plugin->stop(f->self);
	drop_file(f);
	i = create(f, "1s", "10");
	assert_int_equal(i.plugin->migrate(i.self, true, &report, &f->err), 0);
	assert_non_null(strstr(lines.text, "would be applied"));
	assert_int_equal(access(file, F_OK), -1);
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_EUNAVAIL);

	lines.n = 0;
	assert_int_equal(i.plugin->migrate(i.self, false, &report, &f->err), 0);
	assert_int_equal(lines.n, 21);
	assert_string_equal(lines.text, "022_record_numbers applied");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07, 0);
	lines.n = 0;
	assert_int_equal(i.plugin->migrate(i.self, false, &report, &f->err), 0);
	assert_int_equal(i.plugin->migrate(i.self, true, &report, &f->err), 0);
	assert_int_equal(lines.n, 0);
	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(i.plugin->check(i.self, &f->err), 0);
	destroy(&i);
}

static void bad_schemas(void **state)
{
	struct fixture *f = *state;
	struct instance i = create(f, "1s", "10");

	fixture_sql(f, "UPDATE schema_migrations SET checksum = 'edited'");
	assert_int_equal(i.plugin->migrate(i.self, false, NULL, &f->err), RENT_ECORRUPT);
	assert_non_null(strstr(f->err.text, "checksum"));
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_ECORRUPT);
	fixture_sql(f, "INSERT INTO schema_migrations VALUES (999, 'future', 'x', 'x')");
	assert_int_equal(i.plugin->migrate(i.self, false, NULL, &f->err), RENT_EFAIL);
	assert_non_null(strstr(f->err.text, "999"));
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_EFAIL);
	fixture_sql(f, "DELETE FROM schema_migrations");
	assert_int_equal(i.plugin->start(i.self, &f->err), RENT_EFAIL);
	assert_non_null(strstr(f->err.text, "--migrate"));
	destroy(&i);
}

struct migrators {
	struct instance i[8];
	int code[8];
};

static void migrator(void *arg, int i)
{
	struct migrators *m = arg;
	struct rent_error err = { 0 };

	m->code[i] = m->i[i].plugin->migrate(m->i[i].self, false, NULL, &err);
	if (m->code[i] != 0)
		(void)fprintf(stderr, "%s\n", err.text);
}

static void migrate_at_once(void **state)
{
	struct fixture *f = *state;
	struct migrators m;

	f->plugin->stop(f->self);
	drop_file(f);
	for (int i = 0; i < 8; i++)
		m.i[i] = create(f, "30s", "10");
	run_threads(8, migrator, &m);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(m.code[i], 0);
		destroy(&m.i[i]);
	}
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM schema_migrations"), 21);
}

/* ---- durability: a power cut cannot be had, but what the library asks of the disk can be seen.
 * A program's own functions come before libc's for every library it loads.
 */
static atomic_int syncs;

/* NOLINTNEXTLINE(readability-inconsistent-declaration-parameter-name): theirs is reserved */
__attribute__((visibility("default"))) int fdatasync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	return (int)syscall(SYS_fdatasync, fd);
}

__attribute__((visibility("default"))) int fsync(int fd)
{
	atomic_fetch_add(&syncs, 1);
	return (int)syscall(SYS_fsync, fd);
}

static void what_has_returned_is_on_the_disk(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;
	struct start s;
	int before = atomic_load(&syncs);

	put_quote(f, "q1", "u");
	assert_true(atomic_load(&syncs) > before);
	before = atomic_load(&syncs);
	start_init(f, &s, "k1", "q1", "r1");
	assert_int_equal(f->api->start_begin(f->self, &s.s, &f->err), 0);
	assert_true(atomic_load(&syncs) > before);
	before = atomic_load(&syncs);
	c = change_of(f, "r1");
	c.work_in_us = RENT_MINUTE;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(atomic_load(&syncs) > before);
}

/* ---- the disk */
static void limit_files(rlim_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size == RLIM_INFINITY ? limit.rlim_max : size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void disk_refuses(void **state)
{
	struct fixture *f = *state;
	struct rent_health health = { .struct_size = sizeof(health) };
	struct start s;
	struct stat st;
	char wal[310], file[300];
	int code;

	file_of(f->place, file);
	(void)snprintf(wal, sizeof(wal), "%s-wal", file);
	make_active(f, "r1");
	put_quote(f, "q2", "u");
	start_init(f, &s, "k2", "q2", "r2");
	assert_int_equal(stat(wal, &st), 0);
	(void)signal(SIGXFSZ, SIG_IGN);
	limit_files((rlim_t)st.st_size + 5000);
	code = f->api->start_begin(f->self, &s.s, &f->err);
	limit_files(RLIM_INFINITY);
	/* A limit is an I/O error to the library, a full disk is RENT_EFULL. */
	assert_int_equal(code, RENT_EUNAVAIL);
	assert_int_equal(s.shown, 0);
	f->plugin->health(f->self, &health);
	assert_int_equal(health.state, RENT_UNHEALTHY);
	/* Nothing happened, and with space again all goes on. */
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM rentals"), 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM idempotency_keys"), 1);
	assert_int_equal(start_begin(f, &s, "k2", "q2", "r2"), RENT_START_NEW);
	f->plugin->health(f->self, &health);
	assert_int_equal(health.state, RENT_HEALTHY);
}

/* ---- errors that nobody foresaw */
static enum rent_health_state state_of(struct fixture *f, struct rent_health *ret)
{
	*ret = (struct rent_health){ .struct_size = sizeof(*ret) };
	f->plugin->health(f->self, ret);
	return ret->state;
}

static int take_rental(void *arg, const struct rent_rental *rental,
                       const struct rent_op *const *ops, size_t n)
{
	(void)arg;
	(void)rental;
	(void)ops;
	(void)n;
	return 0;
}

static int get_rental(struct fixture *f)
{
	return f->api->rental_get(f->self, "r1", take_rental, NULL, &f->err);
}

static void trouble_ends_with_its_own_kind(void **state)
{
	struct fixture *f = *state;
	struct rent_health health;

	make_active(f, "r1");
	assert_int_equal(get_rental(f), 0);
	assert_int_equal(state_of(f, &health), RENT_HEALTHY);
	fixture_sql(f, "ALTER TABLE rentals RENAME COLUMN user_id TO somebody");
	assert_int_equal(get_rental(f), RENT_EUNAVAIL);
	assert_int_equal(f->err.code, RENT_EUNAVAIL);
	assert_int_equal(state_of(f, &health), RENT_UNHEALTHY);
	assert_non_null(strstr(health.why, "rental_get: database: "));
	/* Another kind works, and so does the writer's own probe. */
	put_quote(f, "q9", "u");
	(void)usleep(2500000);
	put_quote(f, "q10", "u");
	assert_int_equal(state_of(f, &health), RENT_UNHEALTHY);
	fixture_sql(f, "ALTER TABLE rentals RENAME COLUMN somebody TO user_id");
	assert_int_equal(get_rental(f), 0);
	assert_int_equal(state_of(f, &health), RENT_HEALTHY);
}

static void trouble_of_a_write_is_found_over(void **state)
{
	struct fixture *f = *state;
	struct rent_health health;
	struct start s;

	put_quote(f, "q1", "u");
	fixture_sql(f, "ALTER TABLE rentals RENAME COLUMN user_id TO somebody");
	start_init(f, &s, "k1", "q1", "r1");
	assert_int_equal(f->api->start_begin(f->self, &s.s, &f->err), RENT_EUNAVAIL);
	assert_int_equal(state_of(f, &health), RENT_UNHEALTHY);
	assert_non_null(strstr(health.why, "start_begin: database: "));
	(void)usleep(2500000);
	assert_int_equal(state_of(f, &health), RENT_UNHEALTHY);
	fixture_sql(f, "ALTER TABLE rentals RENAME COLUMN somebody TO user_id");
	for (int i = 0; i < 50 && state_of(f, &health) != RENT_HEALTHY; i++)
		(void)usleep(100000);
	assert_int_equal(state_of(f, &health), RENT_HEALTHY);
	assert_int_equal(start_begin(f, &s, "k1", "q1", "r1"), RENT_START_NEW);
}

/* ---- locks and queues */
static void locked_file(void **state)
{
	struct fixture *f = *state;
	struct instance i = create(f, "20ms", "10");
	sqlite3 *db = connect_operator(f->place);
	struct rent_quote q = { .struct_size = sizeof(q), .id = "q1" };

	assert_int_equal(i.plugin->start(i.self, &f->err), 0);
	assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	                 SQLITE_OK);
	assert_int_equal(f->api->quote_put(i.self, &q, RENT_HOUR, &f->err),
	                 RENT_EUNAVAIL);
	/* Reading does not mind. */
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM quotes"), 0);
	assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(f->api->quote_put(i.self, &q, RENT_HOUR, &f->err), 0);
	(void)sqlite3_close(db);
	destroy(&i);
}

#define PUTTERS 8

struct putters {
	struct fixture *f;
	struct instance i;
	sqlite3 *lock;
	atomic_int refused, others;
};

/* The writer takes one and waits for the lock with it, one may wait behind it. The last to
 * be refused lets go of the lock. */
static void putter(void *arg, int i)
{
	struct putters *p = arg;
	struct rent_quote q = { .struct_size = sizeof(q) };
	int code;

	(void)snprintf(q.id, sizeof(q.id), "q%d", i);
	code = p->f->api->quote_put(p->i.self, &q, RENT_HOUR, NULL);
	if (code == 0)
		return;
	if (code != RENT_EFULL)
		(void)atomic_fetch_add(&p->others, 1);
	else if (atomic_fetch_add(&p->refused, 1) == PUTTERS - 3)
		(void)sqlite3_exec(p->lock, "COMMIT", NULL, NULL, NULL);
}

static void full_queue(void **state)
{
	struct putters p = { .f = *state };
	int refused;

	p.i = create(p.f, "60s", "1");
	p.lock = connect_operator(p.f->place);
	assert_int_equal(p.i.plugin->start(p.i.self, &p.f->err), 0);
	assert_int_equal(sqlite3_exec(p.lock, "BEGIN IMMEDIATE", NULL, NULL, NULL),
	                 SQLITE_OK);
	run_threads(PUTTERS, putter, &p);
	refused = atomic_load(&p.refused);
	assert_true(refused == PUTTERS - 2 || refused == PUTTERS - 1);
	assert_int_equal(atomic_load(&p.others), 0);
	assert_int_equal(fixture_int(p.f, "SELECT count(*) FROM quotes"),
	                 PUTTERS - refused);
	(void)sqlite3_close(p.lock);
	destroy(&p.i);
}

/* ---- two processes on one file, as two instances */
struct pair {
	struct fixture *f[2];
	atomic_int fresh, failures;
};

static void start_on_either(void *arg, int i)
{
	struct pair *pair = arg;
	struct fixture *f = pair->f[i % 2];
	struct start *s = calloc(1, sizeof(*s));
	char key[RENT_ID_SIZE], quote[RENT_ID_SIZE], rental[RENT_ID_SIZE];

	for (int k = 0; k < 20; k++) {
		(void)snprintf(key, sizeof(key), "key-%d-%d", i, k);
		(void)snprintf(quote, sizeof(quote), "quote-%d", k);
		(void)snprintf(rental, sizeof(rental), "rental-%d-%d", i, k);
		start_init(NULL, s, key, quote, rental);
		if (f->api->start_begin(f->self, &s->s, NULL) == 0 &&
		    s->s.ret == RENT_START_NEW)
			(void)atomic_fetch_add(&pair->fresh, 1);
		else if (s->s.ret != RENT_START_QUOTE_USED)
			(void)atomic_fetch_add(&pair->failures, 1);
	}
	free(s);
}

static void two_processes(void **state)
{
	struct pair pair = { .f = { *state, NULL } };
	char quote[RENT_ID_SIZE];

	pair.f[1] = fixture_open(pair.f[0]->place, false);
	for (int k = 0; k < 20; k++) {
		(void)snprintf(quote, sizeof(quote), "quote-%d", k);
		put_quote(pair.f[k % 2], quote, "u");
	}
	run_threads(8, start_on_either, &pair);
	assert_int_equal(atomic_load(&pair.failures), 0);
	assert_int_equal(atomic_load(&pair.fresh), 20);
	assert_int_equal(fixture_int(pair.f[0], "SELECT count(*) FROM rentals"), 20);
	fixture_close(pair.f[1], false);
}

/* ---- lists */

#define LISTS 5 /* one more than read_connections */

struct leafing {
	struct fixture *f;
	_Atomic int under_way;
	_Atomic bool read;
};

/* Until the rental is read, 3 s at most. */
static int leaf_slowly(void *arg, const struct rent_rental *r,
                       const struct rent_op *const *ops, size_t count)
{
	struct leafing *l = arg;
	const struct rent_host *host = l->f->host;
	int64_t until = host->mono_us(host) + 3 * RENT_SECOND;

	(void)r;
	(void)ops;
	(void)count;
	atomic_fetch_add(&l->under_way, 1);
	while (!atomic_load(&l->read) && host->mono_us(host) < until)
		host->sleep_us(host, 1000);
	return 0;
}

static void list_or_read(void *arg, int i)
{
	struct leafing *l = arg;
	const struct rent_host *host = l->f->host;
	struct rent_list_query query = { .struct_size = sizeof(query),
		                         .status = RENT_STATUS_ACTIVE,
		                         .limit = 5 };

	if (i < LISTS) {
		(void)l->f->api->rental_list(l->f->self, &query, leaf_slowly, l, NULL);
		return;
	}
	while (atomic_load(&l->under_way) == 0)
		host->sleep_us(host, 1000);
	host->sleep_us(host, 100000); /* the others wait, or are under way as well */
	if (l->f->api->rental_get(l->f->self, "r1", show_nothing, NULL, NULL) == 0 &&
	    atomic_load(&l->under_way) == 1)
		atomic_store(&l->read, true);
}

/* Any number of lists leaves the connections of other reads alone. */
static void lists_have_a_pool_of_their_own(void **state)
{
	struct leafing l = { .f = *state };

	make_active(l.f, "r1");
	run_threads(LISTS + 1, list_or_read, &l);
	assert_true(atomic_load(&l.read));
}

/* ---- constraints */
static const char *const bad[] = {
	"UPDATE rentals SET status = 'LOST'",
	"UPDATE rentals SET total_amount = -1",
	"UPDATE rentals SET total_amount = 'much'",
	"UPDATE rentals SET quote_id = 'q-r1' WHERE id = 'r2'",
	"UPDATE rentals SET powerbank_id = 'pb-r1' WHERE id = 'r2'",
	"UPDATE operations SET used = processed + 1 WHERE kind = 'hold'",
	"UPDATE operations SET kind = 'hold' WHERE kind = 'eject'",
	"UPDATE operations SET kind = 'charge' WHERE id = 'r1-eject'",
	"INSERT INTO debts (rental_id, amount_total) VALUES ('r1', -1)",
	"INSERT INTO payment_attempts (rental_id, amount, success) VALUES ('r1', 1, 2)",
	"INSERT INTO idempotency_keys (key, scope) VALUES ('key-r1', 'start')",
	/* records */
	"UPDATE debt_journal SET delta = 0",
	"DELETE FROM debt_journal",
	"UPDATE payment_attempts SET success = 0",
	"DELETE FROM payment_attempts",
	"UPDATE operation_resolutions SET reason = 'another'",
	"DELETE FROM operation_resolutions",
	"UPDATE audit_log SET subject = 'another'",
	"DELETE FROM audit_log",
	"UPDATE notes SET text = 'another'",
	"DELETE FROM notes",
	"UPDATE seals SET hash = ''",
	"DELETE FROM seals",
	"UPDATE outside_movements SET amount = 0",
	"DELETE FROM outside_movements",
	/* … nor replaced, which asks no trigger of a DELETE */
	"INSERT OR REPLACE INTO debt_journal (id, rental_id, delta, amount_after, reason) "
	"SELECT id, rental_id, 0, 0, reason FROM debt_journal",
	"REPLACE INTO payment_attempts (id, rental_id, amount, success) "
	"SELECT id, rental_id, 0, 1 FROM payment_attempts",
	"REPLACE INTO operation_resolutions (op_id, rental_id, resolved_as, amount, reason, "
	"resolved_by, created_at) VALUES ('c1', 'r1', 'SUCCEEDED', 0, 'no', 'me', 1)",
	"REPLACE INTO operation_resolutions (seq, op_id, rental_id, resolved_as, amount, "
	"reason, resolved_by, created_at) SELECT seq, 'c2', 'r1', 'SUCCEEDED', 0, 'no', "
	"'me', 1 FROM operation_resolutions",
	"REPLACE INTO audit_log (id, at, action, rental_id) "
	"SELECT id, at, action, 'r2' FROM audit_log",
	"REPLACE INTO outside_movements (event_id, rental_id, operation_id, kind, amount, ref, "
	"note, created_at) VALUES ('e1', 'r1', 'c1', 'DISPUTE', 0, '', '', 1)",
	"REPLACE INTO notes SELECT id, rental_id, kind, 'another', created_at FROM notes",
	"REPLACE INTO seals VALUES ('debt_journal', 1, 1, 1, '', 'another', 1)",
	"INSERT INTO seals VALUES ('debt_journal', 1, 1, 1, '', '', 1) "
	"ON CONFLICT DO UPDATE SET hash = 'another'",
	"REPLACE INTO seals (rowid, book, number, upto_id, lines, digests, hash, created_at) "
	"SELECT rowid, 'notes', 9, 1, 1, '', 'another', 1 FROM seals",
	/* … nor does one have a number that stands in the way of the next */
	"INSERT INTO debt_journal (id, rental_id, delta, amount_after, reason) "
	"VALUES (-1, 'r1', 0, 0, '')",
	"INSERT INTO payment_attempts (id, rental_id, amount, success) VALUES (0, 'r1', 1, 1)",
	"INSERT INTO operation_resolutions (seq, op_id, rental_id, resolved_as, amount, "
	"reason, resolved_by, created_at) VALUES (-1, 'c2', 'r1', 'SUCCEEDED', 0, 'no', 'me', 1)",
	"INSERT INTO audit_log (id, at, action, rental_id) VALUES (-1, 1, 'start', 'r1')",
	"INSERT INTO outside_movements (seq, event_id, rental_id, operation_id, kind, amount, "
	"ref, note, created_at) VALUES (-1, 'e2', 'r1', 'c1', 'DISPUTE', 0, '', '', 1)",
	"INSERT INTO notes VALUES (-1, 'r1', 'hold_gone', '', 1)",
	"INSERT INTO seals (rowid, book, number, upto_id, lines, digests, hash, created_at) "
	"VALUES (-1, 'notes', 9, 1, 1, '', '', 1)",
};

static void constraints(void **state)
{
	struct fixture *f = *state;
	sqlite3 *db = connect_operator(f->place);

	make_active(f, "r1");
	make_active(f, "r2");
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	fixture_sql(f, "UPDATE operations SET state = 'UNKNOWN' WHERE id = 'r1-eject'");
	fixture_sql(f, "INSERT INTO payment_attempts (rental_id, amount, success) "
	               "VALUES ('r1', 5, 0)");
	fixture_sql(f,
	            "INSERT INTO debt_journal (rental_id, delta, amount_after, reason) "
	            "VALUES ('r1', 1, 1, 'test')");
	fixture_sql(
		f,
		"INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, amount, "
		"reason, resolved_by, created_at) "
		"VALUES ('c1', 'r1', 'DECLINED', 0, 'because', 'somebody', 1)");
	fixture_sql(
		f,
		"INSERT INTO audit_log (at, action, rental_id) VALUES (1, 'start', 'r1')");
	fixture_sql(f, "INSERT INTO notes (rental_id, kind, text, created_at) "
	               "VALUES ('r1', 'hold_gone', 'gone', 1)");
	fixture_sql(f, "INSERT INTO seals VALUES ('debt_journal', 1, 1, 1, '', '', 1)");
	fixture_sql(
		f,
		"INSERT INTO outside_movements (event_id, rental_id, operation_id, kind, "
		"amount, ref, note, created_at) "
		"VALUES ('e1', 'r1', 'c1', 'DISPUTE', 5, '', '', 1)");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int rc = sqlite3_exec(db, bad[i], NULL, NULL, NULL);

		if (rc != SQLITE_CONSTRAINT)
			fail_msg("%s: %s", bad[i], sqlite3_errstr(rc));
	}
	(void)sqlite3_close(db);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(lists_have_a_pool_of_their_own),
		T(migrations),
		T(bad_schemas),
		T(migrate_at_once),
		T(disk_refuses),
		T(locked_file),
		T(full_queue),
		T(trouble_ends_with_its_own_kind),
		T(locked_file),
		T(full_queue),
		T(trouble_of_a_write_is_found_over),
		T(locked_file),
		T(full_queue),
		T(two_processes),
		T(constraints),
		T(what_has_returned_is_on_the_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
