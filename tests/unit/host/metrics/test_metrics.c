/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/test_metrics.c - families, series and their text. With --print it shows
 * a rendering, for promtool.
 */
#include "metrics/metrics.h"
#include "support.h"

#include <pthread.h>

static struct metrics *metrics;

static const int64_t buckets[] = { 5000, 100000, 2500000 };

static const struct rent_metric_def counter = { .struct_size = sizeof(counter),
	                                        .type = RENT_COUNTER,
	                                        .name = "test_things_total",
	                                        .help = "Things, \\ and\nlines.",
	                                        .labels = { "colour", "size" } };
static const struct rent_metric_def gauge = { .struct_size = sizeof(gauge),
	                                      .type = RENT_GAUGE,
	                                      .name = "rental_system_level_current",
	                                      .flags = RENT_METRIC_SERVICE,
	                                      .help = "A level." };
static const struct rent_metric_def money = { .struct_size = sizeof(money),
	                                      .type = RENT_COUNTER,
	                                      .name = "rental_system_amount_total",
	                                      .flags = RENT_METRIC_SERVICE,
	                                      .help = "Money.",
	                                      .labels = { "status" } };
static const struct rent_metric_def histogram = { .struct_size = sizeof(histogram),
	                                          .type = RENT_HISTOGRAM,
	                                          .name = "test_wait_seconds",
	                                          .help = "A wait.",
	                                          .labels = { "kind" },
	                                          .buckets = buckets,
	                                          .bucket_count = 3,
	                                          .scale = RENT_SECOND };

static char *render(void)
{
	struct dynbuf out;

	dynbuf_init(&out, METRICS_TEXT_MAX);
	assert_int_equal(metrics_render(metrics, &out), 0);
	return dynbuf_steal(&out);
}

static const char *const red[] = { "red", "big \"one\"\n" };
static const char *const blue[] = { "blue", "small" };
static const char *const wait_kind[] = { "short" };
static const char *const success[] = { "success" };

static void fill(void)
{
	struct rent_metric *c = metrics_register(metrics, &counter);
	struct rent_metric *h = metrics_register(metrics, &histogram);

	metrics_add(c, 2, red);
	metrics_add(c, 40, blue);
	metrics_add(c, 1, blue);
	metrics_add(c, -5, blue); /* counters do not go back */
	metrics_set(metrics_register(metrics, &gauge), -12, NULL);
	metrics_add(metrics_register(metrics, &money), INT64_C(9007199254740993),
	            success);
	metrics_observe(h, 5000, wait_kind); /* bounds are inclusive */
	metrics_observe(h, 5001, wait_kind);
	metrics_observe(h, 3000001, wait_kind);
}

static void text_says_what_was_counted(void **state)
{
	char *text;

	(void)state;
	fill();
	text = render();
	assert_contains(text, "# HELP test_things_total Things, \\\\ and\\nlines.\n"
	                      "# TYPE test_things_total counter\n"
	                      "test_things_total{colour=\"red\",size=\"big "
	                      "\\\"one\\\"\\n\"} 2\n"
	                      "test_things_total{colour=\"blue\",size=\"small\"} 41\n");
	assert_contains(text, "# TYPE rental_system_level_current gauge\n"
	                      "rental_system_level_current{service=\"test\"} -12\n");
	/* one more than a double can say */
	assert_contains(text, "rental_system_amount_total{service=\"test\",status="
	                      "\"success\"} 9007199254740993\n");
	assert_contains(text, "# TYPE test_wait_seconds histogram\n"
	                      "test_wait_seconds_bucket{kind=\"short\",le=\"0.005\"} 1\n"
	                      "test_wait_seconds_bucket{kind=\"short\",le=\"0.1\"} 2\n"
	                      "test_wait_seconds_bucket{kind=\"short\",le=\"2.5\"} 2\n"
	                      "test_wait_seconds_bucket{kind=\"short\",le=\"+Inf\"} 3\n"
	                      "test_wait_seconds_sum{kind=\"short\"} 3.010002\n"
	                      "test_wait_seconds_count{kind=\"short\"} 3\n");
	free(text);
}

