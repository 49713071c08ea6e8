/* SPDX-License-Identifier: MIT
 *
 * test_resolutions.c - what operators need of a storage: single operations and pages of them,
 * and the end of an operation in MANUAL by a person, which nobody else can bring about.
 */
#include "fixture.h"

#include <stdlib.h>

struct seen {
	struct rent_op ops[16];
	struct rent_resolution resolutions[4];
	size_t n;
};

static int see_op(void *arg, const struct rent_op *op)
{
	struct seen *seen = arg;

	assert_true(seen->n < 16);
	seen->ops[seen->n++] = *op;
	return 0;
}

static int see_resolution(void *arg, const struct rent_resolution *resolution)
{
	struct seen *seen = arg;

	assert_true(seen->n < 4);
	seen->resolutions[seen->n++] = *resolution;
	return 0;
}

static struct rent_resolution resolution_of(const char *op)
{
	struct rent_resolution r = { .struct_size = sizeof(r),
		                     .by = "anna",
		                     .reason = "ticket 7: it's \"there\"; so they say" };

	(void)rent_copy(r.op_id, sizeof(r.op_id), op);
	return r;
}

/* A rental with a charge of 40 that nobody could find out about. */
static void make_manual(struct fixture *f, const char *rental, const char *op)
{
	make_active(f, rental);
	assert_int_equal(charge(f, rental, op, 40), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, rental, op, RENT_OP_UNKNOWN, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, rental, op, RENT_OP_MANUAL, 0), RENT_CHANGE_APPLIED);
}

static enum rent_change_result resolve(struct fixture *f, const char *rental,
                                       const char *op, enum rent_op_state as,
                                       const struct rent_resolution *resolution)
{
	struct rent_change c = change_of(f, rental);

	c.ends[2] = (struct rent_op_end){
		.id = op, .state = as, .processed = 35, .ref = "psp-1", .note = "by hand"
	};
	c.paid_delta = as == RENT_OP_SUCCEEDED ? 35 : 0;
	c.resolution = resolution;
	return advance_one(f, &c);
}

static void a_person_ends_it(void **state)
{
	struct fixture *f = *state;
	struct rent_resolution r = resolution_of("c1");
	struct seen seen = { .n = 0 };

	make_manual(f, "r1", "c1");
	/* Nobody else can. */
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_SUCCEEDED, NULL),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_SUCCEEDED, &r),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(f->api->op_get(f->self, "c1", see_op, &seen, &f->err), 0);
	assert_int_equal(seen.ops[0].state, RENT_OP_SUCCEEDED);
	assert_int_equal(seen.ops[0].processed, 35);
	assert_true(seen.ops[0].resolved_at > 0);
	assert_int_equal(
		fixture_int(f, "SELECT amount FROM payment_attempts WHERE success"), 35);
	seen.n = 0;
	assert_int_equal(
		f->api->resolutions(f->self, "r1", see_resolution, &seen, &f->err), 0);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.resolutions[0].op_id, "c1");
	assert_string_equal(seen.resolutions[0].rental_id, "r1");
	assert_int_equal(seen.resolutions[0].resolved_as, RENT_OP_SUCCEEDED);
	assert_int_equal(seen.resolutions[0].amount, 35);
	assert_string_equal(seen.resolutions[0].ref, "psp-1");
	assert_string_equal(seen.resolutions[0].by, "anna");
	assert_string_equal(seen.resolutions[0].reason, r.reason);
	assert_true(seen.resolutions[0].created_at > 0);
	/* Once. */
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_DECLINED, &r),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_DECLINED, NULL),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operation_resolutions"), 1);
}

#define PEOPLE 6

struct people {
	struct fixture *f;
	struct rent_resolution resolution;
	struct rent_change changes[PEOPLE];
	int codes[PEOPLE];
};

static void say_how_it_ended(void *arg, int i)
{
	struct people *people = arg;
	struct rent_change *list[] = { &people->changes[i] };

	people->codes[i] = people->f->api->advance(people->f->self, list, 1, NULL);
}

/* At once, and they contradict each other: one is believed. */
static void six_people_end_it(void **state)
{
	struct fixture *f = *state;
	struct people people = { .f = f, .resolution = resolution_of("c1") };
	int applied = 0;

	make_manual(f, "r1", "c1");
	for (int i = 0; i < PEOPLE; i++) {
		struct rent_change *c = &people.changes[i];

		*c = change_of(f, "r1");
		c->ends[0] = (struct rent_op_end){ .id = "c1",
			                           .state = i % 2 == 0 ? RENT_OP_SUCCEEDED
			                                               : RENT_OP_DECLINED,
			                           .processed = i % 2 == 0 ? 40 : 0 };
		c->paid_delta = i % 2 == 0 ? 40 : 0;
		c->resolution = &people.resolution;
	}
	run_threads(PEOPLE, say_how_it_ended, &people);
	for (int i = 0; i < PEOPLE; i++) {
		assert_int_equal(people.codes[i], 0);
		applied += people.changes[i].ret == RENT_CHANGE_APPLIED;
	}
	assert_int_equal(applied, 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operation_resolutions"), 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM payment_attempts"), 1);
}

