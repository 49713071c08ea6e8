/* SPDX-License-Identifier: MIT
 *
 * test_surroundings.c - a database that is not ours alone: other schemas and programs, tables
 * that are altered under running hosts, sequences behind restored rows, missing rights.
 */
#include "backend_postgres.h"

#include <pg.h>
#include <unistd.h>

static void expect_start(struct fixture *f, struct instance *i)
{
	if (i->plugin->start(i->self, &f->err) != 0)
		fail_msg("%s", f->err.text);
}

static void expect_refusal(struct fixture *f, int code, int expected, const char *one,
                           const char *other)
{
	assert_int_equal(code, expected);
	if (strstr(f->err.text, one) == NULL || strstr(f->err.text, other) == NULL)
		fail_msg("%s", f->err.text);
}

/* ---- where the tables are */

static int note_there(void *arg, const struct rent_rental *rental,
                      const struct rent_op *const *ops, size_t n)
{
	(void)rental;
	(void)ops;
	(void)n;
	*(bool *)arg = true;
	return 0;
}

static int get_by(struct instance *i, const char *id, bool *ret_there,
                  struct rent_error *err)
{
	*ret_there = false;
	return i->api->rental_get(i->self, id, note_there, ret_there, err);
}

/* "$user" comes first in PostgreSQL's search_path. */
static void a_schema_that_is_made_later_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_new(f, "", "1", "5s");
	bool there;

	make_active(f, "r1");
	fixture_sql(f, "CREATE SCHEMA AUTHORIZATION CURRENT_USER");
	assert_int_equal(i.plugin->migrate(i.self, false, NULL, &f->err), 0);
	expect_start(f, &i);
	assert_int_equal(get_by(&i, "r1", &there, &f->err), 0);
	assert_true(there);
	instance_free(&i);
}

static void two_schemas_are_refused(void **state)
{
	struct fixture *f = *state;
	struct instance found = instance_new(f, "", "1", "5s");
	struct instance other = instance_with(f, "", "1", "5s",
	                                      (struct fake_option){ "schema", "Other" });
	struct instance ours = instance_with(f, "", "1", "5s",
	                                     (struct fake_option){ "schema", "public" });
	bool there;

	make_active(f, "r1");
	expect_refusal(f, other.plugin->start(other.self, &f->err), RENT_EINVAL, "Other",
	               "CREATE SCHEMA");
	fixture_sql(f, "CREATE SCHEMA \"Other\"");
	assert_int_equal(other.plugin->migrate(other.self, false, NULL, &f->err), 0);
	expect_start(f, &other);
	assert_int_equal(get_by(&other, "r1", &there, &f->err), 1);
	expect_refusal(f, found.plugin->start(found.self, &f->err), RENT_EINVAL, "public",
	               "\"Other\"");
	expect_refusal(f, found.plugin->migrate(found.self, true, NULL, &f->err),
	               RENT_EINVAL, "public", "'schema'");
	expect_start(f, &ours);
	assert_int_equal(get_by(&ours, "r1", &there, &f->err), 0);
	instance_free(&found);
	instance_free(&other);
	instance_free(&ours);
}

static void tables_of_another_program(void **state)
{
	static const char *const theirs[] = {
		"CREATE TABLE schema_migrations (version varchar PRIMARY KEY)",
		"CREATE TABLE schema_migrations (version bigint PRIMARY KEY, dirty boolean)",
		"CREATE TABLE rentals (id serial PRIMARY KEY, video text)",
		"CREATE VIEW operations AS SELECT 1 AS one",
	};
	struct fixture *f = *state;

	f->plugin->stop(f->self);
	for (size_t n = 0; n < sizeof(theirs) / sizeof(*theirs); n++) {
		struct instance i = instance_new(f, "", "1", "5s");

		fixture_sql(f, "DROP SCHEMA public CASCADE");
		fixture_sql(f, "CREATE SCHEMA public");
		fixture_sql(f, "%s", theirs[n]);
		expect_refusal(f, i.plugin->migrate(i.self, true, NULL, &f->err),
		               RENT_EINVAL, "belongs to another program", "'schema'");
		expect_refusal(f, i.plugin->migrate(i.self, false, NULL, &f->err),
		               RENT_EINVAL, "belongs to another program",
		               "CREATE SCHEMA");
		expect_refusal(f, i.plugin->start(i.self, &f->err), RENT_EINVAL,
		               "belongs to another program", "public.");
		instance_free(&i);
	}
}

