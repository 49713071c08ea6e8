/* SPDX-License-Identifier: MIT
 *
 * test_upgrade.c - two API hosts and two workers begin at the same moment on a database that
 * has yesterday's schema, or none: each migration is made once, all four serve, what was there
 * is still there. A host that is older than the schema is refused and disturbs nobody.
 */
#include "cmocka_all.h"
#include "dbfile.h"
#include "ride.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REFUSED_MS INT64_C(60000)

static struct deployment deployment;

/* The files of sql/, in their order. */
static glob_t files;

static const int four[] = { NODE_API, NODE_API2, NODE_WORKER, NODE_WORKER2 };

static const char *const env[] = { "BILLING_TICK=50ms", NULL };

static int find_files(void **state)
{
	char *pattern = NULL;

	(void)state;
	assert_true(asprintf(&pattern, "%s/sql/%s/[0-9]*_*.sql", source_dir(),
	                     variant_chosen()->postgres ? "postgres" : "sqlite") > 0);
	assert_int_equal(glob(pattern, 0, NULL, &files), 0);
	free(pattern);
	return 0;
}

static int forget_files(void **state)
{
	(void)state;
	globfree(&files);
	return 0;
}

static int init_deployment(void **state)
{
	(void)state;
	deployment_init(&deployment,
	                &(struct deployment_spec){ .split = true, .env = env });
	return 0;
}

static int free_deployment(void **state)
{
	(void)state;
	deployment_free(&deployment);
	return 0;
}

/* ---- yesterday */
struct file {
	long version;
	char name[64];
};

/* NNN_name.sql */
static struct file file_of(size_t i)
{
	const char *base = strrchr(files.gl_pathv[i], '/') + 1;
	struct file f = { .version = strtol(base, NULL, 10) };

	(void)snprintf(f.name, sizeof(f.name), "%.*s", (int)strlen(base) - 8, base + 4);
	return f;
}

/* FNV-1a, as the storage plugins have it. */
static void checksum(const char *text, char out[17])
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (; *text != '\0'; text++)
		h = (h ^ (unsigned char)*text) * UINT64_C(1099511628211);
	(void)snprintf(out, 17, "%016" PRIx64, h);
}

/* The database of the first release: the first file, and its row. */
static void make_yesterday(void)
{
	char *text = file_read(files.gl_pathv[0]), sum[17];
	struct file f = file_of(0);

	assert_non_null(text);
	assert_int_equal(f.version, 1);
	db_script(deployment.db, text);
	checksum(text, sum);
	free(text);
	db_script(deployment.db,
	          db_is_postgres(deployment.db)
	                  ? "CREATE TABLE schema_migrations (version bigint PRIMARY "
	                    "KEY, name text NOT NULL, checksum text NOT NULL, "
	                    "applied_at timestamptz NOT NULL DEFAULT now())"
	                  : "CREATE TABLE schema_migrations (version INTEGER PRIMARY "
	                    "KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
	                    "applied_at TEXT NOT NULL) STRICT");
	db_exec(deployment.db,
	        "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
	        "VALUES (1, %Q, %Q, %s)",
	        f.name, sum, db_before(deployment.db, "now", 86400));
	db_exec(deployment.db,
	        "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
	        "free_period_min, deposit, status, total_amount, started_at) VALUES "
	        "('old', 'old', 'PB-old', 3600, 0, 0, 'ACTIVE', 0, %s)",
	        db_before(deployment.db, "now", 100));
}

/* ---- at the same moment */
static void start_all(void)
{
	node_start(&deployment.nodes[NODE_STUBS], NULL);
	for (size_t i = 0; i < 4; i++)
		node_spawn(&deployment.nodes[four[i]], NULL);
	for (size_t i = 0; i < 4; i++) {
		if (!node_ready(&deployment.nodes[four[i]]))
			fail_msg("the host %zu of four did not become ready", i);
	}
}

/* Since `done` files had been applied before. */
static void expect_each_once(size_t done)
{
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct file f = file_of(i);
		char line[128];

		assert_int_equal(db_int(deployment.db,
		                        "SELECT COUNT(*) FROM schema_migrations WHERE "
		                        "version = %ld AND name = %Q",
		                        f.version, f.name),
		                 1);
		(void)snprintf(line, sizeof(line), "%03ld_%s: applied", f.version,
		               f.name);
		assert_int_equal(deployment_log_count(&deployment, line),
		                 i < done ? 0 : 1);
	}
	assert_int_equal(db_int(deployment.db, "SELECT COUNT(*) FROM schema_migrations"),
	                 files.gl_pathc);
	assert_int_equal(deployment_log_count(&deployment, "level=error"), 0);
}

static bool old_is_charged(void *arg)
{
	(void)arg;
	return answer_int(ride_status(deployment.api, "old"), "total_amount") >= 100;
}

static void expect_all_serve(void)
{
	struct client *first = deployment.api;
	struct ride ride;

	for (size_t i = 0; i < 2; i++) {
		deployment.api = deployment.nodes[four[i]].client;
		ride_begin(&deployment, "second", "new", &ride);
		ride_end(&deployment, &ride, "second");
	}
	deployment.api = first;
	for (size_t i = 2; i < 4; i++)
		expect_status(client_get(deployment.nodes[four[i]].client, "/metrics"),
		              200);
}

static void from_yesterday(void **state)
{
	(void)state;
	make_yesterday();
	start_all();
	expect_each_once(1);
	expect_all_serve();
	if (!wait_until(old_is_charged, NULL, 20000))
		fail_msg("%s", ride_status(deployment.api, "old")->body);
	expect_status(ride_stop(deployment.api, "old", "second"), 200);
	expect_clean_end(&deployment, 30000);
}

static void from_nothing(void **state)
{
	(void)state;
	start_all();
	expect_each_once(0);
	expect_all_serve();
	expect_clean_end(&deployment, 30000);
}

/* As a newer release would leave it. */
static void from_tomorrow(void **state)
{
	(void)state;
	start_all();
	node_end(&deployment.nodes[NODE_API2]);
	db_exec(deployment.db,
	        "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
	        "VALUES (9999, 'future', 'x', %s)",
	        db_before(deployment.db, "now", 0));
	node_spawn(&deployment.nodes[NODE_API2], NULL);
	assert_int_equal(proc_join(deployment.nodes[NODE_API2].proc, REFUSED_MS), 70);
	assert_int_equal(deployment_log_count(&deployment, "its schema is version 9999"),
	                 1);
	assert_int_equal(deployment_log_count(&deployment, "run a newer rentald"), 1);
	proc_free(deployment.nodes[NODE_API2].proc);
	deployment.nodes[NODE_API2].proc = NULL;
	expect_status(ride_quote(deployment.api, "second", "u"), 200);
	expect_status(client_get(deployment.api, "/api/v1/health/ready"), 200);
	db_exec(deployment.db, "DELETE FROM schema_migrations WHERE version = 9999");
	node_start(&deployment.nodes[NODE_API2], NULL);
	expect_all_serve();
	expect_clean_end(&deployment, 30000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, init_deployment, free_deployment)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(from_yesterday), TEST(from_nothing),
		                            TEST(from_tomorrow) };

	return cmocka_run_group_tests_name("upgrade", tests, find_files, forget_files);
}
