/* SPDX-License-Identifier: MIT
 *
 * fixture.c - see fixture.h.
 */
#include "fixture.h"

#include <stdlib.h>
#include <strings.h>

/* ---- the scripted "rental" */
static void core_called(struct core *core, enum use_case call)
{
	if (core->expect != call) {
		(void)fprintf(stderr, "use case %d called, %d expected\n", (int)call,
		              (int)core->expect);
		abort();
	}
	core->expect = CALL_NONE;
	core->calls++;
}

static void keep(char *to, size_t size, const char *text)
{
	if (!rent_copy(to, size, text))
		abort();
}
#define KEEP(to, text) keep(to, sizeof(to), text)

static int core_quote(void *self, const char *station_id, const char *user_id,
                      struct rent_arena *arena, struct rent_quote_reply *ret,
                      struct rent_error *err)
{
	struct core *core = self;

	(void)arena;
	(void)err;
	core_called(core, CALL_QUOTE);
	KEEP(core->station_id, station_id);
	KEEP(core->user_id, user_id);
	assert_int_equal(ret->struct_size, sizeof(*ret));
	if (core->code == 0)
		*ret = core->quote;
	return core->code;
}

static int core_start(void *self, const struct rent_start_request *req,
                      struct rent_start_reply *ret, struct rent_error *err)
{
	struct core *core = self;

	core_called(core, CALL_START);
	assert_int_equal(req->struct_size, sizeof(*req));
	assert_non_null(req->arena);
	KEEP(core->key, req->key);
	KEEP(core->quote_id, req->quote_id);
	KEEP(core->payment_method, req->payment_method);
	KEEP(core->return_url, req->return_url);
	if (core->code < 0)
		return rent_fail(err, core->code, "scripted");
	*ret = core->start;
	if (ret->request_id == NULL)
		ret->request_id = rent_strdup(req->arena, req->request_id);
	return core->code;
}

static int core_status(void *self, const char *order_id, struct rent_view *ret,
                       struct rent_error *err)
{
	struct core *core = self;

	(void)err;
	core_called(core, CALL_STATUS);
	KEEP(core->order_id, order_id);
	*ret = core->view;
	return core->code;
}

static int core_stop(void *self, const char *order_id, const char *station_id,
                     struct rent_view *ret, struct rent_error *err)
{
	struct core *core = self;

	(void)err;
	core_called(core, CALL_STOP);
	KEEP(core->order_id, order_id);
	KEEP(core->station_id, station_id);
	*ret = core->view;
	return core->code;
}

/* NOLINTNEXTLINE(readability-function-size): the parameters are the API's */
static int core_list(void *self, const struct rent_list_query *query,
                     const struct rent_list_reply *reply, struct rent_error *err)
{
	struct core *core = self;
	int r = core->code;

	(void)err;
	core_called(core, CALL_LIST);
	KEEP(core->user_id, query->user_id);
	KEEP(core->before_id, query->before_id);
	core->status = query->status;
	core->limit = query->limit;
	core->before_at = query->before_created_at;
	for (size_t i = 0; r == 0 && i < core->count && i < query->limit; i++)
		r = reply->item(reply->arg, &core->views[i]);
	return r;
}

static int core_trail(void *self, const char *order_id,
                      const struct rent_trail_reply *reply, struct rent_error *err)
{
	struct core *core = self;
	int r = core->code;

	(void)err;
	core_called(core, CALL_TRAIL);
	KEEP(core->order_id, order_id);
	for (size_t i = 0; r == 0 && i < core->count; i++)
		r = reply->op(reply->arg, &core->ops[i]);
	for (size_t i = 0; r == 0 && reply->point != NULL && i < core->point_count; i++)
		r = reply->point(reply->arg, &core->points[i]);
	return r;
}

static int core_station(void *self, const char *station_id, struct rent_arena *arena,
                        struct rent_station_reply *ret, struct rent_error *err)
{
	struct core *core = self;

	(void)arena;
	(void)err;
	core_called(core, CALL_STATION);
	KEEP(core->station_id, station_id);
	*ret = core->station;
	return core->code;
}

