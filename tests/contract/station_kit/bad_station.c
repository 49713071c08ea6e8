/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/bad_station.c - a station plugin with one fault, chosen by its
 * option: the kit must find each of them. `fault = "none"` is a sound one.
 */
#include <rent/plugin.h>
#include <rent/station.h>
#include <stdlib.h>

enum fault {
	NONE,
	TRUSTS_200,      /* any 200 is a powerbank that came out */
	SPENDTHRIFT,     /* a server's error is a refusal */
	FORGETS_ID,      /* promises to resend, without the id */
	RANDOM,          /* another request each time */
	CLOCK,           /* another request a second later */
	FORGETS_CABINET, /* the same request for every cabinet */
	SLOT_ZERO,       /* opens slot 0 */
	FORGETS_SLOT,    /* a wanted slot is not sent */
	INJECTS,         /* puts texts into the target as they are */
	ARENA,           /* does not look at what the arena gave */
	CALLS,           /* makes a call by itself */
	RESENDS,         /* lets a command be sent twice */
	ANY_ORDER,       /* believes a lookup about another order */
	GUESSES,         /* a bare 404 means "not found" */
	ANY_CABINET,     /* believes a snapshot of another cabinet */
	TWICE,           /* believes in a powerbank in two slots */
	ARITHMETIC,      /* counts every slot as free */
	ANY_SIGNATURE,   /* checks no signature */
	LENGTH_ONLY,     /* looks at the length of the signature only */
	REPLAYS,         /* gives an event another id each time */
	REMEMBERS,       /* answers with what came before */
	LEAKS,           /* keeps a copy of every answer */
	LAST_PAGE,       /* an error is the end of the list */
};

struct bad {
	const struct rent_host *host;
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
	const char *key;
	enum fault fault;
	int calls;
	char *kept;
	char last[RENT_ID_SIZE];
};

static const struct rent_option options[] = {
	RENT_ENUM_OPTION(
		"fault", "none",
		.choices =
			"none|trusts_200|spendthrift|forgets_id|random|clock|forgets_cabinet|"
			"slot_zero|forgets_slot|injects|arena|calls|resends|any_order|guesses|"
			"any_cabinet|twice|arithmetic|any_signature|length_only|replays|"
			"remembers|leaks|last_page",
		.help = "what is wrong"),
	RENT_STRING_OPTION("key", "kit-signing-key", .flags = RENT_OPT_SECRET,
	                   .help = "signs the events"),
	RENT_UPSTREAM_OPTIONS("bad", "3", "60s"),
	RENT_OPTIONS_END,
};

static void bad_caps(void *self, struct rent_station_caps *ret)
{
	(void)self;
	ret->commands = RENT_STATION_BIT(RENT_STATION_OPEN);
	ret->resend_us = RENT_HOUR;
	ret->settle_us = RENT_MINUTE;
	ret->slot_can_be_chosen = true;
	ret->lookup_by_id = true;
	ret->reports_returns = true;
}

/* ---- requests */

static void bad_call(const struct bad *b, struct rent_arena *arena)
{
	struct rent_exchange x = { .struct_size = sizeof(x), .arena = arena };
	struct rent_exchange *list[] = { &x };

	x.request = (struct rent_upstream_request){ .struct_size = sizeof(x.request),
		                                    .upstream = b->upstream,
		                                    .method = "GET",
		                                    .target = "/",
		                                    .endpoint = "x" };
	b->host->exchange(b->host, list, 1);
}

static int bad_request(struct bad *b, struct rent_arena *arena, const char *method,
                       const char *endpoint, const char *target,
                       struct rent_upstream_request *ret, struct rent_error *err)
{
	if (b->fault == CALLS)
		bad_call(b, arena);
	if (b->fault == RANDOM && target != NULL)
		target = rent_printf(arena, "%s&n=%d", target, b->calls++);
	if (b->fault == CLOCK && target != NULL)
		target = rent_printf(arena, "%s&t=%" PRId64, target,
		                     b->host->wall_us(b->host) / RENT_SECOND);
	if (target == NULL && b->fault != ARENA)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->upstream = b->upstream;
	ret->method = method;
	ret->endpoint = endpoint;
	ret->target = target;
	return 0;
}

/* The service's name of the cabinet. */
static const char *cabinet_of(const char *cabinet_id, const char *station_id)
{
	return cabinet_id != NULL && cabinet_id[0] != '\0' ? cabinet_id : station_id;
}

