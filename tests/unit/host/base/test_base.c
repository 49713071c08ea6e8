/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host/base/test_base.c - arena, dynbuf, values of headers, UUIDv7, trace context.
 */
#include "base/arena.h"
#include "base/clock.h"
#include "base/dynbuf.h"
#include "base/header.h"
#include "base/id.h"
#include "base/trace.h"
#include "support.h"

#include <pthread.h>
#include <stdalign.h>

static void arena_gives_zeroed_aligned_memory(void **state)
{
	(void)state;
	for (int round = 0; round < 3;
	     round++) { /* the second time from recycled chunks */
		struct rent_arena *a = arena_new(ARENA_MAX_DEFAULT);

		for (size_t size = 0; size < 6000; size += 37) {
			unsigned char *p = rent_alloc(a, size);

			assert_non_null(p);
			assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xab, size);
		}
		arena_free(a);
	}
}

static void arena_keeps_its_ceiling(void **state)
{
	struct rent_arena *a = arena_new(1000);

	(void)state;
	assert_null(rent_alloc(a, 1001));
	assert_null(rent_alloc(a, SIZE_MAX));
	assert_non_null(rent_alloc(a, 900));
	assert_null(rent_alloc(a, 101));
	assert_non_null(rent_alloc(a, 100));
	assert_null(rent_alloc(a, 1));
	assert_int_equal(arena_used(a), 1000);
	arena_free(a);
	arena_free(NULL);
}

static void arena_helpers_of_the_api_work(void **state)
{
	struct rent_arena *a = arena_new(ARENA_MAX_DEFAULT);

	(void)state;
	assert_string_equal(rent_printf(a, "%s-%d", "x", 7), "x-7");
	assert_string_equal(rent_url_encode(a, "a b/ü~"), "a%20b%2F%C3%BC~");
	assert_string_equal(rent_strndup(a, "abcdef", 3), "abc");
	arena_free(a);
}

static void *free_elsewhere(void *arg)
{
	arena_free(arg);
	return NULL;
}

static void arena_may_be_freed_by_another_thread(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		struct rent_arena *a = arena_new(ARENA_MAX_DEFAULT);
		pthread_t t;

		assert_non_null(rent_alloc(a, 100));
		assert_int_equal(pthread_create(&t, NULL, free_elsewhere, a), 0);
		assert_int_equal(pthread_join(t, NULL), 0);
	}
}

static void dynbuf_grows_to_its_ceiling_and_sticks(void **state)
{
	struct dynbuf b;

	(void)state;
	dynbuf_init(&b, 10);
	assert_string_equal(dynbuf_text(&b), "");
	assert_int_equal(dynbuf_puts(&b, "12345"), 0);
	assert_int_equal(dynbuf_printf(&b, "%s", "67890"), 0);
	assert_string_equal(b.data, "1234567890");
	assert_int_equal(dynbuf_puts(&b, "x"), RENT_ENOMEM);
	assert_int_equal(dynbuf_puts(&b, ""), RENT_ENOMEM);
	assert_string_equal(b.data, "1234567890");
	dynbuf_reset(&b);
	assert_int_equal(dynbuf_printf(&b, "%d", 42), 0);
	assert_string_equal(b.data, "42");
	assert_int_equal(dynbuf_printf(&b, "%s", "123456789"), RENT_ENOMEM);
	assert_int_equal(b.size, 2);
	dynbuf_done(&b);
}

static void dynbuf_gives_its_memory_away(void **state)
{
	struct dynbuf b;
	char *text;

	(void)state;
	dynbuf_init(&b, 100000);
	assert_null(dynbuf_steal(&b));
	for (int i = 0; i < 5000; i++)
		assert_int_equal(dynbuf_printf(&b, "%04d", i), 0);
	text = dynbuf_steal(&b);
	assert_int_equal(strlen(text), 20000);
	assert_memory_equal(text + 19996, "4999", 4);
	assert_string_equal(dynbuf_text(&b), "");
	free(text);
	dynbuf_done(&b);
}

static void check_format(const char *id)
{
	assert_int_equal(strlen(id), 36);
	for (int i = 0; i < 36; i++) {
		if (i == 8 || i == 13 || i == 18 || i == 23)
			assert_int_equal(id[i], '-');
		else
			assert_non_null(strchr("0123456789abcdef", id[i]));
	}
	assert_int_equal(id[14], '7');
	assert_non_null(strchr("89ab", id[19]));
}

static void uuid7_has_format_and_time(void **state)
{
	char id[RENT_ID_SIZE];
	uint64_t ms;

	(void)state;
	id_uuid7(id);
	check_format(id);
	ms = strtoull(id, NULL, 16) << 16;
	ms |= strtoull(id + 9, NULL, 16);
	assert_true(llabs((long long)ms - clock_wall_us() / 1000) < 5000);
}

