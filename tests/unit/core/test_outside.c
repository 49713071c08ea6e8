/* SPDX-License-Identifier: MIT
 *
 * test_outside.c - what a payment provider reports of disputes and of refunds made by hand.
 */
#include "debt.h"
#include "inbound.h"
#include "one_rental.h"
#include "payer.h"
#include "timeline.h"

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
		{ RENT_EVENT_DISPUTE_RETURNED, RENT_EVENT_PROVEN, 1, "for a person" },
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

/* ---- what is proven, of a payment that we know */

static void one_payment(void)
{
	rent_copy(db.r.provider, sizeof(db.r.provider), "bank");
	db.r.paid = 300;
	db.taken = (struct rent_op){ .struct_size = sizeof(db.taken),
		                     .id = "c1",
		                     .ref = "pi_1",
		                     .kind = RENT_OP_CHARGE,
		                     .state = RENT_OP_SUCCEEDED,
		                     .amount = 300,
		                     .processed = 300 };
	rent_copy(db.taken.rental_id, sizeof(db.taken.rental_id), db.r.id);
}

static struct rent_inbound movement(const char *id, enum rent_event_kind kind,
                                    int64_t amount)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .instance = "bank",
		                  .kind = kind,
		                  .trust = RENT_EVENT_PROVEN,
		                  .ref = "pi_1",
		                  .amount = amount,
		                  .note = "fraudulent",
		                  .received_at = db.r.now };

	rent_copy(e.id, sizeof(e.id), id);
	return e;
}

static void expect(const struct rent_inbound *e, const char *outcome, int64_t paid,
                   int64_t outside)
{
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	assert_int_equal(inbound_event(&core, e, said, &err), 0);
	assert_string_equal(said, outcome);
	assert_int_equal(db.r.paid, paid);
	assert_int_equal(db.r.outside, outside);
}

static void it_lowers_what_is_paid_once(void **state)
{
	struct rent_inbound opened = movement("in-1", RENT_EVENT_DISPUTE_OPENED, 100);
	struct rent_inbound took = movement("in-2", RENT_EVENT_DISPUTE_TOOK, 100);
	struct rent_inbound back = movement("in-3", RENT_EVENT_DISPUTE_RETURNED, 100);
	struct rent_inbound refund = movement("in-4", RENT_EVENT_REFUNDED_OUTSIDE, 300);

	(void)state;
	one_payment();
	db.conflicts = 2;
	expect(&opened, "recorded", 300, 0);
	expect(&took, "recorded", 200, 100);
	expect(&took, "recorded", 200, 100);
	assert_int_equal(db.outside_count, 2);
	assert_string_equal(db.outside[1].op_id, "c1");
	assert_int_equal(db.outside[1].kind, RENT_OUTSIDE_CHARGEBACK);
	expect(&back, "recorded", 300, 0);
	expect(&refund, "recorded", 0, 300);
	assert_int_equal(db.outside_count, 4);
	assert_int_equal(rent_kept(&db.r), 300);
}

static void what_does_not_fit_is_told_only(void **state)
{
	struct rent_inbound more = movement("in-1", RENT_EVENT_DISPUTE_TOOK, 301);
	struct rent_inbound unknown = movement("in-2", RENT_EVENT_DISPUTE_TOOK, 0);
	struct rent_inbound back = movement("in-3", RENT_EVENT_DISPUTE_RETURNED, 1);
	struct rent_inbound hint = movement("in-4", RENT_EVENT_DISPUTE_TOOK, 100);
	struct rent_inbound other = movement("in-5", RENT_EVENT_DISPUTE_TOOK, 100);
	struct rent_inbound foreign = movement("in-6", RENT_EVENT_DISPUTE_TOOK, 100);

	(void)state;
	one_payment();
	hint.trust = RENT_EVENT_HINT;
	rent_copy(other.ref, sizeof(other.ref), "pi_2");
	rent_copy(foreign.instance, sizeof(foreign.instance), "another");
	expect(&more, "for a person", 300, 0);
	expect(&unknown, "for a person", 300, 0);
	expect(&back, "for a person", 300, 0);
	expect(&hint, "for a person", 300, 0);
	expect(&other, "for a person", 300, 0);
	expect(&foreign, "for a person", 300, 0);
	assert_int_equal(db.outside_count, 0);
}

