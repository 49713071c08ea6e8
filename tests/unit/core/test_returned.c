/* SPDX-License-Identifier: MIT
 *
 * test_returned.c - what services report of a return: proven or a hint, early, late, twice, of
 * another powerbank, with cabinets that confirm it, deny it, or say nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "decide.h"
#include "fake_host.h"
#include "inbound.h"
#include "observers.h"

#define T0  (INT64_C(1700000000) * RENT_SECOND)
#define DAY (24 * RENT_HOUR)

/* The one rental, and what was recorded of it. */
static struct {
	struct rent_rental r;
	struct rent_op eject;
	int ends;
} db;

/* The cabinets' service. */
static struct {
	struct rent_station_result order;
	struct rent_station_slot slot;
	enum rent_station_state state;
	bool silent, complete;
	int asked;
} cloud;

static int show(void *self, const char *id, rent_rental_fn fn, void *arg,
                struct rent_error *err)
{
	const struct rent_op *ops[] = { &db.eject };

	(void)self;
	(void)err;
	return strcmp(id, db.r.id) == 0 ? fn(arg, &db.r, ops, 1) : 1;
}

static int holding(void *self, const char *powerbank_id, rent_rental_fn fn, void *arg,
                   struct rent_error *err)
{
	(void)self;
	(void)err;
	if (db.r.status != RENT_STATUS_ACTIVE ||
	    strcmp(powerbank_id, db.r.powerbank_id) != 0)
		return 1;
	return fn(arg, &db.r, NULL, 0);
}

static int op_get(void *self, const char *id, rent_op_fn fn, void *arg,
                  struct rent_error *err)
{
	(void)self;
	(void)err;
	return strcmp(id, db.eject.id) == 0 ? fn(arg, &db.eject) : 1;
}

static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct rent_change *c = changes[0];

	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	if (c->status != RENT_STATUS_NONE) {
		db.ends++;
		db.r.status = c->status;
		db.r.finished_at = c->finished_at;
		db.r.ended_by = c->ended_by;
		db.r.has_final = c->set_final;
		db.r.final_amount = c->final_amount;
		rent_copy(db.r.return_station_id, RENT_ID_SIZE, c->return_station_id);
	}
	if (c->settlement != RENT_SETTLEMENT_NONE)
		db.r.settlement = c->settlement;
	db.r.debt += c->debt_delta;
	c->ret = RENT_CHANGE_APPLIED;
	c->ret_version = ++db.r.version;
	c->ret_now = db.r.now;
	return 0;
}

static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .rental_get = show,
	                                     .rental_holding = holding,
	                                     .op_get = op_get,
	                                     .advance = advance };

static int build_lookup(void *self, const struct rent_station_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(op->ref, "T-1");
	ret->method = "GET";
	return 0;
}

static void parse_lookup(void *self, const struct rent_station_op *op,
                         const struct rent_upstream_reply *reply,
                         struct rent_station_result *ret)
{
	(void)self;
	(void)op;
	(void)reply;
	*ret = cloud.order;
}

static int build_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                          struct rent_upstream_request *ret, struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(cabinet_id, "far-away");
	ret->method = "GET";
	return 0;
}

static void parse_snapshot(void *self, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	static const struct rent_station_slot *list[] = { &cloud.slot };

	(void)self;
	(void)cabinet_id;
	(void)reply;
	ret->outcome = RENT_SUCCEEDED;
	ret->state = cloud.state;
	ret->complete = cloud.complete;
	ret->list = list;
	ret->slot_count = 1;
}

static const struct rent_station station = { .struct_size = sizeof(station),
	                                     .build_lookup = build_lookup,
	                                     .parse_lookup = parse_lookup,
	                                     .build_snapshot = build_snapshot,
	                                     .parse_snapshot = parse_snapshot };

static void exchange(void *arg, struct rent_exchange *x)
{
	(void)arg;
	cloud.asked++;
	x->transport = cloud.silent ? RENT_NO_ANSWER : RENT_REPLIED;
}

