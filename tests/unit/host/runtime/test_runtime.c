/* SPDX-License-Identifier: MIT
 *
 * runtime_test.c - the pool's bounds and its drain, timers that never overlap, and what is
 * told to a service manager.
 */
#include <setjmp.h>
#include <stdarg.h>

#include "base/clock.h"
#include "runtime/notify.h"
#include "runtime/pool.h"
#include "runtime/task.h"
#include "runtime/timer.h"

#include <cmocka.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static sem_t began, may_end;
static atomic_int done;

static void wait_for_it(void *arg)
{
	(void)arg;
	(void)sem_post(&began);
	(void)sem_wait(&may_end);
	done++;
}

static void test_pool_full(void **state)
{
	struct pool *pool = NULL;

	(void)state;
	(void)sem_init(&began, 0, 0);
	(void)sem_init(&may_end, 0, 0);
	done = 0;
	assert_int_equal(pool_new(2, 3, &pool, NULL), 0);
	/* Two run, three wait, the sixth is refused at once. */
	for (int i = 0; i < 2; i++)
		assert_int_equal(pool_submit(pool, wait_for_it, NULL), 0);
	(void)sem_wait(&began);
	(void)sem_wait(&began);
	for (int i = 0; i < 3; i++)
		assert_int_equal(pool_submit(pool, wait_for_it, NULL), 0);
	assert_int_equal(pool_submit(pool, wait_for_it, NULL), RENT_EFULL);
	for (int i = 0; i < 5; i++)
		(void)sem_post(&may_end);
	pool_drain(pool);
	assert_int_equal(done, 5);
	assert_int_equal(pool_submit(pool, wait_for_it, NULL), RENT_EUNAVAIL);
	pool_free(pool);
	pool_free(NULL);
}

static void count(void *arg)
{
	(*(atomic_int *)arg)++;
}

struct producer {
	struct pool *pool;
	atomic_int *sum;
	int accepted;
};

static void *produce(void *arg)
{
	struct producer *p = arg;

	for (int i = 0; i < 20000; i++)
		p->accepted += pool_submit(p->pool, count, p->sum) == 0 ? 1 : 0;
	return NULL;
}

static void test_pool_loses_nothing(void **state)
{
	struct producer producers[3];
	pthread_t threads[3];
	struct pool *pool = NULL;
	atomic_int sum = 0;
	int accepted = 0;

	(void)state;
	assert_int_equal(pool_new(4, 64, &pool, NULL), 0);
	for (int i = 0; i < 3; i++) {
		producers[i] = (struct producer){ .pool = pool, .sum = &sum };
		assert_int_equal(
			pthread_create(&threads[i], NULL, produce, &producers[i]), 0);
	}
	for (int i = 0; i < 3; i++) {
		(void)pthread_join(threads[i], NULL);
		accepted += producers[i].accepted;
	}
	pool_drain(pool);
	assert_int_equal(sum, accepted);
	assert_true(accepted > 0);
	pool_free(pool);
}

static struct tasks *begin_tasks(void)
{
	const struct tasks_options options = { .loops = 1,
		                               .tasks_max = 10,
		                               .stack_size = (size_t)256 * 1024,
		                               .blocking_threads = 1,
		                               .blocking_queue = 1 };
	struct tasks *tasks = NULL;

	assert_int_equal(tasks_new(&options, &tasks, NULL), 0);
	assert_int_equal(tasks_start(tasks, NULL), 0);
	return tasks;
}

struct ticking {
	atomic_int inside, overlaps, runs;
	sem_t ran;
};

static void tick(void *arg)
{
	struct ticking *t = arg;

	if (t->inside++ > 0)
		t->overlaps++;
	(void)usleep(2000);
	t->inside--;
	t->runs++;
	(void)sem_post(&t->ran);
}

static void test_timers(void **state)
{
	struct ticking t = { 0 };
	struct timers *timers = NULL;
	struct tasks *tasks = begin_tasks();
	struct rent_error err = { 0 };
	struct timer_spec spec = {
		.name = "test", .interval_us = 1000, .fn = tick, .arg = &t
	};
	int runs;

	(void)state;
	(void)sem_init(&t.ran, 0, 0);
	assert_int_equal(timers_new(tasks, &timers), 0);
	assert_int_equal(timers_add(timers, &spec, &err), 0);
	spec.interval_us = 999;
	assert_int_equal(timers_add(timers, &spec, &err), RENT_EINVAL);
	assert_int_equal(t.runs, 0);
	assert_int_equal(timers_start(timers, &err), 0);
	for (int i = 0; i < 5; i++)
		(void)sem_wait(&t.ran);
	/* A run that takes longer than the interval delays the next, and never meets it. */
	timers_stop(timers);
	runs = t.runs;
	assert_int_equal(t.inside, 0);
	assert_int_equal(t.overlaps, 0);
	assert_true(runs >= 5);
	spec.interval_us = 1000;
	assert_int_equal(timers_add(timers, &spec, &err), RENT_EUNAVAIL);
	timers_free(timers);
	tasks_free(tasks);
	assert_int_equal(t.runs, runs);
}

/* The first run is at once, the end does not wait for the next one. */
static void test_timer_hour(void **state)
{
	struct ticking t = { 0 };
	struct timers *timers = NULL;
	struct tasks *tasks = begin_tasks();
	const struct timer_spec spec = {
		.name = "hour", .interval_us = RENT_HOUR, .fn = tick, .arg = &t
	};

	(void)state;
	(void)sem_init(&t.ran, 0, 0);
	assert_int_equal(timers_new(tasks, &timers), 0);
	assert_int_equal(timers_start(timers, NULL), 0);
	assert_int_equal(timers_add(timers, &spec, NULL), 0);
	(void)sem_wait(&t.ran);
	timers_free(timers);
	tasks_free(tasks);
	assert_int_equal(t.runs, 1);
}

static void test_notify(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char dir[] = "/tmp/rentald-sd-XXXXXX", text[128];
	ssize_t n;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/notify", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", addr.sun_path, 1), 0);
	notify_send("READY=1");
	n = recv(fd, text, sizeof(text), 0);
	assert_int_equal(n, 7);
	assert_memory_equal(text, "READY=1", 7);
	notify_reloading();
	n = recv(fd, text, sizeof(text) - 1, 0);
	assert_true(n > 0);
	text[n] = '\0';
	assert_memory_equal(text, "RELOADING=1\nMONOTONIC_USEC=", 27);
	assert_true(strtoll(text + 27, NULL, 10) <= clock_mono_us());
	(void)unlink(addr.sun_path);
	notify_send("READY=1"); /* nobody listens: no harm */
	assert_int_equal(unsetenv("NOTIFY_SOCKET"), 0);
	notify_send("READY=1");
	(void)close(fd);
	(void)rmdir(dir);

	assert_int_equal(unsetenv("WATCHDOG_USEC"), 0);
	assert_true(notify_watchdog_us() < 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "3000000", 1), 0);
	assert_int_equal(notify_watchdog_us(), 1500000);
	assert_int_equal(setenv("WATCHDOG_PID", "1", 1), 0);
	assert_true(notify_watchdog_us() < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pool_full),
		cmocka_unit_test(test_pool_loses_nothing),
		cmocka_unit_test(test_timers),
		cmocka_unit_test(test_timer_hour),
		cmocka_unit_test(test_notify),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