static int core_balance(void *self, const char *user_id, struct rent_balance *ret,
                        struct rent_error *err)
{
	struct core *core = self;

	(void)err;
	core_called(core, CALL_BALANCE);
	KEEP(core->user_id, user_id);
	*ret = core->balance;
	return core->code;
}

static int core_pay(void *self, const struct rent_pay_request *req,
                    struct rent_pay_reply *ret, struct rent_error *err)
{
	struct core *core = self;

	(void)err;
	core_called(core, CALL_PAY);
	assert_int_equal(req->struct_size, sizeof(*req));
	assert_non_null(req->arena);
	KEEP(core->order_id, req->order_id);
	KEEP(core->key, req->key);
	KEEP(core->payment_method, req->payment_method);
	KEEP(core->return_url, req->return_url);
	*ret = core->pay;
	return core->code;
}

/* Billing is none of this plugin's business: its slots are not there. */
static const struct rent_rental_api core_api = {
	.struct_size = sizeof(core_api),
	.quote = core_quote,
	.start = core_start,
	.status = core_status,
	.stop = core_stop,
	.list = core_list,
	.trail = core_trail,
	.station = core_station,
	.balance = core_balance,
	.pay = core_pay,
};

/* ---- set up */
static int set_up(void **state, const struct fake_option *options)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->request_id = "req-1";
	f->plugin = fake_host_load(HTTP_API_SO);
	f->host = fake_host_new(f->plugin, options);
	fake_host_bind(f->host, "rental", &core_api, &f->core);
	assert_int_equal(f->plugin->create(fake_host_table(f->host), &f->self, &f->err),
	                 0);
	*state = f;
	return 0;
}

int fixture_setup(void **state)
{
	return set_up(state, NULL);
}

int fixture_setup_origins(void **state)
{
	static const struct fake_option options[] = {
		{ "return_origins", "https://shop.example,http://127.0.0.1:8000" },
		{ NULL, NULL },
	};

	return set_up(state, options);
}

static void forget_request(struct fixture *f)
{
	json_decref(f->json);
	f->json = NULL;
	if (f->arena != NULL)
		fake_host_table(f->host)->arena_free(fake_host_table(f->host), f->arena);
	f->arena = NULL;
}

int fixture_teardown(void **state)
{
	struct fixture *f = *state;

	forget_request(f);
	f->plugin->destroy(f->self);
	fake_host_free(f->host);
	free(f);
	return 0;
}

const struct rent_http_route *fixture_routes(const struct fixture *f)
{
	const struct rent_http_routes *table = f->plugin->api;

	return table->routes;
}

/* ---- requests: as much of the host as a handler sees */
struct request {
	struct rent_http_request base; /* first: header() gets this */
	const char *key;
	struct rent_http_query query[8];
};

static const char *request_header(const struct rent_http_request *req, const char *name)
{
	const struct request *request = (const struct request *)req;

	if (strcasecmp(name, "Idempotency-Key") == 0)
		return request->key;
	return NULL;
}

static bool route_match(const char *template, const char *path, struct rent_arena *arena,
                        const char *params[RENT_HTTP_PARAMS])
{
	size_t n = 0;

	while (*template != '\0') {
		size_t length;

		if (*template != '{') {
			if (*template ++ != *path++)
				return false;
			continue;
		}
		length = strcspn(path, "/");
		if (length == 0)
			return false;
		params[n++] = rent_strndup(arena, path, length);
		path += length;
		template = strchr(template, '}') + 1;
	}
	return *path == '\0';
}

/* Splits at & and =, decodes nothing: tests use plain values. */
static void request_query(struct request *request, char *text)
{
	char *save = NULL;

	for (char *p = strtok_r(text, "&", &save); p != NULL;
	     p = strtok_r(NULL, "&", &save)) {
		char *value = strchr(p, '=');

		assert_true(request->base.query_count < 8);
		if (value != NULL)
			*value++ = '\0';
		request->query[request->base.query_count++] =
			(struct rent_http_query){ p, value == NULL ? "" : value };
	}
	request->base.query = request->query;
}

