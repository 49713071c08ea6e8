/* SPDX-License-Identifier: MIT
 *
 * eject_evidence.c - see eject_evidence.h. Of the powerbanks that were in the cabinet and are gone,
 * those are explained that another eject there named, unless that one had ended before: then the
 * powerbank was back. What another gave out at about the same time may have come back, and out again
 * by this one; unless a rental has it that began only after this inventory, it is in doubt. One that is
 * there and that its service meanwhile reported as returned, while no rental has it, was out too: the
 * customer brought it back before anybody knew that he had it.
 *
 *   none is left, and none is in doubt            NOT_EXECUTED
 *   one is left, which no live rental has, and no
 *   other eject of this cabinet is unclear        SUCCEEDED with it
 *   another eject is not settled yet, or the
 *   cabinet does not answer                       UNKNOWN: asked again
 *   anything else                                 MANUAL
 */
#include "eject_evidence.h"

#include "cabinet.h"
#include "core.h"
#include "orphan.h"
#include "outcome.h"
#include "view.h"

#define DAY        (24 * RENT_HOUR)
#define RIVALS_MAX 1000

/* Another eject of the same cabinet. */
struct rival {
	enum rent_op_state state;
	int64_t taken_at;
	char result[RENT_ID_SIZE];
};

struct evidence {
	struct rental_work *w;
	struct station_port *port; /* of the rental */
	struct rent_arena *arena;
	/* NULL: nothing is known of before; and when that was. */
	const char *before;
	int64_t taken_at;
	struct rival *rivals;
	size_t rival_count;
	/* Gone, or back already, and not explained; whether the first is back. */
	size_t gone;
	char first[RENT_ID_SIZE];
	bool first_is_back;
	/* Gone, and perhaps not by the eject that named it. */
	char doubtful[RENT_ID_SIZE];
	struct orphan_returns *returns;
};

static bool is_answer(const struct rent_station_snapshot *shot)
{
	return shot->outcome == RENT_SUCCEEDED && shot->state != RENT_STATION_OFFLINE;
}

static bool is_whole(const struct rent_station_snapshot *shot)
{
	return is_answer(shot) && shot->complete;
}

/* NULL: out of memory. */
static const char *list_powerbanks(struct rent_arena *arena,
                                   const struct rent_station_snapshot *shot)
{
	size_t room = shot->slot_count * RENT_ID_SIZE + 1, n = 0;
	char *text = rent_alloc(arena, room);

	for (size_t i = 0; text != NULL && i < shot->slot_count; i++)
		n += (size_t)snprintf(text + n, room - n, n == 0 ? "%s" : " %s",
		                      shot->list[i]->powerbank_id);
	if (text != NULL && n == 0)
		text[0] = '\0';
	return text;
}

/* Into what does not answer no order is sent: its end could not be told if that answer were lost, too. */
static int record_inventory(struct rental_work *w, struct rent_inventory *inv,
                            struct rent_arena *arena,
                            const struct rent_station_snapshot *shot,
                            struct rent_error *err)
{
	struct core *core = w->core;
	const char *text = is_whole(shot) ? list_powerbanks(arena, shot) : NULL;

	if (!is_answer(shot))
		return rent_fail(err, RENT_EUNAVAIL,
		                 "the cabinet does not say what is in it");
	inv->known = text != NULL;
	inv->powerbanks = text == NULL ? "" : text;
	return core->store->inventory_put(core->store_self, inv,
	                                  w->params->manual_after + 2 * DAY, err);
}

