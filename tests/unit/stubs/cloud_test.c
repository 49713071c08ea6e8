/* SPDX-License-Identifier: MIT
 *
 * tests/unit/stubs/cloud_test.c - the cabinet cloud of the stubs and the plugin that speaks to it:
 * an order from its request to its end, under every switch. What the plugin makes of it is what a
 * rental would be decided on.
 */
#include "stub_client.h"

#include <rent/station.h>
#include <stdlib.h>
#include <unistd.h>

#define STATION "old-town-hall"
#define START   (INT64_C(1795418464) * RENT_SECOND)

static const char *stub_file, *plugin_file;
static struct stub stub;
static const struct rent_plugin *plugin;
static struct fake_host *fake;
static void *self;
static struct rent_arena *arena;
static struct rent_error err;

static const struct rent_station *api(void)
{
	return plugin->api;
}

/* ---- what the cloud reports, as the plugin reads it */

static char events[512];

static int see_event(void *arg, const struct rent_event *e)
{
	size_t at = strlen(events);

	(void)arg;
	(void)snprintf(events + at, sizeof(events) - at, "%d%s ", (int)e->kind,
	               e->operation_id == NULL ? "p" : "c");
	return 0;
}

static const char *no_header(const void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static void on_report(void *arg, struct rent_exchange *x)
{
	struct rent_event_answer answer = { .struct_size = sizeof(answer) };
	struct rent_event_message m = { .struct_size = sizeof(m),
		                        .now = START,
		                        .method = "POST",
		                        .rest = strrchr(x->request.target, '/') + 1,
		                        .query = "",
		                        .body = x->request.body,
		                        .body_size = x->request.body_size,
		                        .content_type = "",
		                        .peer = "",
		                        .header = no_header,
		                        .arena = arena };

	(void)arg;
	assert_int_equal(api()->parse_event(self, &m, see_event, NULL, &answer, &err), 0);
	x->transport = RENT_REPLIED;
	x->reply.status = 200;
}

/* ---- one exchange of the plugin with the stub */

/* The stub's client decodes nothing; only the address of the callback is encoded. */
static const char *decode(const char *text)
{
	static char out[1024];
	char *to = out;

	assert_true(strlen(text) < sizeof(out));
	while (*text != '\0') {
		if (strncmp(text, "%3A", 3) == 0)
			*to++ = ':';
		else if (strncmp(text, "%2F", 3) == 0)
			*to++ = '/';
		else
			*to++ = *text;
		text += *text == '%' ? 3 : 1;
	}
	*to = '\0';
	return out;
}

/* false: there was no answer. */
static bool exchange(const struct rent_upstream_request *req,
                     struct rent_upstream_reply *ret)
{
	char target[2048];
	struct answer a;

	(void)snprintf(target, sizeof(target), "/cdb-open-api/v1%s", decode(req->target));
	a = stub_call(&stub, req->method, target, NULL, NULL);
	*ret = (struct rent_upstream_reply){ .struct_size = sizeof(*ret),
		                             .status = a.status,
		                             .content_type = "application/json",
		                             .arena = arena };
	ret->body = rent_strdup(arena, a.text == NULL ? "" : a.text);
	ret->body_size = strlen(ret->body);
	answer_done(&a);
	return ret->status != RENT_HTTP_NO_ANSWER;
}

static struct rent_station_op op_of(const char *ref)
{
	return (struct rent_station_op){ .struct_size = sizeof(struct rent_station_op),
		                         .id = "op-0001",
		                         .rental_id = "r",
		                         .user_id = "u",
		                         .station_id = STATION,
		                         .ref = ref,
		                         .created_at = START };
}

static struct rent_station_result create(void)
{
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_station_result ret = { .struct_size = sizeof(ret) };
	struct rent_station_op op = op_of("");
	struct rent_upstream_reply reply;

	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err), 0);
	if (exchange(&req, &reply))
		api()->parse_eject(self, &op, &reply, &ret);
	return ret;
}

static struct rent_station_result look_up(const char *ref)
{
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_station_result ret = { .struct_size = sizeof(ret) };
	struct rent_station_op op = op_of(ref);
	struct rent_upstream_reply reply;

	assert_int_equal(api()->build_lookup(self, &op, arena, &req, &err), 0);
	assert_true(exchange(&req, &reply));
	api()->parse_lookup(self, &op, &reply, &ret);
	return ret;
}

static struct rent_station_snapshot snapshot(void)
{
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_station_snapshot ret = { .struct_size = sizeof(ret) };
	struct rent_upstream_reply reply;

	assert_int_equal(api()->build_snapshot(self, STATION, arena, &req, &err), 0);
	assert_true(exchange(&req, &reply));
	api()->parse_snapshot(self, STATION, &reply, &ret);
	assert_int_equal(ret.outcome, RENT_SUCCEEDED);
	assert_true(ret.complete);
	return ret;
}

static int see_order(void *arg, const struct rent_station_entry *entry)
{
	(void)entry;
	(*(int *)arg)++;
	return 0;
}

