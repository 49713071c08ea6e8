/* SPDX-License-Identifier: MIT
 *
 * test_outside.c - what a payment provider did by itself: recorded once for its event, added up in the
 * rental, listed, seen by the audit; and what was taken, found by the provider's reference.
 */
#include "fixture.h"

static struct rent_outside outside_of(const char *event, enum rent_outside_kind kind,
                                      int64_t amount)
{
	struct rent_outside o = { .struct_size = sizeof(o),
		                  .op_id = "c1",
		                  .kind = kind,
		                  .amount = amount,
		                  .ref = "pi_1",
		                  .note = "it's \"so\"" };

	(void)rent_copy(o.event_id, sizeof(o.event_id), event);
	return o;
}

static enum rent_change_result move(struct fixture *f, const char *rental,
                                    const struct rent_outside *o)
{
	struct rent_change c = change_of(f, rental);

	c.outside = o;
	c.paid_delta = -o->amount;
	return advance_one(f, &c);
}

struct seen {
	size_t n;
	struct rent_outside list[8];
};

static int see(void *arg, const struct rent_outside *o)
{
	struct seen *seen = arg;

	assert_true(seen->n < 8);
	seen->list[seen->n++] = *o;
	return 0;
}

static struct seen list(struct fixture *f, const char *rental)
{
	struct seen seen = { 0 };

	assert_int_equal(f->api->outside_list(f->self, rental, see, &seen, &f->err), 0);
	return seen;
}

static void paid_rental(struct fixture *f)
{
	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 300), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_SUCCEEDED, 300),
	                 RENT_CHANGE_APPLIED);
	fixture_sql(f, "UPDATE rentals SET total_amount = 300 WHERE id = 'r1'");
}

static void is_added_up_in_its_rental(void **state)
{
	struct fixture *f = *state;
	struct rent_outside took = outside_of("e1", RENT_OUTSIDE_CHARGEBACK, 120);
	struct rent_outside back = outside_of("e2", RENT_OUTSIDE_REVERSAL, -50);
	struct shown shown;
	struct seen seen;

	paid_rental(f);
	assert_int_equal(list(f, "r1").n, 0);
	assert_int_equal(move(f, "r1", &took), RENT_CHANGE_APPLIED);
	fixture_advance(f, RENT_SECOND);
	assert_int_equal(move(f, "r1", &back), RENT_CHANGE_APPLIED);
	get(f, "r1", &shown);
	assert_int_equal(shown.rental.paid, 230);
	assert_int_equal(shown.rental.outside, 70);
	assert_in_range(shown.rental.outside_at, fixture_now(f) - RENT_MINUTE,
	                fixture_now(f));
	seen = list(f, "r1");
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].event_id, "e1");
	assert_string_equal(seen.list[0].rental_id, "r1");
	assert_string_equal(seen.list[0].op_id, "c1");
	assert_string_equal(seen.list[0].ref, "pi_1");
	assert_string_equal(seen.list[0].note, "it's \"so\"");
	assert_int_equal(seen.list[0].kind, RENT_OUTSIDE_CHARGEBACK);
	assert_int_equal(seen.list[0].amount, 120);
	assert_int_equal(seen.list[1].kind, RENT_OUTSIDE_REVERSAL);
	assert_int_equal(seen.list[1].amount, -50);
}

static void is_recorded_once_for_its_event(void **state)
{
	struct fixture *f = *state;
	struct rent_outside took = outside_of("e1", RENT_OUTSIDE_CHARGEBACK, 120);
	struct shown shown;

	paid_rental(f);
	assert_int_equal(move(f, "r1", &took), RENT_CHANGE_APPLIED);
	assert_int_equal(move(f, "r1", &took), RENT_CHANGE_CONFLICT);
	get(f, "r1", &shown);
	assert_int_equal(shown.rental.paid, 180);
	assert_int_equal(shown.rental.outside, 120);
	assert_int_equal(list(f, "r1").n, 1);
}

static void goes_with_a_change_that_is_refused(void **state)
{
	struct fixture *f = *state;
	struct rent_outside took = outside_of("e1", RENT_OUTSIDE_CHARGEBACK, 120);
	struct rent_change c;
	struct shown shown;

	paid_rental(f);
	c = change_of(f, "r1");
	c.expect_version--;
	c.outside = &took;
	c.paid_delta = -120;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	get(f, "r1", &shown);
	assert_int_equal(shown.rental.outside, 0);
	assert_int_equal(shown.rental.outside_at, 0);
	assert_int_equal(list(f, "r1").n, 0);
}

static int see_audit(void *arg, const struct rent_audit_row *row)
{
	int64_t *ret = arg;

	*ret = row->outside;
	assert_int_equal(row->rental->outside, row->outside);
	return 0;
}

static void the_audit_sees_it(void **state)
{
	struct fixture *f = *state;
	struct rent_outside took = outside_of("e1", RENT_OUTSIDE_CHARGEBACK, 120);
	int64_t outside = -1;

	paid_rental(f);
	assert_int_equal(move(f, "r1", &took), RENT_CHANGE_APPLIED);
	assert_int_equal(
		f->api->audit_scan(f->self, "", 10, see_audit, &outside, &f->err), 0);
	assert_int_equal(outside, 120);
}

static int see_op(void *arg, const struct rent_op *op)
{
	return rent_copy(arg, RENT_ID_SIZE, op->id) ? 0 : -1;
}

static int taken(struct fixture *f, const char *ref, char ret[RENT_ID_SIZE])
{
	return f->api->op_taken(f->self, ref, see_op, ret, &f->err);
}

static void what_was_taken_is_found(void **state)
{
	struct fixture *f = *state;
	char id[RENT_ID_SIZE] = "";
	struct rent_change c;

	make_active(f, "r1");
	assert_int_equal(charge(f, "r1", "c1", 300), RENT_CHANGE_APPLIED);
	assert_int_equal(taken(f, "pi_1", id), 1);
	c = change_of(f, "r1");
	c.ends[0] = (struct rent_op_end){
		.id = "c1", .state = RENT_OP_SUCCEEDED, .processed = 300, .ref = "pi_1"
	};
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(taken(f, "pi_1", id), 0);
	assert_string_equal(id, "c1");
	assert_int_equal(taken(f, "pi_2", id), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(is_added_up_in_its_rental),
		TEST(is_recorded_once_for_its_event),
		TEST(goes_with_a_change_that_is_refused),
		TEST(the_audit_sees_it),
		TEST(what_was_taken_is_found),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
