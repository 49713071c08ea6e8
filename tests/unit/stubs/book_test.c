/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stubs/book_test.c - the durable book: what acted is in the file before the
 * answer, and a restart goes on from there.
 */
#include "stub_client.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *file;
static struct stub stub;
static char book[512];

#define CLEAR    "POST /clear-money-for-order"
#define HOLD     "POST /hold-money-for-order"
#define OK       "{\"status\":\"success\"}"
#define CHARGE_1 "{\"user_id\":\"felix\",\"order_id\":\"o\",\"amount\":200}"

static void open_stub(const char *sync)
{
	const struct fake_option options[] = { { "data", CITY_JSON },
		                               { "book", book },
		                               { "book_sync", sync },
		                               { NULL, NULL } };

	stub_open(&stub, file, options);
}

static int setup(void **state)
{
	(void)state;
	(void)snprintf(book, sizeof(book), "%s/book", stub_folder());
	open_stub("false");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stub_close(&stub);
	stub_folder_done();
	return 0;
}

static int64_t book_size(void)
{
	struct stat st;

	assert_int_equal(stat(book, &st), 0);
	return st.st_size;
}

static void book_append(const char *text)
{
	int fd = open(book, O_WRONLY | O_APPEND);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void is_written_before_the_answer(void **state)
{
	char *line = NULL;
	size_t cap = 0;
	json_t *entry;
	FILE *f;

	(void)state;
	stub_expect(&stub, CLEAR, "k\\\"1", CHARGE_1, 200, OK);
	f = fopen(book, "r");
	assert_non_null(f);
	assert_true(getline(&line, &cap, f) > 0);
	entry = json_loads(line, 0, NULL);
	assert_string_equal(json_string_value(json_object_get(entry, "key")), "k\\\"1");
	assert_string_equal(json_string_value(json_object_get(entry, "kind")), "charge");
	assert_string_equal(json_string_value(json_object_get(entry, "user_id")),
	                    "felix");
	assert_string_equal(json_string_value(json_object_get(entry, "order_id")), "o");
	assert_int_equal(json_integer_value(json_object_get(entry, "amount")), 200);
	assert_int_equal(json_integer_value(json_object_get(entry, "seq")), 1);
	assert_true(getline(&line, &cap, f) < 0);
	json_decref(entry);
	free(line);
	(void)fclose(f);
}

static void restart_goes_on(void **state)
{
	(void)state;
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 200, OK);
	stub_expect(&stub, HOLD, "h1",
	            "{\"user_id\":\"galina\",\"order_id\":\"o\",\"amount\":600}", 200,
	            OK);
	stub_expect(&stub, CLEAR, "p1",
	            "{\"user_id\":\"galina\",\"order_id\":\"o\",\"amount\":700,"
	            "\"hold_key\":\"h1\"}",
	            200, "{\"status\":\"success\",\"amount\":600}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=e1", NULL,
	            NULL, 200, "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-1\"}");
	stub_close(&stub);
	open_stub("true");
	/* the answers, byte for byte */
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 200, OK);
	stub_expect(&stub, CLEAR, "p1",
	            "{\"user_id\":\"galina\",\"order_id\":\"o\",\"amount\":700,"
	            "\"hold_key\":\"h1\"}",
	            200, "{\"status\":\"success\",\"amount\":600}");
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=e1", NULL,
	            NULL, 200, "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-1\"}");
	/* the money (felix had 250) and the stock (there was one) */
	stub_expect(&stub, CLEAR, "k2", CHARGE_1, 402, NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=e2", NULL,
	            NULL, 200,
	            "{\"success\":false,\"powerbank_id\":\"\",\"reason\":\"empty\"}");
	stub_expect(&stub, "POST /admin/return-powerbank", NULL,
	            "{\"powerbank_id\":\"PB-zoo-gate-1\",\"station_id\":\"zoo-gate\"}",
	            200, NULL);
	stub_close(&stub);
	open_stub("false");
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=e3", NULL,
	            NULL, 200, "{\"success\":true,\"powerbank_id\":\"PB-zoo-gate-1\"}");
	assert_int_equal(stub_get_int(&stub, "/admin/book?after=5", "operations.0.seq"),
	                 6);
}