#define TABLES_MAX 32

/* The tables of a migrated schema. */
static size_t our_tables(struct fixture *f, char names[TABLES_MAX][64])
{
	PGconn *conn = PQconnectdb(f->place);
	PGresult *res = PQexec(conn, "SELECT tablename FROM pg_tables "
	                             "WHERE schemaname = 'public' "
	                             "AND tablename <> 'schema_migrations'");
	size_t n = 0;

	assert_int_equal(PQresultStatus(res), PGRES_TUPLES_OK);
	for (int row = 0; row < PQntuples(res); row++) {
		assert_true(n < TABLES_MAX);
		(void)rent_copy(names[n++], sizeof(names[0]), PQgetvalue(res, row, 0));
	}
	PQclear(res);
	PQfinish(conn);
	return n;
}

/* Whichever of our names somebody else has used. */
static void any_name_of_ours_is_known(void **state)
{
	struct fixture *f = *state;
	char names[TABLES_MAX][64];
	size_t n = our_tables(f, names);

	assert_true(n > 0);
	f->plugin->stop(f->self);
	for (size_t i = 0; i < n; i++) {
		struct instance other = instance_new(f, "", "1", "5s");

		fixture_sql(f, "DROP SCHEMA public CASCADE");
		fixture_sql(f, "CREATE SCHEMA public");
		fixture_sql(f, "CREATE TABLE %s (theirs int)", names[i]);
		expect_refusal(f, other.plugin->migrate(other.self, true, NULL, &f->err),
		               RENT_EINVAL, "belongs to another program", names[i]);
		instance_free(&other);
	}
}

static void missing_rights_are_named(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_new(f, "user=stranger", "1", "5s");

	fixture_sql(f, "DROP ROLE IF EXISTS stranger");
	fixture_sql(f, "CREATE ROLE stranger LOGIN");
	fixture_sql(f, "REVOKE ALL ON SCHEMA public FROM PUBLIC");
	expect_refusal(f, i.plugin->start(i.self, &f->err), RENT_EPERM,
	               "GRANT USAGE ON SCHEMA", "public");
	fixture_sql(f, "GRANT USAGE ON SCHEMA public TO stranger");
	expect_refusal(f, i.plugin->start(i.self, &f->err), RENT_EPERM, "42501", "GRANT");
	fixture_sql(f, "DROP SCHEMA public CASCADE");
	fixture_sql(f, "CREATE SCHEMA public");
	fixture_sql(f, "GRANT USAGE ON SCHEMA public TO stranger");
	expect_refusal(f, i.plugin->migrate(i.self, false, NULL, &f->err), RENT_EPERM,
	               "42501", "GRANT");
	instance_free(&i);
	fixture_sql(f, "DROP OWNED BY stranger");
	fixture_sql(f, "DROP ROLE stranger");
}

/* ---- errors nobody foresaw */

static enum rent_health_state health(struct fixture *f, struct rent_health *ret)
{
	*ret = (struct rent_health){ .struct_size = sizeof(*ret) };
	f->plugin->health(f->self, ret);
	return ret->state;
}

static void expect_unhealthy(struct fixture *f, const char *why)
{
	struct rent_health h;

	assert_int_equal(health(f, &h), RENT_UNHEALTHY);
	if (strstr(h.why, why) == NULL)
		fail_msg("%s", h.why);
}

static void until_healthy(struct fixture *f)
{
	struct rent_health h;

	for (int n = 0; health(f, &h) != RENT_HEALTHY; n++) {
		if (n == 1000)
			fail_msg("%s", h.why);
		(void)usleep(10000);
	}
}

/* Plans of the columns that were: one retry on a new connection. */
static void a_column_of_another_type(void **state)
{
	struct fixture *f = *state;
	struct rent_health h;
	struct shown shown;

	make_active(f, "r1");
	get(f, "r1", &shown);
	fixture_sql(f, "ALTER TABLE rentals ALTER COLUMN user_id TYPE varchar(200)");
	fixture_sql(f, "ALTER TABLE operations ALTER COLUMN note TYPE varchar(500)");
	get(f, "r1", &shown);
	assert_true(shown.there);
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	assert_int_equal(
		f->api->claim(f->self, "w", LEASE, 9, show_nothing, NULL, &f->err), 0);
	assert_int_equal(health(f, &h), RENT_HEALTHY);
}

