/* SPDX-License-Identifier: MIT
 *
 * ledger.c - see ledger.h.
 */
#include "ledger.h"

#include <cmocka_all.h>
#include <jansson.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 24

struct ledger {
	sqlite3 *db;
	long read; /* bytes of the book */
};

static const char tables[] =
	"CREATE TABLE book (seq INTEGER PRIMARY KEY, kind, key, order_id, amount INTEGER, "
	"powerbank);"
	"CREATE INDEX book_key ON book (key);"
	"CREATE TABLE operations (id PRIMARY KEY, rental_id, kind, state, processed INTEGER, "
	"result, told);"
	"CREATE TABLE rentals (id PRIMARY KEY, status, settlement, powerbank_id, "
	"total INTEGER, debt INTEGER, due INTEGER);"
	"CREATE TABLE attempts (rental_id PRIMARY KEY, taken INTEGER);"
	"CREATE TABLE keys (key PRIMARY KEY, rental_id, answer);";

static void check(struct ledger *l, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_ROW && rc != SQLITE_DONE)
		fail_msg("ledger: %s", sqlite3_errmsg(l->db));
}

struct ledger *ledger_new(void)
{
	struct ledger *l = calloc(1, sizeof(*l));

	assert_non_null(l);
	check(l, sqlite3_open(":memory:", &l->db));
	check(l, sqlite3_exec(l->db, tables, NULL, NULL, NULL));
	return l;
}

void ledger_free(struct ledger *l)
{
	if (l == NULL)
		return;
	(void)sqlite3_close(l->db);
	free(l);
}

void ledger_exec(struct ledger *l, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = sqlite3_vmprintf(fmt, ap);
	va_end(ap);
	check(l, sqlite3_exec(l->db, text, NULL, NULL, NULL));
	sqlite3_free(text);
}

int64_t ledger_int(struct ledger *l, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t value;

	check(l, sqlite3_prepare_v2(l->db, sql, -1, &stmt, NULL));
	check(l, sqlite3_step(stmt));
	value = sqlite3_column_int64(stmt, 0);
	check(l, sqlite3_finalize(stmt));
	return value;
}

int64_t ledger_show(struct ledger *l, const char *what, const char *sql)
{
	sqlite3_stmt *stmt = NULL;
	int64_t n = 0;

	check(l, sqlite3_prepare_v2(l->db, sql, -1, &stmt, NULL));
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		if (++n > SHOWN)
			continue;
		(void)fprintf(stderr, "books: %s:", what);
		for (int i = 0; i < sqlite3_column_count(stmt); i++)
			(void)fprintf(stderr, " %s", sqlite3_column_text(stmt, i));
		(void)fprintf(stderr, "\n");
	}
	check(l, sqlite3_finalize(stmt));
	if (n > SHOWN)
		(void)fprintf(stderr, "books: %s: and %lld more\n", what,
		              (long long)n - SHOWN);
	return n;
}

/* ---- the provider's side */
static const char *member(const json_t *line, const char *name)
{
	return json_string_value(json_object_get(line, name));
}

static void enter(struct ledger *l, sqlite3_stmt *stmt, const char *text, size_t size)
{
	json_t *line = json_loadb(text, size, 0, NULL);

	if (line == NULL)
		fail_msg("the book has a line that cannot be read: %.*s", (int)size,
		         text);
	if (strcmp(member(line, "kind"), "return") != 0) {
		check(l,
		      sqlite3_bind_int64(
			      stmt, 1, json_integer_value(json_object_get(line, "seq"))));
		check(l, sqlite3_bind_text(stmt, 2, member(line, "kind"), -1, NULL));
		check(l, sqlite3_bind_text(stmt, 3, member(line, "key"), -1, NULL));
		check(l, sqlite3_bind_text(stmt, 4, member(line, "order_id"), -1, NULL));
		check(l, sqlite3_bind_int64(
				 stmt, 5,
				 json_integer_value(json_object_get(line, "amount"))));
		check(l,
		      sqlite3_bind_text(stmt, 6, member(line, "powerbank_id"), -1, NULL));
		check(l, sqlite3_step(stmt));
		check(l, sqlite3_reset(stmt));
	}
	json_decref(line);
}

