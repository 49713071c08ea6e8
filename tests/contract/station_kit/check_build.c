/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/check_build.c - operation → request: pure, deterministic, the cabinet
 * in it, a slot that is meant in it, and no way to smuggle anything.
 */
#include "kit.h"

#include <unistd.h>

/* Builds two operations; whether they came out the same. */
static bool same(struct kit *k, const struct kit_op *a, const struct kit_op *b)
{
	struct rent_arena *first = k->host->arena_new(k->host);
	struct rent_arena *second = k->host->arena_new(k->host);
	struct rent_upstream_request x, y;
	bool ret = kit_build(k, a, first, &x) == 0 && kit_build(k, b, second, &y) == 0 &&
	           kit_request_same(&x, &y);

	k->host->arena_free(k->host, first);
	k->host->arena_free(k->host, second);
	return ret;
}

static void check_safety(struct kit *k, const struct kit_op *op,
                         const struct rent_upstream_request *req)
{
	bool safe = (req->flags & RENT_RESEND_SAFE) != 0;

	if (op->what == KIT_EJECT && safe && k->caps.station.resend_us == 0)
		kit_fault(k,
		          "eject: RESEND_SAFE, and resend_us is 0: a second powerbank");
	if (op->what == KIT_EJECT && k->caps.station.resend_us > 0 &&
	    !kit_request_has(req, KIT_ID))
		kit_fault(k, "eject: resending is promised, and the id is not in it");
	if (op->what == KIT_COMMAND && safe)
		kit_fault(k, "command: RESEND_SAFE, and a command is sent once");
	if (strcmp(req->method, "GET") == 0 && req->body_size > 0)
		kit_fault(k, "%s: a GET with a body", kit_what_name(op->what));
}

static void check_target(struct kit *k, enum kit_what what,
                         const struct rent_upstream_request *req)
{
	struct kit_op op = kit_op(what), other = kit_op(what);

	other.order.station_id = KIT_OTHER_CAB;
	other.cabinet = KIT_OTHER_CAB;
	other.work.station_id = KIT_OTHER_CAB;
	if (what == KIT_LOOKUP && !kit_request_has(req, KIT_REF) &&
	    !kit_request_has(req, KIT_ID))
		kit_fault(k,
		          "lookup: neither our id nor the service's reference is in it");
	if (what == KIT_LOOKUP || what == KIT_LIST)
		return;
	if (!kit_request_has(req, KIT_CABINET))
		kit_fault(k, "%s: the cabinet is not in the request",
		          kit_what_name(what));
	if (same(k, &op, &other))
		kit_fault(k, "%s: another cabinet gives the same request",
		          kit_what_name(what));
	other = kit_op(what);
	other.order.cabinet_id = KIT_OTHER_CAB;
	other.work.cabinet_id = KIT_OTHER_CAB;
	if (what != KIT_SNAPSHOT && same(k, &op, &other))
		kit_fault(
			k,
			"%s: cabinet_id, the service's name of the cabinet, is not in it",
			kit_what_name(what));
}

static void check_one(struct kit *k, enum kit_what what)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct kit_op op = kit_op(what);
	struct rent_upstream_request req;
	int ret = kit_build(k, &op, arena, &req);
	const char *fault = ret == 0 ? kit_request_fault(&req) : NULL;

	kit_doing(k, "building %s", kit_what_name(what));
	if (ret != 0) {
		kit_fault(k, "%s: build gives %d", kit_what_name(what), ret);
	} else if (fault != NULL) {
		kit_fault(k, "%s: %s", kit_what_name(what), fault);
	} else {
		if (!same(k, &op, &op))
			kit_fault(k, "%s: the same operation gives another request",
			          kit_what_name(what));
		check_safety(k, &op, &req);
		check_target(k, what, &req);
	}
	k->host->arena_free(k->host, arena);
}