static const char *encoded(const struct bad *b, struct rent_arena *arena,
                           const char *text)
{
	return b->fault == INJECTS ? text : rent_url_encode(arena, text);
}

static int build_eject(void *self, const struct rent_station_op *op,
                       struct rent_arena *arena, struct rent_upstream_request *ret,
                       struct rent_error *err)
{
	struct bad *b = self;
	const char *cabinet = cabinet_of(op->cabinet_id, op->station_id);
	const char *key = rent_url_encode(arena, op->id);

	if (op->powerbank_id != NULL && op->powerbank_id[0] != '\0')
		return rent_fail(err, RENT_EUNSUPPORTED, "no powerbank can be chosen");
	if (op->slot < 0 || op->slot > RENT_STATION_SLOTS_MAX)
		return rent_fail(err, RENT_EINVAL, "slot %d", (int)op->slot);
	cabinet = encoded(b, arena, b->fault == FORGETS_CABINET ? "all" : cabinet);
	if (cabinet == NULL || key == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->flags = RENT_RESEND_SAFE;
	return bad_request(b, arena, "POST", "eject",
	                   rent_printf(arena, "/eject?cabinet=%s&key=%s&slot=%d", cabinet,
	                               b->fault == FORGETS_ID ? "x" : key,
	                               b->fault == FORGETS_SLOT ? 0 : (int)op->slot),
	                   ret, err);
}

static int build_lookup(void *self, const struct rent_station_op *op,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	const char *key = rent_url_encode(arena, op->id);

	return bad_request(self, arena, "GET", "order",
	                   key == NULL ? NULL : rent_printf(arena, "/order?key=%s", key),
	                   ret, err);
}

static int build_snapshot(void *self, const char *cabinet_id, struct rent_arena *arena,
                          struct rent_upstream_request *ret, struct rent_error *err)
{
	const char *id = rent_url_encode(arena, cabinet_id);

	return bad_request(self, arena, "GET", "cabinet",
	                   id == NULL ? NULL : rent_printf(arena, "/cabinet?id=%s", id),
	                   ret, err);
}

static int build_list(void *self, const struct rent_station_page *page,
                      struct rent_arena *arena, struct rent_upstream_request *ret,
                      struct rent_error *err)
{
	const char *after = rent_url_encode(arena, page->cursor);

	return bad_request(self, arena, "GET", "orders",
	                   after == NULL ? NULL
	                                 : rent_printf(arena, "/orders?after=%s", after),
	                   ret, err);
}

static int build_command(void *self, const struct rent_station_work *work,
                         struct rent_arena *arena, struct rent_upstream_request *ret,
                         struct rent_error *err)
{
	struct bad *b = self;
	const char *cabinet = cabinet_of(work->cabinet_id, work->station_id);

	if (work->command != RENT_STATION_OPEN)
		return rent_fail(err, RENT_EUNSUPPORTED, "it can only be opened");
	if (work->slot < (b->fault == SLOT_ZERO ? 0 : 1) ||
	    work->slot > RENT_STATION_SLOTS_MAX)
		return rent_fail(err, RENT_EINVAL, "slot %d", (int)work->slot);
	cabinet = rent_url_encode(arena, cabinet);
	if (cabinet == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->flags = b->fault == RESENDS ? RENT_RESEND_SAFE : 0;
	return bad_request(
		b, arena, "POST", "open",
		rent_printf(arena, "/open?cabinet=%s&slot=%d", cabinet, (int)work->slot),
		ret, err);
}

/* ---- replies */

static const struct rent_json *body_of(const struct bad *b,
                                       const struct rent_upstream_reply *reply)
{
	return reply->status == 200
	               ? b->json->parse(reply->arena, reply->body, reply->body_size)
	               : NULL;
}

static void parse_order(void *self, const struct rent_station_op *op,
                        const struct rent_upstream_reply *reply,
                        struct rent_station_result *ret)
{
	struct bad *b = self;
	const struct rent_json *body = body_of(b, reply);
	const char *bank = b->json->text(body, "bank");
	const char *state = b->json->text(body, "state");

