/* SPDX-License-Identifier: MIT
 *
 * test_refusals.c - every verdict of the rules as a problem document, errors that are passed
 * on, and answers that are repeated byte for byte.
 */
#include "fixture.h"

#define START      "/api/v1/rentals/start"
#define START_BODY "{\"quote_id\":\"q1\"}"

/* The error table of the HTTP contract. */
static const struct row {
	enum rent_verdict verdict;
	int status;
	bool retry;
	const char *slug;
} rows[] = {
	{ RENT_NO_STATION, 404, false, "station-unknown" },
	{ RENT_NO_QUOTE, 404, false, "quote-unknown" },
	{ RENT_QUOTE_EXPIRED, 410, false, "quote-expired" },
	{ RENT_QUOTE_USED, 409, false, "quote-used" },
	{ RENT_KEY_MISMATCH, 422, false, "idempotency-key-reused" },
	{ RENT_KEY_RUNNING, 409, true, "request-in-progress" },
	{ RENT_DEPOSIT_DECLINED, 402, false, "deposit-declined" },
	{ RENT_STATION_REFUSED, 409, false, "station-refused" },
	{ RENT_NOT_AVAILABLE, 503, true, "service-unavailable" },
	{ RENT_PAYMENT_UNAVAILABLE, 503, true, "payment-unavailable" },
	{ RENT_IN_DOUBT, 503, true, "outcome-unknown" },
	{ RENT_NOT_PAYABLE, 409, false, "rental-not-payable" },
	{ RENT_PAYMENT_DECLINED, 402, false, "payment-declined" },
	{ RENT_PAYMENT_RUNNING, 409, true, "payment-in-progress" },
	{ RENT_NO_RENTAL, 404, false, "rental-unknown" },
	{ RENT_WRONG_STATE, 409, false, "rental-not-stoppable" },
	{ RENT_NOT_RETURNED, 409, false, "not-returned" },
	{ RENT_RETURN_UNVERIFIED, 503, true, "station-unavailable" },
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *row_of(enum rent_verdict verdict)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].verdict == verdict)
			return &rows[i];
	}
	fail_msg("verdict %d has no row", (int)verdict);
	return &rows[0];
}

static void start_with(struct fixture *f, const struct rent_start_reply *start)
{
	f->core.expect = CALL_START;
	f->core.start = *start;
	f->key = "key-1";
	assert_int_equal(fixture_send(f, "POST", START, START_BODY), 0);
}

static void every_verdict_has_its_status(void **state)
{
	struct fixture *f = *state;

	for (const struct rent_name *n = rent_verdict_names; n->name != NULL; n++) {
		const struct row *row;

		if (n->value == RENT_DONE || n->value == RENT_ACTION_NEEDED)
			continue; /* answers, not refusals */
		row = row_of((enum rent_verdict)n->value);
		start_with(f, &(struct rent_start_reply){ .verdict = row->verdict,
		                                          .detail = "for a person",
		                                          .order_id = "" });
		fixture_assert_problem(f, row->status, row->slug);
		assert_string_equal(fixture_text(f, "detail"), "for a person");
		if (row->retry)
			assert_string_equal(fixture_header(f, "Retry-After"), "1");
		else
			assert_null(fixture_header(f, "Retry-After"));
		assert_null(fixture_header(f, "Idempotency-Replayed"));
		assert_null(fixture_logged(f, "rental"));
		/* Without a text of the core's there is one of ours. */
		start_with(f, &(struct rent_start_reply){ .verdict = row->verdict });
		fixture_assert_problem(f, row->status, row->slug);
	}
}

