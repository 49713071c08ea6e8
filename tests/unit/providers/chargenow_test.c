/* SPDX-License-Identifier: MIT
 *
 * tests/unit/providers/chargenow_test.c - station_chargenow: every request, and what each answer
 * and report means. An answer that is in no table means nothing.
 */
#include "provider_test.h"

#include <rent/station.h>

#define TRADE "20251128160000123456"
#define TOKEN "op-0001.772f571dda7c56be5eaad68c47fb4a97c16234f58c16824d346ea6cae1250386"
/* 2025-11-28T16:00:00Z */
#define T0 (INT64_C(1764345600) * RENT_SECOND)

static const struct rent_station *api(void)
{
	return plugin->api;
}

static struct rent_station_op order(const char *id)
{
	return (struct rent_station_op){
		.struct_size = sizeof(struct rent_station_op),
		.id = id,
		.rental_id = "rental-1",
		.user_id = "u",
		.station_id = "s1",
		.cabinet_id = "DTA00001",
		.ref = TRADE,
		.created_at = T0,
	};
}

static struct rent_upstream_reply reply_in_arena(int status, const char *body)
{
	struct rent_upstream_reply reply = reply_of(status, body);

	reply.arena = arena;
	return reply;
}

/* ---- requests */

static struct rent_upstream_request req;
static struct rent_error err;

static void expect_request(int code, const char *method, const char *target)
{
	if (code != 0)
		fail_msg("%s: %d %s", target, code, err.text);
	assert_string_equal(req.method, method);
	assert_string_equal(req.target, target);
	assert_int_equal(req.flags, strcmp(method, "GET") == 0 ? RENT_RESEND_SAFE : 0);
	assert_string_equal(req.headers[1].name, "Authorization");
	assert_string_equal(req.headers[1].value, "Basic b3A6c2VjcmV0");
	assert_null(req.body);
	req = (struct rent_upstream_request){ .struct_size = sizeof(req) };
}

static void an_eject_creates_an_order_and_nothing_else(void **state)
{
	struct rent_station_op op = order("op-0001");

	(void)state;
	expect_request(
		api()->build_eject(self, &op, arena, &req, &err), "POST",
		"/rent/order/create?deviceId=DTA00001&callbackURL="
		"https%3A%2F%2Frent.example%2Fhooks%2Fstation_chargenow%2Fop-0001."
		"772f571dda7c56be5eaad68c47fb4a97c16234f58c16824d346ea6cae1250386");
	op.cabinet_id = NULL;
	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err), 0);
	assert_non_null(strstr(req.target, "deviceId=s1&"));
	op.slot = 3;
	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err),
	                 RENT_EUNSUPPORTED);
	op = order("op-0001");
	op.powerbank_id = "B1";
	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err),
	                 RENT_EUNSUPPORTED);
	op = order("op 1");
	assert_int_equal(api()->build_eject(self, &op, arena, &req, &err), RENT_EINVAL);
}

static void questions_are_gets(void **state)
{
	struct rent_station_op op = order("op-0001");
	struct rent_station_page page = { .struct_size = sizeof(page),
		                          .since = T0,
		                          .until = T0 + RENT_MINUTE,
		                          .cursor = "",
		                          .limit = 500 };

	(void)state;
	expect_request(api()->build_lookup(self, &op, arena, &req, &err), "GET",
	               "/rent/order/detail?tradeNo=" TRADE);
	op.ref = "";
	assert_int_equal(api()->build_lookup(self, &op, arena, &req, &err),
	                 RENT_EUNSUPPORTED);
	expect_request(api()->build_snapshot(self, "DTA00001", arena, &req, &err), "GET",
	               "/rent/cabinet/query?deviceId=DTA00001");
	expect_request(api()->build_list(self, &page, arena, &req, &err), "GET",
	               "/order/list?page=1&limit=100&sTime=2025-11-29%2000%3A00%3A00"
	               "&eTime=2025-11-29%2000%3A01%3A01");
	page.cursor = "7&x=1";
	assert_int_equal(api()->build_list(self, &page, arena, &req, &err), RENT_EINVAL);
}

