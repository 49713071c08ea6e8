/* SPDX-License-Identifier: MIT
 *
 * test_outbox.c - what changes tell other systems: recorded with the change or not at all, given out
 * once at a time and in the order of each rental, ended, set aside, opened again.
 */
#include "fixture.h"

#include <pthread.h>
#include <stdlib.h>

#define ENDPOINT "shop"
#define MANY     40

static struct rent_message message_of(const char *id, const char *endpoint)
{
	struct rent_message m = { .struct_size = sizeof(m),
		                  .type = "rental.started",
		                  .data = "{\"note\":\"it's so\"}" };

	(void)rent_copy(m.id, sizeof(m.id), id);
	(void)rent_copy(m.endpoint, sizeof(m.endpoint), endpoint);
	return m;
}

/* A change that does nothing else. */
static enum rent_change_result tell(struct fixture *f, const char *rental,
                                    const struct rent_message *messages, size_t n)
{
	struct rent_change c = change_of(f, rental);

	c.messages = messages;
	c.message_count = n;
	return advance_one(f, &c);
}

static void tell_one(struct fixture *f, const char *rental, const char *id)
{
	struct rent_message m = message_of(id, ENDPOINT);

	assert_int_equal(tell(f, rental, &m, 1), RENT_CHANGE_APPLIED);
}

struct seen {
	size_t n;
	struct rent_message list[MANY];
	char data[MANY][64];
};

static int see(void *arg, const struct rent_message *message)
{
	struct seen *seen = arg;

	assert_true(seen->n < MANY);
	seen->list[seen->n] = *message;
	(void)rent_copy(seen->data[seen->n++], 64, message->data);
	return 0;
}

static struct seen claim(struct fixture *f, const char *endpoint, uint32_t limit)
{
	struct seen seen = { 0 };

	assert_int_equal(f->api->outbox_claim(f->self, endpoint, LEASE, limit, see, &seen,
	                                      &f->err),
	                 0);
	return seen;
}

static struct seen list(struct fixture *f, enum rent_message_state state,
                        const char *after, uint32_t limit)
{
	struct rent_message_query q = { .struct_size = sizeof(q),
		                        .endpoint = ENDPOINT,
		                        .state = state,
		                        .after_id = after,
		                        .limit = limit };
	struct seen seen = { 0 };

	assert_int_equal(f->api->outbox_list(f->self, &q, see, &seen, &f->err), 0);
	return seen;
}

/* Ends the try that was given out. */
static int end(struct fixture *f, const struct rent_message *m,
               enum rent_message_state state, int64_t wait_us)
{
	struct rent_message_end e = { .struct_size = sizeof(e),
		                      .endpoint = m->endpoint,
		                      .id = m->id,
		                      .expect_tries = m->tries,
		                      .state = state,
		                      .wait_us = wait_us,
		                      .tries = m->tries,
		                      .note = "status 500" };

	return f->api->outbox_end(f->self, &e, &f->err);
}

static void is_recorded_with_its_change(void **state)
{
	struct fixture *f = *state;
	struct rent_message two[] = { message_of("m1", ENDPOINT),
		                      message_of("m1", "other") };
	struct seen seen;

	make_active(f, "r1");
	assert_int_equal(tell(f, "r1", two, 2), RENT_CHANGE_APPLIED);
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].id, "m1");
	assert_string_equal(seen.list[0].endpoint, ENDPOINT);
	assert_string_equal(seen.list[0].rental_id, "r1");
	assert_string_equal(seen.list[0].type, "rental.started");
	assert_string_equal(seen.data[0], "{\"note\":\"it's so\"}");
	assert_int_equal(seen.list[0].state, RENT_MESSAGE_OPEN);
	assert_int_equal(seen.list[0].tries, 1);
	assert_in_range(seen.list[0].created_at, fixture_now(f) - RENT_MINUTE,
	                fixture_now(f));
	assert_int_equal(claim(f, "other", 10).n, 1);
}

