/* SPDX-License-Identifier: MIT
 *
 * test_drive.c - a powerbank that a station gave out twice: drive() finds the rental that has it,
 * and the audit tells a person of both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "audit.h"
#include "core.h"
#include "drive.h"
#include "fake_host.h"
#include "observers.h"
#include "reissue.h"

#define T0    (INT64_C(1700000000) * RENT_SECOND)
#define PAGE  1000
#define PAGES 200

/* Running rentals "R-000000", … in pages; the one at `holder` has the powerbank. */
static struct {
	int rentals, holder, scans, fails_at;
	char note[RENT_NOTE_SIZE];
	struct rent_op eject; /* what a trail shows */
} db;

static int scan(void *self, enum rent_scan what, const char *after, uint32_t limit,
                rent_rental_fn fn, void *arg, struct rent_error *err)
{
	int first = after[0] == '\0' ? 0 : (int)strtol(after + 2, NULL, 10) + 1;

	(void)self;
	assert_int_equal(what, RENT_SCAN_ACTIVE);
	assert_int_equal(limit, PAGE);
	if (++db.scans == db.fails_at)
		return rent_fail(err, RENT_EUNAVAIL, "scripted");
	for (int i = first; i < db.rentals && i < first + PAGE; i++) {
		struct rent_rental r = { .struct_size = sizeof(r) };

		(void)snprintf(r.id, sizeof(r.id), "R-%06d", i);
		rent_copy(r.powerbank_id, sizeof(r.powerbank_id),
		          i == db.holder ? "PB-1" : "PB-2");
		assert_int_equal(fn(arg, &r, NULL, 0), 0);
	}
	return 0;
}

/* The eject's powerbank is another's, as the index on it says; the next change goes through. */
static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct rent_change *c = changes[0];

	(void)self;
	(void)err;
	assert_int_equal(n, 1);
	c->ret = c->powerbank_id == NULL ? RENT_CHANGE_APPLIED
	                                 : RENT_CHANGE_POWERBANK_TAKEN;
	c->ret_version = c->expect_version + 1;
	c->ret_now = T0;
	return 0;
}

static int audit_scan(void *self, const char *after, uint32_t limit, rent_audit_fn fn,
                      void *arg, struct rent_error *err)
{
	struct rent_rental r = { .struct_size = sizeof(r),
		                 .id = "r1",
		                 .status = RENT_STATUS_FAILED,
		                 .settlement = RENT_SETTLEMENT_DONE };
	struct rent_audit_row row = { .struct_size = sizeof(row),
		                      .rental = &r,
		                      .ejects = 1,
		                      .manual = 1,
		                      .keys = 1 };

	(void)self;
	(void)limit;
	(void)err;
	assert_string_equal(after, "");
	return fn(arg, &row);
}

static int trail(void *self, const char *id, rent_op_fn fn, void *arg,
                 struct rent_error *err)
{
	(void)self;
	(void)err;
	assert_string_equal(id, "r1");
	return fn(arg, &db.eject);
}

static struct fake_host *fake;
static struct core core;
static struct observers observers;
static struct params params = { .start_lease = 30 * RENT_SECOND };
static const struct rent_storage storage = { .struct_size = sizeof(storage),
	                                     .scan = scan,
	                                     .advance = advance,
	                                     .audit_scan = audit_scan,
	                                     .rental_trail = trail };

static int setup(void **state)
{
	(void)state;
	memset(&db, 0, sizeof(db));
	memset(&core, 0, sizeof(core));
	fake = fake_host_new(NULL, NULL);
	core.host = fake_host_table(fake);
	core.store = &storage;
	core.observers = &observers;
	pthread_mutex_init(&core.params_lock, NULL);
	observers_init(core.observers, core.host);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fake_host_free(fake);
	return 0;
}

/* Records the powerbank once; after that the eject has ended, and the run rests. */
static void decide_once(struct rental_work *w)
{
	const struct work_op *eject = work_find_op(w, RENT_OP_EJECT);

	w->has_change = w->replans == 0 && eject->op.state == RENT_OP_INTENT;
	w->call = NO_CALL;
	w->change = (struct rent_change){ .struct_size = sizeof(w->change),
		                          .rental_id = w->r.id,
		                          .powerbank_id = "PB-1" };
	w->next = w->r;
}

