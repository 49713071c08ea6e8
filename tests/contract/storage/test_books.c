/* SPDX-License-Identifier: MIT
 *
 * test_books.c - the lines of books as they are sealed, their seals, and the operation that a line of the
 * debt journal names.
 */
#include "fixture.h"

#define LINES 8

struct seen {
	int64_t id[LINES];
	uint32_t count[LINES];
	char rental[LINES][RENT_ID_SIZE], second[LINES][RENT_ID_SIZE];
	bool null[LINES]; /* any value */
	size_t n;
	struct rent_seal seal;
	char digests[64];
};

static int see_line(void *arg, const struct rent_line *line)
{
	struct seen *seen = arg;
	size_t i = seen->n++;

	assert_true(i < LINES && line->count >= 4);
	seen->id[i] = line->id;
	seen->count[i] = line->count;
	seen->null[i] = false;
	(void)rent_copy(seen->rental[i], RENT_ID_SIZE, line->values[0]);
	(void)rent_copy(seen->second[i], RENT_ID_SIZE, line->values[1]);
	for (uint32_t k = 0; k < line->count; k++)
		seen->null[i] |= line->values[k] == NULL;
	return 0;
}

static int see_seal(void *arg, const struct rent_seal *seal)
{
	struct seen *seen = arg;

	seen->n++;
	seen->seal = *seal;
	(void)rent_copy(seen->digests, sizeof(seen->digests), seal->digests);
	return 0;
}

static void read_lines(struct fixture *f, enum rent_book book, int64_t after,
                       int64_t upto, uint32_t limit, struct seen *seen)
{
	const struct rent_line_query query = { .struct_size = sizeof(query),
		                               .book = book,
		                               .after_id = after,
		                               .upto_id = upto,
		                               .limit = limit };

	seen->n = 0;
	assert_int_equal(f->api->line_list(f->self, &query, see_line, seen, &f->err), 0);
}

static void read_seals(struct fixture *f, bool last, int64_t after, uint32_t limit,
                       struct seen *seen)
{
	const struct rent_seal_query query = { .struct_size = sizeof(query),
		                               .book = RENT_BOOK_DEBTS,
		                               .last = last,
		                               .after = after,
		                               .limit = limit };

	seen->n = 0;
	assert_int_equal(f->api->seal_list(f->self, &query, see_seal, seen, &f->err), 0);
}

static int seal(struct fixture *f, int64_t number, const char *digests)
{
	struct rent_seal s = { .struct_size = sizeof(s),
		               .book = RENT_BOOK_DEBTS,
		               .number = number,
		               .upto_id = number * 10,
		               .lines = 2,
		               .digests = digests };

	memset(s.hash, 'a', RENT_SEAL_SIZE - 1);
	s.hash[RENT_SEAL_SIZE - 1] = '\0';
	return f->api->seal_put(f->self, &s, &f->err);
}

static void seals_are_kept_once(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	read_seals(f, true, 0, 1, &seen);
	assert_int_equal(seen.n, 0);
	assert_int_equal(seal(f, 1, "0011"), 0);
	assert_int_equal(seal(f, 2, "2233"), 0);
	assert_int_equal(seal(f, 2, "4455"), 1);
	read_seals(f, true, 0, 1, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.seal.number, 2);
	assert_int_equal(seen.seal.upto_id, 20);
	assert_int_equal(seen.seal.lines, 2);
	assert_int_equal(seen.seal.book, RENT_BOOK_DEBTS);
	assert_int_equal(strlen(seen.seal.hash), RENT_SEAL_SIZE - 1);
	assert_string_equal(seen.digests, "2233");
	assert_true(seen.seal.created_at > 0);
	read_seals(f, false, 0, 10, &seen);
	assert_int_equal(seen.n, 2);
	read_seals(f, false, 0, 1, &seen);
	assert_int_equal(seen.seal.number, 1);
	read_seals(f, false, 1, 10, &seen);
	assert_int_equal(seen.n, 1);
	read_seals(f, false, 2, 10, &seen);
	assert_int_equal(seen.n, 0);
}

static void lines_come_in_order(void **state)
{
	struct fixture *f = *state;
	struct seen seen, again;

	make_active(f, "r1");
	for (int i = 0; i < 3; i++) {
		struct rent_change c = change_of(f, "r1");

		c.debt_delta = 10 + i;
		c.debt_reason = "test";
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	}
	read_lines(f, RENT_BOOK_DEBTS, INT64_MIN, INT64_MAX, LINES, &seen);
	assert_int_equal(seen.n, 3);
	assert_true(seen.id[0] < seen.id[1] && seen.id[1] < seen.id[2]);
	assert_string_equal(seen.rental[0], "r1");
	assert_string_equal(seen.second[0], "10");
	assert_string_equal(seen.second[2], "12");
	read_lines(f, RENT_BOOK_DEBTS, seen.id[0], seen.id[1], LINES, &again);
	assert_int_equal(again.n, 1);
	assert_int_equal(again.id[0], seen.id[1]);
	read_lines(f, RENT_BOOK_DEBTS, INT64_MIN, INT64_MAX, 2, &again);
	assert_int_equal(again.n, 2);
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 5),
	                 RENT_CHANGE_APPLIED);
	read_lines(f, RENT_BOOK_ATTEMPTS, INT64_MIN, INT64_MAX, LINES, &seen);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.second[0], "5");
	assert_true(seen.null[0]); /* no error */
	read_lines(f, RENT_BOOK_DEEDS, INT64_MIN, INT64_MAX, LINES, &seen);
	assert_int_equal(seen.n, 0);
}