	if (b->fault == SPENDTHRIFT && reply->status >= 500)
		ret->outcome = RENT_DECLINED;
	if (b->fault == TRUSTS_200 && reply->status == 200) {
		ret->outcome = RENT_SUCCEEDED;
		(void)rent_copy(ret->powerbank_id, RENT_ID_SIZE, "any");
	}
	if (strcmp(b->json->text(body, "key"), op->id) != 0 && b->fault != ANY_ORDER)
		return;
	if (strcmp(state, "waiting") == 0) {
		ret->outcome = RENT_PENDING;
	} else if (strcmp(state, "refused") == 0) {
		ret->outcome = RENT_DECLINED;
		ret->reason = RENT_DECLINE_BUSY;
	} else if (strcmp(state, "out") == 0 && rent_id_valid(bank)) {
		ret->outcome = RENT_SUCCEEDED;
		(void)rent_copy(ret->powerbank_id, RENT_ID_SIZE,
		                b->fault == REMEMBERS && b->last[0] != '\0' ? b->last
		                                                            : bank);
		(void)rent_copy(b->last, sizeof(b->last), bank);
	}
}

static void parse_lookup(void *self, const struct rent_station_op *op,
                         const struct rent_upstream_reply *reply,
                         struct rent_station_result *ret)
{
	struct bad *b = self;
	const struct rent_json *body = body_of(b, reply);

	if (b->fault == LEAKS)
		b->kept = strdup(reply->body);
	parse_order(b, op, reply, ret);
	ret->not_found = (b->fault == GUESSES && reply->status == 404) ||
	                 (strcmp(b->json->text(body, "key"), op->id) == 0 &&
	                  strcmp(b->json->text(body, "state"), "none") == 0);
}

static bool is_twice(const struct rent_station_slot *slots, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (slots[i].slot == slots[n].slot ||
		    strcmp(slots[i].powerbank_id, slots[n].powerbank_id) == 0)
			return true;
	}
	return false;
}

static bool read_banks(const struct bad *b, const struct rent_json *body,
                       struct rent_arena *arena, int64_t slots, size_t n,
                       struct rent_station_snapshot *ret)
{
	const struct rent_station_slot **list =
		rent_alloc(arena, (n + 1) * sizeof(void *));
	struct rent_station_slot *all = rent_alloc(arena, (n + 1) * sizeof(*all));

	for (size_t i = 0; list != NULL && all != NULL && i < n; i++) {
		const struct rent_json *at = b->json->at(body, "banks", i, NULL);
		const char *bank = b->json->text(at, "bank");
		int64_t slot;

		if (!b->json->integer(at, "slot", 1, slots, &slot) ||
		    !rent_id_valid(bank))
			return false;
		all[i] = (struct rent_station_slot){ .struct_size = sizeof(*all),
			                             .slot = (int32_t)slot };
		(void)rent_copy(all[i].powerbank_id, RENT_ID_SIZE, bank);
		if (is_twice(all, i) && b->fault != TWICE)
			return false;
		list[i] = &all[i];
	}
	ret->list = list;
	return list != NULL && all != NULL;
}

static void parse_snapshot(void *self, const char *cabinet_id,
                           const struct rent_upstream_reply *reply,
                           struct rent_station_snapshot *ret)
{
	struct bad *b = self;
	const struct rent_json *body = body_of(b, reply);
	size_t n = b->json->count(body, "banks");
	int64_t slots;

	if ((strcmp(b->json->text(body, "id"), cabinet_id) != 0 &&
	     b->fault != ANY_CABINET) ||
	    b->json->type(body, "banks") != RENT_JSON_ARRAY ||
	    !b->json->integer(body, "slots", 1, RENT_STATION_SLOTS_MAX, &slots) ||
	    n > (size_t)slots || !read_banks(b, body, reply->arena, slots, n, ret)) {
		ret->list = NULL;
		return;
	}
	ret->outcome = RENT_SUCCEEDED;
	ret->state = RENT_STATION_ONLINE;
	ret->slot_count = n;
	ret->slots = (int32_t)slots;
	ret->available = (int32_t)n;
	ret->free_slots = (int32_t)slots - (b->fault == ARITHMETIC ? 0 : (int32_t)n);
	ret->complete = true;
}

static int parse_list(void *self, const struct rent_station_page *page,
                      const struct rent_upstream_reply *reply, rent_station_entry_fn fn,
                      void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	struct bad *b = self;
	const struct rent_json *body = body_of(b, reply);
	int code = 0;

	(void)page;
	if (b->fault == LAST_PAGE && reply->status != 200)
		return 0;
	if (b->json->type(body, "orders") != RENT_JSON_ARRAY ||
	    !rent_copy(ret_cursor, RENT_REF_SIZE, b->json->text(body, "next")))
		return rent_fail(err, RENT_ECORRUPT, "no page");
	for (size_t i = 0; i < b->json->count(body, "orders") && code == 0; i++) {
		const struct rent_json *at = b->json->at(body, "orders", i, NULL);
		const struct rent_station_entry entry = {
			.struct_size = sizeof(entry),
			.outcome = RENT_SUCCEEDED,
			.id = "",
			.ref = b->json->text(at, "order"),
			.powerbank_id = b->json->text(at, "bank"),
		};

		if (!rent_id_valid(entry.ref))
			return rent_fail(err, RENT_ECORRUPT, "an order without a number");
		code = fn(arg, &entry);
	}
	return code;
}

static void parse_command(void *self, const struct rent_station_work *work,
                          const struct rent_upstream_reply *reply,
                          struct rent_station_result *ret)
{
	const struct bad *b = self;
	bool done = false;