int evidence_take(struct rental_work *w, struct rent_error *err)
{
	struct core *core = w->core;
	struct station_port *port = core_station_of(core, &w->r);
	struct rent_arena *arena = core->host->arena_new(core->host);
	struct rent_inventory inv = { .struct_size = sizeof(inv) };
	struct rent_station_snapshot shot;
	int code;

	if (arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for an inventory");
	rent_copy(inv.op_id, sizeof(inv.op_id), work_called_op(w)->op.id);
	rent_copy(inv.instance, sizeof(inv.instance), port->instance);
	rent_copy(inv.cabinet_id, sizeof(inv.cabinet_id), cabinet_of_start(&w->r));
	inventory_ask(core, port, inv.cabinet_id, arena, &shot);
	code = record_inventory(w, &inv, arena, &shot, err);
	core->host->arena_free(core->host, arena);
	return code;
}

/* ---- afterwards */

static int note_inventory(void *arg, const struct rent_inventory *row)
{
	struct evidence *ev = arg;
	struct rent_inventory inv;
	struct rival *rival;

	rent_adopt(&inv, sizeof(inv), row, row->struct_size);
	if (strcmp(inv.op_id, work_called_op(ev->w)->op.id) == 0) {
		ev->before = inv.known ? rent_strdup(ev->arena, inv.powerbanks) : NULL;
		ev->taken_at = inv.taken_at;
		return 0;
	}
	if (ev->rival_count == RIVALS_MAX)
		return 1;
	rival = &ev->rivals[ev->rival_count++];
	rival->state = inv.state;
	rival->taken_at = inv.taken_at;
	rent_copy(rival->result, sizeof(rival->result), inv.result);
	return 0;
}

/* 1: more ejects than can be compared. */
static int read_inventories(struct evidence *ev, struct rent_error *err)
{
	const struct core *core = ev->w->core;
	struct rent_inventory_query query = {
		.struct_size = sizeof(query),
		.instance = ev->port->instance,
		.cabinet_id = cabinet_of_start(&ev->w->r),
		.since = work_called_op(ev->w)->op.created_at - DAY,
		.limit = RIVALS_MAX + 1,
	};

	ev->rivals = rent_alloc(ev->arena, RIVALS_MAX * sizeof(*ev->rivals));
	if (ev->rivals == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for inventories");
	return core->store->inventory_list(core->store_self, &query, note_inventory, ev,
	                                   err);
}

/* The time that an eject takes at most, from its inventory to the end of what the cabinet may do. */
static int64_t time_of_an_eject(const struct evidence *ev)
{
	return ev->w->params->start_lease + 2 * ev->port->caps.settle_us;
}

/* Whether another eject that named a powerbank accounts for it. */
enum account {
	ACCOUNT_NONE = 0,
	/* Both may have acted in the same time, in either order. */
	ACCOUNT_WHILE_HELD,
	ACCOUNT_FULL,
};

/* What another eject gave out so long before is back, for this inventory shows it. What was there
 * when this eject was over is not with its customer. */
static enum account account_of(const struct evidence *ev, const char *powerbank_id)
{
	int64_t time = time_of_an_eject(ev);
	enum account found = ACCOUNT_NONE;

	for (size_t i = 0; i < ev->rival_count; i++) {
		const struct rival *rival = &ev->rivals[i];

		if (strcmp(rival->result, powerbank_id) != 0)
			continue;
		if (rival->taken_at > ev->taken_at + time)
			return ACCOUNT_FULL;
		if (rival->taken_at >= ev->taken_at - time)
			found = ACCOUNT_WHILE_HELD;
	}
	return found;
}

/* What a live rental has, that one brought back. */
static int drop_held_returns(struct evidence *ev, struct rent_error *why)
{
	struct orphan_returns *returns = ev->returns;
	char holder[RENT_ID_SIZE];
	size_t kept = 0;

	for (size_t i = 0; i < returns->n; i++) {
		int code = view_holder(ev->w->core, returns->powerbanks[i], holder, why);

		if (code < 0)
			return code;
		if (holder[0] == '\0')
			memmove(returns->powerbanks[kept++], returns->powerbanks[i],
			        RENT_ID_SIZE);
	}
	returns->n = kept;
	return 0;
}

static bool is_back(const struct evidence *ev, const char *powerbank_id)
{
	for (size_t i = 0; i < ev->returns->n; i++) {
		if (strcmp(ev->returns->powerbanks[i], powerbank_id) == 0)
			return true;
	}
	return false;
}

/* Whether a rental has it that began only after this inventory. One that began before has brought it
 * back, or the inventory was late. Negative: not now. */
static int is_held_since(const struct evidence *ev, const char *powerbank_id, bool *ret,
                         struct rent_error *why)
{
	struct holding holding;
	int code = view_holding(ev->w->core, powerbank_id, &holding, why);

	*ret = holding.id[0] != '\0' && holding.started_at >= ev->taken_at;
	return code;
}

/* Of one that is gone, or back already. Negative: not now. */
static int note_gone(struct evidence *ev, const char *powerbank_id, bool back,
                     struct rent_error *why)
{
	enum account account = account_of(ev, powerbank_id);
	bool held = true;
	int code = 0;

	if (account == ACCOUNT_WHILE_HELD && !back)
		code = is_held_since(ev, powerbank_id, &held, why);
	if (!held)
		rent_copy(ev->doubtful, sizeof(ev->doubtful), powerbank_id);
	if (account != ACCOUNT_NONE || ev->gone++ > 0)
		return code;
	rent_copy(ev->first, sizeof(ev->first), powerbank_id);
	ev->first_is_back = back;
	return 0;
}

/* Negative: not now. */
static int find_gone(struct evidence *ev, const struct rent_station_snapshot *after,
                     struct rent_error *why)
{
	const char *at = ev->before;
	char id[RENT_ID_SIZE];
	int code = 0;

	while (*at != '\0' && code == 0) {
		size_t n = strcspn(at, " ");
		bool back;

		(void)snprintf(id, sizeof(id), "%.*s", (int)n, at);
		back = is_back(ev, id) && inventory_has(after, id) == CABINET_HAS_IT;
		if (back || inventory_has(after, id) == CABINET_HAS_IT_NOT)
			code = note_gone(ev, id, back, why);
		at += n + strspn(at + n, " ");
	}
	return code;
}

/* Whether another eject there may have had it; *ret_wait: it may still become clear. */
static bool has_rival(const struct evidence *ev, bool *ret_wait)
{
	int64_t settled = time_of_an_eject(ev);
	bool found = false;

	*ret_wait = false;
	for (size_t i = 0; i < ev->rival_count; i++) {
		const struct rival *rival = &ev->rivals[i];
		bool open = rent_op_is_open(rival->state);

		if (rival->result[0] != '\0' || (!open && rival->state != RENT_OP_MANUAL))
			continue;
		/* What it gave out before this inventory was taken is not in it, or is back. */
		if (!open && rival->taken_at < ev->taken_at - settled)
			continue;
		found = true;
		*ret_wait |= open && ev->w->r.now - rival->taken_at < settled;
	}
	return found;
}

static enum rent_op_state judge_what_is_gone(struct evidence *ev, struct rent_error *why)
{
	size_t gone = ev->gone + (ev->doubtful[0] != '\0');
	char holder[RENT_ID_SIZE];
	bool wait;

	if (gone == 0) {
		(void)rent_fail(why, 0, "no powerbank is gone from the cabinet");
		return RENT_OP_NOT_EXECUTED;
	}
	if (has_rival(ev, &wait)) {
		(void)rent_fail(why, 0,
		                "%zu powerbanks are gone, and another eject of this "
		                "cabinet is unclear",
		                gone);
		return wait ? RENT_OP_UNKNOWN : RENT_OP_MANUAL;
	}
	if (ev->gone == 0) {
		(void)rent_fail(why, 0,
		                "'%s' is gone, which another eject gave out at that time "
		                "and which may have been back",
		                ev->doubtful);
		return RENT_OP_MANUAL;
	}
	if (ev->gone > 1) {
		(void)rent_fail(why, 0, "%zu powerbanks are gone from the cabinet",
		                ev->gone);
		return RENT_OP_MANUAL;
	}
	if (view_holder(ev->w->core, ev->first, holder, why) < 0)
		return RENT_OP_UNKNOWN;
	if (holder[0] != '\0') {
		(void)rent_fail(why, 0, "'%s' is gone, which rental %.40s has", ev->first,
		                holder);
		return RENT_OP_MANUAL;
	}
	(void)rent_fail(why, 0, "'%s' %s", ev->first,
	                ev->first_is_back ? "came out of the cabinet and is back"
	                                  : "is gone from the cabinet");
	return RENT_OP_SUCCEEDED;
}

static enum rent_op_state look_into_cabinet(struct evidence *ev, struct rent_error *why)
{
	struct core *core = ev->w->core;
	struct rent_station_snapshot after;
	int code = read_inventories(ev, why);

	if (code < 0)
		return RENT_OP_UNKNOWN;
	if (code > 0 || ev->before == NULL) {
		(void)rent_fail(why, 0, "what was in the cabinet before is not known");
		return RENT_OP_MANUAL;
	}
	inventory_ask(core, ev->port, cabinet_of_start(&ev->w->r), ev->arena, &after);
	if (!is_whole(&after)) {
		(void)rent_fail(why, 0, "the cabinet does not say what is in it");
		return RENT_OP_UNKNOWN;
	}
	code = orphan_read(
		core,
		&(struct orphan_query){ .instance = ev->port->instance,
	                                .cabinet_id = cabinet_of_start(&ev->w->r),
	                                .since = ev->taken_at },
		ev->returns, why);
	if (code < 0 || drop_held_returns(ev, why) < 0)
		return RENT_OP_UNKNOWN;
	if (find_gone(ev, &after, why) < 0)
		return RENT_OP_UNKNOWN;
	return judge_what_is_gone(ev, why);
}

/* The rental begins with its powerbank back, and so ends. */
static void end_with_it(struct rental_work *w)
{
	w->ending = (struct ending){ .by = RENT_ENDED_BY_CABINET };
	rent_copy(w->ending.station_id, sizeof(w->ending.station_id),
	          cabinet_of_start(&w->r));
}

void evidence_judge(struct rental_work *w)
{
	const struct rent_host *host = w->core->host;
	struct evidence ev = { .w = w,
		               .port = core_station_of(w->core, &w->r),
		               .arena = host->arena_new(host) };
	struct provider_answer a = { 0 };
	struct rent_error why = { 0 };
	enum rent_op_state state = RENT_OP_UNKNOWN;

	if (ev.arena != NULL)
		ev.returns = rent_alloc(ev.arena, sizeof(*ev.returns));
	if (ev.returns != NULL)
		state = look_into_cabinet(&ev, &why);
	a.note = why.text;
	if (state == RENT_OP_SUCCEEDED) {
		a.result = ev.first;
		if (ev.first_is_back)
			end_with_it(w);
	}
	if (state == RENT_OP_MANUAL)
		outcome_complain(w, "manual",
		                 "the cabinet does not tell what became of it; a person "
		                 "must look",
		                 why.text);
	outcome_record(w, &a, state);
	if (ev.arena != NULL)
		host->arena_free(host, ev.arena);
}
