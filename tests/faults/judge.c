/* SPDX-License-Identifier: MIT
 *
 * judge.c - the end of a run (see run.h): three books compared, and the audit asked.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "run.h"

/* The key of an entry; a cabinet cloud's own order has none but its number. */
static const char *key_of(const json_t *entry)
{
	const char *key = json_string_value(json_object_get(entry, "key"));

	return key != NULL && key[0] == '\0'
	               ? json_string_value(json_object_get(entry, "order_id"))
	               : key;
}

/* The stub's operations since the run began: key → entry. A key twice is wrong by itself. */
static json_t *read_book(struct run *r)
{
	json_t *book = json_object(), *item;
	int64_t after = r->book_seq;
	size_t i;

	for (;;) {
		const struct answer *a =
			client_get(r->deployment->nodes[NODE_STUBS].client,
		                   "/admin/book?after=%" PRId64 "&limit=500", after);
		json_t *items = json_object_get(a->json, "operations");

		if (a->status != 200)
			run_fail(r, "the stub's book: %ld %s", a->status, a->why);
		if (json_array_size(items) == 0)
			return book;
		json_array_foreach(items, i, item)
		{
			const char *key = key_of(item);

			after = json_integer_value(json_object_get(item, "seq"));
			if (key == NULL || json_object_get(book, key) != NULL)
				run_fail(r, "the stub acted twice for %s",
				         key == NULL ? "no key" : key);
			else
				(void)json_object_set(book, key, item);
		}
	}
}

/* A cancel of what nobody has confirmed; a release that the final capture has made already. */
static bool moves_nothing(const char **row)
{
	return strcmp(row[1], "release") == 0 &&
	       (strcmp(row[5], "0") == 0 ||
	        (row[6] != NULL && strcmp(row[6], "released by the final capture") == 0));
}

struct comparison {
	struct run *run;
	json_t *book;
	int unclear; /* ejects that nothing tells the end of: a person looks */
};

/* columns: id (of an order at the cabinets that keep none of ours, theirs), kind, state, processed,
 * result, amount, note */
static void compare(void *arg, const char **row)
{
	struct comparison *c = arg;
	json_t *entry = json_object_get(c->book, row[0]);
	const char *kind = json_string_value(json_object_get(entry, "kind"));
	bool done = strcmp(row[2], "SUCCEEDED") == 0;

	if (strcmp(row[1], "eject") == 0 && strcmp(row[2], "MANUAL") == 0) {
		c->unclear++;
		return;
	}
	if (moves_nothing(row))
		done = false;
	if (done != (entry != NULL))
		run_fail(c->run, "%s %s is %s here and %s in the stub's book", row[1],
		         row[0], row[2], entry != NULL ? "stands" : "does not stand");
	if (entry == NULL)
		return;
	if (kind == NULL || strcmp(kind, row[1]) != 0)
		run_fail(c->run, "%s %s is a %s in the stub's book", row[1], row[0],
		         kind == NULL ? "nothing" : kind);
	if (strcmp(row[1], "eject") == 0) {
		const char *bank =
			json_string_value(json_object_get(entry, "powerbank_id"));

		if (bank == NULL || row[4] == NULL || strcmp(bank, row[4]) != 0)
			run_fail(c->run, "eject %s: another powerbank", row[0]);
	} else if (json_integer_value(json_object_get(entry, "amount")) !=
	           strtoll(row[3], NULL, 10)) {
		run_fail(c->run, "%s %s: processed %s, the stub's book says otherwise",
		         row[1], row[0], row[3]);
	}
	(void)json_object_del(c->book, row[0]);
}

static void judge_books(struct run *r)
{
	struct comparison c = { .run = r, .book = read_book(r) };
	const char *key;
	json_t *entry;

	records_each(
		r->records, compare, &c,
		"SELECT CASE WHEN o.kind = 'eject' THEN COALESCE(NULLIF(o.ref, ''), o.id) "
		"ELSE o.id END, o.kind, o.state, o.processed, o.result, o.amount, o.note FROM operations o "
		"JOIN rentals r ON r.id = o.rental_id WHERE r.user_id = %Q ORDER BY "
		"o.seq",
		r->user);
	json_object_foreach(c.book, key, entry)
	{
		const char *kind = json_string_value(json_object_get(entry, "kind"));
		char *text;

		if (kind != NULL && strcmp(kind, "eject") == 0 && c.unclear-- > 0)
			continue;
		text = json_dumps(entry, JSON_COMPACT);

		run_fail(r, "only in the stub's book: %s", text);
		free(text);
	}
	json_decref(c.book);
}

/* One rental, as many powerbanks as he was given, and what was taken is what stands there. */
static void judge_rental(struct run *r)
{
	int64_t n = records_int(
		r->records, "SELECT COUNT(*) FROM rentals WHERE user_id = %Q", r->user);
	int64_t given =
		records_int(r->records,
	                    "SELECT COUNT(*) FROM operations o JOIN rentals r ON "
	                    "r.id = o.rental_id WHERE r.user_id = %Q AND o.kind = "
	                    "'eject' AND o.state = 'SUCCEEDED'",
	                    r->user);
	int64_t off = records_int(
		r->records,
		"SELECT COUNT(*) FROM rentals r WHERE user_id = %Q AND (total_amount <> "
		"(SELECT COALESCE(SUM(amount), 0) FROM payment_attempts p WHERE p.rental_id = "
		"r.id AND CAST(p.success AS INTEGER) = 1) - (SELECT COALESCE(SUM(processed), 0) "
		"FROM operations o WHERE o.rental_id = r.id AND o.kind = 'refund' AND o.state = "
		"'SUCCEEDED') OR (settlement = 'DONE' AND status <> 'FAILED' AND total_amount + "
		"COALESCE((SELECT amount_total FROM debts d WHERE d.rental_id = r.id), 0) <> "
		"final_amount))",
		r->user);

	if (n != r->rentals)
		run_fail(r, "%" PRId64 " rentals of this customer", n);
	if (given != r->ejects)
		run_fail(r, "%" PRId64 " powerbanks were given, expected %" PRId64, given,
		         r->ejects);
	if (off != 0)
		run_fail(r, "paid, debt and final price do not agree");
}

static void judge_audit(struct run *r)
{
	char *out = NULL;
	int code = deployment_run(r->deployment, (const char *const[]){ "--audit", NULL },
	                          &out);

	if (code != 0)
		run_fail(r, "--audit ended with %d: %.300s", code, out);
	free(out);
}

void run_judge(struct run *r)
{
	if (r->deployment->crashes > 0)
		run_fail(r, "a process ended by itself");
	if (!run_wait(r, run_rests, "rest"))
		return;
	judge_rental(r);
	judge_books(r);
	if (!r->unaudited)
		judge_audit(r);
}
