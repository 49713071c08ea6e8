/* SPDX-License-Identifier: MIT
 *
 * test_advance.c - advance: versions, leases, states, powerbanks, batches.
 */
#include "fixture.h"

#include <stdlib.h>

static struct rent_rental rental_of(struct fixture *f, const char *id)
{
	struct shown *shown = calloc(1, sizeof(*shown));
	struct rent_rental r;

	assert_non_null(shown);
	get(f, id, shown);
	assert_true(shown->there);
	r = shown->rental;
	free(shown);
	return r;
}

static void start_to_active(void **state)
{
	struct fixture *f = *state;
	struct shown *shown = calloc(1, sizeof(*shown));

	make_active(f, "r1");
	get(f, "r1", shown);
	assert_int_equal(shown->rental.status, RENT_STATUS_ACTIVE);
	assert_string_equal(shown->rental.powerbank_id, "pb-r1");
	assert_true(shown->rental.started_at == fixture_now(f));
	assert_int_equal(shown->rental.finished_at, 0);
	assert_string_equal(shown->rental.lease_token, "");
	assert_int_equal(shown->rental.lease_until, 0);
	assert_int_equal(shown->rental.work_at, 0);
	assert_int_equal(shown->rental.open_ops, 0);
	assert_int_equal(shown->rental.version, 2);
	assert_string_equal(find_op(shown, "r1-hold")->ref, "ref-hold");
	assert_int_equal(find_op(shown, "r1-hold")->processed, 300);
	assert_int_equal(find_op(shown, "r1-hold")->tries, 1);
	assert_true(find_op(shown, "r1-hold")->resolved_at == fixture_now(f));
	assert_string_equal(find_op(shown, "r1-eject")->result, "pb-r1");
	free(shown);
}

static void gone(void **state)
{
	struct fixture *f = *state;
	struct rent_change c = { .struct_size = sizeof(c),
		                 .rental_id = "nobody",
		                 .work_in_us = RENT_NO_WORK };

	assert_int_equal(advance_one(f, &c), RENT_CHANGE_GONE);
}

static void version_guard(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.expect_version--;
	c.paid_delta = 5;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(rental_of(f, "r1").paid, 0);
	c.expect_version++;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(c.ret_version == c.expect_version + 1);
	assert_true(c.ret_now == fixture_now(f));
	assert_int_equal(rental_of(f, "r1").paid, 5);
	/* Applied twice it would count twice. */
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
}

static enum rent_change_result lease_move(struct fixture *f, enum rent_lease_move move,
                                          const char *token)
{
	struct rent_change c = change_of(f, "r1");

	c.lease = move;
	c.token = token;
	c.lease_us = LEASE;
	return advance_one(f, &c);
}

static void leases(void **state)
{
	struct fixture *f = *state;
	struct rent_rental r;

	make_active(f, "r1");
	assert_int_equal(lease_move(f, RENT_LEASE_KEEP, "a"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_DROP, "a"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "a"), RENT_CHANGE_APPLIED);
	r = rental_of(f, "r1");
	assert_string_equal(r.lease_token, "a");
	assert_true(r.lease_until == fixture_now(f) + LEASE);
	/* Somebody else's. */
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "b"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_KEEP, "b"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_DROP, "b"), RENT_CHANGE_CONFLICT);
	/* Taking what is ours already, keeping it: goes on from now. */
	fixture_advance(f, RENT_SECOND);
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "a"), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").lease_until == fixture_now(f) + LEASE);
	fixture_advance(f, RENT_SECOND);
	assert_int_equal(lease_move(f, RENT_LEASE_KEEP, "a"), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").lease_until == fixture_now(f) + LEASE);
	/* None needed, none touched. */
	assert_int_equal(lease_move(f, RENT_LEASE_NONE, NULL), RENT_CHANGE_APPLIED);
	assert_string_equal(rental_of(f, "r1").lease_token, "a");
	assert_true(rental_of(f, "r1").lease_until == fixture_now(f) + LEASE);
	assert_int_equal(lease_move(f, RENT_LEASE_DROP, "a"), RENT_CHANGE_APPLIED);
	assert_string_equal(rental_of(f, "r1").lease_token, "");
	assert_int_equal(rental_of(f, "r1").lease_until, 0);
}

