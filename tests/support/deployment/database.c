/* SPDX-License-Identifier: MIT
 *
 * database.c - see database.h.
 */
#include "database.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef RENT_TEST_PG
#include "pg.h"
#endif
#ifdef RENT_TEST_REDIS
#include "redis.h"
#endif

#define REDIS_DATABASES "64" /* every deployment has one */

#ifdef RENT_TEST_PG
static struct pg *server;

static void end_server(void)
{
	pg_free(server);
}

struct pg *database_server(const char *const *settings)
{
	static const char *const quick[] = { "full_page_writes=off", "autovacuum=off",
		                             "shared_buffers=16MB",  "wal_level=minimal",
		                             "max_wal_senders=0",    NULL };

	if (server == NULL) {
		server = pg_new(settings != NULL ? settings : quick);
		(void)atexit(end_server);
	}
	return server;
}

static void operate(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void operate(const char *fmt, ...)
{
	char text[512], admin[256];
	va_list ap;

	(void)snprintf(admin, sizeof(admin), "%s dbname=postgres",
	               pg_conninfo(database_server(NULL)));
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	pg_sql(admin, text);
}

/* The server may be another user than the test, and must be able to enter the folder. */
static void make_tablespace(const char *name, const char *folder, const char *disk)
{
	struct stat st;

	if (stat(pg_folder(database_server(NULL)), &st) != 0 ||
	    chmod(folder, 0755) != 0 || chown(disk, st.st_uid, st.st_gid) != 0) {
		perror(disk);
		abort();
	}
	operate("CREATE TABLESPACE %s LOCATION '%s'", name, disk);
}

static void make_database(struct database *db, const char *folder, const char *disk)
{
	static int made;
	char space[64] = "";

	made++;
	if (disk != NULL) {
		(void)snprintf(db->space, sizeof(db->space), "test%d", made);
		make_tablespace(db->space, folder, disk);
		(void)snprintf(space, sizeof(space), " TABLESPACE %s", db->space);
	}
	operate("CREATE DATABASE test%d%s", made, space);
	(void)snprintf(db->where, sizeof(db->where), "%s dbname=test%d",
	               pg_conninfo(database_server(NULL)), made);
}

void database_close(struct database *db)
{
	if (db->space[0] == '\0')
		return;
	operate("DROP DATABASE %s WITH (FORCE)", db->space);
	operate("DROP TABLESPACE %s", db->space);
	db->space[0] = '\0';
}
#else
static void make_database(struct database *db, const char *folder, const char *disk)
{
	(void)db;
	(void)folder;
	(void)disk;
	(void)fputs("no PostgreSQL server was there when the tests were built\n", stderr);
	abort();
}

void database_close(struct database *db)
{
	(void)db;
}
#endif

#ifdef RENT_TEST_REDIS
static struct redis *redis;

static void end_redis(void)
{
	redis_free(redis);
}

static void make_redis(char *var, size_t size)
{
	static const char *const args[] = { "--databases", REDIS_DATABASES, NULL };
	static int made;

	if (redis == NULL) {
		redis = redis_new(args);
		(void)atexit(end_redis);
	}
	(void)snprintf(var, size, "REDIS_URL=%s/%d", redis_url(redis), made++);
}
#else
static void make_redis(char *var, size_t size)
{
	(void)var;
	(void)size;
	(void)fputs("no redis-server was there when the tests were built\n", stderr);
	abort();
}
#endif

void database_open(struct database *db, const struct variant *v, const char *folder,
                   const char *disk)
{
	size_t n = 0;

	memset(db, 0, sizeof(*db));
	if (v->postgres) {
		make_database(db, folder, disk);
		(void)snprintf(db->vars[n], sizeof(db->vars[n]), "DATABASE_URL=%s",
		               db->where);
		db->env[n] = db->vars[n];
		n++;
	} else {
		(void)snprintf(db->where, sizeof(db->where), "%s/rentald.db",
		               disk != NULL ? disk : folder);
	}
	if (v->redis) {
		make_redis(db->vars[n], sizeof(db->vars[n]));
		db->env[n] = db->vars[n];
		db->env[n + 1] = "REDIS_SECRET=of the tests, not of anybody";
	}
}
