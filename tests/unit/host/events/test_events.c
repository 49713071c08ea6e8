/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_c/test_events.c - publishing and listening: cursors, filters, gaps, what is
 * dropped, and several threads at once.
 */
#include "events/events.h"

#include "base/dynbuf.h"
#include "metrics/metrics.h"
#include "support.h"

#include <pthread.h>

static struct metrics *metrics;
static struct events *events;

static void set_up(size_t ring, int64_t linger_us)
{
	const struct events_config config = { ring, EVENTS_BYTES, linger_us };

	if (metrics == NULL)
		metrics = metrics_new("test", 0);
	events_free(events);
	events = events_new(&config, metrics);
	assert_non_null(events);
}

static void ignore(void *arg)
{
	(void)arg;
}

/* Somebody has listened: for an hour all is kept. */
static int fresh(void **state)
{
	struct events_listener listener = { .wake = ignore };

	(void)state;
	set_up(8, RENT_HOUR);
	events_listen(events, &listener);
	events_unlisten(events, &listener);
	return 0;
}

/* "rental/{…}", "gap/N", "none" */
static const char *step(struct events_cursor *cursor)
{
	static char text[EVENT_JSON_MAX];
	struct event *event;
	uint64_t missed;

	switch (events_next(events, cursor, &event, &missed)) {
	case EVENTS_ONE:
		(void)snprintf(text, sizeof(text), "%s/%s", event->type,
		               strstr(event->text + event->begin, "data: ") + 6);
		text[strcspn(text, "\n")] = '\0';
		event_unref(event);
		return text;
	case EVENTS_GAP:
		(void)snprintf(text, sizeof(text), "gap/%d", (int)missed);
		return text;
	case EVENTS_NONE:
	default:
		return "none";
	}
}

static void a_new_listener_begins_now(void **state)
{
	struct events_cursor cursor = { .next = 0 };

	(void)state;
	events_publish(events, "rental", "{\"n\":1}");
	assert_true(events_seek(events, &cursor, NULL));
	assert_false(events_pending(events, &cursor));
	assert_string_equal(step(&cursor), "none");
	events_publish(events, "debt", "{\"n\":2}");
	assert_true(events_pending(events, &cursor));
	assert_string_equal(step(&cursor), "debt/{\"n\":2}");
	assert_string_equal(step(&cursor), "none");
}

static void one_who_comes_back_misses_nothing(void **state)
{
	struct events_cursor cursor = { .next = 0 }, again = { .next = 0 };
	char id[EVENT_ID_SIZE];

	(void)state;
	assert_true(events_seek(events, &cursor, NULL));
	events_publish(events, "rental", "{\"n\":1}");
	events_publish(events, "rental", "{\"n\":2}");
	assert_string_equal(step(&cursor), "rental/{\"n\":1}");
	events_position(events, &cursor, id);
	assert_true(events_seek(events, &again, id));
	assert_string_equal(step(&again), "rental/{\"n\":2}");
	assert_string_equal(step(&again), "none");
}

static void what_the_ring_lost_is_said(void **state)
{
	struct events_cursor cursor = { .next = 0 };

	(void)state;
	assert_true(events_seek(events, &cursor, NULL));
	for (int i = 0; i < 20; i++)
		events_publish(events, "rental", "{}");
	assert_true(events_pending(events, &cursor));
	assert_string_equal(step(&cursor), "gap/12");
	for (int i = 0; i < 8; i++)
		assert_string_equal(step(&cursor), "rental/{}");
	assert_string_equal(step(&cursor), "none");
}