static void a_command_never_means_every_slot(void **state)
{
	static const struct {
		enum rent_station_command command;
		int slot, code;
		const char *target;
	} rows[] = {
		/* clang-format off */
		{ RENT_STATION_OPEN, 3, 0, "/cabinet/operation?cabinetid=DTA00001&slotNum=3&operationType=pop&reason=a%26b" },
		{ RENT_STATION_LOCK, 1, 0, "/cabinet/operation?cabinetid=DTA00001&slotNum=1&operationType=lock&reason=a%26b" },
		{ RENT_STATION_UNLOCK, 1, 0, "/cabinet/operation?cabinetid=DTA00001&slotNum=1&operationType=unlock&reason=a%26b" },
		{ RENT_STATION_RESTART, 0, 0, "/cabinet/operation?cabinetid=DTA00001&operationType=restart&reason=a%26b" },
		{ RENT_STATION_OPEN, 0, RENT_EINVAL, NULL },
		{ RENT_STATION_OPEN, -1, RENT_EINVAL, NULL },
		{ RENT_STATION_LOCK, 0, RENT_EINVAL, NULL },
		{ RENT_STATION_RESTART, 1, RENT_EINVAL, NULL },
		{ (enum rent_station_command)9, 1, RENT_EUNSUPPORTED, NULL },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_station_work work = { .struct_size = sizeof(work),
			                          .command = rows[i].command,
			                          .id = "w1",
			                          .station_id = "s1",
			                          .cabinet_id = "DTA00001",
			                          .slot = rows[i].slot,
			                          .reason = "a&b" };
		int code = api()->build_command(self, &work, arena, &req, &err);

		assert_int_equal(code, rows[i].code);
		if (code == 0)
			expect_request(code, "POST", rows[i].target);
	}
}

static void promises(void **state)
{
	struct rent_station_caps caps = { .struct_size = sizeof(caps) };

	(void)state;
	api()->caps(self, &caps);
	assert_int_equal(caps.resend_us, 0);
	assert_int_equal(api()->resend_us(self), 0);
	assert_int_equal(caps.settle_us, 60 * RENT_SECOND);
	assert_int_equal(caps.commands, 0x1e);
	assert_false(caps.not_found_is_final);
	assert_false(caps.slot_can_be_chosen);
	assert_true(caps.reports_returns);
}

/* ---- orders */

static void every_answer_to_a_create(void **state)
{
	static const struct {
		int status;
		enum rent_outcome outcome;
		enum rent_decline_reason reason;
		const char *body, *ref;
	} rows[] = {
		/* clang-format off */
		{ 200, RENT_PENDING, 0, "{\"code\":0,\"msg\":\"success\",\"data\":{\"tradeNo\":\"" TRADE "\"}}", TRADE },
		{ 200, RENT_PENDING, 0, "{\"code\":\"0\",\"data\":{\"tradeNo\":\"T1\"}}", "T1" },
		{ 200, RENT_PENDING, 0, "{\"code\":0,\"data\":{\"tradeNo\":1234567}}", "1234567" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":0,\"data\":{\"tradeNo\":\"\"}}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":0,\"data\":{\"tradeNo\":\"a b\"}}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":0,\"data\":{\"tradeNo\":1.5e30}}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":0,\"data\":{}}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":0}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"data\":{\"tradeNo\":\"" TRADE "\"}}", "" },
		{ 200, RENT_DECLINED, RENT_DECLINE_OFFLINE, "{\"code\":2004,\"msg\":\"Device not online\"}", "" },
		{ 200, RENT_INVALID, 0, "{\"code\":2002,\"msg\":\"QR code unbound device\"}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":800,\"msg\":\"?\"}", "" },
		{ 200, RENT_UNKNOWN, 0, "{\"code\":-1}", "" },
		{ 200, RENT_UNKNOWN, 0, "<html>ok</html>", "" },
		{ 200, RENT_UNKNOWN, 0, "[0]", "" },
		{ 200, RENT_UNKNOWN, 0, "", "" },
		{ 201, RENT_UNKNOWN, 0, "{\"code\":0,\"data\":{\"tradeNo\":\"" TRADE "\"}}", "" },
		{ 401, RENT_INVALID, 0, "", "" },
		{ 403, RENT_INVALID, 0, "<html>", "" },
		{ 404, RENT_UNKNOWN, 0, "{\"code\":2004}", "" },
		{ 429, RENT_UNKNOWN, 0, "{\"code\":2004}", "" },
		{ 500, RENT_UNKNOWN, 0, "{\"code\":2004}", "" },
		{ 503, RENT_UNKNOWN, 0, "", "" },
		/* clang-format on */
	};
	struct rent_station_op op = order("op-0001");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_upstream_reply reply =
			reply_in_arena(rows[i].status, rows[i].body);
		struct rent_station_result ret = { .struct_size = sizeof(ret) };

		api()->parse_eject(self, &op, &reply, &ret);
		if (ret.outcome != rows[i].outcome || ret.reason != rows[i].reason ||
		    strcmp(ret.ref, rows[i].ref) != 0 || ret.powerbank_id[0] != '\0')
			fail_msg("row %zu (%d %s): outcome %d, ref '%s'", i,
			         rows[i].status, rows[i].body, (int)ret.outcome, ret.ref);
	}
}

