/* SPDX-License-Identifier: MIT
 *
 * upgrade_test.c - two API hosts and two workers begin at the same moment on a database that
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

static struct world world;

/* The files of sql/, in their order. */
static glob_t files;

static const enum world_role four[] = { WORLD_API, WORLD_API2, WORLD_WORKER,
	                                WORLD_WORKER2 };

static const char *const env[] = { "BILLING_TICK=50ms", NULL };

static int find_files(void **state)
{
	char *pattern = NULL;

	(void)state;
	assert_true(asprintf(&pattern, "%s/sql/%s/[0-9]*_*.sql", source_dir(),
	                     deployment_get()->postgres ? "postgres" : "sqlite") > 0);
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

static int init_world(void **state)
{
	(void)state;
	world_init(&world, &(struct world_spec){ .split = true, .env = env });
	return 0;
}

static int free_world(void **state)
{
	(void)state;
	world_free(&world);
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

/* What the first release left behind: the first file, and its row. */
static void make_yesterday(void)
{
	char *text = file_read(files.gl_pathv[0]), sum[17];
	struct file f = file_of(0);

	assert_non_null(text);
	assert_int_equal(f.version, 1);
	db_script(world.db, text);
	checksum(text, sum);
	free(text);
	db_script(world.db,
	          db_is_postgres(world.db)
	                  ? "CREATE TABLE schema_migrations (version bigint PRIMARY "
	                    "KEY, name text NOT NULL, checksum text NOT NULL, "
	                    "applied_at timestamptz NOT NULL DEFAULT now())"
	                  : "CREATE TABLE schema_migrations (version INTEGER PRIMARY "
	                    "KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, "
	                    "applied_at TEXT NOT NULL) STRICT");
	db_exec(world.db,
	        "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
	        "VALUES (1, %Q, %Q, %s)",
	        f.name, sum, db_before(world.db, "now", 86400));
	db_exec(world.db,
	        "INSERT INTO rentals (id, user_id, powerbank_id, price_per_hour, "
	        "free_period_min, deposit, status, total_amount, started_at) VALUES "
	        "('old', 'old', 'PB-old', 3600, 0, 0, 'ACTIVE', 0, %s)",
	        db_before(world.db, "now", 100));
}

/* ---- at the same moment */
static void start_all(void)
{
	world_start(&world, WORLD_STUBS, NULL);
	for (size_t i = 0; i < 4; i++)
		world_spawn(&world, four[i], NULL);
	for (size_t i = 0; i < 4; i++) {
		if (!world_ready(&world, four[i]))
			fail_msg("the host %zu of four did not become ready", i);
	}
}

/* Since `done` files had been applied before. */
static void expect_each_once(size_t done)
{
	for (size_t i = 0; i < files.gl_pathc; i++) {
		struct file f = file_of(i);
		char line[128];

		assert_int_equal(db_int(world.db,
		                        "SELECT COUNT(*) FROM schema_migrations WHERE "
		                        "version = %ld AND name = %Q",
		                        f.version, f.name),
		                 1);
		(void)snprintf(line, sizeof(line), "%03ld_%s: applied", f.version,
		               f.name);
		assert_int_equal(world_log_count(&world, line), i < done ? 0 : 1);
	}
	assert_int_equal(db_int(world.db, "SELECT COUNT(*) FROM schema_migrations"),
	                 files.gl_pathc);
	assert_int_equal(world_log_count(&world, "level=error"), 0);
}

static bool old_is_charged(void *arg)
{
	(void)arg;
	return answer_int(ride_status(world.api, "old"), "total_amount") >= 100;
}

static void expect_all_serve(void)
{
	struct client *first = world.api;
	struct ride ride;

	for (size_t i = 0; i < 2; i++) {
		world.api = world.clients[four[i]];
		ride_begin(&world, "second", "new", &ride);
		ride_end(&world, &ride, "second");
	}
	world.api = first;
	for (size_t i = 2; i < 4; i++)
		expect_status(client_get(world.clients[four[i]], "/metrics"), 200);
}

static void close_books(void)
{
	expect_settled(&world, 30000);
	expect_books(&world);
	world_stop(&world);
	expect_audit(&world);
}

static void from_yesterday(void **state)
{
	(void)state;
	make_yesterday();
	start_all();
	expect_each_once(1);
	expect_all_serve();
	if (!wait_until(old_is_charged, NULL, 20000))
		fail_msg("%s", ride_status(world.api, "old")->body);
	expect_status(ride_stop(world.api, "old", "second"), 200);
	close_books();
}

static void from_nothing(void **state)
{
	(void)state;
	start_all();
	expect_each_once(0);
	expect_all_serve();
	close_books();
}

/* As a newer release would leave it. */
static void from_tomorrow(void **state)
{
	(void)state;
	start_all();
	world_end(&world, WORLD_API2);
	db_exec(world.db,
	        "INSERT INTO schema_migrations (version, name, checksum, applied_at) "
	        "VALUES (9999, 'future', 'x', %s)",
	        db_before(world.db, "now", 0));
	world_spawn(&world, WORLD_API2, NULL);
	assert_int_equal(proc_join(world.procs[WORLD_API2], REFUSED_MS), 70);
	assert_int_equal(world_log_count(&world, "its schema is version 9999"), 1);
	assert_int_equal(world_log_count(&world, "run a newer rentald"), 1);
	proc_free(world.procs[WORLD_API2]);
	world.procs[WORLD_API2] = NULL;
	expect_status(ride_quote(world.api, "second", "u"), 200);
	expect_status(client_get(world.api, "/api/v1/health/ready"), 200);
	db_exec(world.db, "DELETE FROM schema_migrations WHERE version = 9999");
	world_start(&world, WORLD_API2, NULL);
	expect_all_serve();
	close_books();
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, init_world, free_world)

int main(void)
{
	const struct CMUnitTest tests[] = { TEST(from_yesterday), TEST(from_nothing),
		                            TEST(from_tomorrow) };

	return cmocka_run_group_tests_name("upgrade", tests, find_files, forget_files);
}