static int orders_listed(void)
{
	struct rent_station_page page = { .struct_size = sizeof(page),
		                          .since = START,
		                          .cursor = "" };
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_upstream_reply reply;
	char next[RENT_REF_SIZE];
	int n = 0;

	assert_int_equal(api()->build_list(self, &page, arena, &req, &err), 0);
	assert_true(exchange(&req, &reply));
	assert_int_equal(
		api()->parse_list(self, &page, &reply, see_order, &n, next, &err), 0);
	return n;
}

static void pass(int64_t us)
{
	fake_host_advance(stub.fake, us);
	fake_host_run_timers(stub.fake);
}

static void every_switch(void **state)
{
	static const struct {
		const char *name, *switches;
		enum rent_outcome created, soon, late;
		int banks_gone, orders;
		const char *reported;
	} rows[] = {
		/* clang-format off */
		{ "as it should be",  "{}",                         RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 1, 1, "1p 1c " },
		{ "late",             "{\"eject_delay_ms\":5000}",  RENT_PENDING,  RENT_PENDING,   RENT_SUCCEEDED, 1, 1, "1p 1c " },
		{ "after we gave up", "{\"eject_delay_ms\":80000}", RENT_PENDING,  RENT_PENDING,   RENT_PENDING,   0, 1, "" },
		{ "jam",              "{\"jam\":1}",                RENT_PENDING,  RENT_PENDING,   RENT_PENDING,   0, 1, "2c " },
		{ "offline",          "{\"offline\":1}",            RENT_DECLINED, RENT_UNKNOWN,   RENT_UNKNOWN,   0, 0, "" },
		{ "answer lost",      "{\"lose_answer\":1}",        RENT_UNKNOWN,  RENT_UNKNOWN,   RENT_UNKNOWN,   1, 1, "1p 1c " },
		{ "request lost",     "{\"lose_request\":1}",       RENT_UNKNOWN,  RENT_UNKNOWN,   RENT_UNKNOWN,   0, 0, "" },
		{ "two banks",        "{\"two_banks\":1}",          RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 2, 1, "1p 1p 1c " },
		{ "wrong bank",       "{\"wrong_bank\":1}",         RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 1, 1, "1p 1c " },
		{ "callbacks lost",   "{\"callbacks\":0}",          RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 1, 1, "1p " },
		{ "callbacks doubled","{\"callbacks\":2}",          RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 1, 1, "1p 1c 1c " },
		{ "callbacks forged", "{\"forged\":1}",             RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 1, 1, "1p 1c " },
		{ "pushes stopped",   "{\"pushes\":0}",             RENT_PENDING,  RENT_SUCCEEDED, RENT_SUCCEEDED, 1, 1, "1c " },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_station_result made, soon = { .outcome = RENT_UNKNOWN };
		struct rent_station_result late = soon;
		int before = snapshot().available, listed = orders_listed();

		events[0] = '\0';
		stub_expect(&stub, "POST /admin/cloud", NULL, rows[i].switches, 200,
		            NULL);
		made = create();
		if (made.ref[0] != '\0')
			soon = look_up(made.ref);
		pass(70 * RENT_SECOND);
		if (made.ref[0] != '\0')
			late = look_up(made.ref);
		if (made.outcome != rows[i].created || soon.outcome != rows[i].soon ||
		    late.outcome != rows[i].late ||
		    before - snapshot().available != rows[i].banks_gone ||
		    orders_listed() - listed != rows[i].orders ||
		    strcmp(events, rows[i].reported) != 0)
			fail_msg("%s: %d %d %d, %d gone, %d orders, reports '%s'",
			         rows[i].name, (int)made.outcome, (int)soon.outcome,
			         (int)late.outcome, before - snapshot().available,
			         orders_listed() - listed, events);
		stub_expect(
			&stub, "POST /admin/cloud", NULL,
			"{\"eject_delay_ms\":0,\"jam\":0,\"offline\":0,\"lose_answer\":0,"
			"\"lose_request\":0,\"two_banks\":0,\"wrong_bank\":0,"
			"\"callbacks\":1,\"forged\":0,\"pushes\":1}",
			200, NULL);
		pass(30 * RENT_SECOND);
		stub_expect(&stub, "POST /admin/reset-all", NULL, NULL, 200, NULL);
	}
}

static void a_return_is_reported(void **state)
{
	struct rent_station_result made = create(), end;
	char body[256];

	(void)state;
	pass(RENT_SECOND);
	end = look_up(made.ref);
	assert_int_equal(end.returned_at, 0);
	events[0] = '\0';
	(void)snprintf(body, sizeof(body),
	               "{\"powerbank_id\":\"%s\",\"station_id\":\"central-station\"}",
	               end.powerbank_id);
	stub_expect(&stub, "POST /admin/return-powerbank", NULL, body, 200, NULL);
	pass(RENT_SECOND);
	assert_string_equal(events, "3c 3p ");
	end = look_up(made.ref);
	assert_int_equal(end.outcome, RENT_SUCCEEDED);
	assert_int_equal(end.returned_at, START + RENT_SECOND);
	stub_expect(&stub, "POST /admin/return-powerbank", NULL, body, 409, NULL);
}

