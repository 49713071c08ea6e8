/* SPDX-License-Identifier: MIT
 *
 * test_reconcile.c - one operation of ours beside one entry of the provider's book: by id, by
 * reference, open ones, sums above what was asked, other currencies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "fake_host.h"
#include "reconcile.h"
#include "rental_work.h"

/* One operation, and the entries of the book. */
static struct {
	struct rent_op op;
	bool has_op;
	struct rent_payment_entry entries[3];
	size_t n;
	int findings;
	bool breach;
	char code[32];
	int64_t expected, found;
	/* What is recorded of refunds by hand. */
	int64_t recorded, recorded_at;
	const char *note;
} world;

static int op_scan(void *self, enum rent_ops what, const char *after, uint32_t limit,
                   rent_op_fn fn, void *arg, struct rent_error *err)
{
	(void)self;
	(void)limit;
	(void)err;
	assert_int_equal(what, RENT_OPS_ALL);
	return world.has_op && strcmp(world.op.id, after) > 0 ? fn(arg, &world.op) : 0;
}

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	(void)self;
	(void)err;
	return world.has_op && strcmp(world.op.id, id) == 0 ? fn(arg, &world.op) : 1;
}

static int rental_get(void *self, const char *id, rent_rental_fn fn, void *arg,
                      struct rent_error *err)
{
	struct rent_rental r = { .struct_size = sizeof(r), .id = "r1" };
	const struct rent_op *ops[] = { &world.op };

	(void)self;
	(void)err;
	return strcmp(id, "r1") == 0 ? fn(arg, &r, ops, world.has_op ? 1 : 0) : 1;
}

static int build_list(void *self, const struct rent_payment_page *page,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	(void)self;
	(void)page;
	(void)arena;
	(void)err;
	ret->method = "GET";
	return 0;
}

static int parse_list(void *self, const struct rent_payment_page *page,
                      const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
                      void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	(void)self;
	(void)page;
	(void)reply;
	(void)err;
	ret_cursor[0] = '\0';
	for (size_t i = 0; i < world.n; i++)
		assert_int_equal(fn(arg, &world.entries[i]), 0);
	return 0;
}

static void answer_list(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = RENT_REPLIED;
	x->reply.body = "";
}

static int keep_finding(void *arg, const struct rent_finding *finding)
{
	(void)arg;
	world.findings++;
	world.breach = finding->breach;
	rent_copy(world.code, sizeof(world.code), finding->code);
	world.expected = finding->expected;
	world.found = finding->found;
	return 0;
}

static const struct rent_payment payment = { .struct_size = sizeof(payment),
	                                     .build_list = build_list,
	                                     .parse_list = parse_list };
static int op_taken(void *self, const char *ref, rent_op_fn fn, void *arg,
                    struct rent_error *err)
{
	(void)self;
	(void)err;
	return world.has_op && strcmp(world.op.ref, ref) == 0 ? fn(arg, &world.op) : 1;
}

static int outside_list(void *self, const char *rental_id, rent_outside_fn fn, void *arg,
                        struct rent_error *err)
{
	struct rent_outside outside = { .struct_size = sizeof(outside),
		                        .kind = RENT_OUTSIDE_REFUND,
		                        .amount = world.recorded,
		                        .created_at = world.recorded_at };

	(void)self;
	(void)rental_id;
	(void)err;
	rent_copy(outside.op_id, sizeof(outside.op_id), world.op.id);
	rent_copy(outside.note, sizeof(outside.note), world.note);
	return world.recorded == 0 ? 0 : fn(arg, &outside);
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .op_taken = op_taken,
	                                     .outside_list = outside_list,
	                                     .op_scan = op_scan,
	                                     .op_get = op_get,
	                                     .rental_get = rental_get };
static struct core core;

static int setup(void **state)
{
	struct fake_host *fake = fake_host_new(NULL, NULL);

	*state = fake;
	memset(&world, 0, sizeof(world));
	memset(&core, 0, sizeof(core));
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.payment.api = &payment;
	core.payment.instance = "pay";
	rent_copy(core.payment.caps.currency, sizeof(core.payment.caps.currency), "EUR");
	core.params.resolve_max = 10 * RENT_MINUTE;
	pthread_mutex_init(&core.params_lock, NULL);
	pthread_mutex_init(&core.payment.lock, NULL);
	fake_host_on_exchange(fake, answer_list, NULL);
	return 0;
}

static int teardown(void **state)
{
	fake_host_free(*state);
	return 0;
}