void ledger_read_book(struct ledger *l, const char *path)
{
	FILE *file = fopen(path, "re");
	sqlite3_stmt *stmt = NULL;
	char *line = NULL;
	size_t room = 0;
	ssize_t n;

	assert_non_null(file);
	assert_int_equal(fseek(file, l->read, SEEK_SET), 0);
	ledger_exec(l, "BEGIN");
	check(l, sqlite3_prepare_v2(l->db, "INSERT INTO book VALUES (?, ?, ?, ?, ?, ?)",
	                            -1, &stmt, NULL));
	while ((n = getline(&line, &room, file)) > 0 && line[n - 1] == '\n') {
		enter(l, stmt, line, (size_t)n);
		l->read += n;
	}
	check(l, sqlite3_finalize(stmt));
	ledger_exec(l, "COMMIT");
	free(line);
	(void)fclose(file);
}

/* ---- our side */
/* The amount due by definition, in the database's numerics: whole seconds past the free
 * time, by the hour's price, rounded up. Of an ended rental up to its end. */
#define DUE                                                                         \
	"ceil(greatest(0, floor(extract(epoch FROM coalesce(r.finished_at, now()) " \
	"- r.started_at)) - r.free_period_min * 60) * r.price_per_hour / 3600.0)::bigint"

static const struct {
	const char *into, *from;
} copies[] = {
	{ "operations",
	  "SELECT id, rental_id, kind, state, processed, result, "
	  "concat_ws(' ', purpose, 'of', amount, 'made', to_timestamp(created_at / 1e6), "
	  "'ended', to_timestamp(resolved_at / 1e6), 'tries', tries, note) FROM operations" },
	{ "rentals",
	  "SELECT r.id, r.status, r.settlement, r.powerbank_id, r.total_amount, "
	  "coalesce(d.amount_total, 0), CASE WHEN r.status IN ('ACTIVE', 'FINISHED') "
	  "THEN " DUE " ELSE 0 END FROM rentals r LEFT JOIN debts d "
	  "ON d.rental_id = r.id" },
	{ "attempts", "SELECT rental_id, sum(amount) FROM payment_attempts WHERE success "
	              "GROUP BY rental_id" },
	{ "keys", "SELECT key, rental_id, response_json FROM idempotency_keys" },
};

static void insert(struct ledger *l, const char *table, const PGresult *res)
{
	int columns = PQnfields(res);
	sqlite3_stmt *stmt = NULL;
	char text[128];

	(void)snprintf(text, sizeof(text), "INSERT INTO %s VALUES (?1%s)", table,
	               columns == 2   ? ", ?2"
	               : columns == 3 ? ", ?2, ?3"
	                              : ", ?2, ?3, ?4, ?5, ?6, ?7");
	check(l, sqlite3_prepare_v2(l->db, text, -1, &stmt, NULL));
	for (int row = 0; row < PQntuples(res); row++) {
		for (int i = 0; i < columns; i++)
			check(l, sqlite3_bind_text(stmt, i + 1,
			                           PQgetisnull(res, row, i)
			                                   ? NULL
			                                   : PQgetvalue(res, row, i),
			                           -1, NULL));
		check(l, sqlite3_step(stmt));
		check(l, sqlite3_reset(stmt));
	}
	check(l, sqlite3_finalize(stmt));
}

