/* SPDX-License-Identifier: MIT
 *
 * test_operations.c - what an answer means: every transport and every answer of a
 * provider, honest or not, for operations sent for the first time and for ones that may
 * have been sent before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core.h"
#include "fake_host.h"
#include "observers.h"
#include "operations.h"
#include "payment_alert.h"

#define T0  (INT64_C(1700000000) * RENT_SECOND)
#define DAY (24 * RENT_HOUR)

/* The provider: answers what the case says, and keeps what it was asked. */
static struct {
	struct rent_payment_result result;
	struct rent_station_result ejected;
	int build_code, builds;
	bool on_session;
	enum rent_payment_kind asked;
	bool ambiguous; /* the mark of the reply that the provider saw */
	int performed;
	/* Of a lookup. */
	int pages;
	/* Orders that were sent, and asked for. */
	int ordered, looked_up;
	char id[RENT_ID_SIZE], ref[RENT_REF_SIZE];
	/* Of what it was asked; and what storage knows of the target, not shown with the rental. */
	char target_ref[RENT_REF_SIZE];
	struct rent_op target;
	int target_code;
} world;

static int fake_build(void *self, const struct rent_payment_op *op,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	(void)self;
	(void)arena;
	ret->method = "POST";
	world.builds++;
	world.asked = op->kind;
	world.on_session = op->on_session;
	rent_copy(world.id, sizeof(world.id), op->id);
	rent_copy(world.target_ref, sizeof(world.target_ref), op->target_ref);
	return world.build_code == 0 ? 0 : rent_fail(err, world.build_code, "scripted");
}

static void fake_parse(void *self, const struct rent_payment_op *op,
                       const struct rent_upstream_reply *reply,
                       struct rent_payment_result *ret)
{
	(void)self;
	(void)op;
	world.ambiguous = reply->ambiguous;
	assert_int_equal(ret->outcome, RENT_UNKNOWN);
	*ret = world.result;
}

static int fake_build_eject(void *self, const struct rent_station_op *op,
                            struct rent_arena *arena, struct rent_upstream_request *ret,
                            struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	ret->method = "GET";
	world.builds++;
	world.ordered++;
	rent_copy(world.id, sizeof(world.id), op->id);
	return 0;
}

static int fake_build_lookup(void *self, const struct rent_station_op *op,
                             struct rent_arena *arena, struct rent_upstream_request *ret,
                             struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	ret->method = "GET";
	world.looked_up++;
	rent_copy(world.ref, sizeof(world.ref), op->ref);
	return 0;
}

static void fake_parse_eject(void *self, const struct rent_station_op *op,
                             const struct rent_upstream_reply *reply,
                             struct rent_station_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	*ret = world.ejected;
}

static int64_t a_day(void *self)
{
	(void)self;
	return DAY;
}

static const struct rent_payment payment = { .struct_size = sizeof(payment),
	                                     .build = fake_build,
	                                     .parse = fake_parse };
static const struct rent_station station = { .struct_size = sizeof(station),
	                                     .resend_us = a_day,
	                                     .build_eject = fake_build_eject,
	                                     .parse_eject = fake_parse_eject };

/* A cabinet cloud: it keeps no id of ours, and answers by its own reference. */
static const struct rent_station cloud = { .struct_size = sizeof(cloud),
	                                   .build_eject = fake_build_eject,
	                                   .parse_eject = fake_parse_eject,
	                                   .build_lookup = fake_build_lookup,
	                                   .parse_lookup = fake_parse_eject };

static struct fake_host *fake;
static struct core core;
static struct observers observers;
static struct params params = { .manual_after = DAY };