static void we_have(enum rent_op_kind kind, enum rent_op_state state, int64_t amount,
                    int64_t age)
{
	world.has_op = true;
	world.op = (struct rent_op){
		.struct_size = sizeof(world.op),
		.id = "zz-op",
		.rental_id = "r1",
		.ref = "ref-1",
		.kind = kind,
		.state = state,
		.amount = amount,
		.processed = state == RENT_OP_SUCCEEDED ? amount : 0,
		.created_at = core.host->wall_us(core.host) - age,
	};
}

static void they_have(const char *id, enum rent_payment_kind kind,
                      enum rent_outcome outcome, int64_t amount)
{
	world.entries[world.n++] = (struct rent_payment_entry){
		.struct_size = sizeof(world.entries[0]),
		.kind = kind,
		.outcome = outcome,
		.id = id,
		.ref = "ref-1",
		.rental_id = "",
		.user_id = "",
		.amount = amount,
		.at = core.host->wall_us(core.host),
	};
}

/* How many findings; the last one is in world. */
static int reconcile(int64_t since)
{
	struct rent_check check = { .struct_size = sizeof(check),
		                    .since = since,
		                    .finding = keep_finding };
	struct rent_error err;

	world.findings = 0;
	world.code[0] = '\0';
	assert_int_equal(reconcile_books(&core, &check, &err), 0);
	return world.findings;
}