static void other_use_cases_refuse_the_same_way(void **state)
{
	struct fixture *f = *state;

	f->core.expect = CALL_QUOTE;
	f->core.quote.verdict = RENT_NO_STATION;
	(void)fixture_send(f, "POST", "/api/v1/rentals/quote",
	                   "{\"station_id\":\"s\",\"user_id\":\"u\"}");
	fixture_assert_problem(f, 404, "station-unknown");

	f->core.expect = CALL_QUOTE;
	f->core.quote.verdict = RENT_NOT_AVAILABLE;
	f->core.quote.retry_after_us = 12 * RENT_SECOND;
	(void)fixture_send(f, "POST", "/api/v1/rentals/quote",
	                   "{\"station_id\":\"s\",\"user_id\":\"u\"}");
	fixture_assert_problem(f, 503, "service-unavailable");
	assert_string_equal(fixture_header(f, "Retry-After"), "12");
	assert_string_equal(fixture_logged(f, "user"), "u");

	f->core.expect = CALL_STATUS;
	f->core.view.verdict = RENT_NO_RENTAL;
	(void)fixture_send(f, "GET", "/api/v1/rentals/r1/status", NULL);
	fixture_assert_problem(f, 404, "rental-unknown");

	f->core.expect = CALL_STOP;
	f->core.view.verdict = RENT_WRONG_STATE;
	(void)fixture_send(f, "POST", "/api/v1/rentals/r1/stop",
	                   "{\"station_id\":\"s\"}");
	fixture_assert_problem(f, 409, "rental-not-stoppable");

	f->core.expect = CALL_STOP;
	f->core.view.verdict = RENT_RETURN_UNVERIFIED;
	f->core.view.retry_after_us = 5 * RENT_SECOND;
	(void)fixture_send(f, "POST", "/api/v1/rentals/r1/stop",
	                   "{\"station_id\":\"s\"}");
	fixture_assert_problem(f, 503, "station-unavailable");
	assert_string_equal(fixture_header(f, "Retry-After"), "5");

	f->core.expect = CALL_TRAIL;
	f->core.code = 1;
	(void)fixture_send(f, "GET", "/api/v1/rentals/r1/payments", NULL);
	fixture_assert_problem(f, 404, "rental-unknown");
	f->core.code = 0;

	f->core.expect = CALL_STATION;
	f->core.station.verdict = RENT_NOT_AVAILABLE;
	f->core.station.retry_after_us = 1;
	(void)fixture_send(f, "GET", "/api/v1/stations/s1", NULL);
	fixture_assert_problem(f, 503, "service-unavailable");
	assert_string_equal(fixture_header(f, "Retry-After"), "1");
}

static void retry_after_is_rounded_up(void **state)
{
	static const struct {
		int64_t us;
		const char *header;
	} times[] = {
		{ -5, "1" },        { 0, "1" },         { 1, "1" },
		{ 999999, "1" },    { 1000000, "1" },   { 1000001, "2" },
		{ 29000000, "29" }, { 29000001, "30" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		start_with(f,
		           &(struct rent_start_reply){ .verdict = RENT_KEY_RUNNING,
		                                       .retry_after_us = times[i].us });
		assert_string_equal(fixture_header(f, "Retry-After"), times[i].header);
	}
}

static void an_unknown_verdict_promises_nothing(void **state)
{
	struct fixture *f = *state;

	start_with(f, &(struct rent_start_reply){ .verdict = (enum rent_verdict)99 });
	fixture_assert_problem(f, 500, "unexpected-outcome");
}

static void negative_codes_are_passed_on(void **state)
{
	static const int codes[] = { RENT_EUNAVAIL, RENT_EINDOUBT, RENT_EFULL,
		                     RENT_ENOMEM };
	static const struct {
		enum use_case call;
		const char *method, *target, *body;
	} calls[] = {
		{ CALL_QUOTE, "POST", "/api/v1/rentals/quote",
		  "{\"station_id\":\"s\",\"user_id\":\"u\"}" },
		{ CALL_START, "POST", START, START_BODY },
		{ CALL_STATUS, "GET", "/api/v1/rentals/r1/status", NULL },
		{ CALL_STOP, "POST", "/api/v1/rentals/r1/stop",
		  "{\"station_id\":\"s\"}" },
		{ CALL_LIST, "GET", "/api/v1/rentals", NULL },
		{ CALL_TRAIL, "GET", "/api/v1/rentals/r1/payments", NULL },
		{ CALL_STATION, "GET", "/api/v1/stations/s1", NULL },
	};
	struct fixture *f = *state;

	f->key = "key-1";
	for (size_t c = 0; c < sizeof(calls) / sizeof(calls[0]); c++) {
		for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
			f->core.expect = calls[c].call;
			f->core.code = codes[i];
			assert_int_equal(fixture_send(f, calls[c].method, calls[c].target,
			                              calls[c].body),
			                 codes[i]);
			assert_int_equal(f->reply.status, 0);
			assert_int_equal(f->core.expect, CALL_NONE);
		}
	}
}

