/* SPDX-License-Identifier: MIT
 *
 * fixture.h - an instance of http_api over a scripted "rental": a test says which use case
 * may be called next and how it ends, sends a request, and looks at the reply. A use case
 * that was not announced aborts.
 */
#ifndef TEST_HTTP_API_FIXTURE_H
#define TEST_HTTP_API_FIXTURE_H

/* What cmocka.h needs and does not include itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fake_host.h>
#include <jansson.h>
#include <rent/rental.h>

enum use_case {
	CALL_NONE = 0,
	CALL_QUOTE,
	CALL_START,
	CALL_STATUS,
	CALL_STOP,
	CALL_LIST,
	CALL_TRAIL,
	CALL_STATION,
	CALL_BALANCE,
	CALL_PAY,
};

struct core {
	enum use_case expect; /* may be called, once */
	int code;             /* what it returns */
	/* how it ends */
	struct rent_quote_reply quote;
	struct rent_start_reply start;
	struct rent_view view;
	struct rent_station_reply station;
	struct rent_balance balance;
	struct rent_pay_reply pay;
	const struct rent_money_point *points; /* trail */
	size_t point_count;
	const struct rent_view *views; /* list */
	const struct rent_op *ops;     /* trail */
	size_t count;
	/* what it was asked */
	int calls;
	char order_id[RENT_ID_SIZE], station_id[RENT_ID_SIZE], user_id[RENT_ID_SIZE];
	char quote_id[RENT_ID_SIZE], key[RENT_KEY_SIZE];
	enum rent_status status;
	uint32_t limit;
	int64_t before_at;
	char before_id[RENT_ID_SIZE];
	char payment_method[RENT_REF_SIZE], return_url[RENT_URL_SIZE];
};

struct fixture {
	struct fake_host *host;
	const struct rent_plugin *plugin;
	void *self;
	struct rent_arena *arena; /* of the last request */
	struct core core;
	struct rent_http_reply reply;
	struct rent_error err;
	const char *request_id, *key; /* of the next requests; key NULL: no header */
	json_t *json;                 /* of the last reply, when it is JSON */
};

int fixture_setup(void **state);
int fixture_setup_origins(void **state); /* with return_origins */
int fixture_teardown(void **state);

/* Sends a request; target may have a query. Returns the handler's code. body NULL: empty.
 * Fails the test when no route matches. */
int fixture_send(struct fixture *f, const char *method, const char *target,
                 const char *body);
int fixture_send_bytes(struct fixture *f, const char *method, const char *target,
                       const char *body, size_t size);

/* The value of a header of the reply, or NULL. */
const char *fixture_header(const struct fixture *f, const char *name);

/* A field that the reply adds to the access line, or NULL. */
const char *fixture_logged(const struct fixture *f, const char *key);

/* A member of the reply's JSON; fails the test when it is not of that type. */
const char *fixture_text(const struct fixture *f, const char *member);
int64_t fixture_number(const struct fixture *f, const char *member);
bool fixture_is_null(const struct fixture *f, const char *member);

/* The reply is this problem; `instance` is the id of the request. */
void fixture_assert_problem(const struct fixture *f, int status, const char *slug);

/* The route table of the plugin, up to a NULL method. */
const struct rent_http_route *fixture_routes(const struct fixture *f);

#endif
