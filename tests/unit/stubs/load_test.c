/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stubs/load_test.c - many threads at once: a key acts once, the sums are right,
 * and a charge costs little (`test_stubs_load FILE.so bench` prints how little).
 */
#include "stub_client.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define THREADS 8

static const char *file;
static struct stub stub;
static char book[512];
static int rounds = 500;
static atomic_int next_key;
static atomic_int good, bad;

#define BODY "{\"user_id\":\"anna\",\"order_id\":\"o\",\"amount\":3}"

static void charge(const char *key, const char *text)
{
	struct answer a = stub_call(&stub, "POST", "/clear-money-for-order", key, text);

	(void)atomic_fetch_add(a.status == 200 ? &good : &bad, 1);
	answer_done(&a);
}

static void *same_keys(void *arg)
{
	char key[32];

	(void)arg;
	for (int i = 0; i < rounds; i++) {
		(void)snprintf(key, sizeof(key), "key-%d", i);
		charge(key, BODY);
	}
	return NULL;
}

static void *other_keys(void *arg)
{
	char key[32];

	(void)arg;
	for (int i = 0; i < rounds; i++) {
		(void)snprintf(key, sizeof(key), "key-%d",
		               atomic_fetch_add(&next_key, 1));
		charge(key, BODY);
	}
	return NULL;
}

/* galina has 600: of all the threads' charges of 3 exactly 200 can go through */
static void *one_purse(void *arg)
{
	(void)arg;
	for (int i = 0; i < rounds; i++)
		charge(NULL, "{\"user_id\":\"galina\",\"order_id\":\"o\",\"amount\":3}");
	return NULL;
}

static void *ejects(void *arg)
{
	(void)arg;
	for (int i = 0; i < rounds; i++) {
		struct answer a = stub_call(&stub, "GET",
		                            "/eject-powerbank?station_id=university-main",
		                            NULL, NULL);

		(void)atomic_fetch_add(
			json_is_true(json_object_get(a.json, "success")) ? &good : &bad,
			1);
		answer_done(&a);
	}
	return NULL;
}

static void run(void *(*fn)(void *arg))
{
	pthread_t threads[THREADS];

	atomic_store(&good, 0);
	atomic_store(&bad, 0);
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, fn, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		(void)pthread_join(threads[i], NULL);
}

static int setup(void **state)
{
	const struct fake_option options[] = { { "data", CITY_JSON },
		                               { "book", book },
		                               { NULL, NULL } };

	(void)state;
	(void)snprintf(book, sizeof(book), "%s/book", stub_folder());
	stub_open(&stub, file, options);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stub_close(&stub);
	stub_folder_done();
	return 0;
}

static void keys_act_once(void **state)
{
	char target[64];

	(void)state;
	run(same_keys);
	assert_int_equal(atomic_load(&good), rounds * THREADS);
	(void)snprintf(target, sizeof(target), "/admin/book?after=%d", rounds - 1);
	assert_int_equal(stub_get_int(&stub, target, "operations.0.seq"), rounds);
	assert_int_equal(stub_get_int(&stub, target, "operations.1.seq"), -1);
	/* and the file reads back */
	(void)teardown(NULL);
	(void)setup(NULL);
}

static void a_purse_is_emptied_once(void **state)
{
	(void)state;
	run(one_purse);
	assert_int_equal(atomic_load(&good), 200);
	assert_int_equal(atomic_load(&bad), rounds * THREADS - 200);
}

static void a_station_is_emptied_once(void **state)
{
	(void)state;
	run(ejects);
	assert_int_equal(atomic_load(&good), 10);
}

static int bench(void)
{
	struct timespec from, to;
	double seconds;

	rounds = 20000;
	(void)setup(NULL);
	(void)clock_gettime(CLOCK_MONOTONIC, &from);
	run(other_keys);
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	seconds = (double)(to.tv_sec - from.tv_sec) +
	          (double)(to.tv_nsec - from.tv_nsec) / 1e9;
	(void)printf("%d charges, %d threads, book in a file: %.0f/s\n", rounds * THREADS,
	             THREADS, rounds * THREADS / seconds);
	(void)teardown(NULL);
	return 0;
}

int main(int argc, char **argv)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(keys_act_once),
		TEST(a_purse_is_emptied_once),
		TEST(a_station_is_emptied_once),
	};

	if (argc < 2)
		return 64;
	file = argv[1];
	if (argc == 3)
		return bench();
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