static void an_id_of_another_life_is_told(void **state)
{
	struct events_cursor cursor = { .next = 0 };
	char old[EVENT_ID_SIZE], id[EVENT_ID_SIZE];
	static const char *const bad[] = {
		"", "7", "-", "garbage", "00000000-", "a", "99999999999999999999999-1"
	};

	assert_true(events_seek(events, &cursor, NULL));
	events_position(events, &cursor, old);
	(void)fresh(state);
	events_publish(events, "rental", "{\"n\":1}");
	assert_false(events_seek(events, &cursor, old));
	assert_string_equal(step(&cursor), "rental/{\"n\":1}"); /* all of this life */
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(events_seek(events, &cursor, bad[i]));
	/* Of this life, but from the future; with rubbish behind; absurdly long. */
	events_position(events, &cursor, id);
	(void)snprintf(old, sizeof(old), "%.8s-%d", id, 5);
	assert_false(events_seek(events, &cursor, old));
	(void)snprintf(old, sizeof(old), "%.8s-1x", id);
	assert_false(events_seek(events, &cursor, old));
	(void)snprintf(old, sizeof(old), "%.8s-11111111111111111111", id);
	assert_false(events_seek(events, &cursor, old));
	(void)snprintf(old, sizeof(old), "%.8s-1", id);
	assert_true(events_seek(events, &cursor, old));
}

static void a_filter_passes_over_the_rest(void **state)
{
	struct events_cursor cursor = { .types = { "debt", "payment" } };
	char before[EVENT_ID_SIZE], after[EVENT_ID_SIZE];

	(void)state;
	assert_true(events_seek(events, &cursor, NULL));
	events_position(events, &cursor, before);
	events_publish(events, "rental", "{}");
	assert_false(events_pending(events, &cursor));
	events_position(events, &cursor, after);
	assert_string_not_equal(before, after);
	events_publish(events, "payment", "{\"n\":1}");
	events_publish(events, "rental", "{}");
	events_publish(events, "debt", "{\"n\":2}");
	assert_string_equal(step(&cursor), "payment/{\"n\":1}");
	assert_string_equal(step(&cursor), "debt/{\"n\":2}");
	assert_string_equal(step(&cursor), "none");
	/* A listener that keeps up has no gap, however many unwanted events go by. */
	for (int i = 0; i < 50; i++) {
		events_publish(events, "rental", "{}");
		assert_string_equal(step(&cursor), "none");
	}
}

static void assert_metric(const char *line)
{
	struct dynbuf text;

	dynbuf_init(&text, METRICS_TEXT_MAX);
	assert_int_equal(metrics_render(metrics, &text), 0);
	assert_contains(dynbuf_text(&text), line);
	dynbuf_done(&text);
}

static void what_cannot_be_sent_is_dropped(void **state)
{
	struct events_cursor cursor = { .next = 0 };
	static char large[EVENT_JSON_MAX + 2];

	(void)state;
	assert_true(events_seek(events, &cursor, NULL));
	memset(large, ' ', sizeof(large) - 1);
	large[0] = '{';
	large[EVENT_JSON_MAX] = '}';
	events_publish(events, "rental", large);
	assert_metric("rentald_events_dropped_total{reason=\"too_long\"} 1\n");
	events_publish(events, "Rental", "{}");
	events_publish(events, "rental", "{\"a\":1\n}");
	assert_metric("rentald_events_dropped_total{reason=\"malformed\"} 2\n");
	assert_string_equal(step(&cursor), "none");
	large[EVENT_JSON_MAX - 1] = '}';
	large[EVENT_JSON_MAX] = '\0';
	events_publish(events, "rental", large);
	assert_true(events_pending(events, &cursor));
}

static void wake(void *arg)
{
	++*(int *)arg;
}

static void nothing_is_kept_when_nobody_listens(void **state)
{
	int woken = 0;
	struct events_listener listener = { .wake = wake, .arg = &woken };
	struct events_cursor cursor = { .next = 0 };
	char id[EVENT_ID_SIZE];

	(void)state;
	set_up(8, 0);
	assert_true(events_seek(events, &cursor, NULL));
	events_position(events, &cursor, id);
	assert_false(events_kept(events));
	events_publish(events, "rental", "{}");
	events_publish_own(
		events, NULL, "rental",
		(const struct event_member[]){ { "a", "b", 0 }, { NULL, NULL, 0 } });
	assert_string_equal(step(&cursor), "gap/2"); /* numbered all the same */
	events_listen(events, &listener);
	assert_true(events_kept(events));
	events_publish(events, "rental", "{}");
	assert_int_equal(woken, 1);
	assert_string_equal(step(&cursor), "rental/{}");
	assert_true(events_seek(events, &cursor, id));
	assert_string_equal(step(&cursor), "gap/2");
	assert_string_equal(step(&cursor), "rental/{}");
	events_unlisten(events, &listener);
	assert_false(events_kept(events));
	events_publish(events, "rental", "{}");
	assert_int_equal(woken, 1);
}