static struct fake_host *fake;
static struct core core;
static struct observers observers;

/* A rental of one a second that began at T0, 1,000 seconds ago. No charge can be made, so that what
 * it costs becomes debt. */
static int setup(void **state)
{
	(void)state;
	memset(&core, 0, sizeof(core));
	memset(&cloud, 0, sizeof(cloud));
	memset(&db, 0, sizeof(db));
	db.r = (struct rent_rental){ .struct_size = sizeof(db.r),
		                     .id = "r1",
		                     .station_id = "s1",
		                     .powerbank_id = "PB-1",
		                     .price_per_hour = 3600,
		                     .status = RENT_STATUS_ACTIVE,
		                     .settlement = RENT_SETTLEMENT_OPEN,
		                     .started_at = T0,
		                     .now = T0 + 1000 * RENT_SECOND };
	db.eject = (struct rent_op){ .struct_size = sizeof(db.eject),
		                     .id = "e1",
		                     .rental_id = "r1",
		                     .ref = "T-1",
		                     .result = "PB-1",
		                     .kind = RENT_OP_EJECT,
		                     .purpose = RENT_FOR_START,
		                     .state = RENT_OP_SUCCEEDED };
	cloud.complete = true;
	cloud.order.outcome = RENT_SUCCEEDED;
	rent_copy(cloud.order.powerbank_id, RENT_ID_SIZE, "PB-1");
	fake = fake_host_new(NULL, NULL);
	fake_host_on_exchange(fake, exchange, NULL);
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.next_step = decide;
	core.payment.instance = "pay";
	core.payment.caps.min_charge = INT64_MAX;
	core.station.api = &station;
	core.station.caps.settle_us = 30 * RENT_SECOND;
	core.params = (struct params){ .r_buyout = 1000000,
		                       .start_lease = 30 * RENT_SECOND,
		                       .return_backdate_max = DAY };
	core.observers = &observers;
	pthread_mutex_init(&core.params_lock, NULL);
	pthread_mutex_init(&core.station.lock, NULL);
	observers_init(core.observers, core.host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}

/* Seconds after T0; 0: it does not say when. */
static struct rent_inbound report(enum rent_event_trust trust, int64_t seconds)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .id = "in-1",
		                  .instance = "cloud",
		                  .event_id = "x",
		                  .kind = RENT_EVENT_RETURNED,
		                  .trust = trust,
		                  .station_id = "far-away",
		                  .powerbank_id = "PB-1",
		                  .at = seconds == 0 ? 0 : T0 + seconds * RENT_SECOND,
		                  .received_at = db.r.now };

	return e;
}

static void expect(const struct rent_inbound *e, const char *outcome)
{
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	assert_int_equal(inbound_event(&core, e, said, &err), 0);
	assert_string_equal(said, outcome);
}

static void not_ended(void)
{
	assert_int_equal(db.ends, 0);
	assert_int_equal(db.r.status, RENT_STATUS_ACTIVE);
}

static void ended_after(int64_t seconds)
{
	assert_int_equal(db.ends, 1);
	assert_int_equal(db.r.status, RENT_STATUS_FINISHED);
	assert_int_equal(db.r.ended_by, RENT_ENDED_BY_CABINET);
	assert_string_equal(db.r.return_station_id, "far-away");
	assert_int_equal((db.r.finished_at - T0) / RENT_SECOND, seconds);
	assert_int_equal(db.r.final_amount, seconds);
	assert_int_equal(db.r.debt, seconds);
}

static void a_proven_return_ends_at_its_time(void **state)
{
	static const struct {
		int64_t at, ends;
	} cases[] = { { 100, 100 }, { 0, 1000 }, { 5000, 1000 }, { -30, 0 } };

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct rent_inbound e = report(RENT_EVENT_PROVEN, cases[i].at);

		expect(&e, "returned");
		ended_after(cases[i].ends);
		assert_int_equal(cloud.asked, 0);
		(void)teardown(state);
		(void)setup(state);
	}
}

