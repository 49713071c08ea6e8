/* SPDX-License-Identifier: MIT
 *
 * test_rentals.c - the answers of quote, start, status, stop and stations when all goes well.
 */
#include "fixture.h"

#define AT INT64_C(1795418464123456) /* 2026-11-23T07:21:04.123456Z */

static struct rent_view active_view(void)
{
	struct rent_view view = {
		.struct_size = sizeof(view),
		.accrued = 60,
		.held = 300,
		.rental = {
			.struct_size = sizeof(view.rental),
			.id = "r1",
			.user_id = "u1",
			.station_id = "s1",
			.powerbank_id = "pb1",
			.price_per_hour = 120,
			.free_period_min = 15,
			.deposit = 300,
			.status = RENT_STATUS_ACTIVE,
			.settlement = RENT_SETTLEMENT_OPEN,
			.paid = 50,
			.debt = 10,
			.created_at = AT - 5,
			.started_at = AT,
		},
	};

	return view;
}

static void quote_has_its_fields(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_QUOTE;
	f->core.quote = (struct rent_quote_reply){
		.quote = { .id = "q1",
		           .user_id = "u1",
		           .station_id = "s1",
		           .price_per_hour = INT64_C(9007199254740993),
		           .free_period_min = 15,
		           .deposit = 300 },
		.expires_in_us = 60 * RENT_SECOND - 1,
	};
	assert_int_equal(fixture_send(f, "POST", "/api/v1/rentals/quote",
	                              "{\"user_id\":\"u1\",\"station_id\":\"s1\"}"),
	                 0);
	assert_int_equal(f->reply.status, 200);
	assert_null(f->reply.content_type);
	assert_int_equal(json_object_size(f->json), 9);
	assert_string_equal(fixture_text(f, "quote_id"), "q1");
	assert_string_equal(fixture_text(f, "user_id"), "u1");
	assert_string_equal(fixture_text(f, "station_id"), "s1");
	assert_int_equal(fixture_number(f, "price_per_hour"), INT64_C(9007199254740993));
	assert_int_equal(fixture_number(f, "free_period_min"), 15);
	assert_int_equal(fixture_number(f, "deposit"), 300);
	assert_int_equal(fixture_number(f, "expires_in_sec"), 59);
	assert_string_equal(fixture_logged(f, "user"), "u1");
	assert_string_equal(f->core.user_id, "u1");
	assert_string_equal(f->core.station_id, "s1");
}

static void start_hands_over_key_and_quote(void **state)
{
	struct fixture *f = *state;

	f->key = "key-1";
	f->core.expect = CALL_START;
	f->core.start.json = "{\"order_id\":\"r1\"}";
	assert_int_equal(
		fixture_send(f, "POST", "/api/v1/rentals/start", "{\"quote_id\":\"q1\"}"),
		0);
	assert_string_equal(f->core.key, "key-1");
	assert_string_equal(f->core.quote_id, "q1");
}

#define START "/api/v1/rentals/start"
#define PAY   "/api/v1/rentals/r1/pay"

static void what_is_paid_with_is_handed_over(void **state)
{
	struct fixture *f = *state;

	f->key = "key-1";
	f->core.expect = CALL_START;
	f->core.start.json = "{}";
	assert_int_equal(fixture_send(f, "POST", START,
	                              "{\"quote_id\":\"q1\",\"payment_method\":\"pm_1\","
	                              "\"return_url\":\"https://shop.example/a?b=c\"}"),
	                 0);
	assert_string_equal(f->core.payment_method, "pm_1");
	assert_string_equal(f->core.return_url, "https://shop.example/a?b=c");
	f->core.expect = CALL_PAY;
	f->core.pay.json = "{\"order_id\":\"r1\",\"paid\":90}";
	f->core.pay.replayed = true;
	assert_int_equal(
		fixture_send(f, "POST", PAY,
	                     "{\"payment_method\":\"pm_2\",\"return_url\":null}"),
		0);
	assert_int_equal(f->reply.status, 200);
	assert_int_equal(fixture_number(f, "paid"), 90);
	assert_string_equal(fixture_header(f, "Idempotency-Replayed"), "true");
	assert_string_equal(f->core.order_id, "r1");
	assert_string_equal(f->core.key, "key-1");
	assert_string_equal(f->core.payment_method, "pm_2");
	assert_string_equal(f->core.return_url, "");
}