#define DETAIL(members)                                                  \
	"{\"code\":0,\"data\":{\"orderId\":\"" TRADE "\",\"cabinetId\":" \
	"\"DTA00001\"" members "}}"

static void every_state_of_an_order(void **state)
{
	static const struct {
		enum rent_outcome outcome;
		const char *powerbank;
		int64_t returned_at;
		const char *body;
	} rows[] = {
		/* clang-format off */
		{ RENT_SUCCEEDED, "B1", 0, DETAIL(",\"batteryId\":\"B1\",\"borrowStatus\":1,\"borrowSlot\":\"4\"") },
		{ RENT_SUCCEEDED, "B1", 0, DETAIL(",\"batteryId\":\"B1\",\"borrowStatus\":\"1\",\"borrowSlot\":4") },
		{ RENT_SUCCEEDED, "B1", T0, DETAIL(",\"batteryId\":\"B1\",\"borrowStatus\":3,\"borrowSlot\":4,\"returnTime\":\"2025-11-29 00:00:00\"") },
		{ RENT_PENDING, "", 0, DETAIL(",\"borrowStatus\":1") },
		{ RENT_PENDING, "", 0, DETAIL(",\"batteryId\":\"\",\"borrowStatus\":1") },
		{ RENT_PENDING, "", 0, DETAIL(",\"batteryId\":\"B1\",\"borrowStatus\":0") },
		{ RENT_PENDING, "", 0, DETAIL(",\"batteryId\":\"B1\",\"borrowStatus\":2") },
		{ RENT_PENDING, "", 0, DETAIL(",\"batteryId\":\"B1\"") },
		{ RENT_UNKNOWN, "", 0, "{\"code\":0,\"data\":{\"orderId\":\"other\",\"batteryId\":\"B1\",\"borrowStatus\":1}}" },
		{ RENT_UNKNOWN, "", 0, "{\"code\":0,\"data\":{\"orderId\":\"" TRADE "\",\"cabinetId\":\"DTA9\",\"batteryId\":\"B1\",\"borrowStatus\":1}}" },
		{ RENT_UNKNOWN, "", 0, "{\"code\":800}" },
		{ RENT_UNKNOWN, "", 0, "{\"code\":0}" },
		{ RENT_UNKNOWN, "", 0, "no" },
		/* clang-format on */
	};
	struct rent_station_op op = order("op-0001");

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_upstream_reply reply = reply_in_arena(200, rows[i].body);
		struct rent_station_result ret = { .struct_size = sizeof(ret) };

		api()->parse_lookup(self, &op, &reply, &ret);
		if (ret.outcome != rows[i].outcome ||
		    ret.returned_at != rows[i].returned_at ||
		    strcmp(ret.powerbank_id, rows[i].powerbank) != 0)
			fail_msg("row %zu (%s): outcome %d, powerbank '%s', returned at "
			         "%" PRId64,
			         i, rows[i].body, (int)ret.outcome, ret.powerbank_id,
			         ret.returned_at);
		assert_int_equal(ret.slot, ret.outcome == RENT_SUCCEEDED ? 4 : 0);
	}
}

