/* SPDX-License-Identifier: MIT
 *
 * test_tasks.c - callers that are tasks: many more of them than threads are within the storage
 * at once, since whoever waits parks.
 */
#include <fixture.h>

#include <runtime/task.h>
#include <stdatomic.h>
#include <stdlib.h>

#define TASKS 400
#define LOOPS 2

static struct crowd {
	struct fixture *f;
	atomic_int within, most; /* the storage's calls */
	atomic_int done, failed;
} crowd;

static void enter(void)
{
	int within = atomic_fetch_add(&crowd.within, 1) + 1;
	int most = atomic_load(&crowd.most);

	while (within > most && !atomic_compare_exchange_weak(&crowd.most, &most, within))
		;
}

static int leave(int code)
{
	(void)atomic_fetch_sub(&crowd.within, 1);
	return code;
}

static int put_a_quote(const char *id)
{
	struct fixture *f = crowd.f;
	struct rent_quote q = { .struct_size = sizeof(q),
		                .price_per_hour = 60,
		                .free_period_min = 5,
		                .deposit = 300 };

	(void)rent_copy(q.id, sizeof(q.id), id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), "user-1");
	(void)rent_copy(q.station_id, sizeof(q.station_id), "station-1");
	enter();
	return leave(f->api->quote_put(f->self, &q, RENT_HOUR, NULL));
}

static int is_pending(void *arg, const struct rent_rental *rental,
                      const struct rent_op *const *ops, size_t n)
{
	(void)ops;
	(void)n;
	*(bool *)arg = rental->status == RENT_STATUS_PENDING;
	return 0;
}

static bool live(void)
{
	struct fixture *f = crowd.f;
	struct start start;
	char quote[RENT_ID_SIZE], rental[RENT_ID_SIZE], key[RENT_ID_SIZE];
	bool pending = false;

	f->host->uuid7(f->host, quote);
	f->host->uuid7(f->host, rental);
	f->host->uuid7(f->host, key);
	if (put_a_quote(quote) != 0)
		return false;
	start_init(NULL, &start, key, quote, rental);
	f->host->uuid7(f->host, start.hold);
	f->host->uuid7(f->host, start.eject);
	enter();
	if (leave(f->api->start_begin(f->self, &start.s, NULL)) != 0 ||
	    start.s.ret != RENT_START_NEW)
		return false;
	enter();
	return leave(f->api->rental_get(f->self, rental, is_pending, &pending, NULL)) ==
	               0 &&
	       pending;
}

static void live_all(void *arg)
{
	(void)arg;
	if (!live())
		(void)atomic_fetch_add(&crowd.failed, 1);
	(void)atomic_fetch_add(&crowd.done, 1);
}

static void tasks_wait_without_threads(void **state)
{
	const struct tasks_options options = { .loops = LOOPS,
		                               .tasks_max = TASKS,
		                               .stack_size = (size_t)256 * 1024,
		                               .blocking_threads = 1,
		                               .blocking_queue = 64 };
	struct rent_error err = { 0 };
	struct tasks *tasks;

	crowd.f = *state;
	assert_int_equal(tasks_new(&options, &tasks, &err), 0);
	for (int i = 0; i < TASKS; i++)
		assert_int_equal(task_spawn(tasks, NULL, "life", live_all, NULL), 0);
	assert_int_equal(tasks_start(tasks, &err), 0);
	tasks_free(tasks);
	assert_int_equal(atomic_load(&crowd.done), TASKS);
	assert_int_equal(atomic_load(&crowd.failed), 0);
	assert_true(atomic_load(&crowd.most) > 10 * LOOPS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tasks_wait_without_threads, fixture_setup,
		                                fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
