/* SPDX-License-Identifier: MIT
 *
 * test_listing.c - lists in pages, and their cursors.
 */
#include "fixture.h"

#define AT INT64_C(1795418464123456)

static struct rent_view views[300];
static struct rent_op ops[1500];

static void fill(void)
{
	for (size_t i = 0; i < 300; i++) {
		struct rent_rental *r = &views[i].rental;

		views[i] = (struct rent_view){ .struct_size = sizeof(views[i]) };
		(void)snprintf(r->id, sizeof(r->id), "r%zu", i);
		(void)rent_copy(r->user_id, sizeof(r->user_id), "u1");
		(void)rent_copy(r->station_id, sizeof(r->station_id), "s1");
		r->status = RENT_STATUS_ACTIVE;
		r->settlement = RENT_SETTLEMENT_OPEN;
		r->created_at = AT - (int64_t)i;
	}
	for (size_t i = 0; i < 1500; i++) {
		ops[i] = (struct rent_op){
			.struct_size = sizeof(ops[i]),
			.kind = RENT_OP_CHARGE,
			.purpose = RENT_FOR_ACCRUAL,
			.state = RENT_OP_SUCCEEDED,
			.amount = 5,
			.processed = 5,
			.created_at = AT,
			.resolved_at = AT,
		};
		(void)snprintf(ops[i].id, sizeof(ops[i].id), "op%zu", i);
	}
}

static int setup(void **state)
{
	struct fixture *f;

	(void)fixture_setup(state);
	f = *state;
	fill();
	f->core.views = views;
	f->core.ops = ops;
	return 0;
}

static json_t *item(const struct fixture *f, size_t i)
{
	return json_array_get(json_object_get(f->json, "items"), i);
}

static const char *item_text(const struct fixture *f, size_t i, const char *member)
{
	return json_string_value(json_object_get(item(f, i), member));
}

static size_t items(const struct fixture *f)
{
	return json_array_size(json_object_get(f->json, "items"));
}

static void get(struct fixture *f, enum use_case call, const char *target)
{
	f->core.expect = call;
	assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
	assert_int_equal(f->core.expect, CALL_NONE);
	assert_int_equal(f->reply.status, 200);
}

static void an_empty_list_is_a_list(void **state)
{
	struct fixture *f = *state;

	get(f, CALL_LIST, "/api/v1/rentals");
	assert_string_equal(f->reply.body, "{\"items\":[],\"next_cursor\":null}");
	assert_string_equal(f->core.user_id, "");
	assert_int_equal(f->core.status, RENT_STATUS_NONE);
	assert_int_equal(f->core.limit, 51);
	assert_int_equal(f->core.before_at, 0);
	assert_string_equal(f->core.before_id, "");
	assert_null(fixture_logged(f, "user"));
}

static void filters_are_handed_over(void **state)
{
	struct fixture *f = *state;

	get(f, CALL_LIST, "/api/v1/rentals?user_id=u1&status=BUYOUT&limit=200&cursor=");
	assert_string_equal(f->core.user_id, "u1");
	assert_int_equal(f->core.status, RENT_STATUS_BUYOUT);
	assert_int_equal(f->core.limit, 201);
	assert_string_equal(fixture_logged(f, "user"), "u1");
	get(f, CALL_LIST, "/api/v1/rentals?user_id=&status=&limit=&cursor=");
	assert_string_equal(f->core.user_id, "");
	assert_int_equal(f->core.limit, 51);
}

static void items_say_whose_and_where(void **state)
{
	struct fixture *f = *state;

	f->core.count = 1;
	get(f, CALL_LIST, "/api/v1/rentals");
	assert_int_equal(items(f), 1);
	assert_int_equal(json_object_size(item(f, 0)), 24);
	assert_string_equal(item_text(f, 0, "order_id"), "r0");
	assert_string_equal(item_text(f, 0, "user_id"), "u1");
	assert_string_equal(item_text(f, 0, "station_id"), "s1");
	assert_string_equal(item_text(f, 0, "created_at"), "2026-11-23T07:21:04.123456Z");
	assert_null(json_object_get(item(f, 0), "held"));
	assert_true(fixture_is_null(f, "next_cursor"));
}

static void a_full_page_without_a_next_one_has_no_cursor(void **state)
{
	struct fixture *f = *state;

	f->core.count = 50;
	get(f, CALL_LIST, "/api/v1/rentals");
	assert_int_equal(items(f), 50);
	assert_true(fixture_is_null(f, "next_cursor"));
}

static void a_cursor_goes_on_where_the_page_ended(void **state)
{
	struct fixture *f = *state;
	char target[512];

	f->core.count = 300;
	get(f, CALL_LIST, "/api/v1/rentals?limit=7");
	assert_int_equal(items(f), 7);
	assert_string_equal(item_text(f, 6, "order_id"), "r6");
	(void)snprintf(target, sizeof(target), "/api/v1/rentals?limit=7&cursor=%s",
	               fixture_text(f, "next_cursor"));
	get(f, CALL_LIST, target);
	assert_int_equal(f->core.before_at, AT - 6);
	assert_string_equal(f->core.before_id, "r6");
}