static void goes_with_a_change_that_is_refused(void **state)
{
	struct fixture *f = *state;
	struct rent_message m = message_of("m1", ENDPOINT);
	struct rent_change c;

	make_active(f, "r1");
	c = change_of(f, "r1");
	c.messages = &m;
	c.message_count = 1;
	c.expect_version--;
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_CONFLICT);
	assert_int_equal(list(f, RENT_MESSAGE_NONE, "", 10).n, 0);
	c.rental_id = "nobody";
	assert_int_equal(advance_one(f, &c), RENT_CHANGE_GONE);
	assert_int_equal(list(f, RENT_MESSAGE_NONE, "", 10).n, 0);
}

static void is_given_out_once_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	make_active(f, "r1");
	tell_one(f, "r1", "m1");
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 1);
	assert_int_equal(claim(f, ENDPOINT, 10).n, 0);
	/* Whoever had it has died. */
	fixture_advance(f, LEASE + RENT_SECOND);
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.list[0].tries, 2);
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_DELIVERED, 0), 0);
	fixture_advance(f, LEASE + RENT_SECOND);
	assert_int_equal(claim(f, ENDPOINT, 10).n, 0);
	seen = list(f, RENT_MESSAGE_DELIVERED, "", 10);
	assert_int_equal(seen.n, 1);
	assert_true(seen.list[0].ended_at > 0);
}

/* Of a rental the next one goes when the one before is over; of another rental at once. */
static void keeps_the_order_of_a_rental(void **state)
{
	struct fixture *f = *state;
	struct rent_message two[] = { message_of("z1", ENDPOINT),
		                      message_of("a2", ENDPOINT) };
	struct seen seen;

	make_active(f, "r1");
	make_active(f, "r2");
	assert_int_equal(tell(f, "r1", two, 2), RENT_CHANGE_APPLIED);
	tell_one(f, "r1", "a3");
	tell_one(f, "r2", "b1");
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].id, "z1");
	assert_string_equal(seen.list[1].id, "b1");
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_OPEN, RENT_MINUTE), 0);
	assert_int_equal(claim(f, ENDPOINT, 10).n, 0);
	fixture_advance(f, RENT_MINUTE + RENT_SECOND);
	seen = claim(f, ENDPOINT, 1);
	if (strcmp(seen.list[0].id, "b1") == 0)
		seen = claim(f, ENDPOINT, 1);
	assert_string_equal(seen.list[0].id, "z1");
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_DELIVERED, 0), 0);
	seen = claim(f, ENDPOINT, 1);
	assert_string_equal(seen.list[0].id, "a2");
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_SET_ASIDE, 0), 0);
	seen = claim(f, ENDPOINT, 1);
	assert_string_equal(seen.list[0].id, "a3");
}

static int64_t due_in(struct fixture *f, const char *id)
{
	struct seen seen = list(f, RENT_MESSAGE_NONE, "", MANY);

	for (size_t i = 0; i < seen.n; i++) {
		if (strcmp(seen.list[i].id, id) == 0)
			return seen.list[i].next_at - fixture_now(f);
	}
	fail_msg("no message '%s'", id);
	return 0;
}

/* What cannot go is not looked at before what it waits for, and not later either. */
static void waits_with_the_one_before(void **state)
{
	struct fixture *f = *state;
	struct rent_message_end again = { .struct_size = sizeof(again),
		                          .endpoint = ENDPOINT,
		                          .id = "m1",
		                          .expect_tries = -1,
		                          .state = RENT_MESSAGE_OPEN,
		                          .note = "" };
	struct rent_message elsewhere = message_of("x1", "other");
	struct seen seen;

	make_active(f, "r1");
	make_active(f, "r2");
	tell_one(f, "r1", "m1");
	tell_one(f, "r1", "m2");
	tell_one(f, "r2", "n1");
	tell_one(f, "r2", "n2");
	assert_int_equal(tell(f, "r1", &elsewhere, 1), RENT_CHANGE_APPLIED);
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].id, "m1");
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_OPEN, RENT_HOUR), 0);
	assert_true(due_in(f, "m2") > RENT_HOUR - RENT_MINUTE);
	assert_true(due_in(f, "n2") <= RENT_SECOND);
	assert_int_equal(claim(f, "other", 10).n, 1);
	/* An operator lets it go at once. */
	assert_int_equal(f->api->outbox_end(f->self, &again, &f->err), 0);
	assert_true(due_in(f, "m2") <= RENT_SECOND);
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].id, "m1");
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_OPEN, RENT_HOUR), 0);
	/* The try was good after all. */
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_DELIVERED, 0), 0);
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].id, "m2");
}