static void customers_are_sent_back_to_known_origins(void **state)
{
	static const struct {
		const char *url;
		int status;
	} rows[] = {
		{ "https://shop.example", 200 },
		{ "https://Shop.Example/paid?order=1", 200 },
		{ "https://shop.example#done", 200 },
		{ "http://127.0.0.1:8000/", 200 },
		{ "http://127.0.0.1:80001/", 422 },
		{ "http://shop.example/", 422 },
		{ "https://shop.example.evil.example/", 422 },
		{ "https://shop.example@evil.example/", 422 },
		{ "https://shop.example\\\\@evil.example/", 422 },
		{ "https://evil.example/?https://shop.example", 422 },
	};
	struct fixture *f = *state;
	char body[256];

	f->key = "key-1";
	f->core.pay.json = "{}";
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		f->core.expect = CALL_PAY;
		(void)snprintf(body, sizeof(body), "{\"return_url\":\"%s\"}",
		               rows[i].url);
		assert_int_equal(fixture_send(f, "POST", PAY, body), 0);
		if (f->reply.status != rows[i].status)
			fail_msg("%s: %d", rows[i].url, f->reply.status);
	}
}

/* What goes to the payment service as it came is judged here: its length, and no byte that could
 * become another member or header there. */
static void what_is_paid_with_is_judged(void **state)
{
	static const char *const wrong[] = {
		"{\"quote_id\":\"q\",\"payment_method\":\"\"}",
		"{\"quote_id\":\"q\",\"payment_method\":7}",
		"{\"quote_id\":\"q\",\"payment_method\":\"pm 1\"}",
		"{\"quote_id\":\"q\",\"payment_method\":\"pm\\r\\nX: y\"}",
		"{\"quote_id\":\"q\",\"payment_method\":\"pm\\u0000\"}",
		"{\"quote_id\":\"q\",\"payment_method\":\"\xc3\xa9\"}",
		"{\"quote_id\":\"q\",\"return_url\":\"javascript:alert(1)\"}",
		"{\"quote_id\":\"q\",\"return_url\":\"//shop.example\"}",
	};
	struct fixture *f = *state;
	char body[1024], text[600];

	f->key = "key-1";
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_int_equal(fixture_send(f, "POST", START, wrong[i]), 0);
		assert_int_equal(f->reply.status, 422);
		assert_int_equal(fixture_send(f, "POST", PAY, wrong[i]), 0);
		assert_int_equal(f->reply.status, 422);
	}
	memset(text, 'x', sizeof(text));
	text[RENT_REF_SIZE] = '\0';
	(void)snprintf(body, sizeof(body), "{\"payment_method\":\"%s\"}", text);
	assert_int_equal(fixture_send(f, "POST", PAY, body), 0);
	assert_int_equal(f->reply.status, 422);
	memset(text, 'x', sizeof(text));
	text[RENT_URL_SIZE - 8] = '\0';
	(void)snprintf(body, sizeof(body), "{\"return_url\":\"https://%s\"}", text);
	assert_int_equal(fixture_send(f, "POST", PAY, body), 0);
	assert_int_equal(f->reply.status, 422);
	f->key = NULL;
	assert_int_equal(fixture_send(f, "POST", PAY, "{}"), 0);
	fixture_assert_problem(f, 400, "idempotency-key-missing");
	assert_int_equal(f->core.calls, 0);
}

static void status_of_a_running_rental(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_STATUS;
	f->core.view = active_view();
	assert_int_equal(fixture_send(f, "GET", "/api/v1/rentals/r1/status", NULL), 0);
	assert_int_equal(f->reply.status, 200);
	assert_int_equal(json_object_size(f->json), 26);
	assert_string_equal(fixture_text(f, "order_id"), "r1");
	assert_string_equal(fixture_text(f, "status"), "ACTIVE");
	assert_string_equal(fixture_text(f, "powerbank_id"), "pb1");
	assert_int_equal(fixture_number(f, "total_amount"), 50);
	assert_int_equal(fixture_number(f, "debt"), 10);
	assert_string_equal(fixture_text(f, "started_at"), "2026-11-23T07:21:04.123456Z");
	assert_true(fixture_is_null(f, "finished_at"));
	assert_int_equal(fixture_number(f, "accrued"), 60);
	assert_int_equal(fixture_number(f, "deposit"), 300);
	assert_int_equal(fixture_number(f, "price_per_hour"), 120);
	assert_int_equal(fixture_number(f, "free_period_min"), 15);
	assert_int_equal(fixture_number(f, "held"), 300);
	assert_string_equal(fixture_text(f, "settlement"), "open");
	assert_string_equal(f->core.order_id, "r1");
	assert_string_equal(fixture_logged(f, "rental"), "r1");
	assert_string_equal(fixture_logged(f, "user"), "u1");
}

