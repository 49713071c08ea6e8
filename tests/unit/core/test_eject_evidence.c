/* SPDX-License-Identifier: MIT
 *
 * test_eject_evidence.c - an eject of which nobody knows the end, judged by what is gone from its
 * cabinet: one powerbank, none, several, those of other ejects; a cabinet that does not answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "fake_host.h"
#include "observers.h"
#include "operations.h"

#define T0  (INT64_C(1700000000) * RENT_SECOND)
#define DAY (24 * RENT_HOUR)

/* What is in the cabinet: names separated by spaces. */
static struct {
	const char *in;
	/* What came out, as the order says when it is looked up; NULL: it says nothing. */
	const char *order;
	bool silent, partial, offline;
	int orders, snapshots, lookups;
} cabinet;

/* What was recorded. */
static struct {
	struct rent_inventory list[4];
	size_t n;
	char before[128];
	int put_code;
	/* The powerbank that a live rental has. */
	const char *held;
	int64_t held_since;
	bool away;
} db;

static int put(void *self, const struct rent_inventory *inventory, int64_t keep_us,
               struct rent_error *err)
{
	(void)self;
	assert_true(keep_us > DAY);
	assert_string_equal(inventory->op_id, "op1");
	assert_string_equal(inventory->instance, "cloud");
	assert_string_equal(inventory->cabinet_id, "DTA1");
	if (db.put_code != 0)
		return rent_fail(err, db.put_code, "the disk is full");
	assert_int_equal(db.n, 0);
	rent_copy(db.before, sizeof(db.before), inventory->powerbanks);
	db.list[db.n] = *inventory;
	db.list[db.n].taken_at = T0;
	db.list[db.n].state = RENT_OP_UNKNOWN;
	db.list[db.n++].powerbanks = db.before;
	return 0;
}

static int list(void *self, const struct rent_inventory_query *query,
                rent_inventory_fn fn, void *arg, struct rent_error *err)
{
	int code = 0;

	(void)self;
	(void)err;
	assert_string_equal(query->instance, "cloud");
	assert_string_equal(query->cabinet_id, "DTA1");
	for (size_t i = 0; i < db.n && code == 0; i++)
		code = fn(arg, &db.list[i]);
	return code;
}

/* What the service reported, and nobody has acted on. */
static struct rent_inbound reported;
static bool unreadable;

static int list_reports(void *self, const struct rent_inbound_query *query,
                        rent_inbound_fn fn, void *arg, struct rent_error *err)
{
	(void)self;
	assert_true(query->open);
	if (unreadable)
		return rent_fail(err, RENT_EUNAVAIL, "the database is away");
	return reported.struct_size == 0 ? 0 : fn(arg, &reported);
}

static int holding(void *self, const char *powerbank_id, rent_rental_fn fn, void *arg,
                   struct rent_error *err)
{
	struct rent_rental r = { .struct_size = sizeof(r),
		                 .id = "r2",
		                 .started_at = db.held_since,
		                 .status = RENT_STATUS_ACTIVE };

	(void)self;
	if (db.away)
		return rent_fail(err, RENT_EUNAVAIL, "the database is away");
	return db.held != NULL && strcmp(powerbank_id, db.held) == 0
	               ? fn(arg, &r, NULL, 0)
	               : 1;
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .inventory_put = put,
	                                     .inventory_list = list,
	                                     .event_list = list_reports,
	                                     .rental_holding = holding };

static int build_eject(void *self, const struct rent_station_op *op,
                       struct rent_arena *arena, struct rent_upstream_request *ret,
                       struct rent_error *err)
{
	(void)self;
	(void)op;
	(void)arena;
	(void)err;
	ret->method = "POST";
	cabinet.orders++;
	return 0;
}

static void parse_eject(void *self, const struct rent_station_op *op,
                        const struct rent_upstream_reply *reply,
                        struct rent_station_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	ret->outcome = RENT_UNKNOWN;
}

static int build_lookup(void *self, const struct rent_station_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	(void)self;
	(void)op;
	(void)arena;
	(void)err;
	ret->method = "GET";
	cabinet.lookups++;
	return 0;
}

static void parse_lookup(void *self, const struct rent_station_op *op,
                         const struct rent_upstream_reply *reply,
                         struct rent_station_result *ret)
{
	parse_eject(self, op, reply, ret);
	if (cabinet.order == NULL)
		return;
	ret->outcome = RENT_SUCCEEDED;
	rent_copy(ret->powerbank_id, RENT_ID_SIZE, cabinet.order);
}