static void expired_lease_fences(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "old"), RENT_CHANGE_APPLIED);
	fixture_advance(f, LEASE);
	/* Run out, but nobody took it: still good. */
	assert_int_equal(lease_move(f, RENT_LEASE_KEEP, "old"), RENT_CHANGE_APPLIED);
	fixture_advance(f, LEASE - 1);
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "new"), RENT_CHANGE_CONFLICT);
	fixture_advance(f, 1);
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "new"), RENT_CHANGE_APPLIED);
	assert_int_equal(lease_move(f, RENT_LEASE_KEEP, "old"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_DROP, "old"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_TAKE, "old"), RENT_CHANGE_CONFLICT);
	assert_int_equal(lease_move(f, RENT_LEASE_KEEP, "new"), RENT_CHANGE_APPLIED);
}

static void times(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.started_at = fixture_now(f) - 12345678;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").started_at == fixture_now(f) - 12345678);
	fixture_advance(f, 5);
	c = change_of(f, "r1");
	c.status = RENT_STATUS_FINISHED;
	c.settlement = RENT_SETTLEMENT_PENDING;
	c.finished_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").finished_at == fixture_now(f));
	assert_int_equal(rental_of(f, "r1").settlement, RENT_SETTLEMENT_PENDING);
	assert_true(rental_of(f, "r1").started_at == fixture_now(f) - 12345683);
}

static void an_end_says_by_whom_and_where(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	assert_int_equal(rental_of(f, "r1").ended_by, RENT_ENDED_BY_NONE);
	assert_int_equal(rental_of(f, "r1").stop_asked_at, 0);
	c = change_of(f, "r1");
	c.stop_asked_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").stop_asked_at == fixture_now(f));
	c = change_of(f, "r1");
	c.stop_asked_at = RENT_NO_TIME;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").stop_asked_at, 0);
	c = change_of(f, "r1");
	c.stop_asked_at = 77;
	c.status = RENT_STATUS_FINISHED;
	c.finished_at = fixture_now(f) - 1000000;
	c.ended_by = RENT_ENDED_BY_CABINET;
	c.return_station_id = "s-9";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").stop_asked_at, 77);
	assert_int_equal(rental_of(f, "r1").ended_by, RENT_ENDED_BY_CABINET);
	assert_string_equal(rental_of(f, "r1").return_station_id, "s-9");
	assert_true(rental_of(f, "r1").finished_at == fixture_now(f) - 1000000);
	/* What a change does not name stays. */
	c = change_of(f, "r1");
	c.settlement = RENT_SETTLEMENT_DONE;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").ended_by, RENT_ENDED_BY_CABINET);
	assert_string_equal(rental_of(f, "r1").return_station_id, "s-9");
}

static int copy_id(void *arg, const struct rent_rental *r,
                   const struct rent_op *const *ops, size_t n)
{
	assert_null(ops);
	assert_int_equal(n, 0);
	(void)rent_copy(arg, RENT_ID_SIZE, r->id);
	return 0;
}

static int holder(struct fixture *f, const char *powerbank, char id[RENT_ID_SIZE])
{
	id[0] = '\0';
	return f->api->rental_holding(f->self, powerbank, copy_id, id, &f->err);
}

static enum rent_change_result ask_customer(struct fixture *f, enum rent_op_state state,
                                            const struct rent_op_action *action)
{
	struct rent_change c = change_of(f, "r1");

	c.lease = RENT_LEASE_KEEP;
	c.token = "t-r1";
	c.lease_us = LEASE;
	c.action = action;
	c.ends[0] = (struct rent_op_end){
		.id = "r1-hold", .state = state, .processed = 300, .ref = "pi_1"
	};
	return advance_one(f, &c);
}

