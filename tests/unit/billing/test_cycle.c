/* SPDX-License-Identifier: MIT
 *
 * test_cycle.c - cycles, recovery and housekeeping when nothing fails: every page once, in
 * order, on as many threads as there are runners, until draining begins.
 */
#include "fixture.h"

#include <sched.h>

static void a_cycle_is_accrual_then_debts(void **state)
{
	struct fixture *f = fixture_new(NULL);
	struct rent_scheduler_state s;
	int64_t wall;

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 5);
	fixture_pages(f, RENT_PHASE_DEBTS, 2);
	fixture_page(f, RENT_PHASE_ACCRUAL, 1)->charged = 7;
	fixture_page(f, RENT_PHASE_ACCRUAL, 2)->failed = 3;
	fixture_page(f, RENT_PHASE_DEBTS, 0)->charged = 1;
	fixture_page(f, RENT_PHASE_DEBTS, 1)->unknown = 2;
	wall = f->table.wall_us(&f->table);
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 5);
	assert_int_equal(f->core.ran[RENT_PHASE_DEBTS], 2);
	for (size_t i = 0; i < 7; i++)
		assert_int_equal(f->core.order[i],
		                 i < 5 ? RENT_PHASE_ACCRUAL : RENT_PHASE_DEBTS);
	assert_int_equal(f->core.limit, 1000);
	s = fixture_state(f);
	assert_int_equal(s.cycles, 1);
	assert_int_equal(s.last_began_at, wall);
	assert_int_equal(s.last_looked_at, 7);
	assert_int_equal(s.last_charged, 8);
	assert_int_equal(s.last_failed, 3);
	assert_int_equal(s.last_unknown, 2);
	assert_int_equal(s.interval_us, 30 * RENT_SECOND);
	assert_int_equal(fixture_metrics()->cycles, 1);
	assert_int_equal(fixture_metrics()->durations, 1);
	assert_int_equal(fixture_metrics()->processed, 5);
	assert_int_equal(fake_host_complaints(f->host), 0);
	fixture_free(f);
}

static void every_cycle_reads_all_pages(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 3);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	for (int i = 1; i <= 20; i++) {
		fixture_again(f);
		fixture_timer(f, CYCLE);
		assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 3);
		assert_int_equal(fixture_state(f).cycles, i);
	}
	fixture_free(f);
}

/* A page may have nothing to do without being the last one. */
static void pages_without_a_batch_are_passed(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 4);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_page(f, RENT_PHASE_ACCRUAL, 0)->empty = true;
	fixture_page(f, RENT_PHASE_ACCRUAL, 2)->empty = true;
	fixture_page(f, RENT_PHASE_DEBTS, 0)->empty = true;
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 4);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 2);
	assert_int_equal(f->core.planned[RENT_PHASE_DEBTS], 1);
	fixture_free(f);
}

/* Holds runs until as many are within as there are runners. */
struct meeting {
	pthread_mutex_t lock;
	pthread_cond_t all;
	int wanted, here, rounds;
};

static void meet(void *arg, enum rent_phase phase, size_t page)
{
	struct meeting *m = arg;
	int round;

	(void)phase;
	(void)page;
	(void)pthread_mutex_lock(&m->lock);
	round = m->rounds;
	if (++m->here == m->wanted) {
		m->here = 0;
		m->rounds++;
		(void)pthread_cond_broadcast(&m->all);
	}
	while (m->rounds == round)
		(void)pthread_cond_wait(&m->all, &m->lock);
	(void)pthread_mutex_unlock(&m->lock);
}

static void runners_work_side_by_side(void **state)
{
	static const struct fake_option options[] = { { "runners", "4" },
		                                      { NULL, NULL } };
	struct meeting m = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 4, 0,
		             0 };
	struct fixture *f = fixture_new(options);

	(void)state;
	/* Ends only when four batches run at once, eight times over. */
	fixture_pages(f, RENT_PHASE_ACCRUAL, 32);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_page(f, RENT_PHASE_DEBTS, 0)->empty = true;
	f->core.on_run = meet;
	f->core.on_run_arg = &m;
	fixture_timer(f, CYCLE);
	assert_int_equal(m.rounds, 8);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 32);
	assert_int_equal(fixture_state(f).last_looked_at, 33);
	fixture_free(f);
}