/* ---- what is reported before we know of what it is */

static int hand_on(struct rent_inbound *e, int64_t age, char said[RENT_NOTE_SIZE])
{
	struct rent_error err;

	e->received_at = core.host->wall_us(core.host) - age;
	core.params.manual_after = RENT_HOUR;
	said[0] = '\0';
	return inbound_event(&core, e, said, &err);
}

/* The answer to a charge was lost, and its reference with it. */
static void it_waits_for_its_payment(void **state)
{
	struct rent_inbound refund = movement("in-1", RENT_EVENT_REFUNDED_OUTSIDE, 300);
	char said[RENT_NOTE_SIZE];

	(void)state;
	assert_int_equal(hand_on(&refund, 0, said), RENT_EUNAVAIL);
	assert_int_equal(fake_host_complaints(fake), 0);
	one_payment();
	assert_int_equal(hand_on(&refund, RENT_MINUTE, said), 0);
	assert_string_equal(said, "recorded");
	assert_int_equal(db.r.outside, 300);
}

/* One that is known, and has done nothing, has no more to say. */
static void it_waits_while_something_is_open(void **state)
{
	static const struct {
		enum rent_op_state state;
		int64_t open_ops;
		bool waits;
	} cases[] = {
		{ RENT_OP_DECLINED, 0, false },
		{ RENT_OP_DECLINED, 1, true },
		{ RENT_OP_MANUAL, 0, true },
	};
	struct rent_inbound refund = movement("in-1", RENT_EVENT_REFUNDED_OUTSIDE, 300);
	char said[RENT_NOTE_SIZE];

	(void)state;
	rent_copy(refund.operation_id, sizeof(refund.operation_id), "e1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		db.eject.kind = RENT_OP_CHARGE;
		db.eject.state = cases[i].state;
		db.r.open_ops = cases[i].open_ops;
		assert_int_equal(hand_on(&refund, 0, said),
		                 cases[i].waits ? RENT_EUNAVAIL : 0);
		assert_int_equal(fake_host_complaints(fake), !cases[i].waits);
	}
}

/* The chargeback comes after what gives it back. */
static void a_reversal_waits_for_its_chargeback(void **state)
{
	struct rent_inbound took = movement("in-1", RENT_EVENT_DISPUTE_TOOK, 100);
	struct rent_inbound back = movement("in-2", RENT_EVENT_DISPUTE_RETURNED, 100);
	char said[RENT_NOTE_SIZE];

	(void)state;
	one_payment();
	assert_int_equal(hand_on(&back, 0, said), RENT_EUNAVAIL);
	assert_int_equal(hand_on(&took, 0, said), 0);
	assert_int_equal(hand_on(&back, 0, said), 0);
	assert_string_equal(said, "recorded");
	assert_int_equal(db.r.paid, 300);
	assert_int_equal(db.r.outside, 0);
}

/* More than was paid, while a payment of the rental is under way. */
static void what_may_fit_later_waits(void **state)
{
	struct rent_inbound took = movement("in-1", RENT_EVENT_DISPUTE_TOOK, 400);
	char said[RENT_NOTE_SIZE];

	(void)state;
	one_payment();
	db.r.open_ops = 1;
	assert_int_equal(hand_on(&took, 0, said), RENT_EUNAVAIL);
	db.r.open_ops = 0;
	assert_int_equal(hand_on(&took, 0, said), 0);
	assert_string_equal(said, "for a person");
}

