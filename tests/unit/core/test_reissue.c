/* SPDX-License-Identifier: MIT
 *
 * test_reissue.c - a cabinet gives out a powerbank that a live rental has: it came back and nobody
 * said so, or nothing proves that.
 */
#include "drive.h"
#include "one_rental.h"
#include "start_answer.h"

static struct params params;
static struct rental_work w;
/* Of the start. */
static const char *instance = "";

/* A start that has just heard that "PB-1" came out, for an order of `seconds` after T0. */
static void starts(int64_t seconds)
{
	struct rent_op eject = { .struct_size = sizeof(eject),
		                 .id = "e2",
		                 .rental_id = "r2",
		                 .kind = RENT_OP_EJECT,
		                 .purpose = RENT_FOR_START,
		                 .state = RENT_OP_INTENT,
		                 .created_at = T0 + seconds * RENT_SECOND };
	const struct rent_op *ops[] = { &eject };
	struct rental_work *works[] = { &w };

	params = core.params;
	db.other = (struct rent_rental){ .struct_size = sizeof(db.other),
		                         .id = "r2",
		                         .station_id = "s2",
		                         .quote_id = "q2",
		                         .status = RENT_STATUS_PENDING,
		                         .settlement = RENT_SETTLEMENT_OPEN,
		                         .open_ops = 1,
		                         .version = 1,
		                         .now = db.r.now };
	rent_copy(db.other.station_instance, RENT_ID_SIZE, instance);
	work_init(&w, &core, &params, &core.payment.caps, GOAL_START);
	assert_int_equal(work_load(&w, &db.other, ops, 1), 0);
	w.leased = true;
	w.ops[0].called = true;
	rent_copy(w.ops[0].op.result, RENT_ID_SIZE, "PB-1");
	work_end_op(&w.ops[0], RENT_OP_SUCCEEDED, 0, NULL);
	drive(&core, works, 1, NULL);
	assert_int_equal(w.error, 0);
}

static int setup(void **state)
{
	int code = one_rental_setup(state);

	core.params.reissue_closes = true;
	return code;
}

static int teardown(void **state)
{
	work_done(&w);
	return one_rental_teardown(state);
}