static int build_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                          struct rent_upstream_request *ret, struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(cabinet_id, "DTA1");
	ret->method = "GET";
	cabinet.snapshots++;
	return 0;
}

static void parse_snapshot(void *self, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	static struct rent_station_slot slots[8];
	static const struct rent_station_slot *all[8];
	const char *at = cabinet.in;
	size_t n = 0;

	(void)self;
	(void)cabinet_id;
	(void)reply;
	while (*at != '\0') {
		size_t length = strcspn(at, " ");

		(void)snprintf(slots[n].powerbank_id, RENT_ID_SIZE, "%.*s", (int)length,
		               at);
		all[n] = &slots[n];
		n++;
		at += length + strspn(at + length, " ");
	}
	ret->outcome = RENT_SUCCEEDED;
	ret->state = cabinet.offline ? RENT_STATION_OFFLINE : RENT_STATION_ONLINE;
	ret->complete = !cabinet.partial;
	ret->list = all;
	ret->slot_count = n;
}

static const struct rent_station cloud = { .struct_size = sizeof(cloud),
	                                   .build_eject = build_eject,
	                                   .parse_eject = parse_eject,
	                                   .build_lookup = build_lookup,
	                                   .parse_lookup = parse_lookup,
	                                   .build_snapshot = build_snapshot,
	                                   .parse_snapshot = parse_snapshot };

static void exchange(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = cabinet.silent ? RENT_NO_ANSWER : RENT_REPLIED;
}

static struct fake_host *fake;
static struct core core;
static struct observers observers;
static struct params params = { .start_lease = 30 * RENT_SECOND,
	                        .manual_after = DAY,
	                        .resolve_base = 5 * RENT_SECOND };

