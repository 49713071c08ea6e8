/* SPDX-License-Identifier: MIT
 *
 * test_reconcile_stations.c - running rentals beside the cabinets: a powerbank in a slot whose rental
 * runs, one that is out without a rental, cabinets that say nothing, how fast they are asked.
 */
#include "one_rental.h"
#include "reconcile_stations.h"

static struct rent_station listing;
static struct rent_storage storage;
static struct rent_station_entry order;
static bool lists;
static int findings;
static bool breach;
static char code[32], rental[RENT_ID_SIZE];
/* Another rental, that ended or was bought out, at "far-away". */
static struct rent_rental other;

static int build_list(void *self, const struct rent_station_page *page,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	(void)self;
	(void)arena;
	(void)err;
	assert_string_equal(page->cursor, "");
	ret->method = "GET";
	return 0;
}

static int parse_list(void *self, const struct rent_station_page *page,
                      const struct rent_upstream_reply *reply, rent_station_entry_fn fn,
                      void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	(void)self;
	(void)page;
	(void)reply;
	ret_cursor[0] = '\0';
	if (!lists)
		return rent_fail(err, RENT_ECORRUPT, "no list");
	return order.struct_size == 0 ? 0 : fn(arg, &order);
}

static int rental_list(void *self, const struct rent_list_query *query, rent_rental_fn fn,
                       void *arg, struct rent_error *err)
{
	(void)self;
	(void)query;
	(void)err;
	return fn(arg, &other, NULL, 0);
}

static int keep(void *arg, const struct rent_finding *f)
{
	(void)arg;
	findings++;
	breach = f->breach;
	assert_string_equal(f->invariant, "I11");
	rent_copy(code, sizeof(code), f->code);
	rent_copy(rental, sizeof(rental), f->rental_id);
	return 0;
}

static int64_t now(void)
{
	return core.host->wall_us(core.host);
}

static int setup(void **state)
{
	int r = one_rental_setup(state);

	listing = *core.station.api;
	listing.build_list = build_list;
	listing.parse_list = parse_list;
	core.station.api = &listing;
	core.station.instance = "cloud";
	storage = *core.store;
	storage.rental_list = rental_list;
	core.store = &storage;
	core.poll_rate = 10;
	core.params.return_settle = RENT_SECOND / 100;
	db.r.started_at = now() - RENT_HOUR;
	rent_copy(db.r.station_id, RENT_ID_SIZE, "far-away");
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-7");
	cloud.slot.slot = 1;
	lists = true;
	order = (struct rent_station_entry){ 0 };
	other = (struct rent_rental){ .struct_size = sizeof(other),
		                      .id = "r0",
		                      .station_id = "far-away",
		                      .powerbank_id = "PB-9",
		                      .status = RENT_STATUS_FINISHED,
		                      .created_at = now() - DAY };
	return r;
}

static struct rent_check reconcile(const char *wanted)
{
	struct rent_check check = { .struct_size = sizeof(check), .finding = keep };
	struct rent_error err;

	findings = 0;
	code[0] = '\0';
	assert_int_equal(reconcile_stations(&core, &check, &err), 0);
	assert_string_equal(code, wanted);
	assert_int_equal(findings, wanted[0] == '\0' ? 0 : 1);
	assert_int_equal(check.breaches, findings > 0 && breach ? 1 : 0);
	assert_int_equal(db.ends, 0);
	return check;
}

static void a_powerbank_in_a_slot_whose_rental_runs(void **state)
{
	struct rent_check check = reconcile("");

	(void)state;
	assert_int_equal(check.rentals, 1);
	assert_int_equal(check.operations, 1); /* one cabinet, whoever names it */
	assert_int_equal(check.entries, 1);
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	(void)reconcile("slot_runs");
	assert_true(breach);
	assert_string_equal(rental, "r1");
	/* It was given out a moment ago, and the cabinet may not have noticed. */
	core.station.caps.settle_us = RENT_MINUTE;
	db.r.started_at = now() - RENT_SECOND;
	(void)reconcile("");
	/* Another service's powerbank of this number. */
	db.r.started_at = now() - RENT_HOUR;
	rent_copy(db.r.station_instance, RENT_ID_SIZE, "depot");
	(void)reconcile("");
}

/* Between the two looks: it ended by itself. */
static void end_it(void *arg, struct rent_exchange *x)
{
	(void)arg;
	x->transport = RENT_REPLIED;
	if (++cloud.asked == 2) /* the cabinet, the orders */
		db.r.status = RENT_STATUS_FINISHED;
}

static void what_ends_meanwhile_is_no_finding(void **state)
{
	(void)state;
	rent_copy(cloud.slot.powerbank_id, RENT_ID_SIZE, "PB-1");
	fake_host_on_exchange(fake, end_it, NULL);
	(void)reconcile("");
}

static void out(const char *powerbank)
{
	order = (struct rent_station_entry){ .struct_size = sizeof(order),
		                             .outcome = RENT_SUCCEEDED,
		                             .id = "",
		                             .ref = "T-9",
		                             .cabinet_id = "far-away",
		                             .powerbank_id = powerbank,
		                             .at = now() - RENT_HOUR };
}

static void a_powerbank_that_is_out_without_a_rental(void **state)
{
	(void)state;
	out("PB-1"); /* of the running rental */
	(void)reconcile("");
	out("PB-9"); /* of one that its customer ended */
	(void)reconcile("out_of_rental");
	assert_true(breach);
	other.status = RENT_STATUS_BUYOUT;
	(void)reconcile("");
	other.status = RENT_STATUS_FINISHED;
	order.returned_at = now();
	(void)reconcile("");
	out("PB-7"); /* it lies in the slot */
	(void)reconcile("");
	out("PB-9");
	order.at = now() - core.station.caps.settle_us;
	(void)reconcile("");
	out("PB-9");
	order.outcome = RENT_PENDING;
	(void)reconcile("");
}

static void who_says_nothing_is_noted(void **state)
{
	(void)state;
	lists = false;
	(void)reconcile("orders_silent");
	assert_false(breach);
	lists = true;
	cloud.state = RENT_STATION_OFFLINE;
	(void)reconcile("cabinets_silent");
	assert_false(breach);
}

static void nobody_is_asked_too_often(void **state)
{
	int64_t began = core.host->mono_us(core.host);

	(void)state;
	core.poll_rate = 1;
	(void)reconcile(""); /* two questions */
	assert_true(core.host->mono_us(core.host) - began >= RENT_SECOND);
}

static void without_cabinets_there_is_nothing_to_compare(void **state)
{
	struct rent_check check = { .struct_size = sizeof(check), .finding = keep };
	struct rent_error err;

	(void)state;
	listing.build_snapshot = NULL;
	assert_int_equal(reconcile_stations(&core, &check, &err), RENT_EUNSUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, one_rental_teardown)
		T(a_powerbank_in_a_slot_whose_rental_runs),
		T(what_ends_meanwhile_is_no_finding),
		T(a_powerbank_that_is_out_without_a_rental),
		T(who_says_nothing_is_noted),
		T(nobody_is_asked_too_often),
		T(without_cabinets_there_is_nothing_to_compare),
	};

	return cmocka_run_group_tests_name("reconcile_stations", tests, NULL, NULL);
}