static int setup(void **state)
{
	(void)state;
	memset(&world, 0, sizeof(world));
	memset(&core, 0, sizeof(core));
	fake = fake_host_new(NULL, NULL);
	core.host = fake_host_table(fake);
	core.payment.api = &payment;
	core.payment.instance = "pay";
	core.payment.caps = (struct rent_payment_caps){ .resend_us = DAY };
	core.station.api = &station;
	pthread_mutex_init(&core.payment.lock, NULL);
	pthread_mutex_init(&core.station.lock, NULL);
	core.observers = &observers;
	observers_init(core.observers, core.host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}

static struct rental_work item_with(enum rent_op_kind kind, bool fresh, int64_t age)
{
	struct rental_work w;
	struct rent_rental r = { .struct_size = sizeof(r),
		                 .id = "r1",
		                 .now = T0,
		                 .status = RENT_STATUS_ACTIVE };
	struct rent_op op = {
		.struct_size = sizeof(op),
		.id = "op1",
		.kind = kind,
		.amount = 100,
		.state = fresh ? RENT_OP_INTENT : RENT_OP_UNKNOWN,
		.created_at = T0 - age,
		.tries = fresh ? 0 : 1,
	};
	const struct rent_op *list[] = { &op };

	work_init(&w, &core, &params, &core.payment.caps, GOAL_RECOVER);
	assert_int_equal(work_load(&w, &r, list, 1), 0);
	w.ops[0].fresh = fresh;
	w.call = 0;
	return w;
}

/* The resulting state of an operation; transport -1: the call needs no exchange. */
static enum rent_op_state call(struct rental_work *w, enum rent_transport transport,
                               bool ambiguous)
{
	struct rent_exchange x = {
		.struct_size = sizeof(x),
		.transport = transport,
		.reply = { .status = 200, .body = "", .ambiguous = ambiguous }
	};
	enum rent_op_state state;

	x.arena = core.host->arena_new(core.host);
	if (operation_prepare(w, &x))
		operation_finish(w, &x);
	core.host->arena_free(core.host, x.arena);
	assert_true(w->ops[0].called);
	assert_true(w->ops[0].ended);
	state = w->ops[0].op.state;
	return state;
}

/* A rental's money stays with the provider that it began with, and so do the promises. */
static void loading_brings_the_caps_of_the_provider(void **state)
{
	struct rental_work w = item_with(RENT_OP_CHARGE, true, 0);
	struct rent_rental r = w.r;

	(void)state;
	core.payment_previous.api = &payment;
	core.payment_previous.instance = "old";
	assert_ptr_equal(w.caps, &core.payment.caps);
	rent_copy(r.provider, sizeof(r.provider), "old");
	assert_int_equal(work_load(&w, &r, NULL, 0), 0);
	assert_ptr_equal(w.caps, &core.payment_previous.caps);
	rent_copy(r.provider, sizeof(r.provider), "gone");
	assert_int_equal(work_load(&w, &r, NULL, 0), 0);
	assert_ptr_equal(w.caps, &core.payment.caps);
	work_done(&w);
}

static void transports(void **state)
{
	static const struct {
		enum rent_transport transport;
		bool fresh;
		enum rent_op_state want;
	} cases[] = {
		{ RENT_NOT_SENT, true, RENT_OP_NOT_EXECUTED },
		{ RENT_NOT_SENT, false,
		  RENT_OP_UNKNOWN }, /* that it cannot be sent now says
							      nothing about the first time */
		{ RENT_NO_ANSWER, true, RENT_OP_UNKNOWN },
		{ RENT_NO_ANSWER, false, RENT_OP_UNKNOWN },
		{ (enum rent_transport)77, false, RENT_OP_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w =
			item_with(RENT_OP_CHARGE, cases[i].fresh, RENT_SECOND);

		assert_int_equal(call(&w, cases[i].transport, false), cases[i].want);
		assert_string_equal(world.id, "op1");
		work_done(&w);
	}
}

static void an_open_breaker_of_the_station_says_when(void **state)
{
	static const struct {
		enum rent_op_kind kind;
		bool open;
		int64_t want;
	} cases[] = {
		{ RENT_OP_EJECT, true, 17 * RENT_SECOND },
		{ RENT_OP_EJECT, false, 0 },
		{ RENT_OP_HOLD, true, 0 }, /* of that a start goes on */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(cases[i].kind, true, RENT_SECOND);
		struct rent_exchange x = {
			.struct_size = sizeof(x),
			.transport = RENT_NOT_SENT,
			.breaker_open = cases[i].open,
			.reply = { .body = "", .retry_after_us = 17 * RENT_SECOND },
		};

		x.arena = core.host->arena_new(core.host);
		assert_true(operation_prepare(&w, &x));
		operation_finish(&w, &x);
		core.host->arena_free(core.host, x.arena);
		assert_int_equal(w.ops[0].op.state, RENT_OP_NOT_EXECUTED);
		assert_int_equal(w.retry_us, cases[i].want);
		work_done(&w);
	}
}

static void answers(void **state)
{
	static const struct {
		const char *name;
		enum rent_outcome outcome;
		int64_t processed;
		bool fresh, ambiguous;
		enum rent_op_state want;
		int complaints;
	} cases[] = {
		{ "success", RENT_SUCCEEDED, 100, true, false, RENT_OP_SUCCEEDED, 0 },
		{ "success in part", RENT_SUCCEEDED, 1, true, false, RENT_OP_SUCCEEDED,
		  0 },
		{ "success, more than asked", RENT_SUCCEEDED, 101, true, false,
		  RENT_OP_UNKNOWN, 1 },
		{ "success, far more", RENT_SUCCEEDED, INT64_MAX, true, false,
		  RENT_OP_UNKNOWN, 1 },
		{ "success of nothing", RENT_SUCCEEDED, 0, true, false, RENT_OP_UNKNOWN,
		  1 },
		{ "success of less than nothing", RENT_SUCCEEDED, -100, true, false,
		  RENT_OP_UNKNOWN, 1 },
		{ "success after all", RENT_SUCCEEDED, 100, false, true,
		  RENT_OP_SUCCEEDED, 0 },
		{ "pending", RENT_PENDING, 0, true, false, RENT_OP_PENDING, 0 },
		{ "declined", RENT_DECLINED, 0, true, false, RENT_OP_DECLINED, 0 },
		{ "declined the second time", RENT_DECLINED, 0, false, false,
		  RENT_OP_DECLINED, 0 },
		{ "not executed", RENT_NOT_EXECUTED, 0, true, false, RENT_OP_NOT_EXECUTED,
		  0 },
		{ "not executed now", RENT_NOT_EXECUTED, 0, false, false, RENT_OP_UNKNOWN,
		  0 },
		{ "not executed, this try", RENT_NOT_EXECUTED, 0, true, true,
		  RENT_OP_UNKNOWN, 0 },
		{ "invalid", RENT_INVALID, 0, true, false, RENT_OP_DECLINED, 1 },
		{ "invalid now", RENT_INVALID, 0, false, false, RENT_OP_UNKNOWN, 1 },
		{ "unsupported", RENT_UNSUPPORTED, 0, true, false, RENT_OP_DECLINED, 0 },
		{ "unknown", RENT_UNKNOWN, 100, true, false, RENT_OP_UNKNOWN, 0 },
		{ "outside the set", (enum rent_outcome)99, 100, true, false,
		  RENT_OP_UNKNOWN, 1 },
		{ "outside the set, negative", (enum rent_outcome) - 1, 100, true, false,
		  RENT_OP_UNKNOWN, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w =
			item_with(RENT_OP_CHARGE, cases[i].fresh, RENT_SECOND);

		print_message("  %s\n", cases[i].name);
		world.result =
			(struct rent_payment_result){ .outcome = cases[i].outcome,
			                              .processed = cases[i].processed };
		(void)fake_host_complaints(fake);
		assert_int_equal(call(&w, RENT_REPLIED, cases[i].ambiguous),
		                 cases[i].want);
		assert_int_equal(fake_host_complaints(fake), cases[i].complaints);
		assert_int_equal(w.ops[0].op.processed, cases[i].want == RENT_OP_SUCCEEDED
		                                                ? cases[i].processed
		                                                : 0);
		work_done(&w);
	}
}

/* Strings a plugin did not end, and a reference that must be kept. */
static void unterminated_strings_are_cut(void **state)
{
	struct rental_work w = item_with(RENT_OP_HOLD, true, 0);

	(void)state;
	world.result.outcome = RENT_SUCCEEDED;
	world.result.processed = 100;
	world.result.expires_at = T0 + DAY;
	memset(world.result.ref, 'x', sizeof(world.result.ref));
	memset(world.result.note, 'y', sizeof(world.result.note));
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_SUCCEEDED);
	assert_int_equal(strlen(w.ops[0].op.ref), RENT_REF_SIZE - 1);
	assert_int_equal(strlen(w.ops[0].op.note), RENT_NOTE_SIZE - 1);
	assert_int_equal(w.ops[0].op.expires_at, T0 + DAY);
	work_done(&w);
}

static void builds_that_fail(void **state)
{
	static const struct {
		int code;
		bool fresh;
		enum rent_op_state want;
	} cases[] = {
		{ RENT_EFAIL, true, RENT_OP_NOT_EXECUTED },
		{ RENT_ENOMEM, true, RENT_OP_NOT_EXECUTED },
		{ RENT_EINVAL, true, RENT_OP_DECLINED },
		{ RENT_EUNSUPPORTED, true, RENT_OP_DECLINED },
		{ RENT_EFAIL, false, RENT_OP_UNKNOWN },
		{ RENT_EINVAL, false, RENT_OP_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(RENT_OP_CHARGE, cases[i].fresh, 0);

		world.build_code = cases[i].code;
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		work_done(&w);
	}
}

/* Inside the window: the same id again. Past it: an authoritative lookup, or MANUAL. */
static void resolving(void **state)
{
	static const struct {
		const char *name;
		int64_t age;
		bool lookup, final, not_found, pending;
		enum rent_payment_kind asked; /* 0: no call */
		enum rent_op_state want;
	} cases[] = {
		{ "in the window", RENT_HOUR, true, true, false, false, RENT_PAY_CHARGE,
		  RENT_OP_SUCCEEDED },
		{ "pending: looked up", RENT_HOUR, true, true, false, true,
		  RENT_PAY_LOOKUP, RENT_OP_SUCCEEDED },
		{ "pending, and not found yet", RENT_SECOND, true, true, true, true,
		  RENT_PAY_LOOKUP, RENT_OP_UNKNOWN },
		{ "pending, no lookup", RENT_HOUR, false, true, false, true,
		  RENT_PAY_CHARGE, RENT_OP_SUCCEEDED },
		{ "past it: looked up", DAY + RENT_HOUR, true, true, false, false,
		  RENT_PAY_LOOKUP, RENT_OP_SUCCEEDED },
		{ "not found, and that is final", DAY + RENT_HOUR, true, true, true,
		  false, RENT_PAY_LOOKUP, RENT_OP_NOT_EXECUTED },
		{ "not found proves nothing", DAY + RENT_HOUR, true, false, true, false,
		  RENT_PAY_LOOKUP, RENT_OP_UNKNOWN },
		{ "too early to look", DAY - RENT_SECOND, true, true, true, false, 0,
		  RENT_OP_UNKNOWN },
		{ "past it, no lookup", DAY + RENT_HOUR, false, true, false, false, 0,
		  RENT_OP_MANUAL },
		{ "long past it", 3 * DAY, true, false, true, false, 0, RENT_OP_MANUAL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(RENT_OP_CHARGE, false, cases[i].age);

		print_message("  %s\n", cases[i].name);
		core.payment.caps.operations =
			cases[i].lookup ? RENT_PAY_BIT(RENT_PAY_LOOKUP) : 0;
		core.payment.caps.lookup_not_found_is_final = cases[i].final;
		core.payment.caps.lookup_settle_us = RENT_MINUTE;
		if (cases[i].pending)
			w.ops[0].op.state = RENT_OP_PENDING;
		world.asked = (enum rent_payment_kind)0;
		world.result = (struct rent_payment_result){
			.outcome = cases[i].not_found ? RENT_UNKNOWN : RENT_SUCCEEDED,
			.not_found = cases[i].not_found,
			.processed = 100,
		};
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		assert_int_equal(world.asked, cases[i].asked);
		work_done(&w);
	}
}

/* The database's clock went back behind the intent: its age says nothing, and a provider that
 * knows no ids would act twice. */
static void a_clock_that_went_back(void **state)
{
	struct rental_work w = item_with(RENT_OP_CHARGE, false, -5 * RENT_SECOND);

	(void)state;
	core.payment.caps.resend_us = 0;
	core.payment.caps.operations = RENT_PAY_BIT(RENT_PAY_LOOKUP);
	core.payment.caps.lookup_not_found_is_final = true;
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_UNKNOWN);
	assert_int_equal(world.asked, 0);
	work_done(&w);
}

static void ejects(void **state)
{
	static const struct {
		enum rent_outcome outcome;
		const char *powerbank;
		bool fresh;
		enum rent_op_state want;
	} cases[] = {
		{ RENT_SUCCEEDED, "PB-1", true, RENT_OP_SUCCEEDED },
		{ RENT_SUCCEEDED, "", true, RENT_OP_UNKNOWN },
		{ RENT_SUCCEEDED, "PENDING", true,
		  RENT_OP_UNKNOWN }, /* the table's own word */
		{ RENT_DECLINED, "", true, RENT_OP_DECLINED },
		{ RENT_DECLINED, "", false, RENT_OP_DECLINED },
		{ RENT_NOT_EXECUTED, "", false, RENT_OP_UNKNOWN },
		{ RENT_UNKNOWN, "PB-1", true, RENT_OP_UNKNOWN },
		{ (enum rent_outcome)42, "PB-1", true, RENT_OP_UNKNOWN },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(RENT_OP_EJECT, cases[i].fresh, 0);

		world.ejected =
			(struct rent_station_result){ .outcome = cases[i].outcome };
		rent_copy(world.ejected.powerbank_id, RENT_ID_SIZE, cases[i].powerbank);
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		if (cases[i].want == RENT_OP_SUCCEEDED)
			assert_string_equal(w.ops[0].op.result, cases[i].powerbank);
		work_done(&w);
	}
}

static void an_order_that_was_taken_is_asked_for(void **state)
{
	static const struct {
		const char *ref;
		int64_t age;
		bool not_found, by_id;
		enum rent_outcome outcome;
		int looked_up;
		enum rent_op_state want;
	} cases[] = {
		/* clang-format off */
		{ "T1", RENT_SECOND,        false, false, RENT_SUCCEEDED,    1, RENT_OP_SUCCEEDED },
		{ "T1", RENT_SECOND,        false, false, RENT_PENDING,      1, RENT_OP_PENDING },
		{ "T1", RENT_SECOND,        false, false, RENT_DECLINED,     1, RENT_OP_DECLINED },
		{ "T1", RENT_SECOND,        false, false, RENT_UNKNOWN,      1, RENT_OP_UNKNOWN },
		{ "T1", RENT_SECOND,        false, false, RENT_NOT_EXECUTED, 1, RENT_OP_UNKNOWN },
		/* "Not found" counts once every order has ended. */
		{ "T1", RENT_SECOND,        true,  false, RENT_UNKNOWN,      1, RENT_OP_UNKNOWN },
		{ "T1", 91 * RENT_SECOND,   true,  false, RENT_UNKNOWN,      1, RENT_OP_NOT_EXECUTED },
		{ "T1", 149 * RENT_SECOND,  false, false, RENT_SUCCEEDED,    1, RENT_OP_SUCCEEDED },
		/* Once more when its time is over, whoever asked last and when. */
		{ "T1", 151 * RENT_SECOND,  false, false, RENT_SUCCEEDED,    1, RENT_OP_SUCCEEDED },
		{ "T1", 151 * RENT_SECOND,  false, false, RENT_PENDING,      1, RENT_OP_MANUAL },
		/* What says nothing of the order is no answer: asked again, as long as may be. */
		{ "T1", 151 * RENT_SECOND,  false, false, RENT_UNKNOWN,      1, RENT_OP_UNKNOWN },
		{ "T1", 151 * RENT_SECOND,  false, false, RENT_NOT_EXECUTED, 1, RENT_OP_UNKNOWN },
		{ "T1", DAY + 149 * RENT_SECOND, false, false, RENT_UNKNOWN, 1, RENT_OP_UNKNOWN },
		{ "T1", DAY + 151 * RENT_SECOND, false, false, RENT_UNKNOWN, 0, RENT_OP_MANUAL },
		{ "T1", 3 * DAY,            false, false, RENT_SUCCEEDED,    0, RENT_OP_MANUAL },
		/* A clock that went back. */
		{ "T1", -RENT_HOUR,         false, false, RENT_SUCCEEDED,    1, RENT_OP_SUCCEEDED },
		/* Without a reference it cannot be asked for, and is not sent again. */
		{ "",   RENT_SECOND,        false, false, RENT_SUCCEEDED,    0, RENT_OP_UNKNOWN },
		{ "",   31 * RENT_SECOND,   false, false, RENT_SUCCEEDED,    0, RENT_OP_MANUAL },
		{ "",   91 * RENT_SECOND,   false, true,  RENT_SUCCEEDED,    1, RENT_OP_SUCCEEDED },
		/* clang-format on */
	};
	int64_t lease = params.start_lease;

	(void)state;
	core.station.api = &cloud;
	params.start_lease = 30 * RENT_SECOND;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(RENT_OP_EJECT, false, cases[i].age);

		memset(&world, 0, sizeof(world));
		core.station.caps =
			(struct rent_station_caps){ .settle_us = RENT_MINUTE,
			                            .not_found_is_final = true,
			                            .lookup_by_id = cases[i].by_id };
		rent_copy(w.ops[0].op.ref, RENT_REF_SIZE, cases[i].ref);
		world.ejected = (struct rent_station_result){
			.outcome = cases[i].outcome,
			.not_found = cases[i].not_found,
			.powerbank_id = "PB-1",
		};
		if (call(&w, RENT_REPLIED, false) != cases[i].want ||
		    world.looked_up != cases[i].looked_up || world.ordered != 0)
			fail_msg("case %zu: state %d, looked up %d, ordered %d", i,
			         (int)w.ops[0].op.state, world.looked_up, world.ordered);
		if (world.looked_up > 0)
			assert_string_equal(world.ref, cases[i].ref);
		work_done(&w);
	}
	params.start_lease = lease;
}

/* "Not found" is an answer, also where it proves nothing: nobody will say more. */
static void an_order_that_is_not_found_is_asked_for_a_last_time(void **state)
{
	struct rental_work w = item_with(RENT_OP_EJECT, false, 151 * RENT_SECOND);
	int64_t lease = params.start_lease;

	(void)state;
	core.station.api = &cloud;
	core.station.caps.settle_us = RENT_MINUTE;
	params.start_lease = 30 * RENT_SECOND;
	rent_copy(w.ops[0].op.ref, RENT_REF_SIZE, "T1");
	world.ejected = (struct rent_station_result){ .not_found = true };
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_MANUAL);
	assert_int_equal(world.looked_up, 1);
	work_done(&w);
	params.start_lease = lease;
}

static void an_order_keeps_the_reference_of_its_answer(void **state)
{
	struct rental_work w = item_with(RENT_OP_EJECT, true, 0);

	(void)state;
	core.station.api = &cloud;
	world.ejected =
		(struct rent_station_result){ .outcome = RENT_PENDING, .ref = "T1" };
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_PENDING);
	assert_string_equal(w.ops[0].op.ref, "T1");
	assert_int_equal(world.ordered, 1);
	work_done(&w);
}

