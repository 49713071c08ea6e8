/* SPDX-License-Identifier: MIT
 *
 * test_audit_events.c - reports of services beside the running rental: it was reported back and runs
 * on, it was not; a report that nobody acts on.
 */
#include "audit_events.h"
#include "one_rental.h"

static struct rent_inbound event;
static struct rent_storage storage;
static int findings;
static char code[32], invariant[8], rental[RENT_ID_SIZE];

static int event_list(void *self, const struct rent_inbound_query *query,
                      rent_inbound_fn fn, void *arg, struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_false(query->open);
	return strcmp(event.id, query->after_id) > 0 ? fn(arg, &event) : 0;
}

static int keep(void *arg, const struct rent_finding *f)
{
	(void)arg;
	assert_true(f->breach);
	findings++;
	rent_copy(code, sizeof(code), f->code);
	rent_copy(invariant, sizeof(invariant), f->invariant);
	rent_copy(rental, sizeof(rental), f->rental_id);
	return 0;
}

static int64_t now(void)
{
	return core.host->wall_us(core.host);
}

/* The rental began two hours ago, and its return was reported an hour ago. */
static int setup(void **state)
{
	int r = one_rental_setup(state);

	storage = *core.store;
	storage.event_list = event_list;
	core.store = &storage;
	core.params.return_settle = RENT_MINUTE;
	db.r.started_at = now() - 2 * RENT_HOUR;
	event = (struct rent_inbound){ .struct_size = sizeof(event),
		                       .id = "zz",
		                       .instance = "cloud",
		                       .kind = RENT_EVENT_RETURNED,
		                       .trust = RENT_EVENT_PROVEN,
		                       .station_id = "far-away",
		                       .powerbank_id = "PB-1",
		                       .received_at = now() - RENT_HOUR,
		                       .handled_at = now() - RENT_HOUR,
		                       .outcome = "returned" };
	return r;
}

static void audit(const char *wanted)
{
	struct rent_check check = { .struct_size = sizeof(check), .finding = keep };
	struct rent_error err;

	findings = 0;
	code[0] = '\0';
	assert_int_equal(audit_events(&core, &check, &err), 0);
	assert_string_equal(code, wanted);
	assert_int_equal(findings, wanted[0] == '\0' ? 0 : 1);
	assert_int_equal(check.breaches, findings);
}

static void a_rental_that_was_reported_back_runs(void **state)
{
	(void)state;
	audit("returned_runs");
	assert_string_equal(invariant, "I11");
	assert_string_equal(rental, "r1");
	rent_copy(event.outcome, sizeof(event.outcome), "orphan");
	audit("returned_runs");
	rent_copy(db.r.station_instance, RENT_ID_SIZE, "cloud");
	audit("returned_runs");
}

static void what_says_nothing_of_this_rental(void **state)
{
	struct rent_inbound said = event;

	(void)state;
	/* It began again afterwards, says the service. */
	event.at = db.r.started_at - RENT_HOUR;
	audit("");
	event = said;
	event.received_at = db.r.started_at;
	audit("");
	event = said;
	event.received_at = now() - RENT_MINUTE / 2;
	audit("");
	event = said;
	rent_copy(event.powerbank_id, RENT_ID_SIZE, "PB-2");
	audit("");
	event = said;
	rent_copy(event.outcome, sizeof(event.outcome), "not there");
	audit("");
	event = said;
	event.trust = RENT_EVENT_HINT;
	rent_copy(event.outcome, sizeof(event.outcome), "orphan");
	audit("");
	event = said;
	rent_copy(db.r.station_instance, RENT_ID_SIZE, "depot");
	audit("");
	db.r.station_instance[0] = '\0';
	db.r.status = RENT_STATUS_FINISHED;
	audit("");
}

static void a_report_waits_for_hours(void **state)
{
	(void)state;
	event.handled_at = 0;
	event.outcome[0] = '\0';
	audit("");
	event.received_at = now() - 3 * RENT_HOUR;
	audit("event_open");
	assert_string_equal(invariant, "I12");
}

static void a_storage_without_events_has_none(void **state)
{
	(void)state;
	storage.event_list = NULL;
	audit("");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, one_rental_teardown)
		T(a_rental_that_was_reported_back_runs),
		T(what_says_nothing_of_this_rental),
		T(a_report_waits_for_hours),
		T(a_storage_without_events_has_none),
	};

	return cmocka_run_group_tests_name("audit_events", tests, NULL, NULL);
}