static void half_a_line_was_never_answered(void **state)
{
	int64_t size;

	(void)state;
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 200, OK);
	stub_close(&stub);
	size = book_size();
	book_append("{\"seq\":2,\"ts\":\"2026-11-23T00:0");
	open_stub("false");
	assert_int_equal(fake_host_complaints(stub.fake), 1);
	assert_int_equal(book_size(), size);
	stub_expect(&stub, CLEAR, "k2",
	            "{\"user_id\":\"anna\",\"order_id\":\"o\",\"amount\":1}", 200, OK);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.1.seq"), 2);
}

static void a_torn_book_is_refused(void **state)
{
	const struct fake_option options[] = { { "data", CITY_JSON },
		                               { "book", book },
		                               { NULL, NULL } };
	struct fake_host *fake;
	struct rent_error err = { 0 };
	void *self;

	(void)state;
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 200, OK);
	/* while somebody has it */
	fake = fake_host_new(stub.plugin, options);
	assert_int_equal(stub.plugin->create(fake_host_table(fake), &self, &err), 0);
	assert_int_equal(stub.plugin->start(self, &err), RENT_EUNAVAIL);
	assert_non_null(strstr(err.text, "in use"));
	stub.plugin->destroy(self);
	fake_host_free(fake);
	stub_close(&stub);
	book_append("{\"seq\":7}\n");
	fake = fake_host_new(stub.plugin, options);
	assert_int_equal(stub.plugin->create(fake_host_table(fake), &self, &err), 0);
	assert_int_equal(stub.plugin->start(self, &err), RENT_ECORRUPT);
	assert_non_null(strstr(err.text, "book:2"));
	stub.plugin->destroy(self);
	fake_host_free(fake);
	assert_int_equal(truncate(book, 0), 0);
	open_stub("false");
}

static void nothing_is_answered_that_is_not_written(void **state)
{
	struct rent_health health = { .struct_size = sizeof(health) };
	struct rlimit before, limit;

	(void)state;
	/* every write fails, as on a full disk */
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = (struct rlimit){ 0, before.rlim_max };
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 500, NULL);
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 500, NULL);
	stub_expect(&stub, "GET /payment-status?key=k1", NULL, NULL, 500, NULL);
	stub_expect(&stub, "GET /eject-powerbank?station_id=zoo-gate&order_id=e1", NULL,
	            NULL, 500, NULL);
	stub.plugin->health(stub.self, &health);
	assert_int_equal(health.state, RENT_UNHEALTHY);
	stub_expect(&stub, "GET /configs", NULL, NULL, 200, NULL);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	/* also when there is room again: what the file has is known after a restart only */
	stub_expect(&stub, CLEAR, "k2", CHARGE_1, 500, NULL);
	stub_close(&stub);
	open_stub("false");
	stub_expect(&stub, CLEAR, "k2", CHARGE_1, 200, OK);
}

static void is_erased_on_request_only(void **state)
{
	(void)state;
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 200, OK);
	stub_expect(&stub, "POST /admin/reset-all", NULL, NULL, 200, NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.seq"), 1);
	stub_expect(&stub, "POST /admin/reset-all", NULL, "{\"book\":true}", 200, NULL);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.seq"), -1);
	assert_int_equal(book_size(), 0);
	stub_expect(&stub, CLEAR, "k1", CHARGE_1, 200, OK);
	stub_close(&stub);
	open_stub("false");
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.0.seq"), 1);
	assert_int_equal(stub_get_int(&stub, "/admin/book", "operations.1.seq"), -1);
}

static void is_given_out_in_pages(void **state)
{
	(void)state;
	for (int i = 0; i < 5; i++)
		stub_expect(&stub, CLEAR, NULL,
		            "{\"user_id\":\"anna\",\"order_id\":\"o\",\"amount\":1}", 200,
		            OK);
	assert_int_equal(stub_get_int(&stub, "/admin/book?after=3", "operations.0.seq"),
	                 4);
	assert_int_equal(
		stub_get_int(&stub, "/admin/book?after=1&limit=2", "operations.1.seq"),
		3);
	assert_int_equal(
		stub_get_int(&stub, "/admin/book?after=1&limit=2", "operations.2.seq"),
		-1);
	assert_int_equal(stub_get_int(&stub, "/admin/book?after=99", "operations.0.seq"),
	                 -1);
}

int main(int argc, char **argv)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(is_written_before_the_answer),
		TEST(restart_goes_on),
		TEST(half_a_line_was_never_answered),
		TEST(a_torn_book_is_refused),
		TEST(nothing_is_answered_that_is_not_written),
		TEST(is_erased_on_request_only),
		TEST(is_given_out_in_pages),
	};

	if (argc != 2)
		return 64;
	file = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