static void the_wrong_order_of_reports(void **state)
{
	struct rent_station_result made;
	char body[256];

	(void)state;
	stub_expect(&stub, "POST /admin/cloud", NULL,
	            "{\"reversed\":1,\"callback_delay_ms\":3000,\"pushes\":0}", 200,
	            NULL);
	made = create();
	events[0] = '\0';
	(void)snprintf(body, sizeof(body),
	               "{\"powerbank_id\":\"%s\",\"station_id\":\"" STATION "\"}",
	               look_up(made.ref).powerbank_id);
	stub_expect(&stub, "POST /admin/return-powerbank", NULL, body, 200, NULL);
	pass(10 * RENT_SECOND);
	assert_string_equal(events, "3c 1c ");
	stub_expect(&stub, "POST /admin/cloud", NULL, "{\"no\":1}", 400, NULL);
	stub_expect(&stub, "POST /admin/cloud", NULL, "{\"jam\":-1}", 400, NULL);
}

/* ---- set-up: the address for pushes is the plugin's own */

static char push_path[256], book[300];

static void open_stub(int64_t now)
{
	struct fake_option options[] = { { "data", CITY_JSON },
		                         { "book", book },
		                         { "seed", "7" },
		                         { "hooks_url", "http://127.0.0.1:1" },
		                         { "push_path", push_path },
		                         { NULL, NULL } };

	stub_open(&stub, stub_file, options);
	fake_host_set_wall(stub.fake, now);
	fake_host_on_exchange(stub.fake, on_report, NULL);
}

static void put_back(const char *powerbank)
{
	char body[256];

	(void)snprintf(body, sizeof(body),
	               "{\"powerbank_id\":\"%s\",\"station_id\":\"central-station\"}",
	               powerbank);
	stub_expect(&stub, "POST /admin/return-powerbank", NULL, body, 200, NULL);
}

/* What came out is known by its order's number, what had not come out is forgotten, and no number is
 * used twice. */
static void orders_survive_a_restart(void **state)
{
	struct rent_station_result out, back, lost, next, found;

	(void)state;
	out = create();
	back = create();
	pass(RENT_SECOND);
	put_back(look_up(back.ref).powerbank_id);
	out.powerbank_id[0] = '\0';
	(void)rent_copy(out.powerbank_id, RENT_ID_SIZE, look_up(out.ref).powerbank_id);
	stub_expect(&stub, "POST /admin/cloud", NULL, "{\"eject_delay_ms\":5000}", 200,
	            NULL);
	lost = create();
	stub_close(&stub);
	open_stub(START + 2 * RENT_SECOND);
	found = look_up(out.ref);
	assert_int_equal(found.outcome, RENT_SUCCEEDED);
	assert_string_equal(found.powerbank_id, out.powerbank_id);
	assert_int_equal(found.returned_at, 0);
	assert_int_equal(look_up(back.ref).returned_at, START + RENT_SECOND);
	assert_int_equal(look_up(lost.ref).outcome, RENT_UNKNOWN);
	next = create();
	assert_string_not_equal(next.ref, lost.ref);
	pass(10 * RENT_SECOND);
	assert_int_equal(look_up(next.ref).outcome, RENT_SUCCEEDED);
	assert_int_equal(look_up(lost.ref).outcome, RENT_UNKNOWN);
	put_back(out.powerbank_id);
	assert_true(look_up(out.ref).returned_at > START);
}

static void take_path(const struct rent_command_run *run, const struct rent_value *fields,
                      const char *fmt, ...)
{
	(void)run;
	(void)fmt;
	(void)rent_copy(push_path, sizeof(push_path), strstr(fields[1].text, "/hooks/"));
}

static int setup(void **state)
{
	static const struct fake_option options[] = {
		{ "url", "http://127.0.0.1:1/cdb-open-api/v1" },
		{ "user", "op" },
		{ "password", "secret" },
		{ "hooks_url", "https://rent.example" },
		{ "callback_key", "cb-key-0001" },
		{ NULL, NULL },
	};
	const struct rent_command_run run = { .struct_size = sizeof(run),
		                              .result = take_path };

	(void)state;
	plugin = fake_host_load(plugin_file);
	fake = fake_host_new(plugin, options);
	assert_int_equal(plugin->create(fake_host_table(fake), &self, &err), 0);
	arena = fake_host_table(fake)->arena_new(fake_host_table(fake));
	assert_int_equal(plugin->commands[0].run(self, &run, &err), RENT_COMMAND_DONE);
	(void)snprintf(book, sizeof(book), "%s/book", stub_folder());
	open_stub(START);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	stub_close(&stub);
	stub_folder_done();
	fake_host_table(fake)->arena_free(fake_host_table(fake), arena);
	plugin->destroy(self);
	fake_host_free(fake);
	return 0;
}

int main(int argc, char **argv)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(every_switch),
		CASE(a_return_is_reported),
		CASE(the_wrong_order_of_reports),
		CASE(orders_survive_a_restart),
	};

	if (argc != 3)
		return 64;
	stub_file = argv[1];
	plugin_file = argv[2];
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