static int record_quote(struct fixture *f, const char *id)
{
	struct rent_quote q = { .struct_size = sizeof(q), .user_id = "u" };

	(void)rent_copy(q.id, sizeof(q.id), id);
	return f->api->quote_put(f->self, &q, RENT_HOUR, &f->err);
}

/* What fails says so until it works again, without a restart and without a call. */
static void a_column_that_is_gone(void **state)
{
	struct fixture *f = *state;
	bool there = false;

	make_active(f, "r1");
	fixture_sql(f, "ALTER TABLE rentals RENAME COLUMN user_id TO customer");
	assert_int_equal(f->api->rental_get(f->self, "r1", note_there, &there, &f->err),
	                 RENT_EUNAVAIL);
	assert_non_null(strstr(f->err.text, "42703"));
	expect_unhealthy(f, "user_id");
	/* What does not need the column goes on. */
	assert_int_equal(record_quote(f, "q2"), 0);
	expect_unhealthy(f, "user_id");
	fixture_sql(f, "ALTER TABLE rentals RENAME COLUMN customer TO user_id");
	until_healthy(f);
	assert_int_equal(f->api->rental_get(f->self, "r1", note_there, &there, &f->err),
	                 0);
}

/* A trigger of somebody else that refuses one row: the others of its batch are written. */
static void a_trigger_that_refuses_one(void **state)
{
	struct fixture *f = *state;

	fixture_sql(
		f,
		"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
		"IF NEW.id = 'bad' THEN RAISE EXCEPTION 'not this one'; END IF; "
		"RETURN NEW; END $$");
	fixture_sql(f, "CREATE TRIGGER refuse BEFORE INSERT ON quotes FOR EACH ROW "
	               "EXECUTE FUNCTION refuse()");
	assert_int_equal(record_quote(f, "bad"), RENT_EUNAVAIL);
	assert_non_null(strstr(f->err.text, "not this one"));
	expect_unhealthy(f, "quote_put");
	assert_int_equal(record_quote(f, "good"), 0);
	until_healthy(f);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM quotes WHERE id = 'good'"),
	                 1);
}

static void raise_on(struct fixture *f, const char *table, const char *code)
{
	fixture_sql(
		f,
		"CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
		"RAISE EXCEPTION 'could not extend file' USING ERRCODE = '%s'; END $$",
		code);
	fixture_sql(f,
	            "CREATE TRIGGER fail BEFORE INSERT ON %s FOR EACH ROW "
	            "EXECUTE FUNCTION fail()",
	            table);
}

/* A host that is not ready gets no calls: it finds out by itself. */
static void without_a_call(void **state)
{
	struct fixture *f = *state;

	raise_on(f, "quotes", "0A000");
	assert_int_not_equal(record_quote(f, "q2"), 0);
	expect_unhealthy(f, "quote_put: ");
	fixture_sql(f, "DROP FUNCTION fail() CASCADE");
	until_healthy(f);
}

/* Neither a transaction of another kind nor the trial of an empty one shows that there is room. */
static void a_full_disk(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	raise_on(f, "quotes", "53100");
	assert_int_equal(record_quote(f, "q2"), RENT_EFULL);
	expect_unhealthy(f, "make room");
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	(void)usleep(2500000);
	expect_unhealthy(f, "quote_put: ");
	fixture_sql(f, "DROP FUNCTION fail() CASCADE");
	assert_int_equal(record_quote(f, "q2"), 0);
	until_healthy(f);
}

/* Nothing was changed, so that it is no failure of the caller. */
static void damage(void **state)
{
	struct fixture *f = *state;
	bool there = false;

	make_active(f, "r1");
	raise_on(f, "quotes", "XX001");
	assert_int_equal(record_quote(f, "q2"), RENT_EUNAVAIL);
	expect_unhealthy(f, "restore a backup");
	fixture_sql(f, "DROP FUNCTION fail() CASCADE");
	assert_int_equal(record_quote(f, "q2"), 0);
	until_healthy(f);
	/* Reading. */
	fixture_sql(f, "ALTER TABLE rentals RENAME TO real_rentals");
	fixture_sql(f,
	            "CREATE FUNCTION torn() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN "
	            "RAISE EXCEPTION 'invalid page' USING ERRCODE = 'XX001'; END $$");
	fixture_sql(f, "CREATE VIEW rentals AS SELECT * FROM real_rentals WHERE torn()");
	assert_int_equal(f->api->rental_get(f->self, "r1", note_there, &there, &f->err),
	                 RENT_EUNAVAIL);
	expect_unhealthy(f, "invalid page");
	(void)usleep(2500000);
	expect_unhealthy(f, "invalid page");
	fixture_sql(f, "DROP VIEW rentals");
	fixture_sql(f, "ALTER TABLE real_rentals RENAME TO rentals");
	assert_int_equal(f->api->rental_get(f->self, "r1", note_there, &there, &f->err),
	                 0);
	until_healthy(f);
}

