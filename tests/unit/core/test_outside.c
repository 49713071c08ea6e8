/* SPDX-License-Identifier: MIT
 *
 * test_outside.c - what a payment provider reports of disputes and of refunds made by hand.
 */
#include "inbound.h"
#include "one_rental.h"

static void a_person_is_told_once_and_no_sum_changes(void **state)
{
	static const struct {
		enum rent_event_kind kind;
		enum rent_event_trust trust;
		int complaints;
		const char *outcome;
	} cases[] = {
		{ RENT_EVENT_REFUNDED_OUTSIDE, RENT_EVENT_PROVEN, 1, "for a person" },
		{ RENT_EVENT_REFUNDED_OUTSIDE, RENT_EVENT_HINT, 1, "for a person" },
		{ RENT_EVENT_DISPUTE_OPENED, RENT_EVENT_PROVEN, 1, "for a person" },
		{ RENT_EVENT_DISPUTE_TOOK, RENT_EVENT_PROVEN, 1, "for a person" },
		{ RENT_EVENT_DISPUTE_RETURNED, RENT_EVENT_PROVEN, 0, "for a person" },
		{ RENT_EVENT_DISPUTE_CLOSED, RENT_EVENT_PROVEN, 0, "for a person" },
		{ RENT_EVENT_HOLD_ENDED, RENT_EVENT_PROVEN, 0, "recorded only" },
		{ RENT_EVENT_OTHER, RENT_EVENT_PROVEN, 0, "recorded only" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_inbound e = { .struct_size = sizeof(e),
			                  .id = "in-1",
			                  .instance = "bank",
			                  .event_id = "x",
			                  .kind = cases[i].kind,
			                  .trust = cases[i].trust,
			                  .ref = "pi_1",
			                  .amount = 300,
			                  .received_at = db.r.now };
		int64_t version = db.r.version;
		char said[RENT_NOTE_SIZE];
		struct rent_error err;

		assert_int_equal(inbound_event(&core, &e, said, &err), 0);
		assert_string_equal(said, cases[i].outcome);
		assert_int_equal(fake_host_complaints(fake), cases[i].complaints);
		assert_int_equal(db.r.version, version);
	}
}

/* The provider says that a payment was made which it had refused: nobody else would notice. */
static void a_payment_that_was_refused_and_made_is_told(void **state)
{
	static const struct {
		enum rent_op_kind kind;
		enum rent_op_state state;
		enum rent_event_trust trust;
		enum rent_outcome verdict;
		int complaints;
	} cases[] = {
		{ RENT_OP_CHARGE, RENT_OP_DECLINED, RENT_EVENT_PROVEN, RENT_SUCCEEDED,
		  1 },
		{ RENT_OP_HOLD, RENT_OP_NOT_EXECUTED, RENT_EVENT_PROVEN, RENT_SUCCEEDED,
		  1 },
		{ RENT_OP_HOLD, RENT_OP_SUCCEEDED, RENT_EVENT_PROVEN, RENT_SUCCEEDED, 0 },
		{ RENT_OP_HOLD, RENT_OP_DECLINED, RENT_EVENT_HINT, RENT_SUCCEEDED, 0 },
		{ RENT_OP_HOLD, RENT_OP_DECLINED, RENT_EVENT_PROVEN, RENT_DECLINED, 0 },
		{ RENT_OP_RELEASE, RENT_OP_NOT_EXECUTED, RENT_EVENT_PROVEN,
		  RENT_SUCCEEDED, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_inbound e = { .struct_size = sizeof(e),
			                  .id = "in-1",
			                  .instance = "bank",
			                  .event_id = "x",
			                  .kind = RENT_EVENT_OPERATION,
			                  .trust = cases[i].trust,
			                  .operation_id = "e1",
			                  .verdict = cases[i].verdict,
			                  .amount = 300,
			                  .received_at = db.r.now };
		char said[RENT_NOTE_SIZE];
		struct rent_error err;

		db.eject.kind = cases[i].kind;
		db.eject.state = cases[i].state;
		assert_int_equal(inbound_event(&core, &e, said, &err), 0);
		assert_int_equal(fake_host_complaints(fake), cases[i].complaints);
		assert_string_equal(said, cases[i].complaints ? "for a person"
		                                              : "recorded only");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_person_is_told_once_and_no_sum_changes,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(
			a_payment_that_was_refused_and_made_is_told, one_rental_setup,
			one_rental_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