static void one_runner_is_the_timer_itself(void **state)
{
	static const struct fake_option options[] = { { "runners", "1" },
		                                      { "page", "10" },
		                                      { NULL, NULL } };
	struct fixture *f = fixture_new(options);

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 3);
	fixture_pages(f, RENT_PHASE_DEBTS, 1);
	fixture_timer(f, CYCLE);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 3);
	assert_int_equal(f->core.limit, 10);
	fixture_free(f);
}

/* Recovery claims what is due: its cursor need not move, and a page without work does not end
 * it. */
static void recovery_goes_on_while_there_is_work(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_pages(f, RENT_PHASE_RECOVERY, 4);
	for (size_t i = 0; i < 4; i++)
		fixture_page(f, RENT_PHASE_RECOVERY, i)->stuck = true;
	fixture_page(f, RENT_PHASE_RECOVERY, 1)->empty = true;
	fixture_timer(f, RECOVERY);
	assert_int_equal(f->core.planned[RENT_PHASE_RECOVERY], 4);
	assert_int_equal(f->core.ran[RENT_PHASE_RECOVERY], 3);
	assert_int_equal(fixture_state(f).cycles, 0);
	assert_int_equal(fake_host_complaints(f->host), 0);
	fixture_free(f);
}

static void housekeeping_is_called(void **state)
{
	struct fixture *f = fixture_new(NULL);

	(void)state;
	fixture_timer(f, TIDY);
	assert_int_equal(f->core.housekeeps, 1);
	fixture_free(f);
}

/* ---- draining */
struct drain {
	struct fixture *f;
	pthread_t thread;
	atomic_bool done;
};

static void *drain_main(void *arg)
{
	struct drain *d = arg;

	d->f->plugin->drain(d->f->self);
	atomic_store(&d->done, true);
	return NULL;
}

/* Within the second batch: begins to drain elsewhere, and goes on when that has begun. */
static void drain_on_run(void *arg, enum rent_phase phase, size_t page)
{
	struct drain *d = arg;

	(void)phase;
	if (page != 1)
		return;
	assert_int_equal(pthread_create(&d->thread, NULL, drain_main, d), 0);
	while (strcmp(fixture_health(d->f).why, "draining") != 0)
		(void)sched_yield();
	assert_false(atomic_load(&d->done));
}

static void drain_lets_the_batch_finish(void **state)
{
	static const struct fake_option options[] = { { "runners", "1" },
		                                      { NULL, NULL } };
	struct fixture *f = fixture_new(options);
	struct drain d = { .f = f };

	(void)state;
	fixture_pages(f, RENT_PHASE_ACCRUAL, 10);
	f->core.on_run = drain_on_run;
	f->core.on_run_arg = &d;
	fixture_timer(f, CYCLE);
	assert_int_equal(pthread_join(d.thread, NULL), 0);
	assert_true(atomic_load(&d.done));
	assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 2);
	assert_int_equal(f->core.ran[RENT_PHASE_ACCRUAL], 2);
	assert_int_equal(fixture_state(f).cycles, 0);
	assert_int_equal(fixture_state(f).last_looked_at, 2);
	assert_int_equal(fixture_metrics()->cycles, 0);
	/* And no job begins any more. */
	fixture_timer(f, CYCLE);
	fixture_timer(f, RECOVERY);
	fixture_timer(f, TIDY);
	assert_int_equal(f->core.planned[RENT_PHASE_ACCRUAL], 2);
	assert_int_equal(f->core.housekeeps, 0);
	fixture_free(f);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cycle_is_accrual_then_debts),
		cmocka_unit_test(every_cycle_reads_all_pages),
		cmocka_unit_test(pages_without_a_batch_are_passed),
		cmocka_unit_test(runners_work_side_by_side),
		cmocka_unit_test(one_runner_is_the_timer_itself),
		cmocka_unit_test(recovery_goes_on_while_there_is_work),
		cmocka_unit_test(housekeeping_is_called),
		cmocka_unit_test(drain_lets_the_batch_finish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
