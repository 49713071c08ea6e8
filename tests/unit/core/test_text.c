/* SPDX-License-Identifier: MIT
 *
 * test_text.c - text of others that a storage is to keep.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "action.h"
#include "outcome.h"
#include "text.h"

#define LETTER "\xd0\xbe"
#define EURO   "\xe2\x82\xac"
#define KEY    "\xf0\x9f\x94\x91"

static void what_is_no_character_goes(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{ "", "" },
		{ "declined", "declined" },
		{ LETTER EURO KEY, LETTER EURO KEY },
		/* Cut off. */
		{ "a" LETTER "\xd0", "a" LETTER },
		{ "a\xe2\x82", "a" },
		{ "a\xf0\x9f\x94", "a" },
		/* Of another character set, or none. */
		{ "caf\xe9 au lait", "caf? au lait" },
		{ "\xff\xfe" LETTER, "??" LETTER },
		{ "\xe2\x82 \xac" EURO, "?? ?" EURO },
		{ "\x82\xac", "??" },
		{ "\xc0\xaf.", "??." },
		{ "\xed\xa0\x80.", "???." },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[64];

		rent_copy(text, sizeof(text), cases[i].text);
		text_mend(text);
		assert_string_equal(text, cases[i].want);
	}
}

static void a_copy_ends_with_a_character(void **state)
{
	char text[8];

	(void)state;
	text_copy(text, sizeof(text), "abcde" EURO);
	assert_string_equal(text, "abcde");
	text_copy(text, sizeof(text), "abcd" EURO);
	assert_string_equal(text, "abcd" EURO);
	text_copy(text, sizeof(text), NULL);
	assert_string_equal(text, "");
}

/* ---- where it enters */

static struct rental_work with_an_op(const struct params *params)
{
	struct rental_work w;

	work_init(&w, NULL, params, &(struct rent_payment_caps){ 0 }, GOAL_TICK);
	assert_non_null(work_add_op(&w, RENT_OP_HOLD, RENT_FOR_START, 100, NULL));
	work_call(&w, &w.ops[0]);
	return w;
}

static void a_note_of_the_trail_is_mended(void **state)
{
	static const struct params params = { 0 };
	struct rental_work w = with_an_op(&params);

	(void)state;
	work_note(&w, RENT_NOTE_UNDEPOSITED, "no deposit: %.4s", "a" LETTER LETTER);
	assert_string_equal(w.notes[0].text, "no deposit: a" LETTER);
	work_note(&w, RENT_NOTE_UNDEPOSITED, "%s", "caf\xe9.");
	assert_string_equal(w.notes[1].text, "caf?.");
	work_done(&w);
}

static void an_answer_is_mended(void **state)
{
	static const struct params params = { 0 };
	struct rental_work w = with_an_op(&params);
	struct provider_answer a = { .ref = "r\xff.",
		                     .result = "p\xff.",
		                     .note = "n\xff." };
	struct rent_payment_result res = { .outcome = RENT_PENDING,
		                           .action = RENT_ACTION_REDIRECT,
		                           .action_value = "u\xff." };

	(void)state;
	outcome_record(&w, &a, RENT_OP_PENDING);
	action_heed(&w.ops[0], &res);
	assert_string_equal(w.ops[0].op.ref, "r?.");
	assert_string_equal(w.ops[0].op.result, "p?.");
	assert_string_equal(w.ops[0].op.note, "n?.");
	assert_string_equal(w.ops[0].op.action_value, "u?.");
	work_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_character_goes),
		cmocka_unit_test(a_copy_ends_with_a_character),
		cmocka_unit_test(a_note_of_the_trail_is_mended),
		cmocka_unit_test(an_answer_is_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
