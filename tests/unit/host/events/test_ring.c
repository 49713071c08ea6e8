/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_ring.c - the ring alone: its two ceilings, and what an event is.
 */
#include "events/ring.h"

#include "support.h"

static void put(struct ring *ring, const char *json)
{
	struct event *event = event_new("rental", json, strlen(json), 7);

	assert_non_null(event);
	event_number(event, "abcdef01", ring->next);
	ring_put(ring, event);
}

static void an_event_is_written_once(void **state)
{
	struct event *event = event_new("rental", "{\"a\":1}", 7, 42);
	static const char wanted[] =
		"id: abcdef01-17\nevent: rental\ndata: {\"a\":1}\n\n";

	(void)state;
	event_number(event, "abcdef01", 17);
	assert_int_equal(event->size, strlen(wanted));
	assert_memory_equal(event->text + event->begin, wanted, strlen(wanted));
	assert_int_equal(event->wall_us, 42);
	assert_string_equal(event->type, "rental");
	event_unref(event_ref(event));
	event_unref(event);
	event_unref(NULL);
}

static void the_largest_number_fits(void **state)
{
	struct event *event = event_new("rental", "{}", 2, 0);

	(void)state;
	event_number(event, "abcdef01", UINT64_MAX);
	assert_memory_equal(event->text + event->begin,
	                    "id: abcdef01-18446744073709551615\nevent: ", 41);
	event_unref(event);
}

static void types_and_json_are_checked(void **state)
{
	static const struct {
		const char *type;
		bool ok;
	} types[] = {
		{ "rental", true },
		{ "a", true },
		{ "_", true },
		{ "abcdefghijklmnopqrstuvwxyz_abcde", true }, /* 32 */
		{ "abcdefghijklmnopqrstuvwxyz_abcdef", false },
		{ "", false },
		{ "Rental", false },
		{ "rental1", false },
		{ "a b", false },
		{ "a\nb", false },
	};
	static const struct {
		const char *json;
		bool ok;
	} jsons[] = {
		{ "{}", true },         { "{\"a\":\"\xc3\xa4\"}", true },
		{ "", false },          { "{", false },
		{ "[]", false },        { "{\"a\":\n1}", false },
		{ "{\"a\"\r}", false }, { "{}\n", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		assert_int_equal(event_type_ok(types[i].type, strlen(types[i].type)),
		                 types[i].ok);
	for (size_t i = 0; i < sizeof(jsons) / sizeof(jsons[0]); i++)
		assert_int_equal(event_json_ok(jsons[i].json, strlen(jsons[i].json)),
		                 jsons[i].ok);
}

static void the_oldest_go_by_number(void **state)
{
	struct ring ring;

	(void)state;
	assert_int_equal(ring_init(&ring, 4, 1000000), 0);
	for (int i = 0; i < 10; i++)
		put(&ring, "{}");
	assert_int_equal(ring.first, 7);
	assert_int_equal(ring.next, 11);
	assert_null(ring_get(&ring, 6));
	assert_null(ring_get(&ring, 11));
	for (uint64_t n = 7; n <= 10; n++)
		assert_int_equal(ring_get(&ring, n)->seq, n);
	ring_done(&ring);
}

static void the_oldest_go_by_bytes(void **state)
{
	struct ring ring;
	char big[600];

	(void)state;
	assert_int_equal(ring_init(&ring, 100, 1000), 0);
	for (int i = 0; i < 15; i++)
		put(&ring, "{}");
	assert_int_equal(ring.first, 1);
	(void)snprintf(big, sizeof(big), "{\"a\":\"%0500d\"}", 0);
	put(&ring, big);
	assert_true(ring.bytes <= 1000);
	assert_true(ring.first > 1 && ring.first < 16);
	put(&ring, big);
	assert_int_equal(ring.first, ring.next - 1);
	ring_done(&ring);
	assert_int_equal(ring.bytes, 0);
}

static void one_that_is_larger_than_all_stands_alone(void **state)
{
	struct ring ring;

	(void)state;
	assert_int_equal(ring_init(&ring, 100, 10), 0);
	put(&ring, "{}");
	put(&ring, "{}");
	assert_int_equal(ring.next - ring.first, 1);
	ring_done(&ring);
}

static void skipped_numbers_leave_no_hole(void **state)
{
	struct ring ring;

	(void)state;
	assert_int_equal(ring_init(&ring, 4, 1000), 0);
	put(&ring, "{}");
	put(&ring, "{}");
	ring_skip(&ring, 5);
	assert_int_equal(ring.first, 8);
	assert_int_equal(ring.next, 8);
	assert_int_equal(ring.bytes, 0);
	put(&ring, "{}");
	assert_int_equal(ring_get(&ring, 8)->seq, 8);
	ring_done(&ring);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_written_once),
		cmocka_unit_test(the_largest_number_fits),
		cmocka_unit_test(types_and_json_are_checked),
		cmocka_unit_test(the_oldest_go_by_number),
		cmocka_unit_test(the_oldest_go_by_bytes),
		cmocka_unit_test(one_that_is_larger_than_all_stands_alone),
		cmocka_unit_test(skipped_numbers_leave_no_hole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