/* Only a lookup says so: what an eject answers about a return is not of this order. */
static void an_order_that_is_back_is_known_to_be_back(void **state)
{
	(void)state;
	core.station.api = &cloud;
	core.station.caps.settle_us = 30 * RENT_SECOND;
	for (int fresh = 0; fresh <= 1; fresh++) {
		struct rental_work w = item_with(RENT_OP_EJECT, fresh, RENT_SECOND);

		rent_copy(w.ops[0].op.ref, sizeof(w.ops[0].op.ref), "T1");
		w.ops[0].op.state = RENT_OP_PENDING;
		world.ejected = (struct rent_station_result){ .outcome = RENT_SUCCEEDED,
			                                      .powerbank_id = "PB-1",
			                                      .returned_at = T0 - 5,
			                                      .returned_to = "s-9" };
		assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_SUCCEEDED);
		assert_int_equal(work_is_back(&w), !fresh);
		assert_int_equal(w.ending.at, fresh ? 0 : T0 - 5);
		assert_string_equal(w.ending.station_id, fresh ? "" : "s-9");
		work_done(&w);
	}
}

static void a_provider_that_is_not_bound_changes_nothing(void **state)
{
	struct rental_work w = item_with(RENT_OP_CHARGE, false, 0);

	(void)state;
	rent_copy(w.r.provider, sizeof(w.r.provider), "another");
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_UNKNOWN);
	assert_int_equal(world.builds, 0);
	work_done(&w);
}