static void uuid7_ascends_when_the_clock_does_not(void **state)
{
	char last[RENT_ID_SIZE], id[RENT_ID_SIZE];
	int64_t now = clock_wall_us() + RENT_SECOND;

	(void)state;
	id_uuid7_at(now, last);
	for (int i = 0; i < 20000; i++) { /* far more than a millisecond has counters */
		id_uuid7_at(now, id);
		check_format(id);
		assert_true(strcmp(id, last) > 0);
		memcpy(last, id, sizeof(id));
	}
	id_uuid7_at(now - 3600 * RENT_SECOND, id);
	assert_true(strcmp(id, last) > 0);
}

#define MAKERS   4
#define MAKE_IDS 5000

struct maker {
	char ids[MAKE_IDS][RENT_ID_SIZE];
};

static void *make_ids(void *arg)
{
	struct maker *m = arg;

	for (int i = 0; i < MAKE_IDS; i++)
		id_uuid7(m->ids[i]);
	return NULL;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void uuid7_is_unique_across_threads(void **state)
{
	struct maker *makers = calloc(MAKERS, sizeof(*makers));
	char **all = calloc((size_t)MAKERS * MAKE_IDS, sizeof(char *));
	pthread_t threads[MAKERS];
	size_t n = 0;

	(void)state;
	assert_true(makers != NULL && all != NULL);
	for (int t = 0; t < MAKERS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, make_ids, &makers[t]),
		                 0);
	for (int t = 0; t < MAKERS; t++) {
		(void)pthread_join(threads[t], NULL);
		for (int i = 0; i < MAKE_IDS; i++) {
			if (i > 0)
				assert_true(strcmp(makers[t].ids[i - 1],
				                   makers[t].ids[i]) < 0);
			all[n++] = makers[t].ids[i];
		}
	}
	qsort(all, n, sizeof(char *), by_text);
	for (size_t i = 1; i < n; i++)
		assert_true(strncmp(all[i - 1], all[i], 18) != 0); /* time and counter */
	free(all);
	free(makers);
}

static void traceparent_is_read_strictly(void **state)
{
	static const char id[] = "4bf92f3577b34da6a3ce929d0e0e4736";
	static const struct {
		const char *header;
		bool taken;
	} rows[] = {
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00", true },
		{ "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", true },
		{ "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", true },
		{ "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01.what", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-what", false },
		{ "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false },
		{ "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01", false },
		{ "00-00000000000000000000000000000000-00f067aa0ba902b7-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0", false },
		{ "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0x", false },
		{ "00_4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", false },
		{ "", false },
		{ NULL, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct trace t;

		assert_int_equal(trace_begin(&t, rows[i].header), rows[i].taken);
		assert_int_equal(strlen(t.trace_id), 32);
		assert_int_equal(strlen(t.span_id), 16);
		assert_int_equal(strcmp(t.trace_id, id) == 0, rows[i].taken);
	}
}

static void traceparent_goes_on_with_its_trace(void **state)
{
	struct trace t, next;
	char header[TRACE_PARENT_SIZE];

	(void)state;
	assert_true(trace_begin(
		&t, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
	trace_parent(&t, header);
	assert_int_equal(strlen(header), 55);
	assert_string_equal(header + 53, "01");
	assert_true(trace_begin(&next, header));
	assert_string_equal(next.trace_id, t.trace_id);
	assert_null(trace_current());
	trace_enter(&t);
	assert_ptr_equal(trace_current(), &t);
	trace_enter(NULL);
}

static void a_header_cannot_hold_a_second_one(void **state)
{
	(void)state;
	assert_true(header_value_is_clean(""));
	assert_true(header_value_is_clean("a\tb, \"c\" \xc3\xa9"));
	assert_false(header_value_is_clean("a\r\nX-B: c"));
	assert_false(header_value_is_clean("a\nb"));
	assert_false(header_value_is_clean("\x01"));
	assert_false(header_value_is_clean("a\x7f"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arena_gives_zeroed_aligned_memory),
		cmocka_unit_test(arena_keeps_its_ceiling),
		cmocka_unit_test(arena_helpers_of_the_api_work),
		cmocka_unit_test(arena_may_be_freed_by_another_thread),
		cmocka_unit_test(dynbuf_grows_to_its_ceiling_and_sticks),
		cmocka_unit_test(dynbuf_gives_its_memory_away),
		cmocka_unit_test(a_header_cannot_hold_a_second_one),
		cmocka_unit_test(uuid7_has_format_and_time),
		cmocka_unit_test(uuid7_ascends_when_the_clock_does_not),
		cmocka_unit_test(uuid7_is_unique_across_threads),
		cmocka_unit_test(traceparent_is_read_strictly),
		cmocka_unit_test(traceparent_goes_on_with_its_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
