/* SPDX-License-Identifier: MIT
 *
 * test_inventories.c - what was in a cabinet before an eject: recorded once, listed by cabinet
 * together with what became of the eject, forgotten when it is old.
 */
#include "fixture.h"

#define DAY (24 * RENT_HOUR)

static void put(struct fixture *f, const char *op, const char *instance,
                const char *cabinet, bool known, const char *powerbanks)
{
	struct rent_inventory inv = { .struct_size = sizeof(inv),
		                      .known = known,
		                      .powerbanks = powerbanks };
	int code;

	(void)rent_copy(inv.op_id, sizeof(inv.op_id), op);
	(void)rent_copy(inv.instance, sizeof(inv.instance), instance);
	(void)rent_copy(inv.cabinet_id, sizeof(inv.cabinet_id), cabinet);
	code = f->api->inventory_put(f->self, &inv, DAY, &f->err);
	if (code != 0)
		fail_msg("inventory_put: %d %s", code, f->err.text);
}

struct seen {
	size_t n;
	struct rent_inventory list[16];
	char powerbanks[16][128];
};

static int see(void *arg, const struct rent_inventory *inventory)
{
	struct seen *seen = arg;

	assert_true(seen->n < 16);
	seen->list[seen->n] = *inventory;
	(void)rent_copy(seen->powerbanks[seen->n++], 128, inventory->powerbanks);
	return 0;
}

static struct seen list(struct fixture *f, const char *cabinet, int64_t since,
                        uint32_t limit)
{
	struct rent_inventory_query q = { .struct_size = sizeof(q),
		                          .instance = "cloud",
		                          .cabinet_id = cabinet,
		                          .since = since,
		                          .limit = limit };
	struct seen seen = { 0 };

	assert_int_equal(f->api->inventory_list(f->self, &q, see, &seen, &f->err), 0);
	return seen;
}

static void the_first_one_counts(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	put(f, "op-1", "cloud", "C1", true, "A B");
	put(f, "op-1", "cloud", "C1", true, "B");
	put(f, "op-2", "cloud", "C2", true, "X");
	put(f, "op-3", "other", "C1", true, "Y");
	seen = list(f, "C1", 0, 16);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].op_id, "op-1");
	assert_string_equal(seen.list[0].instance, "cloud");
	assert_string_equal(seen.list[0].cabinet_id, "C1");
	assert_true(seen.list[0].known);
	assert_string_equal(seen.powerbanks[0], "A B");
	assert_int_equal(seen.list[0].taken_at, TEST_NOW);
	/* An eject that storage does not know. */
	assert_int_equal(seen.list[0].state, RENT_OP_STATE_NONE);
	assert_string_equal(seen.list[0].result, "");
}

static void newest_first(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	put(f, "op-1", "cloud", "C1", true, "A");
	f->backend->advance(f, RENT_MINUTE);
	put(f, "op-2", "cloud", "C1", false, "");
	seen = list(f, "C1", 0, 16);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].op_id, "op-2");
	assert_false(seen.list[0].known);
	assert_string_equal(seen.powerbanks[0], "");
	assert_int_equal(list(f, "C1", 0, 1).n, 1);
	assert_int_equal(list(f, "C1", TEST_NOW + RENT_SECOND, 16).n, 1);
	assert_int_equal(list(f, "C1", TEST_NOW, 16).n, 2);
}

static void old_ones_of_the_cabinet_go(void **state)
{
	struct fixture *f = *state;

	put(f, "op-1", "cloud", "C1", true, "A");
	put(f, "op-2", "cloud", "C2", true, "A");
	f->backend->advance(f, DAY + RENT_SECOND);
	put(f, "op-3", "cloud", "C1", true, "A");
	assert_int_equal(list(f, "C1", 0, 16).n, 1);
	assert_int_equal(list(f, "C2", 0, 16).n, 1);
}

static void shows_what_became_of_the_eject(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	make_active(f, "r1");
	put(f, "r1-eject", "cloud", "C1", true, "pb-r1 PB-8");
	seen = list(f, "C1", 0, 16);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.list[0].state, RENT_OP_SUCCEEDED);
	assert_string_equal(seen.list[0].result, "pb-r1");
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_one_counts),
		T(newest_first),
		T(old_ones_of_the_cabinet_go),
		T(shows_what_became_of_the_eject),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