static void a_final_capture_that_releases_needs_no_release(void **state)
{
	struct rental_work w = item_with(RENT_OP_RELEASE, true, 0);
	struct rent_op capture = { .struct_size = sizeof(capture),
		                   .id = "c",
		                   .kind = RENT_OP_CAPTURE,
		                   .state = RENT_OP_SUCCEEDED };
	struct rent_op release = w.ops[0].op;
	const struct rent_op *list[] = { &release, &capture };
	struct rent_rental r = w.r;

	(void)state;
	core.payment.caps.capture_releases_rest = true;
	assert_int_equal(work_load(&w, &r, list, 2), 0);
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_SUCCEEDED);
	assert_int_equal(w.ops[0].op.processed, 100);
	assert_int_equal(world.builds, 0);
	work_done(&w);
}

/* A provider must know that a refusal may be of a repetition. */
static void a_repetition_is_shown_as_ambiguous(void **state)
{
	struct rental_work w = item_with(RENT_OP_CHARGE, false, RENT_SECOND);

	(void)state;
	(void)call(&w, RENT_REPLIED, false);
	assert_true(world.ambiguous);
	work_done(&w);
	w = item_with(RENT_OP_CHARGE, true, 0);
	(void)call(&w, RENT_REPLIED, false);
	assert_false(world.ambiguous);
	work_done(&w);
}