static void twice_is_one_end(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	expect(&e, "returned");
	e.at += 50 * RENT_SECOND;
	expect(&e, "orphan");
	ended_after(100);
}

/* It came late, and the powerbank is out again. */
static void a_return_from_before_the_rental_is_not_its(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, -3600);

	(void)state;
	expect(&e, "earlier");
	not_ended();
}

static void a_return_of_nobodys_powerbank_is_an_orphan(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	rent_copy(e.powerbank_id, sizeof(e.powerbank_id), "PB-2");
	expect(&e, "orphan");
	not_ended();
}

static void a_return_of_long_ago_is_for_a_person(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	db.r.now = T0 + 2 * DAY;
	expect(&e, "too late");
	not_ended();
	assert_int_equal(fake_host_complaints(fake), 1);
	db.r.now = T0 + DAY;
	expect(&e, "returned");
	ended_after(100);
}

static void a_return_while_a_charge_is_in_flight_only_ends(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_PROVEN, 100);

	(void)state;
	rent_copy(db.r.lease_token, sizeof(db.r.lease_token), "worker");
	db.r.lease_until = db.r.now + RENT_SECOND;
	expect(&e, "returned");
	assert_int_equal(db.ends, 1);
	assert_int_equal(db.r.finished_at, T0 + 100 * RENT_SECOND);
	assert_int_equal(db.r.settlement, RENT_SETTLEMENT_PENDING);
}

/* ---- hints */

static void the_order_proves_a_hint(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	cloud.order.returned_at = T0 + 50 * RENT_SECOND;
	expect(&e, "returned");
	ended_after(50);
	expect(&e, "ended already");
	assert_int_equal(db.ends, 1);
}

static void an_order_that_is_out_denies_it(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	rent_copy(e.operation_id, sizeof(e.operation_id), "e1");
	e.powerbank_id[0] = '\0';
	expect(&e, "names no powerbank");
	not_ended();
	/* Nor is what it says of another powerbank about this rental. */
	rent_copy(cloud.order.powerbank_id, RENT_ID_SIZE, "PB-2");
	cloud.order.returned_at = T0 + 50 * RENT_SECOND;
	expect(&e, "names no powerbank");
	not_ended();
}

static void the_slots_prove_a_hint(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);

	(void)state;
	expect(&e, "not there");
	not_ended();
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	expect(&e, "returned");
	ended_after(700);
}

static void what_nobody_confirms_stays_open(void **state)
{
	struct rent_inbound e = report(RENT_EVENT_HINT, 700);
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	(void)state;
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	cloud.silent = true;
	assert_int_equal(inbound_event(&core, &e, said, &err), RENT_EUNAVAIL);
	cloud.silent = false;
	cloud.state = RENT_STATION_OFFLINE;
	assert_int_equal(inbound_event(&core, &e, said, &err), RENT_EUNAVAIL);
	cloud.state = RENT_STATION_ONLINE;
	/* The cabinet may not have noticed yet that it gave it out. */
	db.r.started_at = db.r.now - 10 * RENT_SECOND;
	assert_int_equal(inbound_event(&core, &e, said, &err), RENT_EUNAVAIL);
	not_ended();
	cloud.silent = true;
	db.r.started_at = T0;
	db.r.now += 2 * DAY;
	expect(&e, "not confirmed");
	not_ended();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
		T(a_proven_return_ends_at_its_time),
		T(twice_is_one_end),
		T(a_return_from_before_the_rental_is_not_its),
		T(a_return_of_nobodys_powerbank_is_an_orphan),
		T(a_return_of_long_ago_is_for_a_person),
		T(a_return_while_a_charge_is_in_flight_only_ends),
		T(the_order_proves_a_hint),
		T(an_order_that_is_out_denies_it),
		T(the_slots_prove_a_hint),
		T(what_nobody_confirms_stays_open),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
