/* SPDX-License-Identifier: MIT
 *
 * test_events.c - what services report: recorded once by the instance's own id of it, ended,
 * opened again, listed.
 */
#include "fixture.h"

#include <pthread.h>

static struct rent_inbound event_of(const char *id, const char *event_id)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .instance = "cabinets",
		                  .kind = RENT_EVENT_RETURNED,
		                  .trust = RENT_EVENT_PROVEN,
		                  .operation_id = "op-1",
		                  .ref = "T1",
		                  .station_id = "DTA1",
		                  .powerbank_id = "B1",
		                  .slot = 3,
		                  .charge = 70,
		                  .amount = 12,
		                  .at = TEST_NOW - RENT_MINUTE,
		                  .verdict = RENT_DECLINED,
		                  .reason = RENT_DECLINE_JAMMED,
		                  .note = "it's \"so\"",
		                  .sha256 = "00ff" };

	(void)rent_copy(e.id, sizeof(e.id), id);
	(void)rent_copy(e.event_id, sizeof(e.event_id), event_id);
	return e;
}

static enum rent_inbound_result put(struct fixture *f, const struct rent_inbound *e)
{
	enum rent_inbound_result ret = (enum rent_inbound_result)0;
	int code = f->api->event_put(f->self, e, &ret, &f->err);

	if (code != 0)
		fail_msg("event_put: %d %s", code, f->err.text);
	return ret;
}

struct seen {
	size_t n;
	struct rent_inbound list[16];
};

static int see(void *arg, const struct rent_inbound *event)
{
	struct seen *seen = arg;

	assert_true(seen->n < 16);
	seen->list[seen->n++] = *event;
	return 0;
}

static struct seen list(struct fixture *f, bool open, const char *after, uint32_t limit)
{
	struct rent_inbound_query q = {
		.struct_size = sizeof(q), .open = open, .after_id = after, .limit = limit
	};
	struct seen seen = { 0 };

	assert_int_equal(f->api->event_list(f->self, &q, see, &seen, &f->err), 0);
	return seen;
}

static void expect_same(const struct rent_inbound *a, const struct rent_inbound *b)
{
	assert_string_equal(a->id, b->id);
	assert_string_equal(a->instance, b->instance);
	assert_string_equal(a->event_id, b->event_id);
	assert_string_equal(a->operation_id, b->operation_id);
	assert_string_equal(a->ref, b->ref);
	assert_string_equal(a->station_id, b->station_id);
	assert_string_equal(a->powerbank_id, b->powerbank_id);
	assert_string_equal(a->note, b->note);
	assert_string_equal(a->sha256, b->sha256);
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->trust, b->trust);
	assert_int_equal(a->slot, b->slot);
	assert_int_equal(a->charge, b->charge);
	assert_int_equal(a->amount, b->amount);
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->reason, b->reason);
}

static void is_recorded_as_it_came(void **state)
{
	struct fixture *f = *state;
	struct rent_inbound e = event_of("i1", "evt_1");
	struct seen seen;

	assert_int_equal(put(f, &e), RENT_INBOUND_NEW);
	seen = list(f, false, "", 10);
	assert_int_equal(seen.n, 1);
	assert_true(seen.list[0].received_at > 0);
	expect_same(&seen.list[0], &e);
	assert_int_equal(seen.list[0].handled_at, 0);
	assert_string_equal(seen.list[0].outcome, "");
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM inbound_events WHERE kind = "
	                       "'RETURNED' AND trust = 'proven' AND reason = 'JAMMED'"),
		1);
}

static void once_for_each_instance(void **state)
{
	struct fixture *f = *state;
	struct rent_inbound e = event_of("i1", "evt_1"), again = event_of("i2", "evt_1");

	assert_int_equal(put(f, &e), RENT_INBOUND_NEW);
	(void)rent_copy(again.note, sizeof(again.note), "another text");
	assert_int_equal(put(f, &again), RENT_INBOUND_KNOWN);
	(void)rent_copy(again.instance, sizeof(again.instance), "others");
	assert_int_equal(put(f, &again), RENT_INBOUND_NEW);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM inbound_events"), 2);
	assert_string_equal(list(f, false, "", 1).list[0].note, e.note);
}

static void is_ended_and_opened_again(void **state)
{
	struct fixture *f = *state;
	struct rent_inbound e = event_of("i1", "evt_1"), next = event_of("i2", "evt_2");
	struct seen seen;

	(void)put(f, &e);
	(void)put(f, &next);
	assert_int_equal(f->api->event_end(f->self, "i1", "orphan", &f->err), 0);
	assert_int_equal(f->api->event_end(f->self, "i9", "orphan", &f->err), 1);
	seen = list(f, true, "", 10);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].id, "i2");
	seen = list(f, false, "", 10);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].outcome, "orphan");
	assert_true(seen.list[0].handled_at >= seen.list[0].received_at);
	/* It is known however it ended. */
	assert_int_equal(put(f, &e), RENT_INBOUND_KNOWN);
	assert_int_equal(f->api->event_end(f->self, "i1", "", &f->err), 0);
	assert_int_equal(list(f, true, "", 10).n, 2);
	assert_int_equal(list(f, true, "", 1).list[0].handled_at, 0);
}

static void pages_by_id(void **state)
{
	static const char *const ids[] = { "i3", "i1", "i5", "i2", "i4" };
	struct fixture *f = *state;
	struct seen seen;

	for (size_t i = 0; i < 5; i++) {
		struct rent_inbound e = event_of(ids[i], ids[i]);

		(void)put(f, &e);
	}
	assert_int_equal(f->api->event_end(f->self, "i2", "x", &f->err), 0);
	seen = list(f, false, "", 3);
	assert_int_equal(seen.n, 3);
	assert_string_equal(seen.list[2].id, "i3");
	seen = list(f, false, "i3", 3);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[1].id, "i5");
	seen = list(f, true, "i1", 2);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].id, "i3");
	assert_int_equal(list(f, true, "i5", 2).n, 0);
}

#define CROWD 8

struct caller {
	struct fixture *f;
	struct rent_inbound event;
	enum rent_inbound_result ret;
	int code;
};

static void *call(void *arg)
{
	struct caller *c = arg;
	struct rent_error err;

	c->code = c->f->api->event_put(c->f->self, &c->event, &c->ret, &err);
	return NULL;
}

static void of_many_at_once_one_is_new(void **state)
{
	struct fixture *f = *state;
	struct caller callers[CROWD];
	pthread_t threads[CROWD];
	int fresh = 0;

	for (int i = 0; i < CROWD; i++) {
		char id[8];

		(void)snprintf(id, sizeof(id), "i%d", i);
		callers[i] = (struct caller){ .f = f, .event = event_of(id, "evt_1") };
		assert_int_equal(pthread_create(&threads[i], NULL, call, &callers[i]), 0);
	}
	for (int i = 0; i < CROWD; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(callers[i].code, 0);
		fresh += callers[i].ret == RENT_INBOUND_NEW;
	}
	assert_int_equal(fresh, 1);
	assert_int_equal(fixture_int(f, "SELECT count(*) FROM inbound_events"), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(is_recorded_as_it_came),     T(once_for_each_instance),
		T(is_ended_and_opened_again),  T(pages_by_id),
		T(of_many_at_once_one_is_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