static void a_right_that_is_taken(void **state)
{
	struct fixture *f = *state;
	struct instance i;
	bool there;

	make_active(f, "r1");
	fixture_sql(f, "CREATE ROLE worker LOGIN");
	fixture_sql(f, "GRANT ALL ON ALL TABLES IN SCHEMA public TO worker");
	i = instance_new(f, "user=worker", "1", "5s");
	expect_start(f, &i);
	assert_int_equal(get_by(&i, "r1", &there, &f->err), 0);
	fixture_sql(f, "REVOKE ALL ON debts FROM worker");
	assert_int_equal(get_by(&i, "r1", &there, &f->err), RENT_EUNAVAIL);
	assert_non_null(strstr(f->err.text, "GRANT"));
	fixture_sql(f, "GRANT ALL ON debts TO worker");
	assert_int_equal(get_by(&i, "r1", &there, &f->err), 0);
	instance_free(&i);
	fixture_sql(f, "DROP OWNED BY worker");
	fixture_sql(f, "DROP ROLE worker");
}

static void apply_roles(struct fixture *f)
{
	PGconn *conn = PQconnectdb(f->place);
	FILE *file = fopen(RENT_ROLES_SQL, "r");
	static char text[16384];
	PGresult *res;

	assert_non_null(file);
	text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
	assert_int_equal(fclose(file), 0);
	res = PQexec(conn, text);
	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s", PQerrorMessage(conn));
	PQclear(res);
	PQfinish(conn);
}

/* Each of these is refused for lack of a right, before any trigger is asked. */
static void expect_forbidden(struct fixture *f, const char *role, const char *const *what)
{
	char dsn[320];
	PGconn *conn;

	(void)snprintf(dsn, sizeof(dsn), "%s user=%s", f->place, role);
	conn = PQconnectdb(dsn);
	for (; *what != NULL; what++) {
		PGresult *res = PQexec(conn, *what);
		const char *code = PQresultErrorField(res, PG_DIAG_SQLSTATE);

		if (code == NULL || strcmp(code, "42501") != 0)
			fail_msg("%s: %s: %s", role, *what, code == NULL ? "done" : code);
		PQclear(res);
	}
	PQfinish(conn);
}

/* sql/postgres/roles.sql: the role that runs does all that it has to, and cannot rewrite the books; the
 * owner's migrations find nothing to do. */
