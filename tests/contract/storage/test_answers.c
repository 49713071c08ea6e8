/* SPDX-License-Identifier: MIT
 *
 * test_answers.c - what requests were answered, kept under their keys; and the operation that was begun
 * for a request.
 */
#include "fixture.h"

#include <stdlib.h>

static struct rent_kept_answer answer_of(const char *key, const char *scope,
                                         const char *answer)
{
	return (struct rent_kept_answer){ .struct_size = sizeof(struct rent_kept_answer),
		                          .key = key,
		                          .scope = scope,
		                          .fingerprint = "said",
		                          .rental_id = "r1",
		                          .outcome = "done",
		                          .answer = answer };
}

static void put(struct fixture *f, const char *key, const char *scope, const char *text)
{
	const struct rent_kept_answer answer = answer_of(key, scope, text);

	assert_int_equal(f->api->answer_put(f->self, &answer, &f->err), 0);
}

/* NULL: there is none. */
static const char *kept(struct fixture *f, struct rent_arena *arena, const char *key,
                        const char *scope)
{
	struct rent_kept_answer answer = {
		.struct_size = sizeof(answer), .key = key, .scope = scope, .arena = arena
	};
	int code = f->api->answer_get(f->self, &answer, &f->err);

	if (code == 1)
		return NULL;
	assert_int_equal(code, 0);
	assert_string_equal(answer.ret_fingerprint, "said");
	assert_string_equal(answer.ret_outcome, "done");
	return answer.ret_answer;
}

static void the_first_one_counts(void **state)
{
	struct fixture *f = *state;
	struct rent_arena *arena = f->host->arena_new(f->host);

	make_active(f, "r1");
	assert_null(kept(f, arena, "k1", "pay r1 "));
	put(f, "k1", "pay r1 ", "{\"paid\":5}");
	put(f, "k1", "pay r1 ", "{\"paid\":6}");
	put(f, "k1", "pay r1 alice", "{\"paid\":7}");
	assert_string_equal(kept(f, arena, "k1", "pay r1 "), "{\"paid\":5}");
	assert_string_equal(kept(f, arena, "k1", "pay r1 alice"), "{\"paid\":7}");
	assert_null(kept(f, arena, "k2", "pay r1 "));
	f->host->arena_free(f->host, arena);
}

#define PEOPLE 6

static void keep_mine(void *arg, int i)
{
	struct fixture *f = arg;
	static const char *const texts[PEOPLE] = { "0", "1", "2", "3", "4", "5" };
	const struct rent_kept_answer answer = answer_of("k1", "pay r1 ", texts[i]);

	(void)f->api->answer_put(f->self, &answer, NULL);
}

static void six_at_once(void **state)
{
	struct fixture *f = *state;

	make_active(f, "r1");
	run_threads(PEOPLE, keep_mine, f);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM idempotency_keys WHERE key = 'k1'"),
		1);
}

static int count_keys(void *arg, const struct rent_audit_row *row)
{
	*(int64_t *)arg += row->keys;
	return 0;
}

/* The auditor counts those that begin a rental, and a live rental's keys are not purged. */
static void keys_of_a_rental(void **state)
{
	struct fixture *f = *state;
	int64_t keys = 0, purged;

	make_active(f, "r1");
	put(f, "k1", "pay r1 ", "{}");
	assert_int_equal(f->api->audit_scan(f->self, "", 10, count_keys, &keys, &f->err),
	                 0);
	assert_int_equal(keys, 1);
	fixture_advance(f, RENT_HOUR);
	assert_int_equal(
		f->api->purge(f->self, RENT_HOUR, RENT_MINUTE, 100, &purged, &f->err), 0);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM idempotency_keys WHERE key = 'k1'"),
		1);
}

static int see_op(void *arg, const struct rent_op *op)
{
	(void)rent_copy(arg, RENT_ID_SIZE, op->id);
	return 0;
}

static int look_for(struct fixture *f, const char *key, char ret[RENT_ID_SIZE])
{
	ret[0] = '\0';
	return f->api->op_requested(f->self, key, see_op, ret, &f->err);
}

static void operation_of_a_request(void **state)
{
	struct fixture *f = *state;
	struct rent_op_request request = { .struct_size = sizeof(request),
		                           .op_id = "c1",
		                           .key = "0a1b-77" };
	char id[RENT_ID_SIZE];
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.news[0] = (struct rent_op_new){
		.id = "c1", .kind = RENT_OP_CHARGE, .purpose = RENT_FOR_DEBT, .amount = 5
	};
	c.request = &request;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_APPLIED);
	assert_int_equal(look_for(f, "0a1b", id), 0);
	assert_string_equal(id, "c1");
	assert_int_equal(look_for(f, "0a1", id), 1);
	assert_int_equal(look_for(f, "0a1b-77", id), 1);
	assert_int_equal(look_for(f, "0a1c", id), 1);
	assert_int_equal(look_for(f, "", id), 1);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_first_one_counts),
		T(six_at_once),
		T(keys_of_a_rental),
		T(operation_of_a_request),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