static int collect_order(void *arg, const struct rent_station_entry *e)
{
	char *text = arg;

	(void)snprintf(text + strlen(text), 256 - strlen(text), "%s/%s/%s/%d/%d;", e->ref,
	               e->cabinet_id, e->powerbank_id,
	               (int)(e->at / RENT_SECOND - 1764345600),
	               (int)(e->returned_at / RENT_SECOND));
	return 0;
}

static void a_page_of_orders(void **state)
{
	static const struct {
		int code;
		const char *cursor, *next, *orders, *body;
	} rows[] = {
		/* clang-format off */
		{ 0, "", "2", "1/C/B/0/0;2//B2/60/1764345720;",
		  "{\"code\":0,\"page\":{\"records\":[{\"pOrderid\":\"1\",\"pBatteryid\":\"B\",\"pCabinetid\":\"C\",\"pBorrowtime\":\"2025-11-29 00:00:00\"},"
		  "{\"pOrderid\":2,\"pBatteryid\":\"B2\",\"pBorrowtime\":\"2025-11-29 00:01:00\",\"pGhtime\":\"2025-11-29 00:02:00\"}],"
		  "\"total\":3,\"current\":1,\"size\":2}}" },
		{ 0, "2", "", "", "{\"code\":0,\"data\":{\"records\":[],\"total\":\"3\",\"current\":\"2\",\"size\":\"2\"}}" },
		{ RENT_ECORRUPT, "3", "", "", "{\"code\":0,\"data\":{\"records\":[],\"total\":3,\"current\":1,\"size\":2}}" },
		{ RENT_ECORRUPT, "", "", "", "{\"code\":0,\"page\":{\"records\":[{}],\"total\":1,\"current\":1,\"size\":2}}" },
		{ RENT_ECORRUPT, "", "", "", "{\"code\":0,\"page\":{\"records\":[]}}" },
		{ RENT_ECORRUPT, "", "", "", "{\"code\":800}" },
		{ RENT_ECORRUPT, "", "", "", "<html>" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_station_page page = { .struct_size = sizeof(page),
			                          .since = T0,
			                          .cursor = rows[i].cursor };
		struct rent_upstream_reply reply = reply_in_arena(200, rows[i].body);
		char next[RENT_REF_SIZE] = "", orders[256] = "";

		assert_int_equal(api()->parse_list(self, &page, &reply, collect_order,
		                                   orders, next, &err),
		                 rows[i].code);
		assert_string_equal(next, rows[i].next);
		if (rows[i].code == 0)
			assert_string_equal(orders, rows[i].orders);
	}
}

/* ---- cabinets */

#define CABINET(cabinet, batteries)                                       \
	"{\"code\":0,\"data\":{\"cabinet\":{\"id\":\"DTA00001\"," cabinet \
	"},\"batteries\":"                                                \
	"[" batteries "]}}"
#define B(slot, id) "{\"slotNum\":" slot ",\"batteryId\":\"" id "\",\"vol\":\"80\"}"

static void every_snapshot(void **state)
{
	static const struct {
		enum rent_outcome outcome;
		enum rent_station_state state;
		int slots, available, free_slots;
		bool complete;
		const char *body;
	} rows[] = {
		/* clang-format off */
		{ RENT_SUCCEEDED, RENT_STATION_ONLINE, 4, 2, 2, true, CABINET("\"online\":true,\"slots\":4,\"emptySlots\":2,\"busySlots\":2", B("1", "B1") "," B("\"3\"", "B3")) },
		{ RENT_SUCCEEDED, RENT_STATION_OFFLINE, 4, 0, 4, true, CABINET("\"online\":\"0\",\"slots\":\"4\",\"emptySlots\":\"4\",\"busySlots\":0", "") },
		{ RENT_SUCCEEDED, RENT_STATION_STATE_UNKNOWN, 4, 1, 2, false, CABINET("\"slots\":4,\"emptySlots\":2,\"busySlots\":2", B("1", "B1")) },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, CABINET("\"slots\":4,\"emptySlots\":2,\"busySlots\":2", B("1", "B1") "," B("1", "B3")) },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, CABINET("\"slots\":4,\"emptySlots\":2,\"busySlots\":2", B("1", "B1") "," B("2", "B1")) },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, CABINET("\"slots\":4,\"emptySlots\":2,\"busySlots\":2", B("0", "B1")) },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, CABINET("\"slots\":1,\"emptySlots\":0,\"busySlots\":1", B("1", "B1") "," B("2", "B2")) },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, CABINET("\"slots\":4,\"emptySlots\":9,\"busySlots\":2", "") },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, "{\"code\":0,\"data\":{\"cabinet\":{\"id\":\"X\",\"slots\":4,\"emptySlots\":4,\"busySlots\":0},\"batteries\":[]}}" },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, "{\"code\":0,\"data\":{\"cabinet\":{\"id\":\"DTA00001\",\"slots\":4,\"emptySlots\":4,\"busySlots\":0}}}" },
		{ RENT_UNKNOWN, RENT_STATION_OFFLINE, 0, 0, 0, false, "{\"code\":2004}" },
		{ RENT_DECLINED, 0, 0, 0, 0, false, "{\"code\":2002}" },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, "{\"code\":1}" },
		{ RENT_UNKNOWN, 0, 0, 0, 0, false, "" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_upstream_reply reply = reply_in_arena(200, rows[i].body);
		struct rent_station_snapshot s = { .struct_size = sizeof(s) };

		api()->parse_snapshot(self, "DTA00001", &reply, &s);
		if (s.outcome != rows[i].outcome || s.state != rows[i].state ||
		    s.slots != rows[i].slots || s.available != rows[i].available ||
		    s.free_slots != rows[i].free_slots || s.complete != rows[i].complete)
			fail_msg("row %zu (%s): outcome %d, state %d, %d/%d/%d: %s", i,
			         rows[i].body, (int)s.outcome, (int)s.state, s.slots,
			         s.available, s.free_slots, s.note);
		assert_int_equal(s.slot_count, (size_t)s.available);
		for (size_t k = 0; k < s.slot_count; k++) {
			assert_int_equal(s.list[k]->slot, k == 0 ? 1 : 3);
			assert_int_equal(s.list[k]->charge, 80);
		}
	}
}