/* Ids of every length, all visible characters, times up to the last. */
static void cursors_survive_the_way_there_and_back(void **state)
{
	static const char url_safe[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_";
	static const int64_t times[] = { 1, 99, AT, INT64_C(253402300800000000) };
	struct fixture *f = *state;
	char target[512];

	f->core.count = 2;
	for (size_t n = 1; n <= RENT_ID_MAX; n++) {
		struct rent_rental *r = &views[0].rental;
		const char *cursor;

		for (size_t i = 0; i < n; i++)
			r->id[i] = (char)('!' + (i * 7 + n) % ('~' - '!' + 1));
		r->id[n] = '\0';
		r->created_at = times[n % 4];
		get(f, CALL_LIST, "/api/v1/rentals?limit=1");
		cursor = fixture_text(f, "next_cursor");
		assert_int_equal(strspn(cursor, url_safe), strlen(cursor));
		(void)snprintf(target, sizeof(target), "/api/v1/rentals?cursor=%s",
		               cursor);
		get(f, CALL_LIST, target);
		assert_int_equal(f->core.before_at, r->created_at);
		assert_string_equal(f->core.before_id, r->id);
	}
}

/* Whatever is done to a cursor, it is read as another place of the same kind or refused. */
static void altered_cursors_do_no_harm(void **state)
{
	struct fixture *f = *state;
	char cursor[256], target[512];
	size_t length, refused = 0;

	f->core.count = 2;
	get(f, CALL_LIST, "/api/v1/rentals?limit=1");
	assert_true(rent_copy(cursor, sizeof(cursor), fixture_text(f, "next_cursor")));
	length = strlen(cursor);
	for (size_t i = 0; i < length; i++) {
		char kept = cursor[i];

		cursor[i] = kept == 'A' ? 'B' : 'A';
		(void)snprintf(target, sizeof(target), "/api/v1/rentals?cursor=%s",
		               cursor);
		cursor[i] = kept;
		f->core.expect = CALL_LIST;
		assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
		refused += f->reply.status == 422;
		assert_true(f->reply.status == 422 || f->core.before_at > 0);
	}
	assert_true(refused > 0);
	/* Cut, lengthened, padded. */
	f->core.expect = CALL_NONE;
	(void)snprintf(target, sizeof(target), "/api/v1/rentals?cursor=%s==", cursor);
	assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
	assert_int_equal(f->reply.status, 422);
	(void)snprintf(target, sizeof(target), "/api/v1/rentals?cursor=%s%s%s%s%s%s",
	               cursor, cursor, cursor, cursor, cursor, cursor);
	assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
	assert_int_equal(f->reply.status, 422);
	for (size_t n = 1; n < 5; n++) {
		(void)snprintf(target, sizeof(target), "/api/v1/rentals?cursor=%.*s",
		               (int)n, cursor);
		assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
		assert_int_equal(f->reply.status, 422);
	}
}

static void payments_have_their_fields(void **state)
{
	static const struct rent_money_point point = {
		.at = AT, .due = 12, .paid = 5, .debt = 3, .in_flight = 4
	};
	struct fixture *f = *state;

	f->core.count = 2;
	f->core.points = &point;
	f->core.point_count = 1;
	(void)rent_copy(ops[0].ref, sizeof(ops[0].ref), "ref-1");
	ops[1].state = RENT_OP_UNKNOWN;
	ops[1].kind = RENT_OP_HOLD;
	ops[1].purpose = RENT_FOR_START;
	ops[1].processed = 0;
	ops[1].resolved_at = 0;
	/* Cut within a character, as a note may be. */
	(void)rent_copy(ops[1].note, sizeof(ops[1].note), "timeout \xd1");
	get(f, CALL_TRAIL, "/api/v1/rentals/r1/payments");
	assert_string_equal(
		f->reply.body,
		"{\"items\":["
		"{\"id\":\"op0\",\"kind\":\"charge\",\"purpose\":\"accrual\",\"amount\":5,"
		"\"processed\":5,\"status\":\"SUCCEEDED\",\"reason\":null,"
		"\"reference\":\"ref-1\",\"created_at\":\"2026-11-23T07:21:04.123456Z\","
		"\"resolved_at\":\"2026-11-23T07:21:04.123456Z\"},"
		"{\"id\":\"op1\",\"kind\":\"hold\",\"purpose\":\"start\",\"amount\":5,"
		"\"processed\":0,\"status\":\"UNKNOWN\",\"reason\":\"timeout ?\","
		"\"reference\":null,\"created_at\":\"2026-11-23T07:21:04.123456Z\","
		"\"resolved_at\":null}],\"next_cursor\":null,\"notes\":[],\"timeline\":["
		"{\"at\":\"2026-11-23T07:21:04.123456Z\",\"due\":12,\"paid\":5,\"debt\":3,"
		"\"in_flight\":4}]}");
	assert_string_equal(fixture_logged(f, "rental"), "r1");
	assert_string_equal(f->core.order_id, "r1");
}

static void a_long_trail_comes_in_pages(void **state)
{
	struct fixture *f = *state;
	char target[512];

	f->core.count = 1500;
	get(f, CALL_TRAIL, "/api/v1/rentals/r1/payments");
	assert_int_equal(items(f), 1000);
	(void)snprintf(target, sizeof(target), "/api/v1/rentals/r1/payments?cursor=%s",
	               fixture_text(f, "next_cursor"));
	get(f, CALL_TRAIL, target);
	assert_int_equal(items(f), 500);
	assert_string_equal(item_text(f, 0, "id"), "op1000");
	assert_null(json_object_get(f->json, "timeline"));
	assert_true(fixture_is_null(f, "next_cursor"));
	/* It is a place in this trail only. */
	strstr(target, "r1")[1] = '2';
	assert_int_equal(fixture_send(f, "GET", target, NULL), 0);
	fixture_assert_problem(f, 422, "invalid-request");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(an_empty_list_is_a_list),
		T(filters_are_handed_over),
		T(items_say_whose_and_where),
		T(a_full_page_without_a_next_one_has_no_cursor),
		T(a_cursor_goes_on_where_the_page_ended),
		T(cursors_survive_the_way_there_and_back),
		T(altered_cursors_do_no_harm),
		T(payments_have_their_fields),
		T(a_long_trail_comes_in_pages),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