	(void)work;
	if (b->json->boolean(body_of(b, reply), "done", &done) && done)
		ret->outcome = RENT_SUCCEEDED;
}

/* ---- events */

static bool is_signed(const struct bad *b, const struct rent_event_message *m)
{
	const char *given = m->header(m->header_arg, "X-Signature");
	unsigned char mac[RENT_SHA256_SIZE];
	char hex[2 * RENT_SHA256_SIZE + 1];

	if (b->fault == ANY_SIGNATURE)
		return true;
	b->host->crypto->hmac_sha256(b->key, strlen(b->key), m->body, m->body_size, mac);
	rent_hex(mac, sizeof(mac), hex);
	return given != NULL && strlen(given) == sizeof(hex) - 1 &&
	       (b->fault == LENGTH_ONLY ||
	        b->host->crypto->equal(hex, given, sizeof(hex) - 1));
}

static int parse_event(void *self, const struct rent_event_message *m, rent_event_fn fn,
                       void *arg, struct rent_event_answer *ret, struct rent_error *err)
{
	struct bad *b = self;
	const struct rent_json *body = b->json->parse(m->arena, m->body, m->body_size);
	struct rent_event e = { .struct_size = sizeof(e),
		                .kind = RENT_EVENT_RETURNED,
		                .proven = true,
		                .event_id = b->json->text(body, "id"),
		                .powerbank_id = b->json->text(body, "bank"),
		                .station_id = b->json->text(body, "cabinet") };
	int64_t slot;

	(void)ret;
	if (!is_signed(b, m))
		return rent_fail(err, RENT_EPERM, "the signature is wrong");
	if (!rent_visible_ascii(e.event_id, RENT_EVENT_ID_SIZE - 1) ||
	    !rent_id_valid(e.powerbank_id) || !rent_id_valid(e.station_id) ||
	    !b->json->integer(body, "slot", 1, RENT_STATION_SLOTS_MAX, &slot))
		return rent_fail(err, RENT_EINVAL, "no event");
	if (b->fault == REPLAYS)
		e.event_id = rent_printf(m->arena, "e%d", b->calls++);
	e.slot = (int32_t)slot;
	return fn(arg, &e);
}

static int bad_create(const struct rent_host *host, void **ret_self,
                      struct rent_error *err)
{
	struct bad *b = calloc(1, sizeof(*b));
	int ret;

	if (b == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	b->host = host;
	b->json = host->json;
	b->key = host->opt_str(host, "key");
	b->fault = (enum fault)host->opt_enum(host, "fault");
	ret = host->upstream_open(host, "bad", "http://127.0.0.1:1", &b->upstream, err);
	if (ret < 0) {
		free(b);
		return ret;
	}
	*ret_self = b;
	return 0;
}

static const struct rent_station api = {
	.struct_size = sizeof(api),
	.caps = bad_caps,
	.build_eject = build_eject,
	.parse_eject = parse_order,
	.build_lookup = build_lookup,
	.parse_lookup = parse_lookup,
	.build_snapshot = build_snapshot,
	.parse_snapshot = parse_snapshot,
	.build_list = build_list,
	.parse_list = parse_list,
	.build_command = build_command,
	.parse_command = parse_command,
	.parse_event = parse_event,
};

RENT_PLUGIN(bad_plugin) = {
	RENT_PLUGIN_STAMP,
	.kind = RENT_KIND_STATION,
	.name = "bad_station",
	.version = "1",
	.summary = "one fault, for the test of the kit",
	.options = options,
	.api = &api,
	.create = bad_create,
	.destroy = free,
};