/* ---- events */

static int collect_event(void *arg, const struct rent_event *e)
{
	char *text = arg;

	assert_false(e->proven);
	(void)snprintf(text + strlen(text), 512 - strlen(text), "%d %s %s %s %s %d %d;",
	               (int)e->kind, e->operation_id == NULL ? "-" : e->operation_id,
	               e->ref == NULL ? "-" : e->ref, e->station_id,
	               e->powerbank_id == NULL ? "-" : e->powerbank_id, (int)e->slot,
	               e->at == 0 ? 0 : (int)(e->at / RENT_SECOND - 1764345600));
	return 0;
}

static const char *no_header(const void *arg, const char *name)
{
	(void)arg;
	(void)name;
	return NULL;
}

static struct rent_event_message message_of(const char *rest, const char *body)
{
	return (struct rent_event_message){
		.struct_size = sizeof(struct rent_event_message),
		.now = T0,
		.method = "POST",
		.rest = rest,
		.query = "",
		.body = body,
		.body_size = strlen(body),
		.content_type = "",
		.peer = "",
		.header = no_header,
		.arena = arena,
	};
}

static void every_report(void **state)
{
#define PUSH "push.b2a9d3a9f0d6e9a4b3c2a1908f7e6d5c4b3a29180f1e2d3c4b5a69788796a5b4"
	static const struct {
		int code;
		const char *rest, *body, *events;
	} rows[] = {
		/* clang-format off */
		{ 0, TOKEN, "tradeNo=T1&status=1", "1 op-0001 T1   0 0;" },
		{ 0, TOKEN, "status=2&tradeNo=T1&deviceId=DTA%30&batteryId=B+1&slotNum=7", "3 op-0001 T1 DTA0  7 0;" },
		{ 0, TOKEN, "{\"tradeNo\":\"T1\",\"status\":2,\"batteryId\":\"B1\"}", "3 op-0001 T1  B1 0 0;" },
		{ 0, TOKEN, "{\"tradeNo\":\"T1\",\"status\":0}", "2 op-0001 T1   0 0;" },
		{ 0, TOKEN, "{\"tradeNo\":\"T1\",\"status\":5}", "0 op-0001 T1   0 0;" },
		{ RENT_EINVAL, TOKEN, "{\"status\":1}", "" },
		{ RENT_EINVAL, TOKEN, "", "" },
		{ RENT_EINVAL, TOKEN, "[]", "" },
		{ RENT_EINVAL, TOKEN, "tradeNo=T1&tradeNo=T2&status=1", "" },
		{ RENT_EPERM, "", "tradeNo=T1&status=1", "" },
		{ RENT_EPERM, "op-0001", "tradeNo=T1&status=1", "" },
		{ RENT_EPERM, "op-0002.772f571dda7c56be5eaad68c47fb4a97c16234f58c16824d346ea6cae1250386", "tradeNo=T1&status=1", "" },
		{ RENT_EPERM, "op-0001.772f571dda7c56be5eaad68c47fb4a97c16234f58c16824d346ea6cae1250387", "tradeNo=T1&status=1", "" },
		{ RENT_EPERM, "op-0001.772F571DDA7C56BE5EAAD68C47FB4A97C16234F58C16824D346EA6CAE1250386", "tradeNo=T1&status=1", "" },
		{ RENT_EPERM, PUSH, "{}", "" },
		/* clang-format on */
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_event_message m = message_of(rows[i].rest, rows[i].body);
		struct rent_event_answer answer = { .struct_size = sizeof(answer) };
		char events[512] = "";
		int code = api()->parse_event(self, &m, collect_event, events, &answer,
		                              &err);

		if (code != rows[i].code || strcmp(events, rows[i].events) != 0)
			fail_msg("row %zu (%s): %d, '%s'", i, rows[i].body, code, events);
		if (code == 0)
			assert_string_equal(answer.body, "{\"code\":0}");
	}
}