/* Where a customer wanted to stop in vain is not where the powerbank came back. */
static void a_stop_that_was_not_verified_shows_its_time(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_STATUS;
	f->core.view = active_view();
	f->core.view.rental.stop_asked_at = AT;
	(void)rent_copy(f->core.view.rental.return_station_id, RENT_ID_SIZE, "s2");
	assert_int_equal(fixture_send(f, "GET", "/api/v1/rentals/r1/status", NULL), 0);
	assert_string_equal(fixture_text(f, "stop_asked_at"),
	                    "2026-11-23T07:21:04.123456Z");
	assert_true(fixture_is_null(f, "return_station_id"));

	f->core.expect = CALL_STATUS;
	f->core.view.rental.status = RENT_STATUS_FINISHED;
	assert_int_equal(fixture_send(f, "GET", "/api/v1/rentals/r1/status", NULL), 0);
	assert_true(fixture_is_null(f, "stop_asked_at"));
	assert_string_equal(fixture_text(f, "return_station_id"), "s2");
}

static void status_of_a_pending_rental_has_nulls(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_STATUS;
	f->core.view = active_view();
	f->core.view.rental.status = RENT_STATUS_PENDING;
	f->core.view.rental.powerbank_id[0] = '\0';
	f->core.view.rental.started_at = 0;
	assert_int_equal(fixture_send(f, "GET", "/api/v1/rentals/r1/status", NULL), 0);
	assert_string_equal(fixture_text(f, "status"), "PENDING");
	assert_true(fixture_is_null(f, "powerbank_id"));
	assert_true(fixture_is_null(f, "started_at"));
	assert_true(fixture_is_null(f, "finished_at"));
}

static void every_status_and_settlement_has_its_word(void **state)
{
	static const char *const settlements[] = { "open", "open", "pending", "done" };
	struct fixture *f = *state;

	for (int status = RENT_STATUS_PENDING; status <= RENT_STATUS_FAILED; status++) {
		for (int s = RENT_SETTLEMENT_NONE; s <= RENT_SETTLEMENT_DONE; s++) {
			f->core.expect = CALL_STATUS;
			f->core.view = active_view();
			f->core.view.rental.status = (enum rent_status)status;
			f->core.view.rental.settlement = (enum rent_settlement)s;
			(void)fixture_send(f, "GET", "/api/v1/rentals/r1/status", NULL);
			assert_string_equal(fixture_text(f, "status"),
			                    rent_name_of(rent_status_names, status));
			assert_string_equal(fixture_text(f, "settlement"),
			                    settlements[s]);
		}
	}
}

static void stop_adds_the_refund(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_STOP;
	f->core.view = active_view();
	f->core.view.rental.status = RENT_STATUS_FINISHED;
	f->core.view.rental.settlement = RENT_SETTLEMENT_PENDING;
	f->core.view.rental.finished_at = AT + RENT_HOUR;
	f->core.view.deposit_refund = 240;
	f->core.view.rental.outside = 50;
	assert_int_equal(fixture_send(f, "POST", "/api/v1/rentals/r1/stop",
	                              "{\"station_id\":\"s2\"}"),
	                 0);
	assert_int_equal(f->reply.status, 200);
	assert_int_equal(json_object_size(f->json), 26);
	assert_int_equal(fixture_number(f, "deposit_refund"), 240);
	assert_int_equal(fixture_number(f, "outside_amount"), 50);
	assert_string_equal(fixture_text(f, "settlement"), "pending");
	assert_string_equal(fixture_text(f, "finished_at"),
	                    "2026-11-23T08:21:04.123456Z");
	assert_string_equal(f->core.order_id, "r1");
	assert_string_equal(f->core.station_id, "s2");
}

static void a_station_is_passed_on_as_it_is(void **state)
{
	static const char json[] = "{ \"id\":\"s1\",\"slots\":[ ] }";
	struct fixture *f = *state;

	f->core.expect = CALL_STATION;
	f->core.station.json = json;
	assert_int_equal(fixture_send(f, "GET", "/api/v1/stations/s1", NULL), 0);
	assert_int_equal(f->reply.status, 200);
	assert_string_equal(f->reply.body, json);
	assert_int_equal(f->reply.body_size, strlen(json));
	assert_string_equal(f->core.station_id, "s1");
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(quote_has_its_fields),
		T(start_hands_over_key_and_quote),
		T(what_is_paid_with_is_handed_over),
		T(what_is_paid_with_is_judged),
		cmocka_unit_test_setup_teardown(customers_are_sent_back_to_known_origins,
		                                fixture_setup_origins, fixture_teardown),
		T(status_of_a_running_rental),
		T(a_stop_that_was_not_verified_shows_its_time),
		T(status_of_a_pending_rental_has_nulls),
		T(every_status_and_settlement_has_its_word),
		T(stop_adds_the_refund),
		T(a_station_is_passed_on_as_it_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