/* Sent again a second later it is still the same, byte for byte. */
static void check_time(struct kit *k)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request first[KIT_WHATS], again;

	for (int pass = 0; pass < 2; pass++) {
		for (int what = 0; what < KIT_WHATS; what++) {
			struct kit_op op = kit_op((enum kit_what)what);
			struct rent_upstream_request *ret =
				pass == 0 ? &first[what] : &again;

			if (!kit_has(k, op.what) || kit_build(k, &op, arena, ret) != 0)
				continue;
			if (pass == 1 && !kit_request_same(&first[what], &again))
				kit_fault(k, "%s: another request a second later",
				          kit_what_name(op.what));
		}
		if (pass == 0)
			(void)usleep(1100000);
	}
	k->host->arena_free(k->host, arena);
}

void kit_check_build(struct kit *k)
{
	struct kit_footprint before = kit_footprint(k);

	kit_begin(k, "every operation is built: deterministic, its cabinet in it");
	for (int what = 0; what < KIT_WHATS; what++) {
		if (kit_has(k, (enum kit_what)what))
			check_one(k, (enum kit_what)what);
	}
	check_time(k);
	kit_end(k);
	kit_begin(k, "building opens nothing, calls nobody, starts no thread");
	kit_check_footprint(k, &before);
	kit_end(k);
}

/* ---- slots */

static int build_code(struct kit *k, const struct kit_op *op)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req;
	int ret = kit_build(k, op, arena, &req);

	k->host->arena_free(k->host, arena);
	return ret;
}

static void check_command_slots(struct kit *k, enum rent_station_command command)
{
	static const int32_t wrong[] = { 0, -1, INT32_MIN, RENT_STATION_SLOTS_MAX + 1,
		                         INT32_MAX };
	struct kit_op op = kit_op(KIT_COMMAND), other = op;

	op.work.command = command;
	op.work.slot = command == RENT_STATION_RESTART ? 0 : KIT_SLOT;
	if (!kit_has_command(k, command)) {
		if (build_code(k, &op) != RENT_EUNSUPPORTED)
			kit_fault(k, "command %d: not declared, and built", (int)command);
		return;
	}
	if (build_code(k, &op) != 0)
		kit_fault(k, "command %d: declared, and not built", (int)command);
	if (command == RENT_STATION_RESTART)
		return;
	other = op;
	other.work.slot = KIT_SLOT + 1;
	if (same(k, &op, &other))
		kit_fault(k, "command %d: another slot gives the same request",
		          (int)command);
	for (size_t i = 0; i < COUNT(wrong); i++) {
		op.work.slot = wrong[i];
		if (build_code(k, &op) != RENT_EINVAL)
			kit_fault(k, "command %d: slot %d is not refused (RENT_EINVAL)",
			          (int)command, (int)wrong[i]);
	}
}

/* A slot or a powerbank that is wanted is asked for, or refused: never forgotten. */
static void check_choice(struct kit *k)
{
	struct kit_op any = kit_op(KIT_EJECT), wanted = any;
	int code;

	wanted.order.slot = KIT_SLOT;
	code = build_code(k, &wanted);
	if (!k->caps.station.slot_can_be_chosen && code != RENT_EUNSUPPORTED)
		kit_fault(k,
		          "eject: a slot that cannot be chosen is not RENT_EUNSUPPORTED");
	if (k->caps.station.slot_can_be_chosen && (code != 0 || same(k, &any, &wanted)))
		kit_fault(k, "eject: the slot is not in the request");
	wanted.order.slot = -1;
	if (build_code(k, &wanted) == 0)
		kit_fault(k, "eject: slot -1 is built");
	wanted = any;
	wanted.order.powerbank_id = KIT_BANK;
	code = build_code(k, &wanted);
	if (!k->caps.station.powerbank_can_be_chosen && code != RENT_EUNSUPPORTED)
		kit_fault(
			k,
			"eject: a powerbank that cannot be chosen is not RENT_EUNSUPPORTED");
	if (k->caps.station.powerbank_can_be_chosen &&
	    (code != 0 || same(k, &any, &wanted)))
		kit_fault(k, "eject: the powerbank is not in the request");
}