static char push_token[160];

static void take_result(const struct rent_command_run *run,
                        const struct rent_value *fields, const char *fmt, ...)
{
	(void)run;
	(void)fmt;
	(void)rent_copy(push_token, sizeof(push_token), strrchr(fields[1].text, '/') + 1);
}

static void every_push(void **state)
{
	static const struct {
		int code;
		const char *body, *events;
	} rows[] = {
		/* clang-format off */
		{ 0, "{\"event\":\"BATTERY_IN\",\"timestamp\":1764345660,\"eventData\":{\"cabinetId\":\"C\",\"orderId\":\"T1\",\"returnBatteryId\":\"B1\",\"returnSlot\":2}}", "3 - T1 C B1 2 60;" },
		{ 0, "{\"event\":\"BATTERY_IN\",\"timestamp\":\"1764345660000\",\"eventData\":{\"cabinetId\":\"C\",\"returnBatteryId\":\"B1\"}}", "3 -  C B1 0 60;" },
		{ 0, "{\"event\":\"BATTERY_IN\",\"timestamp\":\"2025-11-29 00:01:00\",\"eventData\":{\"cabinetId\":\"C\"}}", "0 -  C  0 60;" },
		{ 0, "{\"event\":\"BATTERY_IN\",\"eventData\":{\"returnBatteryId\":\"B1\"}}", "0 -   B1 0 0;" },
		{ 0, "{\"event\":\"BATTERY_BORROW_OUT\",\"eventData\":{\"cabinetId\":\"C\",\"orderId\":\"T1\",\"outBatteryId\":\"B1\",\"outSlot\":\"2\"}}", "1 - T1 C B1 2 0;" },
		{ 0, "{\"event\":\"CABINET_ONLINE\",\"eventData\":{\"cabinetId\":\"C\"}}", "4 -  C - 0 0;" },
		{ 0, "{\"event\":\"CABINET_OFFLINE\",\"eventData\":{\"cabinetId\":\"C\"}}", "5 -  C - 0 0;" },
		{ 0, "{\"event\":\"CABINET_STATUS\",\"eventData\":{\"cabinetId\":\"C\",\"batteryList\":[{\"slot\":1,\"batteryId\":\"B1\",\"faultType\":0,\"batteryFaultType\":0},"
		     "{\"slot\":2,\"batteryId\":\"B2\",\"faultType\":2,\"batteryFaultType\":0},{\"slot\":3,\"batteryId\":\"B3\",\"faultType\":0,\"batteryFaultType\":5}]}}",
		     "6 -  C - 0 0;7 - - C - 2 0;8 - - C B3 0 0;" },
		{ 0, "{\"event\":\"ADMIN_RENTAL_ORDER\",\"eventData\":{\"orderId\":\"T1\"}}", "0 - T1  - 0 0;" },
		{ 0, "{\"event\":\"NEW_ONE\",\"eventData\":{}}", "0 -   - 0 0;" },
		{ RENT_EINVAL, "{\"event\":\"BATTERY_IN\"}", "" },
		{ RENT_EINVAL, "{\"eventData\":{}}", "" },
		/* clang-format on */
	};
	struct rent_command_run run = { .struct_size = sizeof(run),
		                        .result = take_result };

	(void)state;
	assert_int_equal(plugin->commands[0].run(self, &run, &err), RENT_COMMAND_DONE);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rent_event_message m = message_of(push_token, rows[i].body);
		struct rent_event_answer answer = { .struct_size = sizeof(answer) };
		char events[512] = "";
		int code = api()->parse_event(self, &m, collect_event, events, &answer,
		                              &err);

		if (code != rows[i].code || strcmp(events, rows[i].events) != 0)
			fail_msg("row %zu (%s): %d, '%s'", i, rows[i].body, code, events);
	}
}