static int setup(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	memset(&db, 0, sizeof(db));
	memset(&cabinet, 0, sizeof(cabinet));
	memset(&reported, 0, sizeof(reported));
	unreadable = false;
	cabinet.in = "A B C";
	fake = fake_host_new(NULL, NULL);
	fake_host_on_exchange(fake, exchange, NULL);
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.payment.instance = "pay";
	core.station.api = &cloud;
	core.station.instance = "cloud";
	core.station.caps.settle_us = RENT_MINUTE;
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

/* Of the last call: the rental begins with its powerbank back. */
static bool begins_back;

/* Calls the eject at this age, the first time with age 0. Its result, if any, is in `result`. */
static enum rent_op_state call(int64_t age, const char *ref, char result[RENT_ID_SIZE])
{
	struct rent_rental r = { .struct_size = sizeof(r),
		                 .id = "r1",
		                 .station_id = "town-hall",
		                 .cabinet_id = "DTA1",
		                 .now = T0 + age,
		                 .status = RENT_STATUS_PENDING };
	struct rent_op op = { .struct_size = sizeof(op),
		              .id = "op1",
		              .kind = RENT_OP_EJECT,
		              .state = age == 0 ? RENT_OP_INTENT : RENT_OP_UNKNOWN,
		              .created_at = T0,
		              .tries = age == 0 ? 0 : 1 };
	struct rent_exchange x = { .struct_size = sizeof(x), .transport = RENT_REPLIED };
	const struct rent_op *ops[] = { &op };
	enum rent_op_state state;
	struct rental_work w;

	rent_copy(op.ref, sizeof(op.ref), ref);
	work_init(&w, &core, &params, &core.payment.caps, GOAL_RECOVER);
	assert_int_equal(work_load(&w, &r, ops, 1), 0);
	w.ops[0].fresh = age == 0;
	w.call = 0;
	x.arena = core.host->arena_new(core.host);
	if (operation_prepare(&w, &x))
		operation_finish(&w, &x);
	core.host->arena_free(core.host, x.arena);
	assert_true(w.ops[0].ended);
	state = w.ops[0].op.state;
	begins_back = work_is_back(&w);
	if (result != NULL)
		rent_copy(result, RENT_ID_SIZE, w.ops[0].op.result);
	work_done(&w);
	return state;
}

#define SETTLED (5 * RENT_MINUTE)

/* Sends the order; its answer is lost. */
static void send_order(void)
{
	assert_int_equal(call(0, "", NULL), RENT_OP_UNKNOWN);
	assert_int_equal(cabinet.orders, 1);
	assert_int_equal(cabinet.snapshots, 1);
}

static void expect(enum rent_op_state wanted, const char *powerbank)
{
	char result[RENT_ID_SIZE];

	assert_int_equal(call(SETTLED, "", result), wanted);
	assert_string_equal(result, powerbank);
	assert_int_equal(cabinet.orders, 1);
}

static void rival(enum rent_op_state state, const char *result, int64_t taken_at)
{
	struct rent_inventory *inv = &db.list[db.n++];

	*inv = (struct rent_inventory){ .struct_size = sizeof(*inv),
		                        .op_id = "op2",
		                        .state = state,
		                        .taken_at = taken_at,
		                        .powerbanks = "" };
	rent_copy(inv->result, sizeof(inv->result), result);
}

static void one_gone_came_out(void **state)
{
	(void)state;
	send_order();
	assert_string_equal(db.before, "A B C");
	cabinet.in = "A C D";
	expect(RENT_OP_SUCCEEDED, "B");
}

static void none_gone_did_not(void **state)
{
	(void)state;
	send_order();
	cabinet.in = "C B A";
	expect(RENT_OP_NOT_EXECUTED, "");
}

static void not_before_the_cabinet_had_its_time(void **state)
{
	(void)state;
	send_order();
	assert_int_equal(call(params.start_lease + RENT_MINUTE, "", NULL),
	                 RENT_OP_UNKNOWN);
	assert_int_equal(cabinet.snapshots, 1);
	assert_int_equal(call(params.start_lease + RENT_MINUTE + 1, "", NULL),
	                 RENT_OP_NOT_EXECUTED);
}

static void several_gone_are_for_a_person(void **state)
{
	(void)state;
	send_order();
	cabinet.in = "C";
	expect(RENT_OP_MANUAL, "");
}

static void one_of_a_live_rental_is_for_a_person(void **state)
{
	(void)state;
	send_order();
	cabinet.in = "A C";
	db.held = "B";
	expect(RENT_OP_MANUAL, "");
}

static void those_of_other_ejects_are_explained(void **state)
{
	(void)state;
	send_order();
	rival(RENT_OP_SUCCEEDED, "C", T0 + RENT_SECOND);
	db.held = "C";
	db.held_since = T0 + 2 * RENT_SECOND;
	cabinet.in = "A B";
	expect(RENT_OP_NOT_EXECUTED, "");
	cabinet.in = "A";
	expect(RENT_OP_SUCCEEDED, "B");
}

static void reports_return(const char *powerbank)
{
	reported = (struct rent_inbound){ .struct_size = sizeof(reported),
		                          .instance = "cloud",
		                          .kind = RENT_EVENT_RETURNED,
		                          .station_id = "DTA1",
		                          .at = T0 + RENT_SECOND,
		                          .received_at = T0 + RENT_SECOND };
	rent_copy(reported.powerbank_id, RENT_ID_SIZE, powerbank);
}

/* It was given out, came back, and was in the cabinet when this order left. */
static void an_eject_of_long_ago_explains_nothing(void **state)
{
	(void)state;
	send_order();
	rival(RENT_OP_SUCCEEDED, "B", T0 - 2 * RENT_HOUR);
	cabinet.in = "A C";
	expect(RENT_OP_SUCCEEDED, "B");
	/* One that may have acted after the inventory does, while a rental has it. */
	db.list[1].taken_at = T0 - params.start_lease - 2 * RENT_MINUTE;
	db.held = "B";
	db.held_since = T0;
	expect(RENT_OP_NOT_EXECUTED, "");
	db.list[1].taken_at--;
	expect(RENT_OP_MANUAL, "");
	db.held = NULL;
	expect(RENT_OP_SUCCEEDED, "B");
}

/* It was brought back at once, and is gone again: the customer of this order may have it. */
static void what_came_back_may_be_out_again(void **state)
{
	(void)state;
	send_order();
	rival(RENT_OP_SUCCEEDED, "B", T0 - RENT_MINUTE);
	cabinet.in = "A C";
	expect(RENT_OP_MANUAL, "");
	db.away = true;
	expect(RENT_OP_UNKNOWN, "");
	db.away = false;
	/* Nobody said that it came back, but it was there. */
	db.held = "B";
	db.held_since = T0 - 1;
	expect(RENT_OP_MANUAL, "");
	db.held = NULL;
	db.list[1].taken_at = T0 + RENT_SECOND;
	expect(RENT_OP_MANUAL, "");
	/* One order gives out one, and nothing else tells of this. */
	cabinet.in = "A";
	expect(RENT_OP_SUCCEEDED, "C");
	/* It lies in the cabinet, whoever had it. */
	cabinet.in = "A B C";
	expect(RENT_OP_NOT_EXECUTED, "");
	reports_return("B");
	expect(RENT_OP_NOT_EXECUTED, "");
}

/* An eject that began when this order was over found it in the cabinet. */
static void an_eject_of_long_after_explains_it(void **state)
{
	(void)state;
	send_order();
	rival(RENT_OP_SUCCEEDED, "B", T0 + params.start_lease + 2 * RENT_MINUTE + 1);
	cabinet.in = "A C";
	expect(RENT_OP_NOT_EXECUTED, "");
	db.list[1].taken_at--;
	expect(RENT_OP_MANUAL, "");
}

/* Its customer brought it back before anybody knew that he had it. */
static void one_that_is_back_already_came_out(void **state)
{
	(void)state;
	send_order();
	reports_return("B");
	expect(RENT_OP_SUCCEEDED, "B");
	assert_true(begins_back);
	/* Another is gone: one of the two is somebody else's. */
	cabinet.in = "A B";
	expect(RENT_OP_MANUAL, "");
	/* It came from elsewhere. */
	reports_return("D");
	cabinet.in = "A B D";
	expect(RENT_OP_SUCCEEDED, "C");
	assert_false(begins_back);
}

static void other_returns_say_nothing(void **state)
{
	(void)state;
	send_order();
	reports_return("B");
	reported.received_at = T0 - 1;
	expect(RENT_OP_NOT_EXECUTED, "");
	reports_return("B");
	rent_copy(reported.station_id, RENT_ID_SIZE, "DTA2");
	expect(RENT_OP_NOT_EXECUTED, "");
	reports_return("B");
	rent_copy(reported.instance, RENT_ID_SIZE, "depot");
	expect(RENT_OP_NOT_EXECUTED, "");
	reports_return("B");
	reported.kind = RENT_EVENT_EJECTED;
	expect(RENT_OP_NOT_EXECUTED, "");
	reports_return("");
	expect(RENT_OP_NOT_EXECUTED, "");
	/* It may have been before, and another rental has it. */
	reports_return("B");
	reported.at = 0;
	expect(RENT_OP_NOT_EXECUTED, "");
	reports_return("B");
	db.held = "B";
	expect(RENT_OP_NOT_EXECUTED, "");
}

/* One that came out and is back shows in a report alone. */
static void reports_that_cannot_be_read_are_waited_for(void **state)
{
	(void)state;
	send_order();
	unreadable = true;
	expect(RENT_OP_UNKNOWN, "");
	unreadable = false;
	reports_return("B");
	expect(RENT_OP_SUCCEEDED, "B");
}

static void another_unclear_eject_may_have_had_it(void **state)
{
	(void)state;
	send_order();
	cabinet.in = "A C";
	rival(RENT_OP_UNKNOWN, "", T0 + SETTLED - RENT_MINUTE);
	expect(RENT_OP_UNKNOWN, "");
	db.list[1].taken_at = T0;
	expect(RENT_OP_MANUAL, "");
	db.list[1].state = RENT_OP_MANUAL;
	expect(RENT_OP_MANUAL, "");
	db.list[1].state = RENT_OP_NOT_EXECUTED;
	expect(RENT_OP_SUCCEEDED, "B");
	/* What one of long ago gave out is not in this inventory, or is back. */
	db.list[1].state = RENT_OP_MANUAL;
	db.list[1].taken_at = T0 - 2 * RENT_HOUR;
	expect(RENT_OP_SUCCEEDED, "B");
}

static void neither_takes_part_when_none_is_gone(void **state)
{
	(void)state;
	send_order();
	rival(RENT_OP_UNKNOWN, "", T0);
	expect(RENT_OP_NOT_EXECUTED, "");
}

static void a_cabinet_that_does_not_say_is_asked_again(void **state)
{
	(void)state;
	send_order();
	cabinet.in = "A C";
	cabinet.silent = true;
	expect(RENT_OP_UNKNOWN, "");
	cabinet.silent = false;
	cabinet.partial = true;
	expect(RENT_OP_UNKNOWN, "");
	cabinet.partial = false;
	cabinet.offline = true;
	expect(RENT_OP_UNKNOWN, "");
	assert_int_equal(call(2 * DAY, "", NULL), RENT_OP_MANUAL);
}

static void without_a_before_a_person_looks(void **state)
{
	(void)state;
	cabinet.partial = true;
	send_order();
	assert_int_equal(db.n, 1);
	assert_false(db.list[0].known);
	cabinet.partial = false;
	expect(RENT_OP_MANUAL, "");
}

/* An order whose answer is lost as well would be a person's, with a powerbank that is out for nobody. */
static void into_what_does_not_answer_no_order_is_sent(void **state)
{
	(void)state;
	cabinet.silent = true;
	assert_int_equal(call(0, "", NULL), RENT_OP_NOT_EXECUTED);
	cabinet.silent = false;
	cabinet.offline = true;
	assert_int_equal(call(0, "", NULL), RENT_OP_NOT_EXECUTED);
	assert_int_equal(cabinet.orders, 0);
	assert_int_equal(db.n, 0);
	cabinet.offline = false;
	assert_int_equal(call(0, "", NULL), RENT_OP_UNKNOWN);
	assert_int_equal(cabinet.orders, 1);
}

static void what_cannot_be_recorded_is_not_sent(void **state)
{
	(void)state;
	db.put_code = RENT_EFULL;
	assert_int_equal(call(0, "", NULL), RENT_OP_NOT_EXECUTED);
	assert_int_equal(cabinet.orders, 0);
}

/* The order is asked first; when it says nothing for too long, the cabinet is, each time after it. */
static void after_an_order_that_says_nothing(void **state)
{
	(void)state;
	send_order();
	cabinet.in = "A C";
	assert_int_equal(call(params.start_lease + RENT_MINUTE + 1, "T-1", NULL),
	                 RENT_OP_UNKNOWN);
	assert_int_equal(cabinet.lookups, 1);
	assert_int_equal(cabinet.snapshots, 1);
	assert_int_equal(call(SETTLED, "T-1", NULL), RENT_OP_SUCCEEDED);
	assert_int_equal(cabinet.lookups, 2);
	assert_int_equal(cabinet.snapshots, 2);
	cabinet.silent = true;
	assert_int_equal(call(SETTLED, "T-1", NULL), RENT_OP_UNKNOWN);
	assert_int_equal(cabinet.snapshots, 3);
	assert_int_equal(call(2 * DAY, "T-1", NULL), RENT_OP_MANUAL);
	assert_int_equal(cabinet.lookups, 3);
}

/* Nobody asked for it in time; its word counts for more than what is gone. */
static void an_order_that_is_asked_late_says_it_itself(void **state)
{
	char result[RENT_ID_SIZE];

	(void)state;
	send_order();
	cabinet.in = "C";
	cabinet.order = "A";
	assert_int_equal(call(SETTLED, "T-1", result), RENT_OP_SUCCEEDED);
	assert_string_equal(result, "A");
	assert_int_equal(cabinet.lookups, 1);
	assert_int_equal(cabinet.snapshots, 1);
}

static void a_service_that_keeps_our_id_needs_none(void **state)
{
	(void)state;
	core.station.caps.resend_us = DAY;
	assert_int_equal(call(0, "", NULL), RENT_OP_UNKNOWN);
	assert_int_equal(cabinet.snapshots, 0);
	assert_int_equal(db.n, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_gone_came_out),
		T(none_gone_did_not),
		T(not_before_the_cabinet_had_its_time),
		T(several_gone_are_for_a_person),
		T(one_of_a_live_rental_is_for_a_person),
		T(those_of_other_ejects_are_explained),
		T(an_eject_of_long_ago_explains_nothing),
		T(what_came_back_may_be_out_again),
		T(an_eject_of_long_after_explains_it),
		T(one_that_is_back_already_came_out),
		T(other_returns_say_nothing),
		T(reports_that_cannot_be_read_are_waited_for),
		T(another_unclear_eject_may_have_had_it),
		T(neither_takes_part_when_none_is_gone),
		T(a_cabinet_that_does_not_say_is_asked_again),
		T(without_a_before_a_person_looks),
		T(into_what_does_not_answer_no_order_is_sent),
		T(what_cannot_be_recorded_is_not_sent),
		T(after_an_order_that_says_nothing),
		T(an_order_that_is_asked_late_says_it_itself),
		T(a_service_that_keeps_our_id_needs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
