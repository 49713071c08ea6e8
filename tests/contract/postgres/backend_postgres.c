/* SPDX-License-Identifier: MIT
 *
 * backend_postgres.c - the contract suite's view of storage_postgres: one server for the
 * process, a database for each fixture (the place is its connection string), an operator's
 * own connection, and the clock: rent_now() is replaced by a function that says what the
 * test says.
 */
#include "backend_postgres.h"

#include <bouncer.h>
#include <pg.h>
#include <stdlib.h>

static struct pg *server;
static struct bouncer *pooler;

static void end_server(void)
{
	bouncer_free(pooler);
	pg_free(server);
}

struct pg *backend_server(void)
{
	static const char *const durable[] = { "fsync=on", "max_wal_size=4GB", NULL };

	if (server == NULL) {
		server = pg_new(getenv("STORAGE_DURABILITY") == NULL ? NULL : durable);
		(void)atexit(end_server);
	}
	return server;
}

void backend_run(PGconn *conn, const char *text)
{
	PGresult *res = PQexec(conn, text);

	if (PQresultStatus(res) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", text, PQerrorMessage(conn));
	PQclear(res);
}

/* With STORAGE_POOLER the storage, and only it, goes through PgBouncer. A process that the
 * test starts finds it by the environment, too. */
static void start_pooler(void)
{
	char options[32];

	if (getenv("STORAGE_POOLER") == NULL || pooler != NULL)
		return;
	pooler = bouncer_new(backend_server());
	if (pooler == NULL)
		skip();
	(void)snprintf(options, sizeof(options), "port=%d", bouncer_port(pooler));
	assert_int_equal(setenv("STORAGE_DSN_OPTIONS", options, 1), 0);
}

static void operator_sql(const char *text)
{
	char info[256];

	(void)snprintf(info, sizeof(info), "%s dbname=postgres",
	               pg_conninfo(backend_server()));
	pg_sql(info, text);
}

static void make_place(struct fixture *f)
{
	static int count;
	char text[128];

	start_pooler();
	(void)snprintf(text, sizeof(text), "CREATE DATABASE rent%d", ++count);
	operator_sql(text);
	(void)snprintf(text, sizeof(text), "ALTER DATABASE rent%d SET timezone = 'UTC'",
	               count);
	operator_sql(text);
	(void)snprintf(f->place, sizeof(f->place), "%s dbname=rent%d",
	               pg_conninfo(backend_server()), count);
}

static void set_clock(struct fixture *f)
{
	const struct rent_host *host = fake_host_table(f->fake);
	char now[RENT_TIME_SIZE], text[256];

	rent_time_text(host->wall_us(host), 'T', now);
	(void)snprintf(
		text, sizeof(text),
		"CREATE OR REPLACE FUNCTION rent_now() RETURNS timestamptz "
		"LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT ''%s''::timestamptz'",
		now);
	pg_sql(f->place, text);
}

static void load(struct fixture *f, const struct fake_option *options)
{
	f->plugin = fake_host_load(RENT_TEST_PLUGINS "/storage_postgres.so");
	f->fake = fake_host_new(f->plugin, options);
	assert_int_equal(f->plugin->create(fake_host_table(f->fake), &f->self, &f->err),
	                 0);
}

struct instance instance_with(struct fixture *f, const char *dsn, const char *writers,
                              const char *statement_timeout, struct fake_option more)
{
	char full[512];
	const struct fake_option options[] = { { "dsn", full },
		                               { "writers", writers },
		                               { "connect_timeout", "2s" },
		                               { "statement_timeout", statement_timeout },
		                               more,
		                               { NULL, NULL } };
	struct instance i = { .plugin = f->plugin, .api = f->plugin->api };

	(void)snprintf(full, sizeof(full), "%s %s", f->place, dsn);
	i.fake = fake_host_new(i.plugin, options);
	assert_int_equal(i.plugin->create(fake_host_table(i.fake), &i.self, &f->err), 0);
	return i;
}

struct instance instance_new(struct fixture *f, const char *dsn, const char *writers,
                             const char *statement_timeout)
{
	return instance_with(f, dsn, writers, statement_timeout,
	                     (struct fake_option){ NULL, NULL });
}

void instance_free(struct instance *i)
{
	i->plugin->stop(i->self);
	i->plugin->destroy(i->self);
	fake_host_free(i->fake);
}

static void open_postgres(struct fixture *f, const char *place)
{
	const char *dsn = getenv("STORAGE_DSN_OPTIONS");
	char full[320];
	const struct fake_option options[] = { { "dsn", full }, { NULL, NULL } };

	if (place == NULL)
		make_place(f);
	else
		(void)rent_copy(f->place, sizeof(f->place), place);
	(void)snprintf(full, sizeof(full), "%s %s", f->place, dsn == NULL ? "" : dsn);
	load(f, options);
	if (!f->real_clock)
		fake_host_set_wall(f->fake, TEST_NOW);
	if (f->plugin->migrate(f->self, false, NULL, &f->err) != 0)
		fail_msg("%s", f->err.text);
	if (place == NULL && !f->real_clock)
		set_clock(f);
	if (f->plugin->start(f->self, &f->err) != 0)
		fail_msg("%s", f->err.text);
}

static void close_postgres(struct fixture *f, bool remove)
{
	char text[128];

	f->plugin->stop(f->self);
	f->plugin->destroy(f->self);
	fake_host_free(f->fake);
	if (!remove)
		return;
	(void)snprintf(text, sizeof(text), "DROP DATABASE %s WITH (FORCE)",
	               strstr(f->place, "dbname=") + strlen("dbname="));
	operator_sql(text);
}

/* Values that an operator can write to SQLite but not to PostgreSQL, and their counterparts
 * here: a text from its end; a fraction that is cut, not rounded; a row with a value that
 * makes no sense (a timestamptz is always a time, so a text that is too long). */
static const struct {
	const char *theirs, *ours;
} dialect[] = {
	{ "substr('000' || i, -4)", "right('000' || i, 4)" },
	{ "printf('019a-%030d', i)", "'019a-' || lpad(i::text, 30, '0')" },
	{ "04.0000009'", "04.000000'" },
	{ "started_at = 'yesterday'", "provider = repeat('yesterday', 9)" },
};

static void translate(const char *text, char out[4096])
{
	(void)rent_copy(out, 4096, text);
	for (size_t i = 0; i < sizeof(dialect) / sizeof(*dialect); i++) {
		char *at = strstr(out, dialect[i].theirs);
		char rest[4096];

		if (at == NULL)
			continue;
		(void)rent_copy(rest, sizeof(rest), at + strlen(dialect[i].theirs));
		(void)snprintf(at, 4096 - (size_t)(at - out), "%s%s", dialect[i].ours,
		               rest);
	}
}

static void sql(struct fixture *f, const char *text)
{
	char ours[4096];

	translate(text, ours);
	pg_sql(f->place, ours);
}

static int64_t sql_int(struct fixture *f, const char *text)
{
	return pg_int(f->place, text);
}

static void advance(struct fixture *f, int64_t us)
{
	fake_host_advance(f->fake, us);
	set_clock(f);
}

const struct backend backend_postgres = {
	.name = "postgres",
	.open = open_postgres,
	.close = close_postgres,
	.sql = sql,
	.sql_int = sql_int,
	.advance = advance,
};