static void open_operations_beside_what_the_provider_knows(void **state)
{
	static const struct {
		enum rent_op_state state;
		int64_t age;
		enum rent_outcome outcome;
		int64_t amount;
		const char *code; /* "": nothing */
		bool breach;
	} cases[] = {
		{ RENT_OP_UNKNOWN, RENT_HOUR, RENT_SUCCEEDED, 176, "open_theirs_ended",
		  false },
		{ RENT_OP_PENDING, RENT_HOUR, RENT_DECLINED, 0, "open_theirs_ended",
		  false },
		{ RENT_OP_INTENT, RENT_HOUR, RENT_SUCCEEDED, 100, "open_theirs_ended",
		  false },
		{ RENT_OP_UNKNOWN, RENT_HOUR, RENT_PENDING, 0, "", false },
		{ RENT_OP_UNKNOWN, RENT_MINUTE, RENT_SUCCEEDED, 176, "", false },
		/* A mistake from the first moment on. */
		{ RENT_OP_UNKNOWN, RENT_SECOND, RENT_SUCCEEDED, 17600, "amount_above",
		  true },
		{ RENT_OP_MANUAL, RENT_SECOND, RENT_SUCCEEDED, 17600, "amount_above",
		  true },
		{ RENT_OP_MANUAL, RENT_SECOND, RENT_SUCCEEDED, 176, "manual", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		we_have(RENT_OP_CHARGE, cases[i].state, 176, cases[i].age);
		world.n = 0;
		they_have("zz-op", RENT_PAY_CHARGE, cases[i].outcome, cases[i].amount);
		assert_int_equal(reconcile(0), cases[i].code[0] != '\0');
		assert_string_equal(world.code, cases[i].code);
		if (world.code[0] == '\0')
			continue;
		assert_int_equal(world.breach, cases[i].breach);
		assert_int_equal(world.expected, 176);
		assert_int_equal(world.found, cases[i].amount);
	}
}

static void an_entry_without_an_id_is_found_by_its_reference(void **state)
{
	(void)state;
	we_have(RENT_OP_RELEASE, RENT_OP_SUCCEEDED, 300, RENT_HOUR);
	/* The same reference, but the hold; and the release twice, since a page came twice. */
	they_have("", RENT_PAY_RELEASE, RENT_SUCCEEDED, 300);
	they_have("", RENT_PAY_RELEASE, RENT_SUCCEEDED, 300);
	assert_int_equal(reconcile(0), 0);
	world.entries[0].amount = world.entries[1].amount = 200;
	assert_int_equal(reconcile(0), 1);
	assert_string_equal(world.code, "amount_differs");
	world.n = 0;
	they_have("", RENT_PAY_HOLD, RENT_SUCCEEDED, 300);
	assert_int_equal(reconcile(0), 2); /* theirs is not ours, ours is not there */
}

/* A hold may be shown without an amount, what was taken not. */
static void an_amount_of_0_is_not_told_of_a_hold_only(void **state)
{
	(void)state;
	we_have(RENT_OP_CHARGE, RENT_OP_SUCCEEDED, 176, RENT_HOUR);
	they_have("zz-op", RENT_PAY_CHARGE, RENT_SUCCEEDED, 0);
	assert_int_equal(reconcile(0), 1);
	assert_string_equal(world.code, "amount_differs");
	we_have(RENT_OP_HOLD, RENT_OP_SUCCEEDED, 176, RENT_HOUR);
	world.entries[0].kind = RENT_PAY_HOLD;
	assert_int_equal(reconcile(0), 0);
}

/* It was intended before the time that is asked about, and done after. */
static void an_older_operation_is_found_through_its_rental(void **state)
{
	(void)state;
	we_have(RENT_OP_RELEASE, RENT_OP_SUCCEEDED, 300, 2 * RENT_HOUR);
	rent_copy(world.op.id, sizeof(world.op.id), "00-op"); /* the walk begins later */
	they_have("", RENT_PAY_RELEASE, RENT_SUCCEEDED, 300);
	world.entries[0].rental_id = "r1";
	assert_int_equal(reconcile(core.host->wall_us(core.host) - RENT_MINUTE), 0);
	world.entries[0].rental_id = "r2";
	assert_int_equal(reconcile(core.host->wall_us(core.host) - RENT_MINUTE), 1);
	assert_string_equal(world.code, "missing_ours");
}

static void another_currency_is_reported(void **state)
{
	(void)state;
	we_have(RENT_OP_CHARGE, RENT_OP_SUCCEEDED, 176, RENT_HOUR);
	they_have("zz-op", RENT_PAY_CHARGE, RENT_SUCCEEDED, 176);
	world.entries[0].currency = "EUR";
	assert_int_equal(reconcile(0), 0);
	world.entries[0].currency = "RUB";
	assert_int_equal(reconcile(0), 1);
	assert_string_equal(world.code, "currency_differs");
	assert_true(world.breach);
}

/* It was confirmed at the very moment in which it was cancelled: held, and given back. */
static void a_hold_that_was_cancelled_may_have_stood(void **state)
{
	(void)state;
	we_have(RENT_OP_HOLD, RENT_OP_DECLINED, 300, RENT_HOUR);
	they_have("zz-op", RENT_PAY_HOLD, RENT_SUCCEEDED, 300);
	assert_int_equal(reconcile(0), 1);
	assert_string_equal(world.code, "state_differs");
	rent_copy(world.op.result, sizeof(world.op.result), NOT_CONFIRMED);
	assert_int_equal(reconcile(0), 0);
}

/* A release of 0 has moved nothing, whatever the provider writes down of it. */
static void a_cancel_is_no_movement(void **state)
{
	(void)state;
	we_have(RENT_OP_RELEASE, RENT_OP_SUCCEEDED, 0, RENT_HOUR);
	assert_int_equal(reconcile(0), 0);
	they_have("zz-op", RENT_PAY_RELEASE, RENT_SUCCEEDED, 300);
	assert_int_equal(reconcile(0), 0);
}

/* Not "missing ours": we took it, and somebody gave it back in the provider's dashboard. */
static void a_refund_by_hand_is_called_so(void **state)
{
	static const struct {
		const char *target;
		int64_t recorded;
		const char *code;
		bool breach;
		int64_t ago; /* was it recorded */
		const char *note;
	} cases[] = {
		{ "pi-1", 120, "outside_refund", false, 0, "" },
		{ "pi-1", 100, "outside_refund_unknown", true, 0, "" },
		{ "pi-1", 0, "outside_refund_unknown", true, 0, "" },
		/* Another refund, which the list does not go back to. */
		{ "pi-1", 120, "outside_refund_unknown", true, RENT_HOUR, "re-0" },
		{ "pi-1", 120, "outside_refund", false, RENT_HOUR, "re-1" },
		{ "pi-2", 0, "missing_ours", true, 0, "" },
		{ "", 0, "missing_ours", true, 0, "" },
	};

	(void)state;
	we_have(RENT_OP_CHARGE, RENT_OP_SUCCEEDED, 176, RENT_HOUR);
	rent_copy(world.op.ref, sizeof(world.op.ref), "pi-1");
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		world.n = 0;
		they_have("zz-op", RENT_PAY_CHARGE, RENT_SUCCEEDED, 176);
		they_have("", RENT_PAY_REFUND, RENT_SUCCEEDED, 120);
		world.entries[1].ref = "re-1";
		world.entries[1].target_ref = cases[i].target;
		world.recorded = cases[i].recorded;
		world.recorded_at = core.host->wall_us(core.host) - cases[i].ago;
		world.note = cases[i].note;
		assert_int_equal(reconcile(0), 1);
		assert_string_equal(world.code, cases[i].code);
		assert_int_equal(world.breach, cases[i].breach);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_refund_by_hand_is_called_so, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(
			open_operations_beside_what_the_provider_knows, setup, teardown),
		cmocka_unit_test_setup_teardown(an_amount_of_0_is_not_told_of_a_hold_only,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_entry_without_an_id_is_found_by_its_reference, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			an_older_operation_is_found_through_its_rental, setup, teardown),
		cmocka_unit_test_setup_teardown(another_currency_is_reported, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_hold_that_was_cancelled_may_have_stood,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(a_cancel_is_no_movement, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