static void roles_are_kept_apart(void **state)
{
	static const char *const not_the_app[] = {
		"UPDATE debt_journal SET delta = 0",
		"DELETE FROM payment_attempts",
		"TRUNCATE operation_resolutions",
		"DELETE FROM seals",
		"UPDATE audit_log SET subject = 'another'",
		"DELETE FROM notes",
		"ALTER TABLE debt_journal DISABLE TRIGGER ALL",
		"DROP TRIGGER debt_journal_append_only ON debt_journal",
		"DELETE FROM rentals",
		"DELETE FROM operations",
		"DELETE FROM debts",
		"UPDATE schema_migrations SET checksum = ''",
		"CREATE TABLE more (id int)",
		"ALTER TABLE rentals ADD COLUMN more int",
		"DROP FUNCTION rent_append_only CASCADE",
		NULL,
	};
	static const char *const not_the_reader[] = {
		"INSERT INTO debts (rental_id, amount_total) VALUES ('x', 0)",
		"UPDATE rentals SET deposit = 0", "DELETE FROM quotes",
		"CREATE TABLE more (id int)", NULL
	};
	struct fixture *f = *state;
	struct instance app, owner;
	void *own = f->self;
	int64_t n = 0;

	make_active(f, "r1");
	apply_roles(f);
	apply_roles(f); /* again, as after an upgrade */
	owner = instance_new(f, "user=rentald_owner", "1", "5s");
	assert_int_equal(owner.plugin->migrate(owner.self, false, NULL, &f->err), 0);
	app = instance_new(f, "user=rentald_app", "1", "5s");
	assert_int_equal(app.plugin->migrate(app.self, false, NULL, &f->err), 0);
	expect_start(f, &app);
	/* Everything that a host does to its tables. */
	f->self = app.self;
	make_active(f, "r2");
	assert_int_equal(charge(f, "r2", "c2", 5), RENT_CHANGE_APPLIED);
	fixture_sql(f, "UPDATE quotes SET expires_at = 'epoch'");
	fixture_sql(
		f,
		"INSERT INTO quotes (id, user_id, station_id, price_per_hour, "
		"free_period_min, deposit, expires_at) VALUES ('old', 'u', 's', 1, 1, 1, "
		"'epoch')");
	assert_int_equal(f->api->purge(f->self, 0, RENT_HOUR, 10, &n, &f->err), 0);
	assert_true(n > 0);
	fixture_sql(f, "INSERT INTO outbox (id, endpoint, rental_id, type, data, state, "
	               "created_at, next_at) "
	               "VALUES ('old', 'e', 'r1', 't', '{}', 'DELIVERED', 0, 0)");
	assert_int_equal(f->api->outbox_purge(f->self, RENT_HOUR, 10, &n, &f->err), 0);
	assert_int_equal(n, 1);
	f->self = own;
	expect_forbidden(f, "rentald_app", not_the_app);
	expect_forbidden(f, "rentald_read", not_the_reader);
	instance_free(&app);
	instance_free(&owner);
	fixture_sql(f, "DROP OWNED BY rentald_app, rentald_read");
	fixture_sql(f, "REASSIGN OWNED BY rentald_owner TO CURRENT_USER");
	fixture_sql(f, "DROP OWNED BY rentald_owner");
	fixture_sql(f, "DROP ROLE rentald_app, rentald_read, rentald_owner");
}

static int note_start(void *arg, const struct rent_rental *rental,
                      const struct rent_op *const *ops, size_t n)
{
	(void)ops;
	(void)n;
	*(int64_t *)arg = rental->started_at;
	return 0;
}

/* Times are the same ones wherever a role is at home, and however it writes a date. */
static void a_role_with_a_time_zone(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_new(
		f, "options='-c timezone=Asia/Kathmandu -c datestyle=SQL,DMY'", "1",
		"5s");
	int64_t here = 0, there = 0;

	make_active(f, "r1");
	expect_start(f, &i);
	assert_int_equal(f->api->rental_get(f->self, "r1", note_start, &here, &f->err),
	                 0);
	assert_int_equal(i.api->rental_get(i.self, "r1", note_start, &there, &f->err), 0);
	assert_true(here > 0);
	assert_int_equal(here, there);
	instance_free(&i);
}

/* ---- another dsn, as after SIGHUP */

static char second_dsn[320];

static const char *second_str(const struct rent_host *host, const char *name)
{
	(void)host;
	return strcmp(name, "dsn") == 0 ? second_dsn : "";
}

static void a_dsn_that_is_reloaded(void **state)
{
	struct fixture *f = *state;
	struct instance i = instance_new(f, "application_name=first", "1", "5s");
	/* The table itself, to be changed. NOLINTNEXTLINE(performance-no-int-to-ptr) */
	struct rent_host *host = (struct rent_host *)(uintptr_t)fake_host_table(i.fake);

	expect_start(f, &i);
	(void)snprintf(second_dsn, sizeof(second_dsn), "%s application_name=second",
	               f->place);
	host->opt_str = second_str;
	i.plugin->reload(i.self);
	fixture_sql(f, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
	               "WHERE application_name = 'first'");
	for (int n = 0; fixture_int(f, "SELECT count(*) FROM pg_stat_activity "
	                               "WHERE application_name = 'second'") == 0;
	     n++) {
		assert_true(n < 1000);
		(void)usleep(10000);
	}
	instance_free(&i);
}

/* ---- sequences */

#define RESTORED                                                         \
	"INSERT INTO payment_attempts (id, rental_id, amount, success) " \
	"SELECT g, 'old', 1, true FROM generate_series(1, 500) g"
#define MEND                                                                      \
	"SELECT setval(pg_get_serial_sequence('public.payment_attempts', 'id'), " \
	"(SELECT max(id) FROM payment_attempts))"