/* One snapshot for all tables. */
void ledger_read_database(struct ledger *l, const char *conninfo)
{
	PGconn *pg = PQconnectdb(conninfo);

	PQclear(PQexec(pg, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"));
	ledger_exec(l, "BEGIN");
	for (size_t i = 0; i < sizeof(copies) / sizeof(*copies); i++) {
		PGresult *res = PQexec(pg, copies[i].from);

		if (PQresultStatus(res) != PGRES_TUPLES_OK)
			fail_msg("%s: %s", copies[i].from, PQerrorMessage(pg));
		ledger_exec(l, "DELETE FROM %s", copies[i].into);
		insert(l, copies[i].into, res);
		PQclear(res);
	}
	ledger_exec(l, "COMMIT");
	PQfinish(pg);
}

/* ---- the comparison */
int64_t ledger_unknown_ids(struct ledger *l)
{
	return ledger_show(
		l, "the provider acted on an id that the database does not know",
		"SELECT b.kind, b.key, b.order_id, b.amount FROM book b LEFT JOIN "
		"operations o ON o.id = b.key WHERE o.id IS NULL ORDER BY b.seq");
}

static const struct {
	const char *what, *sql;
} rules[] = {
	{ "the provider acted twice on an id",
	  "SELECT key, count(*), min(kind), max(kind) FROM book GROUP BY key HAVING count(*) > 1" },
	{ "the provider acted, which is not recorded as done",
	  "SELECT b.kind, b.key, b.amount, o.state, o.rental_id, o.told FROM book b JOIN operations o "
	  "ON o.id = b.key WHERE o.state <> 'SUCCEEDED'" },
	{ "recorded as done, but the provider did not act",
	  "SELECT o.kind, o.id, o.processed, o.rental_id FROM operations o LEFT JOIN book b "
	  "ON b.key = o.id WHERE o.state = 'SUCCEEDED' AND b.key IS NULL" },
	{ "not the same thing in both books",
	  "SELECT o.id, o.kind, b.kind, o.processed, b.amount, o.result, b.powerbank "
	  "FROM operations o JOIN book b ON b.key = o.id WHERE o.state = 'SUCCEEDED' AND "
	  "(o.kind <> b.kind OR CASE o.kind WHEN 'eject' THEN o.result IS NOT b.powerbank "
	  "ELSE o.processed <> b.amount END)" },
	{ "not settled",
	  "SELECT kind, id, state, rental_id FROM operations WHERE state NOT IN "
	  "('SUCCEEDED', 'DECLINED', 'NOT_EXECUTED')" },
	{ "not settled",
	  "SELECT id, status, settlement FROM rentals WHERE status = 'PENDING' OR "
	  "settlement = 'PENDING'" },
	{ "total_amount is not what the provider took",
	  "SELECT r.id, r.total, (SELECT coalesce(sum(CASE b.kind WHEN 'refund' THEN -b.amount "
	  "ELSE b.amount END), 0) FROM operations o JOIN book b ON b.key = o.id WHERE "
	  "o.rental_id = r.id AND b.kind IN ('charge', 'capture', 'refund')) AS took "
	  "FROM rentals r WHERE r.total <> took" },
	{ "payment_attempts are not what the provider took",
	  "SELECT r.id, coalesce(a.taken, 0) AS taken, (SELECT coalesce(sum(b.amount), 0) "
	  "FROM operations o JOIN book b ON b.key = o.id WHERE o.rental_id = r.id AND "
	  "b.kind IN ('charge', 'capture')) AS took FROM rentals r LEFT JOIN attempts a "
	  "ON a.rental_id = r.id WHERE taken <> took" },
	{ "an ended rental did not cost what was due",
	  "SELECT id, total, debt, due FROM rentals WHERE status = 'FINISHED' AND "
	  "total + debt <> due" },
};

/* Of the first rental of which the provider's book says something else: all its operations. */
static void tell_one(struct ledger *l)
{
	(void)ledger_show(
		l, "its rental",
		"SELECT o.id, o.kind, o.state, o.processed, o.told, 'provider:', b.seq, b.amount "
		"FROM operations o LEFT JOIN book b ON b.key = o.id WHERE o.rental_id = (SELECT "
		"x.rental_id FROM book y JOIN operations x ON x.id = y.key WHERE "
		"x.state <> 'SUCCEEDED' LIMIT 1) ORDER BY o.id");
}

int64_t ledger_differences(struct ledger *l)
{
	int64_t bad = ledger_unknown_ids(l);

	ledger_exec(
		l,
		"CREATE INDEX IF NOT EXISTS operations_rental ON operations (rental_id)");
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		bad += ledger_show(l, rules[i].what, rules[i].sql);
	if (bad > 0)
		tell_one(l);
	return bad;
}
