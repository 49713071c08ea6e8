/* SPDX-License-Identifier: MIT
 *
 * variant.c - see variant.h.
 */
#include "variant.h"

#include "proc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For tests of two processes there is a pair on SQLite, which is not shipped. */
#define SQLITE_PAIR "tests/support/deployment/sqlite"
#define STORAGE     "tests/support/deployment/storage/"

/* The first is the one without HTTP_DEPLOYMENT. */
static const struct variant variants[] = {
	{ .name = "demo" },
	{ .name = "postgres", .postgres = true, .storage = STORAGE "postgres.conf" },
	{ .name = "redis-sqlite", .redis = true, .storage = STORAGE "redis-sqlite.conf" },
	{ .name = "redis-postgres", .postgres = true, .redis = true },
	{ .name = "split", .postgres = true, .redis = true, .split = true },
};

static void give_up(const char *what)
{
	(void)fprintf(stderr, "variant of a deployment: %s\n", what);
	abort();
}

const struct variant *variant_named(const char *name)
{
	for (size_t i = 0; i < sizeof(variants) / sizeof(variants[0]); i++) {
		if (strcmp(name, variants[i].name) == 0)
			return &variants[i];
	}
	give_up(name);
	return NULL;
}

const struct variant *variant_chosen(void)
{
	const char *name = getenv("HTTP_DEPLOYMENT");

	return name == NULL || *name == '\0' ? &variants[0] : variant_named(name);
}

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
static char *shipped(const struct variant *v, const char *name)
{
	bool whole = strcmp(name, "all-in-one") == 0,
	     stubs = strcmp(name, "external-stubs") == 0;
	bool plain = !v->postgres && !v->redis;
	char *path = NULL;

	if (asprintf(&path, "%s/%s.conf", plain && !whole && !stubs ? SQLITE_PAIR : "etc",
	             plain && whole ? "demo" : name) < 0)
		abort();
	return path;
}

/* A line `@include "parts/NAME"` of etc/ becomes the text of that part. */
static void put_line(FILE *out, const struct variant *v, const char *line, int size)
{
	static const char include[] = "@include \"";
	char path[256], *part;

	if (strncmp(line, include, sizeof(include) - 1) != 0) {
		(void)fprintf(out, "%.*s", size, line);
		return;
	}
	(void)snprintf(path, sizeof(path), "etc/%.*s",
	               (int)strcspn(line + sizeof(include) - 1, "\""),
	               line + sizeof(include) - 1);
	if (v->storage != NULL && strcmp(path, "etc/parts/storage.conf") == 0)
		part = read_source(v->storage);
	else
		part = read_source(path);
	(void)fputs(part, out);
	free(part);
}

char *variant_text(const struct variant *v, const char *name)
{
	char *path = shipped(v, name), *text = read_source(path), *whole = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&whole, &size);

	if (out == NULL)
		abort();
	for (const char *line = text; *line != '\0';) {
		int n = (int)strcspn(line, "\n");

		n += line[n] == '\n';
		put_line(out, v, line, n);
		line += n;
	}
	if (fclose(out) != 0)
		abort();
	free(text);
	free(path);
	return whole;
}

char *variant_file(const struct variant *v, const char *name, const char *dir)
{
	char *path = shipped(v, name), *text;

	if (v->storage == NULL)
		return path;
	free(path);
	if (asprintf(&path, "%s/%s.conf", dir, name) < 0)
		abort();
	text = variant_text(v, name);
	file_write(path, text);
	free(text);
	return path;
}