/* The customer is there when he starts and when he pays; rentald renews a hold without him. */
static void who_is_not_there_is_not_asked(void **state)
{
	static const struct {
		enum rent_op_kind kind;
		enum rent_purpose purpose;
		const char *target, *key;
		bool on_session;
	} cases[] = {
		{ RENT_OP_HOLD, RENT_FOR_START, "", "", true },
		{ RENT_OP_HOLD, RENT_FOR_ACCRUAL, "", "", false },
		{ RENT_OP_HOLD, RENT_FOR_ACCRUAL, "hold-1", "", false },
		{ RENT_OP_CHARGE, RENT_FOR_ACCRUAL, "", "", false },
		{ RENT_OP_CHARGE, RENT_FOR_DEBT, "", "", false },
		{ RENT_OP_CHARGE, RENT_FOR_SETTLE, "", "", false },
		{ RENT_OP_CHARGE, RENT_FOR_DEBT, "", "0123-45", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rental_work w = item_with(cases[i].kind, true, 0);
		struct rent_op *op = &w.ops[0].op;

		op->purpose = cases[i].purpose;
		rent_copy(op->target_id, sizeof(op->target_id), cases[i].target);
		rent_copy(op->request_key, sizeof(op->request_key), cases[i].key);
		(void)call(&w, RENT_REPLIED, false);
		assert_int_equal(world.builds, i + 1);
		assert_int_equal(world.on_session, cases[i].on_session);
		work_done(&w);
	}
}

static void fake_perform(void *self, const struct rent_payment_op *op,
                         int64_t deadline_us, struct rent_payment_result *ret)
{
	(void)self;
	(void)deadline_us;
	world.performed++;
	ret->outcome = RENT_SUCCEEDED;
	ret->processed = op->amount;
	memset(ret->note, 'n', sizeof(ret->note));
}

/* Own I/O is under the same rule as an exchange: not after the lease. */
static void own_io_ends_with_the_lease(void **state)
{
	static const struct rent_payment own = { .struct_size = sizeof(own),
		                                 .perform = fake_perform };
	struct rental_work w = item_with(RENT_OP_CHARGE, true, 0);

	(void)state;
	core.payment.api = &own;
	w.lease_ends = core.host->mono_us(core.host) + RENT_MINUTE;
	assert_int_equal(call(&w, RENT_NOT_SENT, false), RENT_OP_SUCCEEDED);
	assert_int_equal(strlen(w.ops[0].op.note), RENT_NOTE_SIZE - 1);
	work_done(&w);
	w = item_with(RENT_OP_CHARGE, true, 0);
	w.lease_ends = core.host->mono_us(core.host);
	assert_int_equal(call(&w, RENT_NOT_SENT, false), RENT_OP_NOT_EXECUTED);
	assert_int_equal(world.performed, 1);
	work_done(&w);
}

/* Where a result does not say how long a hold lasts, the provider's own word is taken. */
static void a_hold_lasts_as_long_as_the_provider_promises(void **state)
{
	struct rental_work w = item_with(RENT_OP_HOLD, true, 0);

	(void)state;
	core.payment.caps.hold_us = DAY;
	world.result = (struct rent_payment_result){ .outcome = RENT_SUCCEEDED,
		                                     .processed = 100 };
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_SUCCEEDED);
	assert_true(w.ops[0].op.expires_at == T0 + DAY);
	work_done(&w);
	w = item_with(RENT_OP_HOLD, true, 0);
	world.result.expires_at = T0 + RENT_HOUR;
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_SUCCEEDED);
	assert_true(w.ops[0].op.expires_at == T0 + RENT_HOUR);
	work_done(&w);
}