static int dispatch(struct fixture *f, struct request *request, const char *path)
{
	struct rent_http_request *req = &request->base;

	for (const struct rent_http_route *r = fixture_routes(f); r->method != NULL;
	     r++) {
		memset(req->params, 0, sizeof(req->params));
		if (strcmp(r->method, req->method) == 0 &&
		    route_match(r->path, path, req->arena, req->params))
			return r->handle(f->self, req, &f->reply, &f->err);
	}
	fail_msg("no route for %s %s", req->method, path);
	return 0;
}

int fixture_send_bytes(struct fixture *f, const char *method, const char *target,
                       const char *body, size_t size)
{
	const struct rent_host *host = fake_host_table(f->host);
	struct request request = { .key = f->key };
	char *path, *query;
	int r;

	forget_request(f);
	f->arena = host->arena_new(host);
	f->reply = (struct rent_http_reply){ .struct_size = sizeof(f->reply) };
	path = rent_strdup(f->arena, target);
	query = strchr(path, '?');
	if (query != NULL) {
		*query++ = '\0';
		request_query(&request, query);
	}
	request.base.struct_size = sizeof(request.base);
	request.base.method = method;
	request.base.path = path;
	request.base.body = rent_strndup(f->arena, body, size);
	request.base.body_size = size;
	request.base.request_id = f->request_id;
	request.base.trace_id = "0af7651916cd43dd8448eb211c80319c";
	request.base.arena = f->arena;
	request.base.header = request_header;
	r = dispatch(f, &request, path);
	if (f->reply.body != NULL &&
	    (f->reply.content_type == NULL || strstr(f->reply.content_type, "json")))
		f->json = json_loadb(f->reply.body, f->reply.body_size, 0, NULL);
	return r;
}

int fixture_send(struct fixture *f, const char *method, const char *target,
                 const char *body)
{
	return fixture_send_bytes(f, method, target, body == NULL ? "" : body,
	                          body == NULL ? 0 : strlen(body));
}

/* ---- replies */
const char *fixture_header(const struct fixture *f, const char *name)
{
	for (size_t i = 0; i < RENT_HTTP_HEADERS && f->reply.headers[i].name != NULL;
	     i++) {
		if (strcasecmp(f->reply.headers[i].name, name) == 0)
			return f->reply.headers[i].value;
	}
	return NULL;
}

static const json_t *member_of(const struct fixture *f, const char *member)
{
	const json_t *value;

	assert_non_null(f->json);
	value = json_object_get(f->json, member);
	if (value == NULL)
		fail_msg("no member \"%s\" in %s", member, f->reply.body);
	return value;
}

const char *fixture_text(const struct fixture *f, const char *member)
{
	const json_t *value = member_of(f, member);

	assert_true(json_is_string(value));
	return json_string_value(value);
}

int64_t fixture_number(const struct fixture *f, const char *member)
{
	const json_t *value = member_of(f, member);

	assert_true(json_is_integer(value));
	return json_integer_value(value);
}

bool fixture_is_null(const struct fixture *f, const char *member)
{
	return json_is_null(member_of(f, member));
}

void fixture_assert_problem(const struct fixture *f, int status, const char *slug)
{
	char type[128];

	(void)snprintf(type, sizeof(type), "/problems/%s", slug);
	assert_int_equal(f->reply.status, status);
	assert_string_equal(f->reply.content_type, "application/problem+json");
	assert_string_equal(fixture_text(f, "type"), type);
	assert_int_equal(fixture_number(f, "status"), status);
	assert_string_equal(fixture_text(f, "instance"), f->request_id);
	assert_true(strlen(fixture_text(f, "detail")) > 0);
}

const char *fixture_logged(const struct fixture *f, const char *key)
{
	for (size_t i = 0; i < RENT_HTTP_LOG_FIELDS && f->reply.log[i].key != NULL; i++)
		if (strcmp(f->reply.log[i].key, key) == 0)
			return f->reply.log[i].value;
	return NULL;
}