static void the_rental_that_has_it_is_found(void **state)
{
	static const struct {
		const char *name;
		int rentals, holder, fails_at, scans;
		const char *found;
	} cases[] = {
		{ "no rental runs", 0, -1, 0, 1, "not found" },
		{ "on the first page", 3, 1, 0, 1, "R-000001" },
		{ "the last of a full page", PAGE, PAGE - 1, 0, 1, "R-000999" },
		{ "a full page, then none", PAGE, -1, 0, 2, "not found" },
		{ "the first of the second page", PAGE + 1, PAGE, 0, 2, "R-001000" },
		{ "on the third page", 3 * PAGE, 2500, 0, 3, "R-002500" },
		{ "storage fails on the way", 3 * PAGE, 2500, 2, 2, "not found" },
		{ "the last that is looked at", (PAGES + 1) * PAGE, PAGES * PAGE - 1, 0,
		  PAGES, "R-199999" },
		{ "beyond what is looked at", (PAGES + 1) * PAGE, PAGES * PAGE, 0, PAGES,
		  "not found" },
	};

	(void)state;
	core.next_step = decide_once;
	core.close_old = reissue_close_old;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rent_op op = { .struct_size = sizeof(op),
			              .id = "e1",
			              .kind = RENT_OP_EJECT,
			              .purpose = RENT_FOR_START,
			              .state = RENT_OP_INTENT,
			              .result = "PB-1",
			              .created_at = T0 };
		struct rent_rental r = { .struct_size = sizeof(r),
			                 .id = "r1",
			                 .status = RENT_STATUS_PENDING,
			                 .open_ops = 1,
			                 .version = 1,
			                 .now = T0 };
		const struct rent_op *ops[] = { &op };
		struct rental_work w, *works[] = { &w };
		char note[RENT_NOTE_SIZE];

		print_message("  %s\n", cases[i].name);
		db.rentals = cases[i].rentals;
		db.holder = cases[i].holder;
		db.fails_at = cases[i].fails_at;
		db.scans = 0;
		work_init(&w, NULL, &params, &core.payment.caps, GOAL_START);
		assert_int_equal(work_load(&w, &r, ops, 1), 0);
		drive(&core, works, 1, NULL);
		assert_int_equal(w.error, 0);
		assert_int_equal(db.scans, cases[i].scans);
		assert_int_equal(w.ops[0].op.state, RENT_OP_MANUAL);
		(void)snprintf(note, sizeof(note),
		               "the powerbank is in another live rental: %s",
		               cases[i].found);
		assert_string_equal(w.ops[0].op.note, note);
		assert_int_equal(fake_host_complaints(fake), 1);
		work_done(&w);
	}
}

static struct {
	int n;
	char text[256], op_id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE];
} told;

static int keep_finding(void *arg, const struct rent_finding *f)
{
	(void)arg;
	if (strcmp(f->code, "powerbank_twice_out") != 0)
		return 0;
	told.n++;
	assert_false(f->breach);
	rent_copy(told.text, sizeof(told.text), f->text);
	rent_copy(told.op_id, sizeof(told.op_id), f->op_id);
	rent_copy(told.rental_id, sizeof(told.rental_id), f->rental_id);
	return 0;
}

static void the_audit_names_both_rentals(void **state)
{
	static const struct {
		const char *name;
		enum rent_op_kind kind;
		enum rent_op_state state;
		const char *result;
		int told;
	} cases[] = {
		{ "given out twice", RENT_OP_EJECT, RENT_OP_MANUAL, "PB-1", 1 },
		{ "resolved since", RENT_OP_EJECT, RENT_OP_DECLINED, "PB-1", 0 },
		{ "an eject in doubt, of nothing", RENT_OP_EJECT, RENT_OP_MANUAL, "", 0 },
		{ "money in doubt", RENT_OP_CHARGE, RENT_OP_MANUAL, "x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rent_check check = { .struct_size = sizeof(check),
			                    .finding = keep_finding };
		struct rent_error err;

		print_message("  %s\n", cases[i].name);
		memset(&told, 0, sizeof(told));
		db.eject = (struct rent_op){
			.struct_size = sizeof(db.eject),
			.id = "e1",
			.kind = cases[i].kind,
			.state = cases[i].state,
			.note = "the powerbank is in another live rental: r0",
		};
		rent_copy(db.eject.result, sizeof(db.eject.result), cases[i].result);
		assert_int_equal(audit_rentals(&core, &check, &err), 0);
		assert_int_equal(told.n, cases[i].told);
		if (told.n == 0)
			continue;
		assert_string_equal(told.op_id, "e1");
		assert_string_equal(told.rental_id, "r1");
		assert_string_equal(told.text,
		                    "powerbank 'PB-1' was given out for rental r1; the "
		                    "powerbank is in another live rental: r0");
	}
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_rental_that_has_it_is_found),
		T(the_audit_names_both_rentals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
