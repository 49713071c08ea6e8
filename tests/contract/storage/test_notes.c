/* SPDX-License-Identifier: MIT
 *
 * test_notes.c - the lines in the trail of a rental: durable with the change that they explain, and in
 * the order in which they were written.
 */
#include "fixture.h"

struct seen {
	struct rent_note notes[8];
	size_t n;
};

static int see_note(void *arg, const struct rent_note *note)
{
	struct seen *seen = arg;

	assert_true(seen->n < 8);
	seen->notes[seen->n++] = *note;
	return 0;
}

static void read_notes(struct fixture *f, const char *rental, struct seen *seen)
{
	seen->n = 0;
	assert_int_equal(f->api->notes(f->self, rental, see_note, seen, &f->err), 0);
}

static void written_with_the_change(void **state)
{
	struct fixture *f = *state;
	struct seen seen;
	struct rent_change c;

	make_active(f, "r1");
	make_active(f, "r2");
	c = change_of(f, "r1");
	c.notes[0] = (struct rent_note_new){ RENT_NOTE_UNDEPOSITED,
		                             "no deposit: it's \"so\"" };
	c.notes[3] = (struct rent_note_new){ RENT_NOTE_REISSUE_BEGAN, "given out again" };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.notes[1] = (struct rent_note_new){ RENT_NOTE_HOLD_GONE, "the hold is gone" };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	read_notes(f, "r1", &seen);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.notes[0].kind, RENT_NOTE_UNDEPOSITED);
	assert_string_equal(seen.notes[0].text, "no deposit: it's \"so\"");
	assert_string_equal(seen.notes[0].rental_id, "r1");
	assert_true(seen.notes[0].created_at > 0);
	assert_int_equal(seen.notes[1].kind, RENT_NOTE_REISSUE_BEGAN);
	assert_int_equal(seen.notes[2].kind, RENT_NOTE_HOLD_GONE);
	read_notes(f, "r2", &seen);
	assert_int_equal(seen.n, 0);
	read_notes(f, "nobody", &seen);
	assert_int_equal(seen.n, 0);
}

static void not_without_it(void **state)
{
	struct fixture *f = *state;
	struct seen seen;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.expect_version--;
	c.notes[0] = (struct rent_note_new){ RENT_NOTE_HOLD_GONE, "the hold is gone" };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	read_notes(f, "r1", &seen);
	assert_int_equal(seen.n, 0);
}

static void callers_of_an_older_build(void **state)
{
	struct fixture *f = *state;
	struct seen seen;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.struct_size = offsetof(struct rent_change, notes);
	c.notes[0] = (struct rent_note_new){ RENT_NOTE_HOLD_GONE, "behind what it knew" };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	read_notes(f, "r1", &seen);
	assert_int_equal(seen.n, 0);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

struct debts {
	struct rent_debt_line lines[4];
	size_t n;
};

static int see_debt(void *arg, const struct rent_debt_line *line)
{
	struct debts *debts = arg;

	assert_true(debts->n < 4);
	debts->lines[debts->n++] = *line;
	return 0;
}

/* Also a line that no operation of its change says. */
static void the_lines_of_a_debt(void **state)
{
	struct fixture *f = *state;
	struct debts debts = { .n = 0 };

	make_active(f, "r1");
	for (int i = 0; i < 2; i++) {
		struct rent_change c = change_of(f, "r1");

		c.debt_delta = i == 0 ? 40 : -15;
		c.debt_reason = i == 0 ? "the customer must confirm" : "debt collected";
		assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	}
	assert_int_equal(f->api->debt_lines(f->self, "r1", see_debt, &debts, &f->err), 0);
	assert_int_equal(debts.n, 2);
	assert_string_equal(debts.lines[0].rental_id, "r1");
	assert_string_equal(debts.lines[0].reason, "the customer must confirm");
	assert_int_equal(debts.lines[0].delta, 40);
	assert_int_equal(debts.lines[1].delta, -15);
	assert_int_equal(debts.lines[1].after, 25);
	assert_true(debts.lines[1].created_at >= debts.lines[0].created_at);
	assert_true(debts.lines[0].created_at > 0);
	debts.n = 0;
	assert_int_equal(f->api->debt_lines(f->self, "r2", see_debt, &debts, &f->err), 0);
	assert_int_equal(debts.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(written_with_the_change),
		T(not_without_it),
		T(callers_of_an_older_build),
		T(the_lines_of_a_debt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