/* The end of a try that is not the last one counts only when it was the good one. */
static void a_late_end_changes_nothing(void **state)
{
	struct fixture *f = *state;
	struct seen first, second;

	make_active(f, "r1");
	tell_one(f, "r1", "m1");
	first = claim(f, ENDPOINT, 10);
	fixture_advance(f, LEASE + RENT_SECOND);
	second = claim(f, ENDPOINT, 10);
	assert_int_equal(second.n, 1);
	assert_int_equal(end(f, &first.list[0], RENT_MESSAGE_OPEN, 0), 1);
	assert_int_equal(end(f, &first.list[0], RENT_MESSAGE_SET_ASIDE, 0), 1);
	assert_int_equal(claim(f, ENDPOINT, 10).n, 0);
	assert_int_equal(end(f, &first.list[0], RENT_MESSAGE_DELIVERED, 0), 0);
	assert_int_equal(end(f, &second.list[0], RENT_MESSAGE_OPEN, 0), 1);
	assert_int_equal(list(f, RENT_MESSAGE_DELIVERED, "", 10).n, 1);
	assert_int_equal(end(f,
	                     &(struct rent_message){ .id = "none", .endpoint = ENDPOINT },
	                     RENT_MESSAGE_DELIVERED, 0),
	                 1);
}

static void is_set_aside_and_opened_again(void **state)
{
	struct fixture *f = *state;
	struct rent_message_end again = { .struct_size = sizeof(again),
		                          .endpoint = ENDPOINT,
		                          .id = "m1",
		                          .expect_tries = -1,
		                          .state = RENT_MESSAGE_OPEN,
		                          .note = "" };
	struct rent_message_sums sums = { .struct_size = sizeof(sums) };
	struct seen seen;

	make_active(f, "r1");
	tell_one(f, "r1", "m1");
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(end(f, &seen.list[0], RENT_MESSAGE_SET_ASIDE, 0), 0);
	tell_one(f, "r1", "m2");
	fixture_advance(f, RENT_MINUTE);
	assert_int_equal(f->api->outbox_sums(f->self, ENDPOINT, &sums, &f->err), 0);
	assert_int_equal(sums.open, 1);
	assert_int_equal(sums.set_aside, 1);
	assert_in_range(sums.oldest_us, RENT_MINUTE, 2 * RENT_MINUTE);
	seen = list(f, RENT_MESSAGE_SET_ASIDE, "", 10);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].note, "status 500");
	assert_int_equal(f->api->outbox_end(f->self, &again, &f->err), 0);
	seen = claim(f, ENDPOINT, 10);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].id, "m1");
	assert_int_equal(seen.list[0].tries, 1);
}

