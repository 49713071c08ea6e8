/* SPDX-License-Identifier: MIT
 *
 * books.c - the end of a test of money (see ride.h): everything settled, the audit clean, the
 * provider's own book equal to ours by operation, kind and amount.
 */
#include "cmocka_all.h"
#include "dbfile.h"
#include "ride.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BOOK_PAGE 500

/* Work left over, I7. An end written by another program (settlement OPEN) is not ours. */
static const char unsettled[] =
	"SELECT (SELECT COUNT(*) FROM operations WHERE state IN ('INTENT','PENDING','UNKNOWN'))"
	" + (SELECT COUNT(*) FROM rentals WHERE status = 'PENDING' OR settlement = 'PENDING'"
	" OR (status = 'BUYOUT' AND settlement <> 'DONE'))";

static bool is_settled(void *arg)
{
	struct deployment *d = arg;

	return db_int(d->db, "%s", unsettled) == 0;
}

/* columns: what it is, its id, and its words */
static void show_row(void *arg, const char **row)
{
	(void)arg;
	(void)fprintf(stderr, "%s %s: %s\n", row[0], row[1], row[2]);
}

static void show_unsettled(const struct deployment *d)
{
	db_each(d->db,
	        "SELECT 'operation', id, kind || ' ' || purpose || ' ' || state || ' of ' || "
	        "rental_id || ', amount ' || amount || ', tries ' || tries || ', ' || "
	        "COALESCE(note, '') FROM operations WHERE rental_id IN (SELECT id FROM rentals WHERE "
	        "status = 'PENDING' OR settlement = 'PENDING') OR state IN ('INTENT', 'PENDING', "
	        "'UNKNOWN') ORDER BY seq",
	        show_row, NULL);
	db_each(d->db,
	        "SELECT 'rental', id, status || ' ' || settlement || ', paid ' || total_amount || "
	        "', work_tries ' || work_tries || ', work at ' || COALESCE(CAST(work_at AS TEXT), '-') FROM rentals WHERE "
	        "status = 'PENDING' OR settlement = 'PENDING' OR id IN (SELECT rental_id FROM "
	        "operations WHERE state IN ('INTENT', 'PENDING', 'UNKNOWN'))",
	        show_row, NULL);
}

void expect_settled(struct deployment *d, int64_t timeout_ms)
{
	if (wait_until(is_settled, d, timeout_ms))
		return;
	show_unsettled(d);
	fail_msg("%lld operations or rentals are still not settled",
	         (long long)db_int(d->db, "%s", unsettled));
}

void expect_audit(struct deployment *d)
{
	const char *args[] = { "--audit", NULL };
	char *out = NULL;
	int code = deployment_run(d, args, &out);

	if (code != 0)
		fail_msg("--audit ended with %d:\n%s", code, out);
	free(out);
}

/* The stub's book as an object: key → entry. An entry without a key, or a second one of the
 * same key, is already wrong. */
static json_t *read_book(struct deployment *d, int *bad)
{
	json_t *book = json_object();
	int64_t after = 0;

	for (;;) {
		const struct answer *a =
			client_get(d->stubs, "/admin/book?after=%lld&limit=%d",
		                   (long long)after, BOOK_PAGE);
		json_t *items, *item;
		size_t i;

		expect_status(a, 200);
		items = json_object_get(a->json, "operations");
		if (json_array_size(items) == 0)
			return book;
		json_array_foreach(items, i, item)
		{
			const char *key = json_string_value(json_object_get(item, "key"));

			after = json_integer_value(json_object_get(item, "seq"));
			if (key == NULL || json_object_get(book, key) != NULL) {
				(void)fprintf(stderr, "book: %s key: %s\n",
				              key == NULL ? "no" : "second", key);
				(*bad)++;
			} else {
				(void)json_object_set(book, key, item);
			}
		}
	}
}

struct comparison {
	json_t *book;
	int bad;
	size_t rows;
};

static void complain(struct comparison *c, const char **row, const char *what)
{
	(void)fprintf(stderr, "books: %s %s (%s, processed %s): %s\n", row[1], row[0],
	              row[2], row[3], what);
	c->bad++;
}

/* columns: id, kind, state, processed, result */
static void compare(void *arg, const char **row)
{
	struct comparison *c = arg;
	json_t *entry = json_object_get(c->book, row[0]);
	const char *kind = json_string_value(json_object_get(entry, "kind"));
	bool eject = strcmp(row[1], "eject") == 0,
	     done = strcmp(row[2], "SUCCEEDED") == 0;

	c->rows++;
	if (done && entry == NULL)
		complain(c, row, "succeeded here, not in the provider's book");
	if (entry == NULL)
		return;
	if (!done && strcmp(row[2], "MANUAL") != 0)
		complain(c, row, "in the provider's book, not succeeded here");
	else if (kind == NULL || strcmp(kind, row[1]) != 0)
		complain(c, row, "another kind in the provider's book");
	else if (done && !eject &&
	         json_integer_value(json_object_get(entry, "amount")) !=
	                 strtoll(row[3], NULL, 10))
		complain(c, row, "another amount in the provider's book");
	else if (done && eject) {
		const char *bank =
			json_string_value(json_object_get(entry, "powerbank_id"));

		if (bank == NULL || row[4] == NULL || strcmp(bank, row[4]) != 0)
			complain(c, row, "another powerbank in the provider's book");
	}
	(void)json_object_del(c->book, row[0]);
}

void expect_books(struct deployment *d)
{
	struct comparison c = { 0 };
	const char *key;
	json_t *entry;

	c.book = read_book(d, &c.bad);
	db_each(d->db, "SELECT id, kind, state, processed, result FROM operations",
	        compare, &c);
	json_object_foreach(c.book, key, entry)
	{
		char *text = json_dumps(entry, JSON_COMPACT);

		(void)fprintf(stderr, "books: only in the provider's book: %s\n", text);
		free(text);
		c.bad++;
	}
	json_decref(c.book);
	c.bad += db_int(d->db,
	                "SELECT COUNT(*) FROM rentals r WHERE r.total_amount <> "
	                "(SELECT COALESCE(SUM(amount), 0) FROM payment_attempts p WHERE "
	                "p.rental_id = r.id AND p.success) - (SELECT COALESCE("
	                "SUM(processed), 0) FROM operations o WHERE o.rental_id = r.id "
	                "AND o.kind = 'refund' AND o.state = 'SUCCEEDED')") != 0;
	c.bad +=
		db_int(d->db,
	               "SELECT COALESCE(SUM(amount), 0) FROM payment_attempts WHERE "
	               "success") !=
		db_int(d->db,
	               "SELECT COALESCE(SUM(processed), 0) FROM operations WHERE kind IN "
	               "('charge','capture') AND state = 'SUCCEEDED'");
	if (c.bad > 0)
		fail_msg("the books differ in %d places", c.bad);
}

void expect_clean_end(struct deployment *d, int64_t timeout_ms)
{
	expect_settled(d, timeout_ms);
	expect_books(d);
	deployment_stop(d);
	expect_audit(d);
}