/* A hold that ran out at the provider is given back; a capture of it took nothing. */
static void a_hold_that_is_gone_is_given_back(void **state)
{
	static const struct {
		enum rent_op_kind kind;
		enum rent_decline_reason reason;
		enum rent_op_state want;
		const char *result;
	} cases[] = {
		{ RENT_OP_RELEASE, RENT_DECLINE_EXPIRED, RENT_OP_SUCCEEDED, "expired" },
		{ RENT_OP_RELEASE, RENT_DECLINE_OTHER, RENT_OP_DECLINED, "" },
		{ RENT_OP_CAPTURE, RENT_DECLINE_EXPIRED, RENT_OP_DECLINED, "" },
		{ RENT_OP_REFUND, RENT_DECLINE_EXPIRED, RENT_OP_DECLINED, "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(cases[i].kind, true, RENT_SECOND);

		world.result = (struct rent_payment_result){ .outcome = RENT_DECLINED,
			                                     .reason = cases[i].reason };
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		assert_string_equal(w.ops[0].op.result, cases[i].result);
		assert_int_equal(w.ops[0].op.processed,
		                 cases[i].want == RENT_OP_SUCCEEDED ? 100 : 0);
		work_done(&w);
	}
}

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_string_equal(id, "charge");
	return world.target_code != 0 ? world.target_code : fn(arg, &world.target);
}

/* A rental shows few of the charges that were made while it ran. A refund that is taken up again needs the
 * reference of its own. */
static void the_target_is_read_where_it_is_not_shown(void **state)
{
	static const struct rent_storage store = { .struct_size = sizeof(store),
		                                   .op_get = op_get };
	static const struct {
		int code;
		bool fresh, prepared;
		const char *ref;
		enum rent_op_state want; /* of what is not prepared */
	} cases[] = { { 0, false, true, "pi_1", RENT_OP_UNKNOWN },
		      { 1, false, true, "", RENT_OP_UNKNOWN },
		      { RENT_EUNAVAIL, false, false, "", RENT_OP_UNKNOWN },
		      /* It was never sent. */
		      { RENT_EUNAVAIL, true, false, "", RENT_OP_NOT_EXECUTED } };

	(void)state;
	core.store = &store;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rental_work w =
			item_with(RENT_OP_REFUND, cases[i].fresh, RENT_HOUR);
		struct rent_exchange x;

		world.target = (struct rent_op){ .struct_size = sizeof(world.target),
			                         .id = "charge",
			                         .ref = "pi_1",
			                         .kind = RENT_OP_CHARGE };
		world.target_code = cases[i].code;
		world.target_ref[0] = '\0';
		rent_copy(w.ops[0].op.target_id, sizeof(w.ops[0].op.target_id), "charge");
		rent_exchange_init(&x, core.host->arena_new(core.host));
		assert_int_equal(operation_prepare(&w, &x), cases[i].prepared);
		assert_string_equal(world.target_ref, cases[i].ref);
		if (!cases[i].prepared)
			assert_int_equal(w.ops[0].op.state, cases[i].want);
		core.host->arena_free(core.host, x.arena);
		work_done(&w);
	}
}

/* What was captured while the rental ran is not shown any more: only the used part of the hold tells, unless
 * that may be what is in doubt. */