/* It stays when nobody says anything of it, and when the operation ends. */
static void what_the_customer_has_to_do(void **state)
{
	struct fixture *f = *state;
	const struct rent_op_action action = { .struct_size = sizeof(action),
		                               .op_id = "r1-hold",
		                               .value = "https://bank.example/3ds?x=1",
		                               .action = RENT_ACTION_REDIRECT,
		                               .until = TEST_NOW + RENT_HOUR };
	const enum rent_op_state states[] = { RENT_OP_PENDING, RENT_OP_UNKNOWN,
		                              RENT_OP_SUCCEEDED };
	struct start *start = calloc(1, sizeof(*start));
	struct shown *shown = calloc(1, sizeof(*shown));
	const struct rent_op *hold;

	assert_true(start != NULL && shown != NULL);
	put_quote(f, "q1", "user-1");
	assert_int_equal(start_begin(f, start, "k1", "q1", "r1"), RENT_START_NEW);
	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		assert_int_equal(ask_customer(f, states[i], i == 0 ? &action : NULL),
		                 RENT_CHANGE_APPLIED);
		get(f, "r1", shown);
		hold = find_op(shown, "r1-hold");
		assert_int_equal(hold->state, states[i]);
		assert_int_equal(hold->action, RENT_ACTION_REDIRECT);
		assert_string_equal(hold->action_value, action.value);
		assert_int_equal(hold->action_until, action.until);
		assert_int_equal(find_op(shown, "r1-eject")->action, RENT_ACTION_NONE);
	}
	free(start);
	free(shown);
}

