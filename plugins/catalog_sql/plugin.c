/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_sql/plugin.c - the catalogue in the operator's own tables: descriptor, options,
 * answers. It only reads, one query a kind; what is in a cabinet comes from the cabinet.
 */
#include "pool.h"

#include <stdlib.h>

struct catalog {
	struct pool pool;
	bool regular_users;
	struct live live;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("dsn", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET,
	                   .min = "1",
	                   .help = "where the database is, \"host=… dbname=… user=…\""),
	RENT_STRING_OPTION(
		"stations",
		"SELECT id, tariff_id, slots, name, address, lat, lon FROM stations WHERE id = $1",
		.min = "1", .help = "gives the station with the id $1"),
	RENT_STRING_OPTION(
		"tariffs",
		"SELECT id, price_per_hour, free_period_min, deposit FROM tariffs WHERE id = $1",
		.min = "1", .help = "gives the tariff with the id $1"),
	RENT_STRING_OPTION(
		"users", "",
		.help = "gives the user with the id $1; \"\": all are strangers"),
	RENT_STRING_OPTION("configs", "SELECT 1.5 AS last_banks_increase", .min = "1",
	                   .help = "gives the one row of settings"),
	RENT_ENUM_OPTION(
		"unknown_users", "regular", .choices = "regular|refused",
		.help = "a user that the query does not give: without privileges, "
			"or none"),
	RENT_INT_OPTION("connections", "4", .min = "1", .max = "64",
	                .help = "connections at most"),
	RENT_DURATION_OPTION(
		"timeout", "2s", .min = "100ms", .max = "1m",
		.help = "a query that takes longer is given up, here and in the "
			"database"),
	RENT_OPTIONS_END,
};

static bool answer_user(const struct catalog *c, const char *id,
                        struct rent_catalog_result *ret)
{
	if (!c->regular_users)
		return false;
	(void)rent_copy(ret->user.id, sizeof(ret->user.id), id);
	ret->outcome = RENT_SUCCEEDED;
	return true;
}

static void answer_row(struct catalog *c, enum query query, const union columns_row *row,
                       struct rent_arena *arena, struct rent_catalog_result *ret)
{
	ret->outcome = query == QUERY_STATIONS ? RENT_UNKNOWN : RENT_SUCCEEDED;
	switch (query) {
	case QUERY_STATIONS:
		sheet_station(&row->station, &c->live, arena, ret);
		break;
	case QUERY_TARIFFS:
		ret->tariff = row->tariff;
		break;
	case QUERY_USERS:
		ret->user = row->user;
		break;
	case QUERY_CONFIGS:
		ret->configs = row->configs;
		break;
	case QUERIES:
		break;
	}
}

/* Whether the row is what was asked for; else ret says why not. */
static bool read_row(const struct catalog *c, enum query query, const char *id,
                     const PGresult *rows, struct rent_arena *arena,
                     union columns_row *row, struct rent_catalog_result *ret)
{
	const char *got;

	if (PQntuples(rows) == 0) {
		if (query == QUERY_USERS && answer_user(c, id, ret))
			return false;
		ret->outcome = query == QUERY_CONFIGS ? RENT_UNKNOWN : RENT_DECLINED;
		(void)rent_copy(ret->note, sizeof(ret->note),
		                "the query gives no such row");
		return false;
	}
	if (PQntuples(rows) > 1) {
		(void)snprintf(ret->note, sizeof(ret->note), "%s: %d rows for one id",
		               columns_query_name(query), PQntuples(rows));
		return false;
	}
	if (!columns_read(query, rows, arena, row, ret->note, sizeof(ret->note)))
		return false;
	got = query == QUERY_CONFIGS ? id : PQgetvalue(rows, 0, PQfnumber(rows, "id"));
	if (strcmp(got, id) != 0)
		(void)snprintf(ret->note, sizeof(ret->note), "%s: a row of another id",
		               columns_query_name(query));
	return strcmp(got, id) == 0;
}