static void what_cannot_be_configured(void **state)
{
	static const struct fake_option bad[][6] = {
		{ { "user", "a:b" }, { "password", "x" }, { NULL, NULL } },
		{ { "user", "a" },
		  { "password", "x" },
		  { "hooks_url", "https://h" },
		  { NULL, NULL } },
		{ { "user", "a" },
		  { "password", "x" },
		  { "hooks_url", "h" },
		  { "callback_key", "0123456789" },
		  { NULL, NULL } },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		struct fake_host *other = fake_host_new(plugin, bad[i]);
		void *instance;

		assert_int_equal(plugin->create(fake_host_table(other), &instance, &err),
		                 RENT_EINVAL);
		fake_host_free(other);
	}
}

static int chargenow_setup(void **state)
{
	static const struct fake_option options[] = {
		{ "url", "http://127.0.0.1:1/cdb-open-api/v1" },
		{ "user", "op" },
		{ "password", "secret" },
		{ "hooks_url", "https://rent.example/" },
		{ "callback_key", "cb-key-0001" },
		{ NULL, NULL },
	};

	(void)state;
	provider_open(options);
	req = (struct rent_upstream_request){ .struct_size = sizeof(req) };
	return 0;
}

int main(int argc, char **argv)
{
#define CASE(name) \
	cmocka_unit_test_setup_teardown(name, chargenow_setup, provider_teardown)
	const struct CMUnitTest tests[] = {
		CASE(an_eject_creates_an_order_and_nothing_else),
		CASE(questions_are_gets),
		CASE(a_command_never_means_every_slot),
		CASE(promises),
		CASE(every_answer_to_a_create),
		CASE(every_state_of_an_order),
		CASE(a_page_of_orders),
		CASE(every_snapshot),
		CASE(every_report),
		CASE(every_push),
		cmocka_unit_test(what_cannot_be_configured),
	};

	(void)provider_setup;
	if (argc != 2)
		return 64;
	plugin = fake_host_load(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