static void what_was_captured_has_given_back_the_rest(void **state)
{
	static const struct {
		int64_t in_doubt;
		const char *manual; /* the target of one that is shown; NULL: none is */
		bool released;
	} cases[] = {
		{ 0, NULL, true },        { 100, NULL, false },   { 100, "", true },
		{ 100, "another", true }, { 100, "hold", false },
	};

	(void)state;
	core.payment.caps.capture_releases_rest = true;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_rental r = { .struct_size = sizeof(r),
			                 .id = "r1",
			                 .now = T0,
			                 .in_doubt = cases[i].in_doubt };
		struct rent_op hold = { .struct_size = sizeof(hold),
			                .id = "hold",
			                .kind = RENT_OP_HOLD,
			                .state = RENT_OP_SUCCEEDED,
			                .processed = 300,
			                .used = 300 };
		struct rent_op release = { .struct_size = sizeof(release),
			                   .id = "release",
			                   .target_id = "hold",
			                   .kind = RENT_OP_RELEASE,
			                   .state = RENT_OP_INTENT,
			                   .amount = 200 };
		struct rent_op manual = { .struct_size = sizeof(manual),
			                  .id = "manual",
			                  .kind = RENT_OP_CAPTURE,
			                  .state = RENT_OP_MANUAL,
			                  .amount = 100 };
		const struct rent_op *list[] = { &hold, &release, &manual };
		struct rental_work w;

		rent_copy(manual.target_id, sizeof(manual.target_id), cases[i].manual);
		work_init(&w, &core, &params, &core.payment.caps, GOAL_RECOVER);
		assert_int_equal(work_load(&w, &r, list, cases[i].manual == NULL ? 2 : 3),
		                 0);
		assert_int_equal(operation_released_by_capture(&w, &w.ops[1].op),
		                 cases[i].released);
		work_done(&w);
	}
}

static void without_a_station_nothing_is_ejected(void **state)
{
	struct rental_work w = item_with(RENT_OP_EJECT, true, 0);

	(void)state;
	core.station.api = NULL;
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_NOT_EXECUTED);
	assert_int_equal(world.builds, 0);
	work_done(&w);
	/* An earlier request that may have acted is not settled by that. */
	w = item_with(RENT_OP_EJECT, false, RENT_SECOND);
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_MANUAL);
	work_done(&w);
}

/* Another host has it. */
static void of_a_service_that_is_not_bound_nothing_is_known(void **state)
{
	static const struct {
		bool fresh;
		int64_t age;
		enum rent_op_state want;
	} cases[] = {
		{ true, 0, RENT_OP_NOT_EXECUTED },
		{ false, RENT_HOUR, RENT_OP_UNKNOWN },
		{ false, 25 * RENT_HOUR, RENT_OP_MANUAL },
	};

	(void)state;
	core.station.instance = "cloud";
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w =
			item_with(RENT_OP_EJECT, cases[i].fresh, cases[i].age);

		rent_copy(w.r.station_instance, RENT_ID_SIZE, "depot");
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		work_done(&w);
	}
	assert_int_equal(world.builds, 0);
}

/* A lookup whose answer is a list: asked page by page, each with what the page before left. */
static void answer_pages(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = RENT_REPLIED;
	x->reply.body = "";
}

static void parse_pages(void *self, const struct rent_payment_op *op,
                        const struct rent_upstream_reply *reply,
                        struct rent_payment_result *ret)
{
	long page = op->cursor[0] == '\0' ? 1 : strtol(op->cursor, NULL, 10);

	(void)self;
	(void)reply;
	*ret = (struct rent_payment_result){ .struct_size = sizeof(*ret),
		                             .outcome = RENT_SUCCEEDED,
		                             .processed = 100 };
	if (page < world.pages)
		(void)snprintf(ret->cursor, sizeof(ret->cursor), "%ld", page + 1);
}

static void a_lookup_is_followed_to_its_end(void **state)
{
	static const struct rent_payment paged = { .struct_size = sizeof(paged),
		                                   .build = fake_build,
		                                   .parse = parse_pages };
	static const struct {
		bool lookup;
		int pages, builds;
		enum rent_op_state want;
	} cases[] = {
		{ true, 1, 1, RENT_OP_SUCCEEDED },
		{ true, 3, 3, RENT_OP_SUCCEEDED },
		{ true, 16, 16, RENT_OP_SUCCEEDED },
		{ true, 17, 16, RENT_OP_UNKNOWN },
		/* A call that moves money is an operation: one call. */
		{ false, 2, 1, RENT_OP_UNKNOWN },
	};

	(void)state;
	core.payment.api = &paged;
	core.payment.caps.operations = RENT_PAY_BIT(RENT_PAY_LOOKUP);
	fake_host_on_exchange(fake, answer_pages, NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w =
			item_with(RENT_OP_CHARGE, !cases[i].lookup, RENT_HOUR);

		if (cases[i].lookup)
			w.ops[0].op.state = RENT_OP_PENDING;
		world.pages = cases[i].pages;
		world.builds = 0;
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		assert_int_equal(world.builds, cases[i].builds);
		work_done(&w);
	}
}

/* The provider replays an answer that tells nothing: it is looked up from then on, and what it
 * does not know once it has had its time has not happened. */
