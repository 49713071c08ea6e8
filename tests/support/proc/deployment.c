/* SPDX-License-Identifier: MIT
 *
 * deployment.c - see deployment.h.
 */
#include "deployment.h"

#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef RENT_TEST_PG
#include "pg.h"
#endif
#ifdef RENT_TEST_REDIS
#include "redis.h"
#endif

/* For tests of two processes there is a pair on SQLite, which is not shipped. */
#define SQLITE_PAIR     "tests/support/proc/sqlite"
#define STORAGE         "tests/support/proc/storage/"
#define REDIS_DATABASES "64" /* a world has its own */

/* The first is the one without HTTP_DEPLOYMENT. */
static const struct deployment deployments[] = {
	{ .name = "demo" },
	{ .name = "postgres", .postgres = true, .storage = STORAGE "postgres.conf" },
	{ .name = "redis-sqlite", .redis = true, .storage = STORAGE "redis-sqlite.conf" },
	{ .name = "redis-postgres", .postgres = true, .redis = true },
	{ .name = "split", .postgres = true, .redis = true, .split = true },
};

static void give_up(const char *what)
{
	(void)fprintf(stderr, "HTTP_DEPLOYMENT: %s\n", what);
	abort();
}

const struct deployment *deployment_get(void)
{
	const char *name = getenv("HTTP_DEPLOYMENT");

	if (name == NULL || *name == '\0')
		return &deployments[0];
	for (size_t i = 0; i < sizeof(deployments) / sizeof(deployments[0]); i++) {
		if (strcmp(name, deployments[i].name) == 0)
			return &deployments[i];
	}
	give_up("not known; see tests/support/proc/deployment.c");
	return NULL;
}

/* ---- servers */
#ifdef RENT_TEST_PG
static struct pg *pg;

static void free_pg(void)
{
	pg_free(pg);
}

static void make_database(char *conninfo, size_t size)
{
	/* Nothing here outlives the process. */
	static const char *const settings[] = {
		"full_page_writes=off", "autovacuum=off",    "shared_buffers=16MB",
		"wal_level=minimal",    "max_wal_senders=0", NULL
	};
	char admin[256], text[64];
	static int made;

	if (pg == NULL) {
		pg = pg_new(settings);
		(void)atexit(free_pg);
	}
	(void)snprintf(admin, sizeof(admin), "%s dbname=postgres", pg_conninfo(pg));
	(void)snprintf(text, sizeof(text), "CREATE DATABASE world%d", ++made);
	pg_sql(admin, text);
	(void)snprintf(conninfo, size, "%s dbname=world%d", pg_conninfo(pg), made);
}
#else
static void make_database(char *conninfo, size_t size)
{
	(void)conninfo;
	(void)size;
	give_up("needs the programs of a PostgreSQL server when the tests are built");
}
#endif

#ifdef RENT_TEST_REDIS
static struct redis *redis;

static void free_redis(void)
{
	redis_free(redis);
}

static void make_redis(char *var, size_t size)
{
	static const char *const args[] = { "--databases", REDIS_DATABASES, NULL };
	static int made;

	if (redis == NULL) {
		redis = redis_new(args);
		(void)atexit(free_redis);
	}
	(void)snprintf(var, size, "REDIS_URL=%s/%d", redis_url(redis), made++);
}
#else
static void make_redis(char *var, size_t size)
{
	(void)var;
	(void)size;
	give_up("needs redis-server when the tests are built");
}
#endif

void deployment_open(struct deployment_site *site, const char *dir)
{
	const struct deployment *d = deployment_get();
	size_t n = 0;

	memset(site, 0, sizeof(*site));
	if (d->postgres) {
		make_database(site->db, sizeof(site->db));
		(void)snprintf(site->vars[n], sizeof(site->vars[n]), "DATABASE_URL=%s",
		               site->db);
		site->env[n] = site->vars[n];
		n++;
	} else {
		(void)snprintf(site->db, sizeof(site->db), "%s/rentald.db", dir);
	}
	if (d->redis) {
		make_redis(site->vars[n], sizeof(site->vars[n]));
		site->env[n] = site->vars[n];
		site->env[n + 1] = "REDIS_SECRET=of the tests, not of anybody";
	}
}

/* ---- configurations */
static char *read_source(const char *path)
{
	char *full = NULL, *text;

	if (asprintf(&full, "%s/%s", source_dir(), path) < 0)
		abort();
	text = file_read(full);
	if (text == NULL)
		give_up(full);
	free(full);
	return text;
}

/* Is it one of those that are there for SQLite? */
static char *shipped(const char *name)
{
	bool whole = strcmp(name, "all-in-one") == 0,
	     stubs = strcmp(name, "external-stubs") == 0;
	bool plain = !deployment_get()->postgres && !deployment_get()->redis;
	char *path = NULL;

	if (asprintf(&path, "%s/%s.conf", plain && !whole && !stubs ? SQLITE_PAIR : "etc",
	             plain && whole ? "demo" : name) < 0)
		abort();
	return path;
}

/* A line `@include "parts/NAME"` of etc/ becomes the text of that part. */
static void put_line(FILE *out, const char *line, int size)
{
	static const char include[] = "@include \"";
	const char *storage = deployment_get()->storage;
	char path[256], *part;

	if (strncmp(line, include, sizeof(include) - 1) != 0) {
		(void)fprintf(out, "%.*s", size, line);
		return;
	}
	(void)snprintf(path, sizeof(path), "etc/%.*s",
	               (int)strcspn(line + sizeof(include) - 1, "\""),
	               line + sizeof(include) - 1);
	if (storage != NULL && strcmp(path, "etc/parts/storage.conf") == 0)
		part = read_source(storage);
	else
		part = read_source(path);
	(void)fputs(part, out);
	free(part);
}

char *deployment_text(const char *name)
{
	char *path = shipped(name), *text = read_source(path), *whole = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&whole, &size);

	if (out == NULL)
		abort();
	for (const char *line = text; *line != '\0';) {
		int n = (int)strcspn(line, "\n");

		n += line[n] == '\n';
		put_line(out, line, n);
		line += n;
	}
	if (fclose(out) != 0)
		abort();
	free(text);
	free(path);
	return whole;
}

char *deployment_file(const char *name, const char *dir)
{
	char *path = shipped(name), *text;

	if (deployment_get()->storage == NULL)
		return path;
	free(path);
	if (asprintf(&path, "%s/%s.conf", dir, name) < 0)
		abort();
	text = deployment_text(name);
	file_write(path, text);
	free(text);
	return path;
}