static void nothing_waits_for_ever(void **state)
{
	static const enum rent_event_kind kinds[] = { RENT_EVENT_REFUNDED_OUTSIDE,
		                                      RENT_EVENT_DISPUTE_RETURNED };
	char said[RENT_NOTE_SIZE];

	(void)state;
	for (size_t known = 0; known < 2; known++) {
		for (size_t i = known; i < 2; i++) {
			struct rent_inbound e = movement("in-1", kinds[i], 100);

			if (known)
				one_payment();
			(void)fake_host_complaints(fake);
			assert_int_equal(hand_on(&e, RENT_HOUR - RENT_MINUTE, said),
			                 RENT_EUNAVAIL);
			assert_int_equal(hand_on(&e, RENT_HOUR, said), 0);
			assert_string_equal(said, "for a person");
			assert_int_equal(fake_host_complaints(fake), 1);
		}
	}
	assert_int_equal(db.outside_count, 0);
}

/* ---- a refund by hand that nobody has signed: the provider is asked */

static struct {
	struct rent_payment_result answer;
	const char *id; /* that is asked for */
	int asked;
} bank;

static int build_question(void *self, const struct rent_payment_op *op,
                          struct rent_arena *arena, struct rent_upstream_request *ret,
                          struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	bank.asked++;
	assert_int_equal(op->kind, RENT_PAY_LOOKUP);
	assert_int_equal(op->lookup_of, RENT_PAY_REFUND);
	assert_string_equal(op->id, bank.id);
	assert_string_equal(op->ref, "re_1");
	assert_string_equal(op->target_ref, "pi_1");
	ret->method = "GET";
	return 0;
}

static void parse_answer(void *self, const struct rent_payment_op *op,
                         const struct rent_upstream_reply *reply,
                         struct rent_payment_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	*ret = bank.answer;
}

static const struct rent_payment questions = { .struct_size = sizeof(questions),
	                                       .build = build_question,
	                                       .parse = parse_answer };

static void a_hint_of_a_refund_is_looked_up(void **state)
{
	static const struct {
		enum rent_outcome outcome;
		int64_t processed, age;
		const char *said; /* NULL: it is handed on again */
		int64_t outside;
	} cases[] = {
		{ RENT_SUCCEEDED, 120, 0, "recorded", 120 },
		{ RENT_SUCCEEDED, 301, 0, NULL, 0 }, /* more than was taken */
		{ RENT_UNKNOWN, 0, 0, NULL, 0 },
		{ RENT_PENDING, 0, 0, NULL, 0 },
		{ RENT_DECLINED, 0, RENT_HOUR, "for a person", 0 },
	};

	(void)state;
	core.payment.api = &questions;
	core.payment.instance = "bank";
	core.payment.caps.operations = RENT_PAY_BIT(RENT_PAY_LOOKUP);
	pthread_mutex_init(&core.payment.lock, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		/* It says another sum: only the provider's counts. */
		struct rent_inbound e =
			movement("in-1", RENT_EVENT_REFUNDED_OUTSIDE, 300);
		char said[RENT_NOTE_SIZE];
		int code;

		one_payment();
		db.outside_count = 0;
		db.r.outside = 0;
		bank.asked = 0;
		bank.id = "";
		bank.answer =
			(struct rent_payment_result){ .struct_size = sizeof(bank.answer),
			                              .outcome = cases[i].outcome,
			                              .processed = cases[i].processed };
		e.trust = RENT_EVENT_HINT;
		rent_copy(e.note, sizeof(e.note), "re_1");
		code = hand_on(&e, cases[i].age, said);
		assert_int_equal(code, cases[i].said == NULL ? RENT_EUNAVAIL : 0);
		if (cases[i].said != NULL)
			assert_string_equal(said, cases[i].said);
		assert_int_equal(bank.asked, 1);
		assert_int_equal(db.r.outside, cases[i].outside);
		assert_int_equal(db.r.paid, 300 - cases[i].outside);
	}
}