static void the_ring_lingers(void **state)
{
	int woken = 0;
	struct events_listener listener = { .wake = wake, .arg = &woken };

	(void)state;
	set_up(8, RENT_HOUR);
	assert_false(events_kept(events)); /* nobody has listened yet */
	events_listen(events, &listener);
	events_unlisten(events, &listener);
	assert_true(events_kept(events));
}

static void told_text_is_escaped(void **state)
{
	struct events_cursor cursor = { .next = 0 };
	static char large[EVENT_JSON_MAX + 100];

	(void)state;
	assert_true(events_seek(events, &cursor, NULL));
	events_publish_own(events, NULL, "request",
	                   (const struct event_member[]){
				   { "path", "/a\"\\\n\x01\x7f\xff\xc3\xa4", 0 },
				   { "status", NULL, -5 },
				   { NULL, NULL, 0 } });
	assert_contains(
		step(&cursor),
		"request/{\"path\":\"/a\\\"\\\\\\u000a\\u0001\\u007f\\ufffd\xc3\xa4"
		"\",\"status\":-5,\"at\":\"20");
	memset(large, 'x', sizeof(large) - 1);
	events_publish_own(
		events, NULL, "request",
		(const struct event_member[]){ { "path", large, 0 }, { NULL, NULL, 0 } });
	assert_string_equal(step(&cursor), "none");
}

#define PUBLISHERS 4
#define EACH       2000

static void *publish_many(void *arg)
{
	for (int i = 0; i < EACH; i++)
		events_publish(events, "rental", "{\"who\":1}");
	return arg;
}

static void every_number_is_seen_once(void **state)
{
	struct events_cursor cursor = { .next = 0 };
	pthread_t threads[PUBLISHERS];
	uint64_t seen = 0, missed = 0;
	struct event *event;

	(void)state;
	assert_true(events_seek(events, &cursor, NULL));
	for (int i = 0; i < PUBLISHERS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, publish_many, NULL),
		                 0);
	while (seen + missed < (uint64_t)PUBLISHERS * EACH) {
		uint64_t gap = 0, at = cursor.next;

		switch (events_next(events, &cursor, &event, &gap)) {
		case EVENTS_ONE:
			assert_int_equal(event->seq, at);
			event_unref(event);
			seen++;
			break;
		case EVENTS_GAP:
			missed += gap;
			break;
		case EVENTS_NONE:
			break;
		}
	}
	for (int i = 0; i < PUBLISHERS; i++)
		(void)pthread_join(threads[i], NULL);
	assert_int_equal(seen + missed, PUBLISHERS * EACH);
	assert_string_equal(step(&cursor), "none");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_new_listener_begins_now, fresh),
		cmocka_unit_test_setup(one_who_comes_back_misses_nothing, fresh),
		cmocka_unit_test_setup(what_the_ring_lost_is_said, fresh),
		cmocka_unit_test_setup(an_id_of_another_life_is_told, fresh),
		cmocka_unit_test_setup(a_filter_passes_over_the_rest, fresh),
		cmocka_unit_test_setup(what_cannot_be_sent_is_dropped, fresh),
		cmocka_unit_test_setup(nothing_is_kept_when_nobody_listens, fresh),
		cmocka_unit_test_setup(the_ring_lingers, fresh),
		cmocka_unit_test_setup(told_text_is_escaped, fresh),
		cmocka_unit_test_setup(every_number_is_seen_once, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
