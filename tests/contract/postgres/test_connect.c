/* SPDX-License-Identifier: MIT
 *
 * test_connect.c - which server is taken, and what is believed of it: of several hosts one
 * that takes writes; with TLS only the one that its certificate says it is. What happens when
 * a server goes away is test_outage.c's.
 */
#include "backend_postgres.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void expect_writes(struct fixture *f, struct instance *i)
{
	struct rent_quote q = { .struct_size = sizeof(q), .id = "q1", .user_id = "u" };

	if (i->plugin->start(i->self, &f->err) != 0 ||
	    i->api->quote_put(i->self, &q, RENT_HOUR, &f->err) != 0)
		fail_msg("%s", f->err.text);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM quotes"), 1);
}

static void until_one(const char *conninfo, const char *text)
{
	for (int n = 0; pg_int(conninfo, text) != 1; n++) {
		assert_true(n < 2000);
		(void)usleep(10000);
	}
}

/* ---- several hosts */
static struct pg *other;

/* The same database once more on another server, which then takes no writes. */
static void start_read_only(struct fixture *f)
{
	const char *name = strstr(f->place, "dbname=") + strlen("dbname=");
	char info[256], text[128];
	struct instance i;

	other = pg_new(NULL);
	(void)snprintf(info, sizeof(info), "%s dbname=postgres", pg_conninfo(other));
	(void)snprintf(text, sizeof(text), "CREATE DATABASE %s", name);
	pg_sql(info, text);
	(void)snprintf(text, sizeof(text), "port=%d", pg_port(other));
	i = instance_new(f, text, "1", "5s");
	assert_int_equal(i.plugin->migrate(i.self, false, NULL, &f->err), 0);
	instance_free(&i);
	pg_sql(info, "ALTER SYSTEM SET default_transaction_read_only = on");
	pg_sql(info, "SELECT pg_reload_conf()");
	until_one(info, "SELECT count(*) FROM pg_settings WHERE "
	                "name = 'default_transaction_read_only' AND setting = 'on'");
}

static void a_server_that_takes_no_writes_is_passed_over(void **state)
{
	struct fixture *f = *state;
	struct instance i;
	char dsn[128];

	start_read_only(f);
	(void)snprintf(dsn, sizeof(dsn), "host=127.0.0.1,127.0.0.1 port=%d,%d",
	               pg_port(other), pg_port(backend_server()));
	i = instance_new(f, dsn, "2", "5s");
	expect_writes(f, &i);
	instance_free(&i);
}

/* Also when the test failed. */
static int free_other(void **state)
{
	pg_free(other);
	other = NULL;
	return fixture_teardown(state);
}

/* ---- TLS */
/* NAME.key and NAME.crt, which says "localhost" and is its own root, in the server's folder
 * and the server's own. */
static void make_certificate(const char *name)
{
	const char *folder = pg_folder(backend_server());
	char key[320], crt[320];
	struct stat st;
	int status;
	pid_t pid;

	(void)snprintf(key, sizeof(key), "%.280s/%s.key", folder, name);
	(void)snprintf(crt, sizeof(crt), "%.280s/%s.crt", folder, name);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		(void)dup2(open("/dev/null", O_RDWR | O_CLOEXEC), STDERR_FILENO);
		(void)execlp("openssl", "openssl", "req", "-x509", "-newkey", "ec",
		             "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
		             "-keyout", key, "-out", crt, "-days", "2", "-subj",
		             "/CN=localhost", (char *)NULL);
		_exit(127);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_int_equal(status, 0);
	assert_int_equal(stat(folder, &st), 0);
	assert_int_equal(chown(key, st.st_uid, st.st_gid), 0);
	assert_int_equal(chown(crt, st.st_uid, st.st_gid), 0);
	assert_int_equal(chmod(key, 0600), 0);
}

static bool speaks_tls(const char *info)
{
	char with[256];
	PGconn *conn;
	bool good;

	(void)snprintf(with, sizeof(with), "%s sslmode=require", info);
	conn = PQconnectdb(with);
	good = PQstatus(conn) == CONNECTION_OK;
	PQfinish(conn);
	return good;
}

/* For all tests: a client that does not ask for TLS ignores it. */
static int offer_tls(void **state)
{
	struct pg *pg = backend_server();
	char info[160], text[400];

	(void)state;
	make_certificate("server");
	(void)snprintf(info, sizeof(info), "%s dbname=postgres", pg_conninfo(pg));
	(void)snprintf(text, sizeof(text),
	               "ALTER SYSTEM SET ssl_cert_file = '%s/server.crt'", pg_folder(pg));
	pg_sql(info, text);
	(void)snprintf(text, sizeof(text),
	               "ALTER SYSTEM SET ssl_key_file = '%s/server.key'", pg_folder(pg));
	pg_sql(info, text);
	pg_sql(info, "ALTER SYSTEM SET ssl = on");
	pg_sql(info, "SELECT pg_reload_conf()");
	for (int n = 0; !speaks_tls(info); n++) {
		assert_true(n < 2000);
		(void)usleep(10000);
	}
	return 0;
}

static struct instance tls_instance(struct fixture *f, const char *host, const char *root)
{
	char dsn[400];

	(void)snprintf(dsn, sizeof(dsn),
	               "host=%s hostaddr=127.0.0.1 application_name=mine "
	               "sslmode=verify-full sslrootcert=%s/%s",
	               host, pg_folder(backend_server()), root);
	return instance_new(f, dsn, "2", "5s");
}

static void all_sessions_are_encrypted(void **state)
{
	struct fixture *f = *state;
	struct instance i = tls_instance(f, "localhost", "server.crt");
	struct rent_totals totals = { .struct_size = sizeof(totals) };

	expect_writes(f, &i);
	assert_int_equal(i.api->totals(i.self, &totals, &f->err), 0);
	/* Writers and readers; none of them without. */
	assert_true(fixture_int(f, "SELECT count(*) FROM pg_stat_ssl JOIN "
	                           "pg_stat_activity USING (pid) WHERE "
	                           "application_name = 'mine' AND ssl") >= 2);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM pg_stat_ssl JOIN "
	                                "pg_stat_activity USING (pid) WHERE "
	                                "application_name = 'mine' AND NOT ssl"),
	                 0);
	instance_free(&i);
}

static void somebody_else_is_refused(void **state)
{
	static const struct {
		const char *host, *root, *why;
	} rows[] = {
		{ "localhost", "other.crt", "certificate verify failed" },
		{ "127.0.0.1", "server.crt", "does not match host name" },
		{ "localhost", "nobody.crt", "nobody.crt\" does not exist" },
	};
	struct fixture *f = *state;

	make_certificate("other");
	for (size_t k = 0; k < sizeof(rows) / sizeof(*rows); k++) {
		struct instance i = tls_instance(f, rows[k].host, rows[k].root);

		assert_int_equal(i.plugin->start(i.self, &f->err), RENT_EUNAVAIL);
		if (strstr(f->err.text, rows[k].why) == NULL)
			fail_msg("expected \"%s\" in \"%s\"", rows[k].why, f->err.text);
		instance_free(&i);
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_server_that_takes_no_writes_is_passed_over, fixture_setup,
			free_other),
		T(all_sessions_are_encrypted),
		T(somebody_else_is_refused),
	};

	return cmocka_run_group_tests(tests, offer_tls, NULL);
}