static void a_replay_has_the_bytes_of_the_first_answer(void **state)
{
	static const char json[] = "{\"order_id\":\"r1\", \"status\" : \"ACTIVE\"}";
	struct fixture *f = *state;

	for (int replayed = 0; replayed < 2; replayed++) {
		f->request_id = replayed ? "req-2" : "req-1";
		start_with(f, &(struct rent_start_reply){ .json = json,
		                                          .order_id = "r1",
		                                          .request_id = "req-1",
		                                          .replayed = replayed });
		assert_int_equal(f->reply.status, 200);
		assert_int_equal(f->reply.body_size, strlen(json));
		assert_memory_equal(f->reply.body, json, strlen(json));
		assert_string_equal(fixture_logged(f, "rental"), "r1");
		if (replayed)
			assert_string_equal(fixture_header(f, "Idempotency-Replayed"),
			                    "true");
		else
			assert_null(fixture_header(f, "Idempotency-Replayed"));
	}
}

static void a_replayed_refusal_has_the_bytes_of_the_first(void **state)
{
	static const enum rent_verdict recorded[] = {
		RENT_NO_QUOTE,
		RENT_QUOTE_EXPIRED,
		RENT_QUOTE_USED,
		RENT_DEPOSIT_DECLINED,
		RENT_STATION_REFUSED,
		RENT_NOT_AVAILABLE,
		RENT_PAYMENT_UNAVAILABLE,
	};
	struct rent_start_reply start = { .request_id = "req-1", .detail = "as it was" };
	struct fixture *f = *state;
	char first[1024];

	for (size_t i = 0; i < sizeof(recorded) / sizeof(recorded[0]); i++) {
		start.verdict = recorded[i];
		start.replayed = false;
		f->request_id = "req-1";
		start_with(f, &start);
		fixture_assert_problem(f, row_of(recorded[i])->status,
		                       row_of(recorded[i])->slug);
		assert_true(rent_copy(first, sizeof(first), f->reply.body));

		start.replayed = true;
		f->request_id = "req-2";
		start_with(f, &start);
		assert_string_equal(f->reply.body, first);
		assert_int_equal(f->reply.body_size, strlen(first));
		assert_string_equal(f->reply.content_type, "application/problem+json");
		assert_string_equal(fixture_header(f, "Idempotency-Replayed"), "true");
	}
}

static void an_answer_without_its_body_is_an_error(void **state)
{
	struct fixture *f = *state;

	f->key = "key-1";
	f->core.expect = CALL_START;
	assert_int_equal(fixture_send(f, "POST", START, START_BODY), RENT_EFAIL);
	f->core.expect = CALL_STATION;
	assert_int_equal(fixture_send(f, "GET", "/api/v1/stations/s1", NULL), RENT_EFAIL);
}

static void a_binding_that_lacks_use_cases_is_refused(void **state)
{
	static const struct rent_rental_api none = { .struct_size = sizeof(none) };
	struct fixture *f = *state;
	struct fake_host *host = fake_host_new(f->plugin, NULL);
	void *self = NULL;

	assert_int_equal(f->plugin->create(fake_host_table(host), &self, &f->err),
	                 RENT_EINVAL);
	fake_host_bind(host, "rental", &none, NULL);
	assert_int_equal(f->plugin->create(fake_host_table(host), &self, &f->err),
	                 RENT_EINVAL);
	assert_null(self);
	fake_host_free(host);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		T(every_verdict_has_its_status),
		T(other_use_cases_refuse_the_same_way),
		T(retry_after_is_rounded_up),
		T(an_unknown_verdict_promises_nothing),
		T(negative_codes_are_passed_on),
		T(a_replay_has_the_bytes_of_the_first_answer),
		T(a_replayed_refusal_has_the_bytes_of_the_first),
		T(an_answer_without_its_body_is_an_error),
		T(a_binding_that_lacks_use_cases_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