static void only_what_is_manual(void **state)
{
	struct fixture *f = *state;
	struct rent_resolution r = resolution_of("c1"), other = resolution_of("c9");

	make_active(f, "r1");
	(void)charge(f, "r1", "c1", 40);
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_SUCCEEDED, &r),
	                 RENT_CHANGE_CONFLICT);
	/* A resolution of something else than what the change ends. */
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_SUCCEEDED, &other),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(end_op(f, "r1", "c1", RENT_OP_MANUAL, 0), RENT_CHANGE_APPLIED);
	/* An operation of another rental; an end that is none. */
	make_active(f, "r2");
	assert_int_equal(resolve(f, "r2", "c1", RENT_OP_SUCCEEDED, &r),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_UNKNOWN, &r),
	                 RENT_CHANGE_CONFLICT);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM operation_resolutions"), 0);
	assert_int_equal(fixture_int(f, "SELECT total_amount FROM rentals WHERE id = "
	                                "'r1'"),
	                 0);
	assert_int_equal(resolve(f, "r1", "c1", RENT_OP_NOT_EXECUTED, &r),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(
		fixture_int(f, "SELECT amount FROM payment_attempts WHERE NOT success"),
		40);
	assert_int_equal(fixture_int(f, "SELECT amount FROM operation_resolutions"), 0);
}

/* The use of the operation's target is given back, as with any other end. */
static void the_target_is_given_back(void **state)
{
	struct fixture *f = *state;
	struct rent_resolution r = resolution_of("k1");
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.news[0] = (struct rent_op_new){ "k1", "r1-hold", RENT_OP_CAPTURE,
		                          RENT_FOR_SETTLE, 40 };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(end_op(f, "r1", "k1", RENT_OP_MANUAL, 0), RENT_CHANGE_APPLIED);
	assert_int_equal(
		fixture_int(f, "SELECT used FROM operations WHERE id = 'r1-hold'"), 40);
	assert_int_equal(resolve(f, "r1", "k1", RENT_OP_SUCCEEDED, &r),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(
		fixture_int(f, "SELECT used FROM operations WHERE id = 'r1-hold'"), 35);
}

static void change_of_an_older_build(void **state)
{
	struct fixture *f = *state;
	struct rent_resolution r = resolution_of("c1");
	struct rent_change c;

	make_manual(f, "r1", "c1");
	c = change_of(f, "r1");
	c.struct_size = offsetof(struct rent_change, resolution);
	c.resolution = &r; /* behind what that build knew */
	c.ends[0] = (struct rent_op_end){ .id = "c1", .state = RENT_OP_DECLINED };
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
}

static void pages(void **state)
{
	struct fixture *f = *state;
	struct seen seen = { .n = 0 };

	make_manual(f, "r1", "c3");
	make_manual(f, "r2", "c1");
	make_active(f, "r3");
	(void)charge(f, "r3", "c2", 1);
	assert_int_equal(f->api->op_get(f->self, "nobody", see_op, &seen, &f->err), 1);
	assert_int_equal(
		f->api->op_scan(f->self, RENT_OPS_MANUAL, "", 10, see_op, &seen, &f->err),
		0);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.ops[0].id, "c1");
	assert_string_equal(seen.ops[1].id, "c3");
	assert_string_equal(seen.ops[1].rental_id, "r1");
	seen.n = 0;
	assert_int_equal(
		f->api->op_scan(f->self, RENT_OPS_ALL, "c1", 3, see_op, &seen, &f->err),
		0);
	assert_int_equal(seen.n, 3);
	assert_string_equal(seen.ops[0].id, "c2");
	assert_int_equal(seen.ops[0].state, RENT_OP_INTENT);
	assert_string_equal(seen.ops[1].id, "c3");
	assert_string_equal(seen.ops[2].id, "r1-eject");
	seen.n = 0;
	assert_int_equal(
		f->api->resolutions(f->self, "r1", see_resolution, &seen, &f->err), 0);
	assert_int_equal(seen.n, 0);
}

static int see_audit(void *arg, const struct rent_audit_row *row)
{
	*(struct rent_audit_row *)arg = *row;
	return 0;
}

static void the_audit_sees_them(void **state)
{
	struct fixture *f = *state;
	struct rent_resolution r = resolution_of("c1");
	struct rent_audit_row row = { 0 };

	make_manual(f, "r1", "c1");
	assert_int_equal(f->api->audit_scan(f->self, "", 1, see_audit, &row, &f->err), 0);
	assert_int_equal(row.manual, 1);
	assert_int_equal(row.resolved, 0);
	(void)resolve(f, "r1", "c1", RENT_OP_SUCCEEDED, &r);
	assert_int_equal(f->api->audit_scan(f->self, "", 1, see_audit, &row, &f->err), 0);
	assert_int_equal(row.manual, 0);
	assert_int_equal(row.resolved, 1);
	assert_int_equal(row.resolved_otherwise, 0);
	fixture_sql(f, "UPDATE operations SET processed = 36 WHERE id = 'c1'");
	assert_int_equal(f->api->audit_scan(f->self, "", 1, see_audit, &row, &f->err), 0);
	assert_int_equal(row.resolved_otherwise, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_person_ends_it),         T(six_people_end_it),
		T(only_what_is_manual),      T(the_target_is_given_back),
		T(change_of_an_older_build), T(pages),
		T(the_audit_sees_them),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