/* Begun for a request of the customer; a second one under the same key is refused as a whole. */
static void what_a_charge_is_paid_with(void **state)
{
	struct fixture *f = *state;
	const struct rent_op_request request = { .struct_size = sizeof(request),
		                                 .op_id = "r1-charge",
		                                 .method_ref = "pm_2",
		                                 .return_url =
		                                         "https://shop.example/back",
		                                 .key = "0123-45" };
	struct rent_op_request again = request;
	struct start *start = calloc(1, sizeof(*start));
	struct shown *shown = calloc(1, sizeof(*shown));
	const struct rent_op *op;
	struct rent_change c;

	assert_true(start != NULL && shown != NULL);
	put_quote(f, "q1", "user-1");
	start_init(f, start, "k1", "q1", "r1");
	start->s.method_ref = "pm_1";
	start->s.return_url = "https://shop.example/start";
	assert_int_equal(start_run(f, start), RENT_START_NEW);
	assert_string_equal(start->rental.payment_method, "pm_1");
	get(f, "r1", shown);
	assert_string_equal(shown->rental.payment_method, "pm_1");
	assert_string_equal(find_op(shown, "r1-hold")->method_ref, "pm_1");
	assert_string_equal(find_op(shown, "r1-hold")->return_url,
	                    "https://shop.example/start");
	assert_string_equal(find_op(shown, "r1-eject")->method_ref, "");
	c = change_of(f, "r1");
	c.lease = RENT_LEASE_KEEP;
	c.token = "t-r1";
	c.lease_us = LEASE;
	c.request = &request;
	c.news[0] = (struct rent_op_new){ .id = "r1-charge",
		                          .kind = RENT_OP_CHARGE,
		                          .purpose = RENT_FOR_DEBT,
		                          .amount = 70 };
	c.payment_method = "pm_saved";
	c.payer_needed_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	get(f, "r1", shown);
	op = find_op(shown, "r1-charge");
	assert_string_equal(op->method_ref, "pm_2");
	assert_string_equal(op->return_url, "https://shop.example/back");
	assert_string_equal(op->request_key, "0123-45");
	assert_string_equal(find_op(shown, "r1-hold")->request_key, "");
	assert_string_equal(rental_of(f, "r1").payment_method, "pm_saved");
	assert_true(rental_of(f, "r1").payer_needed_at != 0);
	c = change_of(f, "r1");
	c.lease = RENT_LEASE_KEEP;
	c.token = "t-r1";
	c.lease_us = LEASE;
	c.payer_needed_at = RENT_NO_TIME;
	c.ends[0] = (struct rent_op_end){ .id = "r1-charge", .state = RENT_OP_DECLINED };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").payer_needed_at, 0);
	assert_string_equal(rental_of(f, "r1").payment_method, "pm_saved");
	c = change_of(f, "r1");
	c.lease = RENT_LEASE_KEEP;
	c.token = "t-r1";
	c.lease_us = LEASE;
	again.op_id = "r1-again";
	c.request = &again;
	c.news[0] = (struct rent_op_new){ .id = "r1-again",
		                          .kind = RENT_OP_CHARGE,
		                          .purpose = RENT_FOR_DEBT,
		                          .amount = 70 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	free(start);
	free(shown);
}

static void the_rental_that_has_a_powerbank(void **state)
{
	struct fixture *f = *state;
	char powerbank[RENT_ID_SIZE], id[RENT_ID_SIZE];
	struct rent_change c;

	make_active(f, "r1");
	make_active(f, "r2");
	(void)rent_copy(powerbank, sizeof(powerbank), rental_of(f, "r2").powerbank_id);
	assert_int_equal(holder(f, powerbank, id), 0);
	assert_string_equal(id, "r2");
	assert_int_equal(holder(f, "nobodys", id), 1);
	assert_int_equal(holder(f, "PENDING", id), 1);
	assert_int_equal(holder(f, "", id), 1);
	c = change_of(f, "r2");
	c.status = RENT_STATUS_FINISHED;
	c.finished_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(holder(f, powerbank, id), 1);
}

static void status_guard(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	/* An operator ended it: the version did not move, the state did. */
	c = change_of(f, "r1");
	fixture_sql(f, "UPDATE rentals SET status = 'FINISHED', finished_at = "
	               "'2026-11-23 08:00:00' WHERE id = 'r1'");
	c.status = RENT_STATUS_BUYOUT;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	c.status = RENT_STATUS_ACTIVE;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(rental_of(f, "r1").status, RENT_STATUS_FINISHED);
}

/* What was bought out may come back; it does not run again. */
static void a_buyout_may_become_a_return(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.status = RENT_STATUS_BUYOUT;
	c.settlement = RENT_SETTLEMENT_DONE;
	c.finished_at = RENT_DB_NOW;
	c.set_final = true;
	c.final_amount = 500;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r1");
	c.status = RENT_STATUS_ACTIVE;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	c = change_of(f, "r1");
	c.status = RENT_STATUS_FINISHED;
	c.settlement = RENT_SETTLEMENT_PENDING;
	c.set_final = true;
	c.final_amount = 400;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").status, RENT_STATUS_FINISHED);
	assert_int_equal(rental_of(f, "r1").final_amount, 400);
	c = change_of(f, "r1");
	c.status = RENT_STATUS_BUYOUT;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
}

static void work(void **state)
{
	struct fixture *f = *state;
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.work_in_us = 7 * RENT_SECOND;
	c.work_tries = 3;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_true(rental_of(f, "r1").work_at == fixture_now(f) + 7 * RENT_SECOND);
	assert_int_equal(rental_of(f, "r1").work_tries, 3);
	c = change_of(f, "r1");
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(rental_of(f, "r1").work_at, 0);
	assert_int_equal(rental_of(f, "r1").work_tries, 0);
}

static void powerbank_taken(void **state)
{
	struct fixture *f = *state;
	struct start s;
	struct rent_change c;

	make_active(f, "r1");
	put_quote(f, "q2", "user-2");
	(void)start_begin(f, &s, "k2", "q2", "r2");
	c = change_of(f, "r2");
	c.status = RENT_STATUS_ACTIVE;
	c.powerbank_id = "pb-r1";
	c.started_at = RENT_DB_NOW;
	c.ends[0] = (struct rent_op_end){ .id = "r2-eject", .state = RENT_OP_SUCCEEDED };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_POWERBANK_TAKEN);
	assert_int_equal(rental_of(f, "r2").open_ops, 2);
	assert_string_equal(rental_of(f, "r2").powerbank_id, "");
	/* Given back, it may go out again. */
	c = change_of(f, "r1");
	c.status = RENT_STATUS_FINISHED;
	c.finished_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	c = change_of(f, "r2");
	c.status = RENT_STATUS_ACTIVE;
	c.powerbank_id = "pb-r1";
	c.started_at = RENT_DB_NOW;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
}