void kit_check_slots(struct kit *k)
{
	kit_begin(k, "slot 0 is refused, a wanted slot or powerbank is never forgotten");
	check_choice(k);
	for (int command = RENT_STATION_OPEN;
	     kit_has(k, KIT_COMMAND) && command <= RENT_STATION_RESTART; command++)
		check_command_slots(k, (enum rent_station_command)command);
	kit_end(k);
}

/* ---- operations that nobody should send */

static void mean_builds(struct kit *k, const struct kit_op *op)
{
	struct rent_upstream_request req;
	struct kit_mean_arena arena;
	int ret = -1;

	for (int n = 0; n < 256 && ret != 0; n++) {
		kit_mean_init(&arena, n);
		kit_doing(k, "building %s in an arena of %d pieces",
		          kit_what_name(op->what), n);
		ret = kit_build(k, op, &arena.base, &req);
		if (ret == 0 && kit_request_fault(&req) != NULL)
			kit_fault(k, "%s: with a full arena: %s", kit_what_name(op->what),
			          kit_request_fault(&req));
		kit_mean_done(&arena);
	}
	if (ret != 0)
		kit_fault(k, "%s: needs more than 256 pieces of the arena",
		          kit_what_name(op->what));
}

#define TEXTS 11

static void set_text(struct kit_op *op, int i, const char *text)
{
	const char **const members[TEXTS] = {
		&op->order.user_id,    &op->order.ref,       &op->order.cabinet_id,
		&op->order.station_id, &op->cabinet,         &op->page.cursor,
		&op->page.cabinet_id,  &op->work.reason,     &op->work.cabinet_id,
		&op->work.station_id,  &op->order.rental_id,
	};

	*members[i] = text;
}

static bool shape_with(struct kit *k, struct kit_op op, int field, const char *text,
                       struct kit_shape *ret, const char **fault)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req;
	bool built;

	set_text(&op, field, text);
	built = kit_build(k, &op, arena, &req) == 0;
	*fault = built ? kit_request_fault(&req) : NULL;
	if (built && *fault == NULL)
		*ret = kit_request_shape(&req);
	k->host->arena_free(k->host, arena);
	return built;
}

static void hostile_text(struct kit *k, const struct kit_op *op, const char *text)
{
	for (int field = 0; field < TEXTS; field++) {
		struct kit_shape plain = { 0, 0 }, shape = { 0, 0 };
		const char *fault;
		bool known = shape_with(k, *op, field, "7", &plain, &fault);

		kit_doing(k, "building %s with \"%.40s\" in its text %d",
		          kit_what_name(op->what), text, field);
		if (!shape_with(k, *op, field, text, &shape, &fault))
			continue;
		if (fault != NULL)
			kit_fault(k, "%s: text \"%.20s…\": %s", kit_what_name(op->what),
			          text, fault);
		else if (known &&
		         (shape.members > plain.members || shape.parts > plain.parts))
			kit_fault(k, "%s: \"%.20s…\" becomes a part of the request",
			          kit_what_name(op->what), text);
	}
}

void kit_check_hostile_ops(struct kit *k)
{
	static const char *const texts[] = {
		"a\r\nX-Evil: 1",    "a b",
		"\xff\xfe",          "\x01\x7f",
		"'; drop table --",  "\"},{\"slot\":0",
		"../../x?y=z&k=v#f", "%s%n%d",
		"a&slotNum=0",
	};

	kit_begin(k, "a full arena is an error, never a crash");
	for (int what = 0; what < KIT_WHATS; what++) {
		struct kit_op op = kit_op((enum kit_what)what);

		if (kit_has(k, op.what))
			mean_builds(k, &op);
	}
	kit_end(k);
	kit_begin(k, "no text of an operation breaks out of its place");
	for (int what = 0; what < KIT_WHATS; what++) {
		struct kit_op op = kit_op((enum kit_what)what);

		for (size_t i = 0; kit_has(k, op.what) && i < COUNT(texts); i++)
			hostile_text(k, &op, texts[i]);
	}
	kit_end(k);
}