/* Whether its description is an id of ours, only our own book can tell. */
static void a_refund_that_names_an_operation_is_by_hand_unless_it_is_ours(void **state)
{
	static const struct {
		const char *op;
		enum rent_op_kind kind;
		const char *said;
		int64_t outside;
	} cases[] = {
		{ "nobody's", RENT_OP_REFUND, "recorded", 120 },
		{ "e1", RENT_OP_REFUND, "recorded only", 0 },
	};

	(void)state;
	core.payment.api = &questions;
	core.payment.instance = "bank";
	core.payment.caps.operations = RENT_PAY_BIT(RENT_PAY_LOOKUP);
	pthread_mutex_init(&core.payment.lock, NULL);
	bank.answer = (struct rent_payment_result){ .struct_size = sizeof(bank.answer),
		                                    .outcome = RENT_SUCCEEDED,
		                                    .processed = 120 };
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_inbound e =
			movement("in-1", RENT_EVENT_REFUNDED_OUTSIDE, 300);

		one_payment();
		db.outside_count = 0;
		db.r.outside = 0;
		db.eject.kind = cases[i].kind;
		db.eject.state = RENT_OP_SUCCEEDED;
		bank.id = cases[i].op;
		e.trust = RENT_EVENT_HINT;
		rent_copy(e.operation_id, sizeof(e.operation_id), cases[i].op);
		rent_copy(e.note, sizeof(e.note), "re_1");
		expect(&e, cases[i].said, 300 - cases[i].outside, cases[i].outside);
	}
}

/* Nobody is charged for it again, and not for anything else without being there. */
static void nobody_is_charged_again(void **state)
{
	struct rent_inbound took = movement("in-1", RENT_EVENT_DISPUTE_TOOK, 300);
	struct params params = core_params(&core);
	int64_t exposure, unpaid;

	(void)state;
	one_payment();
	exposure = exposure_of(&db.r);
	unpaid = unpaid_of(&params, &db.r);
	assert_false(payer_is_needed(&params, &db.r));
	expect(&took, "recorded", 0, 300);
	assert_int_equal(exposure_of(&db.r), exposure);
	assert_int_equal(unpaid_of(&params, &db.r), unpaid);
	assert_true(payer_is_needed(&params, &db.r));
	db.r.now += 30 * DAY;
	assert_true(payer_is_needed(&params, &db.r));
}

/* Whatever the customer was asked for before, and whenever it was tried last. */
static void no_debt_is_collected_without_him(void **state)
{
	static const struct {
		int64_t needed_ago, tried_ago; /* 0: never */
	} cases[] = {
		{ 0, 0 },
		{ 0, 30 * DAY },
		{ 30 * DAY, 0 },
		{ RENT_SECOND, RENT_SECOND },
	};
	struct params params = core_params(&core);

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_rental r = db.r;

		r.debt = 100;
		if (cases[i].needed_ago != 0)
			r.payer_needed_at = r.now - cases[i].needed_ago;
		if (cases[i].tried_ago != 0)
			r.debt_last_attempt_at = r.now - cases[i].tried_ago;
		assert_true(timeline_next_retry(&params, &r) >= r.now);
		r.outside_at = r.now - RENT_HOUR;
		assert_int_equal(debt_charge_due(&params, &r, 0), 0);
		assert_int_equal(timeline_next_retry(&params, &r), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_waits_for_its_payment,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(it_waits_while_something_is_open,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(a_reversal_waits_for_its_chargeback,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(what_may_fit_later_waits,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(nothing_waits_for_ever, one_rental_setup,
		                                one_rental_teardown),
		cmocka_unit_test_setup_teardown(it_lowers_what_is_paid_once,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(what_does_not_fit_is_told_only,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(
			a_refund_that_names_an_operation_is_by_hand_unless_it_is_ours,
			one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(a_hint_of_a_refund_is_looked_up,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(nobody_is_charged_again, one_rental_setup,
		                                one_rental_teardown),
		cmocka_unit_test_setup_teardown(no_debt_is_collected_without_him,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(a_person_is_told_once_and_no_sum_changes,
		                                one_rental_setup, one_rental_teardown),
		cmocka_unit_test_setup_teardown(
			a_payment_that_was_refused_and_made_is_told, one_rental_setup,
			one_rental_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
