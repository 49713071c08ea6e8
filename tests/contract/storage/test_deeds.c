/* SPDX-License-Identifier: MIT
 *
 * test_deeds.c - who did what: kept in the transaction of what was done, and with nothing else.
 */
#include "fixture.h"

#define DEEDS 8

struct seen {
	struct rent_deed deeds[DEEDS];
	char rental[DEEDS][RENT_ID_SIZE], op[DEEDS][RENT_ID_SIZE];
	char subject[DEEDS][RENT_ID_SIZE], peer[DEEDS][RENT_ID_SIZE];
	char by[DEEDS][RENT_ID_SIZE], reason[DEEDS][RENT_REASON_SIZE];
	size_t n;
};

static int see_deed(void *arg, const struct rent_deed *deed)
{
	struct seen *seen = arg;
	size_t i = seen->n++;

	assert_true(i < DEEDS);
	seen->deeds[i] = *deed;
	(void)rent_copy(seen->rental[i], RENT_ID_SIZE, deed->rental_id);
	(void)rent_copy(seen->op[i], RENT_ID_SIZE, deed->op_id);
	(void)rent_copy(seen->subject[i], RENT_ID_SIZE, deed->actor->subject);
	(void)rent_copy(seen->peer[i], RENT_ID_SIZE, deed->actor->peer);
	(void)rent_copy(seen->by[i], RENT_ID_SIZE, deed->actor->by);
	(void)rent_copy(seen->reason[i], RENT_REASON_SIZE, deed->actor->reason);
	return 0;
}

static void list(struct fixture *f, const char *rental, int64_t before, uint32_t limit,
                 struct seen *seen)
{
	const struct rent_deed_query query = { .struct_size = sizeof(query),
		                               .rental_id = rental,
		                               .before_id = before,
		                               .limit = limit };

	seen->n = 0;
	assert_int_equal(f->api->deed_list(f->self, &query, see_deed, seen, &f->err), 0);
}

static const struct rent_actor alice = {
	.struct_size = sizeof(struct rent_actor),
	.subject = "alice",
	.role = "customer",
	.issuer = "https://id.example",
	.key_id = "k1",
	.peer = "192.0.2.7",
	.request_id = "req-1",
};

static const struct rent_actor anna = {
	.struct_size = sizeof(struct rent_actor),
	.subject = "root",
	.role = "operator",
	.issuer = "host7",
	.peer = "uid:0",
	.by = "anna",
	.reason = "ticket 7: it's \"there\"",
};

static enum rent_start_result start_as(struct fixture *f, const char *key,
                                       const char *quote, const char *rental,
                                       const struct rent_actor *actor)
{
	struct start start;

	start_init(f, &start, key, quote, rental);
	start.s.actor = actor;
	return start_run(f, &start);
}

static enum rent_change_result change_as(struct fixture *f, const char *rental,
                                         int64_t stale, enum rent_deed_kind kind,
                                         const struct rent_actor *actor)
{
	struct rent_change c = change_of(f, rental);
	const struct rent_deed deed = {
		.struct_size = sizeof(deed), .kind = kind, .op_id = "op-9", .actor = actor
	};

	c.expect_version -= stale;
	c.deed = &deed;
	return advance_one(f, &c);
}

static void a_start_keeps_who(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	put_quote(f, "q1", "alice");
	assert_int_equal(start_as(f, "k1", "q1", "r1", &alice), RENT_START_NEW);
	list(f, "r1", 0, DEEDS, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.deeds[0].kind, RENT_DEED_START);
	assert_string_equal(seen.rental[0], "r1");
	assert_string_equal(seen.op[0], "");
	assert_string_equal(seen.subject[0], "alice");
	assert_string_equal(seen.peer[0], "192.0.2.7");
	assert_string_equal(seen.by[0], "");
	assert_true(seen.deeds[0].id > 0 && seen.deeds[0].at > 0);
	assert_int_equal(
		fixture_int(f,
	                    "SELECT count(*) FROM audit_log WHERE action = 'start' AND "
	                    "role = 'customer' AND issuer = 'https://id.example' AND "
	                    "key_id = 'k1' AND request_id = 'req-1' AND op_id IS NULL "
	                    "AND claimed_by IS NULL AND reason IS NULL"),
		1);
}

/* Neither a repetition nor a refusal did anything, and nobody is kept without being named. */
static void what_did_nothing_keeps_nobody(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	put_quote(f, "q1", "alice");
	assert_int_equal(start_as(f, "k1", "q1", "r1", NULL), RENT_START_NEW);
	assert_int_equal(start_as(f, "k1", "q1", "r2", &alice), RENT_START_RUNNING);
	assert_int_equal(start_as(f, "k2", "q1", "r3", &alice), RENT_START_QUOTE_USED);
	assert_int_equal(start_as(f, "k3", "q9", "r4", &alice), RENT_START_QUOTE_UNKNOWN);
	fixture_advance(f, 2 * LEASE);
	assert_int_equal(start_as(f, "k1", "q1", "r5", &alice), RENT_START_RESUME);
	assert_int_equal(change_as(f, "r1", 1, RENT_DEED_STOP, &alice),
	                 RENT_CHANGE_CONFLICT);
	list(f, "", 0, DEEDS, &seen);
	assert_int_equal(seen.n, 0);
}

static void a_change_keeps_who(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	make_active(f, "r1");
	assert_int_equal(change_as(f, "r1", 0, RENT_DEED_STOP, &alice),
	                 RENT_CHANGE_APPLIED);
	assert_int_equal(change_as(f, "r1", 0, RENT_DEED_RESOLVE, &anna),
	                 RENT_CHANGE_APPLIED);
	list(f, "r1", 0, DEEDS, &seen);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.deeds[0].kind, RENT_DEED_RESOLVE);
	assert_string_equal(seen.op[0], "op-9");
	assert_string_equal(seen.subject[0], "root");
	assert_string_equal(seen.peer[0], "uid:0");
	assert_string_equal(seen.by[0], "anna");
	assert_string_equal(seen.reason[0], anna.reason);
	assert_int_equal(seen.deeds[1].kind, RENT_DEED_STOP);
	assert_string_equal(seen.subject[1], "alice");
}

static void they_are_listed_newest_first(void **state)
{
	struct fixture *f = *state;
	struct seen seen;
	int64_t before;

	make_active(f, "r1");
	make_active(f, "r2");
	for (int i = 0; i < 4; i++)
		assert_int_equal(
			change_as(f, i % 2 == 0 ? "r1" : "r2", 0, RENT_DEED_PAY, &alice),
			RENT_CHANGE_APPLIED);
	list(f, "", 0, 3, &seen);
	assert_int_equal(seen.n, 3);
	assert_true(seen.deeds[0].id > seen.deeds[1].id &&
	            seen.deeds[1].id > seen.deeds[2].id);
	before = seen.deeds[2].id;
	list(f, "", before, DEEDS, &seen);
	assert_int_equal(seen.n, 1);
	list(f, "r2", 0, DEEDS, &seen);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.rental[0], "r2");
	list(f, "r1", before, DEEDS, &seen);
	assert_int_equal(seen.n, 1);
	list(f, "r3", 0, DEEDS, &seen);
	assert_int_equal(seen.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_start_keeps_who, fixture_setup,
		                                fixture_teardown),
		cmocka_unit_test_setup_teardown(what_did_nothing_keeps_nobody,
		                                fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_change_keeps_who, fixture_setup,
		                                fixture_teardown),
		cmocka_unit_test_setup_teardown(they_are_listed_newest_first,
		                                fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests_name("storage deeds", tests, NULL, NULL);
}