/* One's conflict leaves the others alone; each result is its own. */
static void mixed_batch(void **state)
{
	struct fixture *f = *state;
	struct rent_change c[5];
	struct rent_change *list[5];
	char id[8];

	for (int i = 0; i < 4; i++) {
		(void)snprintf(id, sizeof(id), "r%d", i);
		make_active(f, id);
	}
	c[0] = change_of(f, "r0");
	c[1] = change_of(f, "r1");
	c[1].expect_version += 7;
	c[2] = (struct rent_change){ .struct_size = sizeof(c[2]),
		                     .rental_id = "nobody",
		                     .work_in_us = RENT_NO_WORK };
	c[3] = change_of(f, "r2");
	c[3].powerbank_id = "pb-r3";
	c[4] = change_of(f, "r3");
	for (int i = 0; i < 5; i++) {
		c[i].paid_delta = 10;
		list[i] = &c[i];
	}
	assert_int_equal(f->api->advance(f->self, list, 5, &f->err), 0);
	assert_int_equal(c[0].ret, RENT_CHANGE_APPLIED);
	assert_int_equal(c[1].ret, RENT_CHANGE_CONFLICT);
	assert_int_equal(c[2].ret, RENT_CHANGE_GONE);
	assert_int_equal(c[3].ret, RENT_CHANGE_POWERBANK_TAKEN);
	assert_int_equal(c[4].ret, RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT sum(total_amount) FROM rentals"), 20);
}

/* A buggy caller's change meets a constraint, and only it fails, wholly. */
static void constraint_in_batch(void **state)
{
	struct fixture *f = *state;
	struct rent_change c[3];
	struct rent_change *list[] = { &c[0], &c[1], &c[2] };

	make_active(f, "r1");
	make_active(f, "r2");
	make_active(f, "r3");
	(void)fake_host_complaints(f->fake);
	c[0] = change_of(f, "r1");
	c[1] = change_of(f, "r2");
	c[2] = change_of(f, "r3");
	c[0].paid_delta = 1;
	c[1].debt_delta = 50;
	c[1].debt_reason = "test";
	c[1].paid_delta = -1; /* total_amount would be negative */
	c[2].paid_delta = 3;
	assert_int_equal(f->api->advance(f->self, list, 3, &f->err), 0);
	assert_int_equal(c[0].ret, RENT_CHANGE_APPLIED);
	assert_int_equal(c[1].ret, RENT_CHANGE_CONFLICT);
	assert_int_equal(c[2].ret, RENT_CHANGE_APPLIED);
	assert_int_equal(fixture_int(f, "SELECT sum(total_amount) FROM rentals"), 4);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM debts"), 0);
	assert_int_equal(rental_of(f, "r1").paid, 1);
	assert_true(rental_of(f, "r1").version == c[0].ret_version);
	assert_int_equal(rental_of(f, "r2").version, c[1].expect_version);
	assert_true(fake_host_complaints(f->fake) > 0);
}

static enum rent_change_result undeposited(struct fixture *f, const char *id)
{
	struct rent_change c = change_of(f, id);

	c.undeposited_max = 2;
	return advance_one(f, &c);
}

/* A place is taken once, and is free again when the rental ends or its hold comes about. */
static void without_a_deposit(void **state)
{
	struct fixture *f = *state;
	struct start start;
	struct rent_change c;

	put_quote(f, "q", "user-1");
	assert_int_equal(start_begin(f, &start, "k", "q", "r1"), RENT_START_NEW);
	insert_active(f, "r2", "pb-2");
	insert_active(f, "r3", "pb-3");
	insert_active(f, "r4", "pb-4");
	assert_int_equal(undeposited(f, "r1"), RENT_CHANGE_APPLIED);
	assert_int_equal(undeposited(f, "r1"), RENT_CHANGE_APPLIED);
	assert_int_equal(undeposited(f, "r2"), RENT_CHANGE_APPLIED);
	c = change_of(f, "r3");
	c.paid_delta = 7;
	c.undeposited_max = 2;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_UNDEPOSITED);
	assert_int_equal(rental_of(f, "r3").paid, 0);
	assert_int_equal(end_op(f, "r1", "r1-hold", RENT_OP_SUCCEEDED, 300),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(undeposited(f, "r3"), RENT_CHANGE_APPLIED);
	assert_int_equal(undeposited(f, "r4"), RENT_CHANGE_UNDEPOSITED);
	c = change_of(f, "r2");
	c.status = RENT_STATUS_FINISHED;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(undeposited(f, "r4"), RENT_CHANGE_APPLIED);
}

/* Of one call, too. */
static void without_a_deposit_in_a_batch(void **state)
{
	struct fixture *f = *state;
	static const char *const ids[] = { "r1", "r2", "r3" };
	struct rent_change c[3], *list[3];

	for (size_t i = 0; i < 3; i++) {
		insert_active(f, ids[i], ids[i]);
		c[i] = change_of(f, ids[i]);
		c[i].undeposited_max = 2;
		list[i] = &c[i];
	}
	assert_int_equal(f->api->advance(f->self, list, 3, &f->err), 0);
	assert_int_equal(c[0].ret, RENT_CHANGE_APPLIED);
	assert_int_equal(c[1].ret, RENT_CHANGE_APPLIED);
	assert_int_equal(c[2].ret, RENT_CHANGE_UNDEPOSITED);
}

static void thousand(void **state)
{
	struct fixture *f = *state;
	struct rent_change *c = calloc(RENT_ADVANCE_MAX + 1, sizeof(*c));
	static struct rent_change *list[RENT_ADVANCE_MAX + 1];
	char(*ids)[RENT_ID_SIZE] = calloc(RENT_ADVANCE_MAX + 1, sizeof(*ids));

	for (int i = 0; i < RENT_ADVANCE_MAX + 1; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "r%04d", i);
		c[i] = (struct rent_change){ .struct_size = sizeof(c[i]),
			                     .rental_id = ids[i],
			                     .paid_delta = 1,
			                     .work_in_us = RENT_NO_WORK };
		list[i] = &c[i];
	}
	fixture_sql(
		f,
		"WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
		"WHERE i < 999) INSERT INTO rentals (id, user_id, powerbank_id, "
		"price_per_hour, free_period_min, deposit, status, total_amount, "
		"started_at) SELECT 'r' || substr('000' || i, -4), 'u', 'pb' || i, 1, 0, "
		"0, 'ACTIVE', 0, '2026-11-23 07:00:00' FROM n");
	assert_int_equal(f->api->advance(f->self, list, RENT_ADVANCE_MAX, &f->err), 0);
	assert_int_equal(fixture_int(f, "SELECT sum(total_amount) FROM rentals"), 1000);
	assert_int_equal(f->api->advance(f->self, list, RENT_ADVANCE_MAX + 1, &f->err),
	                 RENT_EINVAL);
	assert_int_equal(f->api->advance(f->self, list, 0, &f->err), 0);
	free(c);
	free(ids);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(start_to_active),
		T(gone),
		T(version_guard),
		T(leases),
		T(expired_lease_fences),
		T(times),
		T(an_end_says_by_whom_and_where),
		T(the_rental_that_has_a_powerbank),
		T(what_the_customer_has_to_do),
		T(what_a_charge_is_paid_with),
		T(status_guard),
		T(a_buyout_may_become_a_return),
		T(work),
		T(powerbank_taken),
		T(mixed_batch),
		T(constraint_in_batch),
		T(without_a_deposit),
		T(without_a_deposit_in_a_batch),
		T(thousand),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