static void a_replayed_answer_is_looked_up(void **state)
{
	struct rental_work w = item_with(RENT_OP_CHARGE, true, 0);
	char kept[RENT_ID_SIZE];

	(void)state;
	core.payment.caps.operations = RENT_PAY_BIT(RENT_PAY_LOOKUP);
	core.payment.caps.lookup_not_found_is_final = true;
	core.payment.caps.lookup_settle_us = RENT_MINUTE;
	world.result =
		(struct rent_payment_result){ .outcome = RENT_UNKNOWN, .ask = true };
	assert_int_equal(call(&w, RENT_REPLIED, false), RENT_OP_UNKNOWN);
	assert_int_equal(world.asked, RENT_PAY_CHARGE);
	rent_copy(kept, sizeof(kept), w.ops[0].op.result);
	work_done(&w);
	for (int late = 0; late < 2; late++) {
		w = item_with(RENT_OP_CHARGE, false, 0);
		rent_copy(w.ops[0].op.result, sizeof(w.ops[0].op.result), kept);
		w.r.now += late == 0 ? RENT_SECOND : 2 * RENT_MINUTE;
		world.result = (struct rent_payment_result){ .not_found = true };
		assert_int_equal(call(&w, RENT_REPLIED, false),
		                 late ? RENT_OP_NOT_EXECUTED : RENT_OP_UNKNOWN);
		assert_int_equal(world.asked, RENT_PAY_LOOKUP);
		work_done(&w);
	}
	/* A provider that cannot be asked is sent it again. */
	core.payment.caps.operations = 0;
	w = item_with(RENT_OP_CHARGE, false, 0);
	rent_copy(w.ops[0].op.result, sizeof(w.ops[0].op.result), kept);
	(void)call(&w, RENT_REPLIED, false);
	assert_int_equal(world.asked, RENT_PAY_CHARGE);
	work_done(&w);
}

static void nobody_asks_before_the_provider_wants_it(void **state)
{
	static const struct {
		enum rent_outcome outcome;
		int64_t after, want;
	} cases[] = {
		{ RENT_NOT_EXECUTED, 90 * RENT_SECOND, 90 * RENT_SECOND },
		{ RENT_PENDING, 90 * RENT_SECOND, 90 * RENT_SECOND },
		{ RENT_UNKNOWN, 90 * RENT_SECOND, 90 * RENT_SECOND },
		{ RENT_UNKNOWN, 7 * DAY, RENT_HOUR },
		{ RENT_UNKNOWN, -RENT_HOUR, 0 },
		{ RENT_DECLINED, 90 * RENT_SECOND, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rental_work w = item_with(RENT_OP_CHARGE, true, 0);

		world.result =
			(struct rent_payment_result){ .outcome = cases[i].outcome,
			                              .retry_after_us = cases[i].after };
		(void)call(&w, RENT_REPLIED, false);
		assert_int_equal(w.wait_us, cases[i].want);
		work_done(&w);
	}
}

/* A key that is refused is our affair and not the customer's. */
static void a_refused_key_is_no_decline(void **state)
{
	static const struct {
		bool fresh;
		enum rent_op_state want;
	} cases[] = { { true, RENT_OP_NOT_EXECUTED }, { false, RENT_OP_UNKNOWN } };
	struct rent_health health = { .struct_size = sizeof(health) };
	struct rental_work w;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		w = item_with(RENT_OP_CHARGE, cases[i].fresh, 0);
		world.result = (struct rent_payment_result){ .outcome = RENT_INVALID,
			                                     .alert = true,
			                                     .note = "HTTP 401" };
		(void)fake_host_complaints(fake);
		assert_int_equal(call(&w, RENT_REPLIED, false), cases[i].want);
		assert_int_equal(fake_host_complaints(fake), 1);
		work_done(&w);
	}
	assert_true(payment_alert_health(&core.payment, &health));
	assert_int_equal(health.state, RENT_DEGRADED);
	assert_non_null(strstr(health.why, "HTTP 401"));
	/* A decline proves nothing of the key; a success does. */
	for (int well = 0; well < 2; well++) {
		w = item_with(RENT_OP_CHARGE, true, 0);
		world.result = (struct rent_payment_result){
			.outcome = well ? RENT_SUCCEEDED : RENT_DECLINED, .processed = 100
		};
		(void)call(&w, RENT_REPLIED, false);
		assert_int_equal(payment_alert_health(&core.payment, &health), !well);
		work_done(&w);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(transports, setup, teardown),
		cmocka_unit_test_setup_teardown(an_open_breaker_of_the_station_says_when,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(answers, setup, teardown),
		cmocka_unit_test_setup_teardown(unterminated_strings_are_cut, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(builds_that_fail, setup, teardown),
		cmocka_unit_test_setup_teardown(resolving, setup, teardown),
		cmocka_unit_test_setup_teardown(a_clock_that_went_back, setup, teardown),
		cmocka_unit_test_setup_teardown(a_repetition_is_shown_as_ambiguous, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(who_is_not_there_is_not_asked, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(own_io_ends_with_the_lease, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(ejects, setup, teardown),
		cmocka_unit_test_setup_teardown(an_order_that_was_taken_is_asked_for,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
			an_order_that_is_not_found_is_asked_for_a_last_time, setup,
			teardown),
		cmocka_unit_test_setup_teardown(
			an_order_keeps_the_reference_of_its_answer, setup, teardown),
		cmocka_unit_test_setup_teardown(an_order_that_is_back_is_known_to_be_back,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_provider_that_is_not_bound_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_final_capture_that_releases_needs_no_release, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_hold_lasts_as_long_as_the_provider_promises, setup, teardown),
		cmocka_unit_test_setup_teardown(a_hold_that_is_gone_is_given_back, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(the_target_is_read_where_it_is_not_shown,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(what_was_captured_has_given_back_the_rest,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(without_a_station_nothing_is_ejected,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
			of_a_service_that_is_not_bound_nothing_is_known, setup, teardown),
		cmocka_unit_test_setup_teardown(a_lookup_is_followed_to_its_end, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_replayed_answer_is_looked_up, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(nobody_asks_before_the_provider_wants_it,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(loading_brings_the_caps_of_the_provider,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(a_refused_key_is_no_decline, setup,
		                                teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