static void closed_at(int64_t seconds)
{
	assert_int_equal(db.ends, 1);
	assert_int_equal(db.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(db.r.ended_by, RENT_ENDED_BY_REISSUE);
	assert_string_equal(db.r.return_station_id, "s2");
	assert_int_equal((db.r.finished_at - T0) / RENT_SECOND, seconds);
	assert_int_equal(db.r.final_amount, seconds);
	/* The new customer does not wait for the old one's money. */
	assert_int_equal(db.r.settlement, RENT_SETTLEMENT_PENDING);
	assert_int_equal(db.other.status, RENT_STATUS_ACTIVE);
	assert_string_equal(db.other.powerbank_id, "PB-1");
	assert_true(w.answered);
	assert_int_equal(w.answer.verdict, RENT_DONE);
	assert_string_equal(w.ops[0].op.note,
	                    "the powerbank was in rental r1, which ended with this");
	assert_int_equal(db.note.kind, RENT_NOTE_REISSUE_ENDED);
	assert_string_equal(db.note.text,
	                    "station s2 gave the powerbank out again for rental r2");
	assert_int_equal(db.other_note.kind, RENT_NOTE_REISSUE_BEGAN);
	assert_non_null(strstr(db.other_note.text, "rental r1"));
}

static void the_old_one_ends_and_the_new_one_begins(void **state)
{
	(void)state;
	one_rental_listen();
	starts(990);
	closed_at(990);
	assert_non_null(strstr(heard, "\"order_id\":\"r1\""));
	assert_non_null(strstr(heard,
	                       "\"ended_by\":\"reissue\",\"note\":\"the station gave "
	                       "the powerbank to somebody else"));
}

/* Its customer had said so, while that cabinet could not be asked. */
static void an_asking_in_vain_counts(void **state)
{
	(void)state;
	db.r.stop_asked_at = T0 + 500 * RENT_SECOND;
	rent_copy(db.r.return_station_id, RENT_ID_SIZE, "s2");
	starts(990);
	closed_at(500);
}

static struct rent_inventory seen(const char *op_id, const char *powerbanks,
                                  int64_t seconds)
{
	struct rent_inventory inv = { .struct_size = sizeof(inv),
		                      .known = true,
		                      .powerbanks = powerbanks,
		                      .taken_at = T0 + seconds * RENT_SECOND };

	rent_copy(inv.op_id, sizeof(inv.op_id), op_id);
	return inv;
}

/* Until then it may have been out. What the cabinet showed later is no matter. */
static void a_cabinet_that_showed_it_says_since_when(void **state)
{
	(void)state;
	db.inventories[0] = seen("e3", "PB-1", 995);
	db.inventories[1] = seen("e2", "PB-7 PB-1 PB-9", 993);
	db.inventories[2] = seen("e0", "PB-1", 500);
	starts(990);
	closed_at(993);
}

static void the_last_one_that_says_anything_counts(void **state)
{
	(void)state;
	db.inventories[0] = seen("e2", "", 993);
	db.inventories[0].known = false;
	db.inventories[1] = seen("e1", "PB-10 PB-1", 800);
	db.inventories[2] = seen("e0", "PB-1", 500);
	starts(990);
	closed_at(800);
}

/* It came back after that. */
static void what_it_did_not_show_was_out(void **state)
{
	(void)state;
	db.inventories[0] = seen("e2", "PB-10 PB-11", 993);
	db.inventories[1] = seen("e0", "PB-1", 500);
	starts(990);
	closed_at(990);
}

/* From before the old rental had it, or so soon that the cabinet may not have known that it had left. */
static void what_was_shown_at_the_begin_is_no_return(void **state)
{
	(void)state;
	db.inventories[0] = seen("e0", "PB-1", 5);
	db.inventories[1] = seen("e-", "PB-1", -5);
	starts(990);
	closed_at(990);
}

static void others_may_come_before(void **state)
{
	(void)state;
	db.conflicts = 2;
	starts(990);
	closed_at(990);
}

static void left_to_a_person(void)
{
	assert_int_equal(db.ends, 0);
	assert_int_equal(db.r.status, RENT_STATUS_ACTIVE);
	assert_int_equal(db.other.status, RENT_STATUS_FAILED);
	assert_int_equal(w.ops[0].op.state, RENT_OP_MANUAL);
	assert_string_equal(w.ops[0].op.note,
	                    "the powerbank is in another live rental: r1");
	/* He may hold it. */
	assert_non_null(strstr(w.answer.detail, "PB-1"));
	assert_null(strstr(w.answer.detail, "none was started"));
}

/* An order of before the rental that has it: what is heard of it now says nothing of that one, whose
 * customer may hold the powerbank. */
static void an_older_order_closes_nothing(void **state)
{
	(void)state;
	starts(-10);
	left_to_a_person();
}

/* The hold took its time: the cabinet was asked only after the old rental had begun, whatever it said. */
static void a_cabinet_asked_late_closes_it_all_the_same(void **state)
{
	(void)state;
	db.inventories[0] = seen("e2", "", 60);
	db.inventories[0].known = false;
	starts(-10);
	closed_at(60);
}

/* Two services may have a powerbank of the same number each. */
static void another_services_rental_is_not_closed(void **state)
{
	(void)state;
	rent_copy(db.r.station_instance, RENT_ID_SIZE, "depot");
	instance = "cloud";
	starts(990);
	left_to_a_person();
	instance = "";
}

/* The start waits for him: its customer holds the powerbank, and is not told that nothing was started. */
static void an_operator_may_decide(void **state)
{
	char detail[RENT_DETAIL_SIZE];

	(void)state;
	core.params.reissue_closes = false;
	starts(990);
	assert_int_equal(db.ends, 0);
	assert_int_equal(db.other.status, RENT_STATUS_PENDING);
	assert_int_equal(w.ops[0].op.state, RENT_OP_MANUAL);
	assert_false(w.answered);
	start_answer_unclear(&w, detail);
	assert_non_null(strstr(detail, "PB-1"));
	assert_int_equal(db.other_note.kind, RENT_NOTE_REISSUE_MANUAL);
}

/* Recovery, after he has said that it came out. */
static void goes_on(int64_t seconds)
{
	struct rent_op eject = { .struct_size = sizeof(eject),
		                 .id = "e2",
		                 .rental_id = "r2",
		                 .kind = RENT_OP_EJECT,
		                 .purpose = RENT_FOR_START,
		                 .state = RENT_OP_SUCCEEDED,
		                 .result = "PB-1",
		                 .created_at = T0 + seconds * RENT_SECOND };
	const struct rent_op *ops[] = { &eject };
	struct rental_work *works[] = { &w };

	work_done(&w);
	work_init(&w, &core, &params, &core.payment.caps, GOAL_RECOVER);
	db.other.open_ops = 0;
	assert_int_equal(work_load(&w, &db.other, ops, 1), 0);
	w.leased = true;
	drive(&core, works, 1, NULL);
	assert_int_equal(w.error, 0);
}

static void what_he_decides_is_done(void **state)
{
	(void)state;
	core.params.reissue_closes = false;
	starts(990);
	goes_on(990);
	assert_int_equal(db.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(db.r.ended_by, RENT_ENDED_BY_REISSUE);
	assert_int_equal(db.other.status, RENT_STATUS_ACTIVE);
	assert_int_equal(w.answer.verdict, RENT_DONE);
}

/* It came out for an order of before, and somebody else has it since. */
static void he_takes_it_from_nobody(void **state)
{
	(void)state;
	core.params.reissue_closes = false;
	starts(-10);
	goes_on(-10);
	assert_int_equal(db.r.status, RENT_STATUS_ACTIVE);
	assert_int_equal(db.other.status, RENT_STATUS_FAILED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(the_old_one_ends_and_the_new_one_begins),
		T(an_asking_in_vain_counts),
		T(a_cabinet_that_showed_it_says_since_when),
		T(the_last_one_that_says_anything_counts),
		T(what_it_did_not_show_was_out),
		T(what_was_shown_at_the_begin_is_no_return),
		T(others_may_come_before),
		T(an_older_order_closes_nothing),
		T(a_cabinet_asked_late_closes_it_all_the_same),
		T(another_services_rental_is_not_closed),
		T(an_operator_may_decide),
		T(what_he_decides_is_done),
		T(he_takes_it_from_nobody),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