static void process_is_described(void **state)
{
	static const char *const names[] = { "process_cpu_seconds_total ",
		                             "process_resident_memory_bytes ",
		                             "process_virtual_memory_bytes ",
		                             "process_open_fds ",
		                             "process_max_fds ",
		                             "process_start_time_seconds " };
	char *text = render(), *at;
	int64_t started;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char line[80];

		(void)snprintf(line, sizeof(line), "\n%s", names[i]);
		assert_contains(text, line);
	}
	at = strstr(text, "\nprocess_start_time_seconds ");
	started = strtoll(at + strlen("\nprocess_start_time_seconds "), NULL, 10);
	assert_true(llabs((long long)(time(NULL) - started)) < 60);
	free(text);
}

static void one_name_is_one_family(void **state)
{
	struct rent_metric_def other = counter;

	(void)state;
	assert_ptr_equal(metrics_register(metrics, &counter),
	                 metrics_register(metrics, &counter));
	other.type = RENT_GAUGE;
	assert_ptr_not_equal(metrics_register(metrics, &other),
	                     metrics_register(metrics, &counter));
	metrics_set(metrics_register(metrics, &other), 7, red); /* counts nothing */
}

static void wrong_definitions_count_nothing(void **state)
{
	struct rent_metric_def bad = gauge;
	static const int64_t descending[] = { 2, 1 };
	char *before, *after;

	(void)state;
	before = render();
	bad.name = "9lives";
	metrics_set(metrics_register(metrics, &bad), 1, NULL);
	bad.name = "with space";
	metrics_set(metrics_register(metrics, &bad), 1, NULL);
	bad.name = "ok_name";
	bad.labels[0] = "la-bel";
	metrics_set(metrics_register(metrics, &bad), 1, NULL);
	bad = histogram;
	bad.name = "ok_histogram";
	bad.buckets = descending;
	bad.bucket_count = 2;
	metrics_observe(metrics_register(metrics, &bad), 1, wait_kind);
	metrics_add(metrics_register(metrics, NULL), 1, NULL);
	after = render();
	assert_lacks(after, "9lives");
	assert_lacks(after, "with space");
	assert_lacks(after, "ok_");
	free(before);
	free(after);
}

static void further_series_are_other(void **state)
{
	struct rent_metric_def def = counter;
	struct rent_metric *m;
	char value[16], *text;
	const char *const labels[] = { value, "x" };
	size_t lines = 0;

	(void)state;
	def.name = "test_many_total";
	m = metrics_register(metrics, &def);
	for (int i = 0; i < 100; i++) {
		(void)snprintf(value, sizeof(value), "v%d", i);
		metrics_add(m, 1, labels);
		metrics_add(m, 1, labels);
	}
	text = render();
	for (char *p = strstr(text, "\ntest_many_total{"); p != NULL;
	     p = strstr(p + 1, "\ntest_many_total{"))
		lines++;
	assert_int_equal(lines, 11);
	assert_contains(text, "test_many_total{colour=\"v9\",size=\"x\"} 2\n");
	assert_contains(text, "test_many_total{colour=\"other\",size=\"other\"} 180\n");
	free(text);
}

static void *hammer(void *arg)
{
	struct rent_metric *m = arg;
	char value[16];
	const char *const labels[] = { value, "x" };

	for (int i = 0; i < 20000; i++) {
		(void)snprintf(value, sizeof(value), "t%d", i % 8);
		metrics_add(m, 1, labels);
		if (i % 5000 == 0)
			free(render());
	}
	return NULL;
}

static void counts_are_exact_with_many_threads(void **state)
{
	struct rent_metric_def def = counter;
	struct rent_metric *m;
	pthread_t threads[4];
	char *text;

	(void)state;
	def.name = "test_threads_total";
	m = metrics_register(metrics, &def);
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hammer, m), 0);
	for (int i = 0; i < 4; i++)
		(void)pthread_join(threads[i], NULL);
	text = render();
	assert_contains(text, "test_threads_total{colour=\"t3\",size=\"x\"} 10000\n");
	assert_contains(text, "test_threads_total{colour=\"t7\",size=\"x\"} 10000\n");
	free(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_says_what_was_counted),
		cmocka_unit_test(process_is_described),
		cmocka_unit_test(one_name_is_one_family),
		cmocka_unit_test(wrong_definitions_count_nothing),
		cmocka_unit_test(further_series_are_other),
		cmocka_unit_test(counts_are_exact_with_many_threads),
	};

	metrics = metrics_new("test", 10);
	if (argc > 1 && strcmp(argv[1], "--print") == 0) {
		char *text;

		fill();
		text = render();
		(void)fputs(text, stdout);
		free(text);
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