/* One line, and what its values are: of each book that is not written above. */
static void each_book_has_lines(void **state)
{
	static const struct {
		enum rent_book book;
		uint32_t values;
		const char *second, *sql;
	} cases[] = {
		{ RENT_BOOK_DEEDS, 12, "7",
		  "INSERT INTO audit_log (at, action, rental_id) VALUES (7, 'start', 'r1')" },
		{ RENT_BOOK_OUTSIDE, 8, "e1",
		  "INSERT INTO outside_movements (event_id, rental_id, operation_id, kind, amount, "
		  "ref, note, created_at) VALUES ('e1', 'r1', 'c1', 'DISPUTE', 5, '', '', 1)" },
		{ RENT_BOOK_RESOLUTIONS, 8, "c1",
		  "INSERT INTO operation_resolutions (op_id, rental_id, resolved_as, amount, reason, "
		  "resolved_by, created_at) VALUES ('c1', 'r1', 'DECLINED', 0, 'so', 'me', 1)" },
		{ RENT_BOOK_NOTES, 4, "hold_gone",
		  "INSERT INTO notes (rental_id, kind, text, created_at) "
		  "VALUES ('r1', 'hold_gone', 'gone', 1)" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct seen seen;
		int64_t end = 0;

		read_lines(f, cases[i].book, INT64_MIN, INT64_MAX, LINES, &seen);
		assert_int_equal(seen.n, 0);
		fixture_sql(f, "%s", cases[i].sql);
		read_lines(f, cases[i].book, INT64_MIN, INT64_MAX, LINES, &seen);
		assert_int_equal(seen.n, 1);
		assert_int_equal(seen.count[0], cases[i].values);
		assert_string_equal(seen.rental[0], "r1");
		assert_string_equal(seen.second[0], cases[i].second);
		for (int k = 0; k < 1000 && end < seen.id[0]; k++)
			assert_int_equal(
				f->api->book_end(f->self, cases[i].book, &end, &f->err),
				0);
		assert_int_equal(end, seen.id[0]);
	}
}

/* Of a book of later days. */
static void an_unknown_book_is_refused(void **state)
{
	const struct rent_line_query query = { .struct_size = sizeof(query),
		                               .book = (enum rent_book)99,
		                               .upto_id = 1,
		                               .limit = 1 };
	struct fixture *f = *state;
	struct seen seen = { .n = 0 };
	int64_t end;

	assert_int_equal(f->api->line_list(f->self, &query, see_line, &seen, &f->err),
	                 RENT_EUNSUPPORTED);
	assert_int_equal(f->api->book_end(f->self, query.book, &end, &f->err),
	                 RENT_EUNSUPPORTED);
}

/* Nobody writes: it ends at its last line, after a few looks. */
static void a_quiet_book_ends(void **state)
{
	struct fixture *f = *state;
	int64_t end = 0, last;

	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 5),
	                 RENT_CHANGE_APPLIED);
	last = fixture_int(f, "SELECT max(id) FROM payment_attempts");
	for (int i = 0; i < 1000 && end < last; i++)
		assert_int_equal(
			f->api->book_end(f->self, RENT_BOOK_ATTEMPTS, &end, &f->err), 0);
	assert_int_equal(end, last);
	assert_int_equal(f->api->book_end(f->self, RENT_BOOK_DEEDS, &end, &f->err), 0);
	assert_int_equal(end, 0);
}

static int see_unnamed(void *arg, const struct rent_audit_row *row)
{
	*(int64_t *)arg = row->unnamed;
	return 0;
}

static int64_t unnamed(struct fixture *f)
{
	int64_t n = -1;

	assert_int_equal(f->api->audit_scan(f->self, "", 1, see_unnamed, &n, &f->err), 0);
	return n;
}

/* The first that ends, else the newest one; what somebody else wrote is seen. */
static void a_line_names_its_operation(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	fixture_sql(f, "UPDATE schema_migrations SET applied_at = "
	               "'2020-01-01 00:00:00.000000'");
	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 5), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){ .id = "c1", .state = RENT_OP_DECLINED };
	c.debt_delta = 5;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.debt_delta = 2;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM debt_journal WHERE op_id = 'c1'"),
		2);
	assert_int_equal(unnamed(f), 0);
	make_active(f, "r2");
	fixture_sql(
		f,
		"INSERT INTO debt_journal (rental_id, delta, amount_after, reason, op_id) "
		"VALUES ('r1', 1, 8, 'test', 'r2-hold')");
	assert_int_equal(unnamed(f), 1);
	fixture_sql(f,
	            "INSERT INTO debt_journal (rental_id, delta, amount_after, reason) "
	            "VALUES ('r1', 1, 9, 'test')");
	assert_int_equal(unnamed(f), 2);
	/* Older than the rule, and the day in which hosts are upgraded. */
	fixture_sql(f, "UPDATE schema_migrations SET applied_at = "
	               "'2200-01-01 00:00:00.000000'");
	assert_int_equal(unnamed(f), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(seals_are_kept_once), T(lines_come_in_order),
		T(each_book_has_lines), T(an_unknown_book_is_refused),
		T(a_quiet_book_ends),   T(a_line_names_its_operation),
	};

	return cmocka_run_group_tests_name("storage books", tests, NULL, NULL);
}
