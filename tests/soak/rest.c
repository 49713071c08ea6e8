/* SPDX-License-Identifier: MIT
 *
 * rest.c - see rest.h.
 */
#include "rest.h"

#include "proc.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>

/* Work left over. What a rental that is still on is charged comes and goes, and its debts wait
 * for its end; debts of those who have no money may stay. */
#define OPEN                                                              \
	"operations o WHERE state IN ('INTENT','PENDING','UNKNOWN') AND " \
	"created_at < extract(epoch FROM now() - interval '5 s') * 1000000"
#define HALF_DONE                                                        \
	"rentals WHERE status = 'PENDING' OR settlement = 'PENDING' OR " \
	"(status = 'BUYOUT' AND settlement <> 'DONE')"
#define OWING                                                                    \
	"debts d JOIN rentals r ON r.id = d.rental_id WHERE d.amount_total > 0 " \
	"AND r.user_id NOT LIKE 'poor-%' AND r.status <> 'ACTIVE'"

static const char unrest[] =
	"SELECT (SELECT COUNT(*) FROM " OPEN ") + (SELECT COUNT(*) FROM " HALF_DONE
	") + (SELECT COUNT(*) FROM " OWING ")";

static const char *const left_over[] = {
	"SELECT 'operation', o.* FROM " OPEN " LIMIT 20",
	"SELECT 'rental', * FROM " HALF_DONE " LIMIT 20",
	"SELECT 'debt', d.*, r.* FROM " OWING " LIMIT 20",
};

static PGconn *connect_to(const struct pair *pair)
{
	char info[128];

	pair_conninfo(pair, info);
	return PQconnectdb(info);
}

static void show(const struct pair *pair, const char *text)
{
	PGconn *conn = connect_to(pair);
	PGresult *res = PQexec(conn, text);

	for (int i = 0; i < PQntuples(res); i++) {
		for (int k = 0; k < PQnfields(res); k++)
			(void)fprintf(stderr, "%s%s=%s", k == 0 ? "  " : " ",
			              PQfname(res, k), PQgetvalue(res, i, k));
		(void)fputc('\n', stderr);
	}
	PQclear(res);
	PQfinish(conn);
}

static bool at_rest(void *arg)
{
	const struct pair *pair = arg;

	return pair_int(pair, unrest) == 0;
}

int64_t rest_wait(const struct pair *pair, int64_t timeout_ms)
{
	int64_t began = now_ms();
	struct pair copy = *pair;

	if (wait_until(at_rest, &copy, timeout_ms))
		return now_ms() - began;
	(void)fprintf(stderr, "soak: not at rest after %lld ms:\n",
	              (long long)(now_ms() - began));
	for (size_t i = 0; i < sizeof(left_over) / sizeof(left_over[0]); i++)
		show(pair, left_over[i]);
	return -1;
}

#define US(column) "'" column "_us', (extract(epoch FROM " column ") * 1000000)::bigint"

/* With the times once more in microseconds. */
static const struct {
	const char *name, *times;
} tables[] = {
	{ "rentals", US("started_at") "," US("finished_at") "," US("created_at") },
	{ "quotes", US("created_at") },
	{ "operations", "" },
	{ "debts", "" },
	{ "debt_journal", "" },
	{ "payment_attempts", "" },
	{ "idempotency_keys", US("created_at") },
};

static void dump_table(PGconn *conn, const char *table, const char *times, FILE *file)
{
	char text[512];
	PGresult *res;

	(void)snprintf(text, sizeof(text),
	               "SELECT jsonb_build_object('table', '%s') || to_jsonb(t) || "
	               "jsonb_build_object(%s) FROM %s t",
	               table, times, table);
	res = PQexec(conn, text);
	if (PQresultStatus(res) != PGRES_TUPLES_OK) {
		(void)fprintf(stderr, "soak: %s", PQerrorMessage(conn));
		abort();
	}
	for (int i = 0; i < PQntuples(res); i++)
		(void)fprintf(file, "%s\n", PQgetvalue(res, i, 0));
	PQclear(res);
}

void rest_dump(const struct pair *pair, const char *path)
{
	FILE *file = fopen(path, "we");
	PGconn *conn = connect_to(pair);

	if (file == NULL)
		abort();
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		dump_table(conn, tables[i].name, tables[i].times, file);
	PQfinish(conn);
	if (fclose(file) != 0)
		abort();
}