static int try_end(struct fixture *f, const char *op)
{
	struct rent_change c = change_of(f, "r1"), *list[] = { &c };

	c.ends[0] = (struct rent_op_end){ .id = op,
		                          .state = RENT_OP_SUCCEEDED,
		                          .processed = 5 };
	return f->api->advance(f->self, list, 1, &f->err);
}

/* Noticed at the start, and when a number is refused; each charge is recorded once. */
static void a_sequence_behind_its_table(void **state)
{
	struct fixture *f = *state;
	int64_t attempts;

	make_active(f, "r1");
	fixture_sql(f, RESTORED);
	f->plugin->stop(f->self);
	assert_int_equal(f->plugin->start(f->self, &f->err), 0);
	expect_unhealthy(f, "payment_attempts");
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	attempts = fixture_int(f, "SELECT count(*) FROM payment_attempts");
	assert_int_equal(try_end(f, "c1"), RENT_EUNAVAIL);
	assert_non_null(strstr(f->err.text, "setval"));
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"),
	                 attempts);
	fixture_sql(f, MEND);
	until_healthy(f);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 5),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"),
	                 attempts + 1);
}

/* Each is noticed at the start, named, and well again after what its text says. */
static void any_sequence_behind_its_table(void **state)
{
	static const struct {
		const char *table, *column, *restored;
	} cases[] = {
		{ "payment_attempts", "id",
		  "INSERT INTO payment_attempts (id, rental_id, amount, success) "
		  "VALUES (500, 'old', 1, true)" },
		{ "debt_journal", "id",
		  "INSERT INTO debt_journal (id, rental_id, delta, amount_after, reason) "
		  "VALUES (500, 'old', 1, 1, 'restored')" },
		{ "operations", "seq",
		  "INSERT INTO operations (seq, id, rental_id, kind, purpose, state, "
		  "amount, created_at) "
		  "VALUES (500, 'old', 'r1', 'refund', 'settle', 'DECLINED', 1, 0)" },
		{ "notes", "id",
		  "INSERT INTO notes (id, rental_id, kind, text, created_at) "
		  "VALUES (500, 'old', 'hold_gone', 'restored', 0)" },
		{ "outbox", "seq",
		  "INSERT INTO outbox (seq, id, endpoint, rental_id, type, data, state, "
		  "created_at, next_at) "
		  "VALUES (500, 'old', 'e', 'old', 't', '{}', 'DELIVERED', 0, 0)" },
		{ "audit_log", "id",
		  "INSERT INTO audit_log (id, at, action, rental_id) "
		  "VALUES (500, 0, 'start', 'old')" },
		{ "outside_movements", "seq",
		  "INSERT INTO outside_movements (seq, event_id, rental_id, operation_id, kind, "
		  "amount, ref, note, created_at) "
		  "VALUES (500, 'old', 'old', 'old', 'DISPUTE', 1, '', '', 0)" },
		{ "operation_resolutions", "seq",
		  "INSERT INTO operation_resolutions (seq, op_id, rental_id, resolved_as, amount, "
		  "reason, resolved_by, created_at) "
		  "VALUES (500, 'old', 'old', 'DECLINED', 0, 'restored', 'me', 0)" },
	};
	struct fixture *f = *state;

	make_active(f, "r1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char name[64];

		fixture_sql(f, "%s", cases[i].restored);
		f->plugin->stop(f->self);
		assert_int_equal(f->plugin->start(f->self, &f->err), 0);
		(void)snprintf(name, sizeof(name), "public.%s.%s", cases[i].table,
		               cases[i].column);
		expect_unhealthy(f, name);
		fixture_sql(f,
		            "SELECT setval(pg_get_serial_sequence('public.%s', '%s'), "
		            "(SELECT max(%s) FROM %s))",
		            cases[i].table, cases[i].column, cases[i].column,
		            cases[i].table);
		until_healthy(f);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup_real, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_schema_that_is_made_later_changes_nothing),
		T(two_schemas_are_refused),
		T(tables_of_another_program),
		T(any_name_of_ours_is_known),
		T(missing_rights_are_named),
		T(a_column_of_another_type),
		T(a_column_that_is_gone),
		T(a_trigger_that_refuses_one),
		T(without_a_call),
		T(a_full_disk),
		T(damage),
		T(a_right_that_is_taken),
		T(roles_are_kept_apart),
		T(a_role_with_a_time_zone),
		T(a_dsn_that_is_reloaded),
		T(a_sequence_behind_its_table),
		T(any_sequence_behind_its_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