static void catalog_read(void *self, enum rent_catalog_what what, const char *id,
                         int64_t deadline_us, struct rent_arena *arena,
                         struct rent_catalog_result *ret)
{
	static const enum query of[] = {
		[RENT_CAT_STATION] = QUERY_STATIONS,
		[RENT_CAT_TARIFF] = QUERY_TARIFFS,
		[RENT_CAT_USER] = QUERY_USERS,
		[RENT_CAT_CONFIGS] = QUERY_CONFIGS,
	};
	struct catalog *c = self;
	enum query query = of[what];
	struct rent_error err = { 0 };
	union columns_row row;
	PGresult *rows;
	bool is_read;

	if (c->pool.options.queries[query][0] == '\0') {
		if (!answer_user(c, id, ret))
			ret->outcome = RENT_DECLINED;
		return;
	}
	rows = pool_ask(&c->pool, query, id, deadline_us, &err);
	if (rows == NULL) {
		(void)rent_copy(ret->note, sizeof(ret->note), err.text);
		return;
	}
	is_read = read_row(c, query, id, rows, arena, &row, ret);
	PQclear(rows);
	if (is_read)
		answer_row(c, query, &row, arena, ret);
}

/* ---- life */

static void catalog_destroy(void *self)
{
	struct catalog *c = self;

	if (c == NULL)
		return;
	pool_done(&c->pool);
	live_done(&c->live);
	free(c);
}

static int catalog_create(const struct rent_host *host, void **ret_self,
                          struct rent_error *err)
{
	struct catalog *c = calloc(1, sizeof(*c));
	struct link_options *o;
	PQconninfoOption *parsed;

	if (c == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	o = &c->pool.options;
	o->host = host;
	o->dsn = host->opt_str(host, "dsn");
	o->timeout_us = host->opt_int(host, "timeout");
	for (int query = 0; query < QUERIES; query++)
		o->queries[query] =
			host->opt_str(host, columns_query_name((enum query)query));
	c->pool.size = (int)host->opt_int(host, "connections");
	c->regular_users = host->opt_enum(host, "unknown_users") == 0;
	parsed = PQconninfoParse(o->dsn, NULL);
	if (parsed == NULL) {
		free(c);
		return rent_fail(err, RENT_EINVAL,
		                 "options.dsn: it is not \"host=… dbname=… user=…\"");
	}
	PQconninfoFree(parsed);
	live_init(&c->live, host);
	pool_init(&c->pool);
	*ret_self = c;
	return 0;
}

/* A wrong query is an error. A database that is away is none: it may come. */
static int catalog_start(void *self, struct rent_error *err)
{
	struct catalog *c = self;
	const struct rent_host *host = c->pool.options.host;
	int code = pool_try(&c->pool, err);

	live_bind(&c->live);
	if (code == 0 || code == RENT_EINVAL)
		return code;
	host->log(host, RENT_LOG_WARN, NULL,
	          "%s; the queries are checked once the database is there", err->text);
	return 0;
}

static void catalog_health(void *self, struct rent_health *ret)
{
	struct catalog *c = self;
	char trouble[RENT_NOTE_SIZE];

	pool_trouble(&c->pool, trouble);
	ret->state = trouble[0] == '\0' ? RENT_HEALTHY : RENT_DEGRADED;
	(void)rent_copy(ret->why, sizeof(ret->why), trouble);
}

static const struct rent_need needs[] = {
	LIVE_NEEDS,
	{ NULL, NULL, false, NULL },
};

static const struct rent_catalog api = {
	.struct_size = sizeof(api),
	.read = catalog_read,
};

RENT_PLUGIN(catalog_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_CATALOG,
	.name = "catalog_sql",
	.version = RENT_VERSION,
	.summary = "stations, tariffs, users and configs from tables in PostgreSQL",
	.options = options,
	.needs = needs,
	.api = &api,
	.create = catalog_create,
	.start = catalog_start,
	.destroy = catalog_destroy,
	.health = catalog_health,
};