/* Delivered ones, oldest first, and no others. */
static void forgets_what_was_delivered(void **state)
{
	static const enum rent_message_state ends[] = {
		RENT_MESSAGE_DELIVERED, RENT_MESSAGE_SET_ASIDE, RENT_MESSAGE_DELIVERED,
		RENT_MESSAGE_OPEN, RENT_MESSAGE_DELIVERED
	};
	struct fixture *f = *state;
	struct seen seen;
	int64_t n;

	make_active(f, "r1");
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char id[] = { 'm', (char)('1' + i), '\0' };
		struct rent_message_end e = { .struct_size = sizeof(e),
			                      .endpoint = ENDPOINT,
			                      .id = id,
			                      .expect_tries = -1,
			                      .state = ends[i],
			                      .note = "" };

		tell_one(f, "r1", id);
		assert_int_equal(f->api->outbox_end(f->self, &e, &f->err), 0);
		fixture_advance(f, RENT_MINUTE);
	}
	assert_int_equal(f->api->outbox_purge(f->self, RENT_HOUR, 10, &n, &f->err), 0);
	assert_int_equal(n, 0);
	assert_int_equal(f->api->outbox_purge(f->self, 2 * RENT_MINUTE, 1, &n, &f->err),
	                 0);
	assert_int_equal(n, 1);
	seen = list(f, RENT_MESSAGE_NONE, "", 10);
	assert_int_equal(seen.n, 4);
	assert_string_equal(seen.list[0].id, "m2");
	assert_int_equal(f->api->outbox_purge(f->self, 2 * RENT_MINUTE, 10, &n, &f->err),
	                 0);
	assert_int_equal(n, 1);
	assert_int_equal(f->api->outbox_purge(f->self, 0, 10, &n, &f->err), 0);
	assert_int_equal(n, 1);
	fixture_advance(f, RENT_HOUR * 10);
	assert_int_equal(f->api->outbox_purge(f->self, 0, 10, &n, &f->err), 0);
	assert_int_equal(n, 0);
	seen = list(f, RENT_MESSAGE_NONE, "", 10);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].id, "m2");
	assert_string_equal(seen.list[1].id, "m4");
}

static void is_listed_page_by_page(void **state)
{
	struct fixture *f = *state;
	struct seen seen;

	make_active(f, "r1");
	tell_one(f, "r1", "m2");
	tell_one(f, "r1", "m1");
	tell_one(f, "r1", "m3");
	seen = list(f, RENT_MESSAGE_NONE, "", 2);
	assert_int_equal(seen.n, 2);
	assert_string_equal(seen.list[0].id, "m1");
	assert_string_equal(seen.list[1].id, "m2");
	seen = list(f, RENT_MESSAGE_OPEN, "m2", 2);
	assert_int_equal(seen.n, 1);
	assert_string_equal(seen.list[0].id, "m3");
	assert_string_equal(seen.data[0], "{\"note\":\"it's so\"}");
	assert_int_equal(list(f, RENT_MESSAGE_SET_ASIDE, "", 2).n, 0);
}

struct crowd {
	struct fixture *f;
	pthread_mutex_t lock;
	int given[MANY];
};

static int count_given(void *arg, const struct rent_message *message)
{
	struct crowd *crowd = arg;

	pthread_mutex_lock(&crowd->lock);
	crowd->given[strtol(message->id + 1, NULL, 10)]++;
	pthread_mutex_unlock(&crowd->lock);
	return 0;
}

static void claim_all(void *arg, int i)
{
	struct crowd *crowd = arg;
	struct rent_error err;

	(void)i;
	for (int k = 0; k < 10; k++)
		assert_int_equal(crowd->f->api->outbox_claim(crowd->f->self, ENDPOINT,
		                                             LEASE, 7, count_given, crowd,
		                                             &err),
		                 0);
}

static void callers_at_once_get_different_ones(void **state)
{
	struct crowd crowd = { .f = *state };

	pthread_mutex_init(&crowd.lock, NULL);
	for (int i = 0; i < MANY; i++) {
		char rental[16], id[16];

		(void)snprintf(rental, sizeof(rental), "r%02d", i);
		(void)snprintf(id, sizeof(id), "m%02d", i);
		make_active(crowd.f, rental);
		tell_one(crowd.f, rental, id);
	}
	run_threads(4, claim_all, &crowd);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(crowd.given[i], 1);
	pthread_mutex_destroy(&crowd.lock);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
		TEST(is_recorded_with_its_change),
		TEST(goes_with_a_change_that_is_refused),
		TEST(is_given_out_once_at_a_time),
		TEST(keeps_the_order_of_a_rental),
		TEST(waits_with_the_one_before),
		TEST(a_late_end_changes_nothing),
		TEST(is_set_aside_and_opened_again),
		TEST(is_listed_page_by_page),
		TEST(forgets_what_was_delivered),
		TEST(callers_at_once_get_different_ones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
