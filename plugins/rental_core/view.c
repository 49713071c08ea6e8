/* SPDX-License-Identifier: MIT
 *
 * view.c - see view.h.
 */
#include "view.h"
#include "action.h"
#include "hold.h"

#include "catalog.h"
#include "payer.h"
#include "timeline.h"

/* The next charge and retry, for a view. */
static void fill_outlook(const struct params *params, const struct rent_rental *r,
                         struct rent_view *ret)
{
	ret->buyout = params->r_buyout;
	ret->next_charge_at = timeline_next_charge(params, r);
	ret->next_retry_at = timeline_next_retry(params, r);
}

static void fill_action(const struct rental_work *w, struct rent_view *ret)
{
	const struct work_op *op = action_awaited(w);

	ret->action = RENT_ACTION_NONE;
	ret->action_value[0] = '\0';
	ret->action_until = 0;
	ret->payer_needed = w->r.debt > 0 && payer_is_needed(w->params, &w->r);
	if (op == NULL)
		return;
	ret->action = op->op.action;
	rent_copy(ret->action_value, sizeof(ret->action_value), op->op.action_value);
	ret->action_until = action_until(w->params, &op->op);
}

void view_fill(struct rental_work *w, struct rent_view *ret)
{
	const struct work_op *hold = hold_current(w);
	size_t i;

	ret->rental = w->r;
	ret->accrued = cost_at(w->params, &w->r, w->r.now);
	fill_outlook(w->params, &w->r, ret);
	ret->held = hold_left(w, hold);
	fill_action(w, ret);
	ret->deposit_refund = 0;
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		/* Of one that was replaced nothing went back: it is held anew. */
		if (op->kind == RENT_OP_RELEASE && op->state == RENT_OP_SUCCEEDED &&
		    (hold == NULL || strcmp(op->target_id, hold->op.id) == 0))
			ret->deposit_refund += op->processed;
	}
}

int view_read(struct core *core, const char *order_id, struct rental_work *w,
              struct rent_view *ret, struct rent_error *err)
{
	int code = core->store->rental_get(core->store_self, order_id, work_load_row, w,
	                                   err);

	if (code == 1) {
		ret->verdict = RENT_NO_RENTAL;
		ret->detail[0] = '\0';
	} else if (code == 0) {
		view_fill(w, ret);
	}
	return code;
}

int view_status(void *self, const char *order_id, struct rent_view *ret,
                struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct rental_work w;
	int code;

	work_init(&w, core, &params, &core->payment.caps, GOAL_TICK);
	code = view_read(core, order_id, &w, ret, err);
	work_done(&w);
	return code < 0 ? code : RENT_OK;
}

struct listing {
	struct params params;
	const struct rent_list_reply *reply;
};

static int list_row(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	struct listing *l = arg;
	struct rent_view view = { .struct_size = sizeof(view) };

	(void)ops;
	(void)n;
	rent_adopt(&view.rental, sizeof(view.rental), r, r->struct_size);
	view.accrued = cost_at(&l->params, &view.rental, view.rental.now);
	fill_outlook(&l->params, &view.rental, &view);
	return l->reply->item(l->reply->arg, &view);
}

int view_list(void *self, const struct rent_list_query *query,
              const struct rent_list_reply *reply, struct rent_error *err)
{
	struct core *core = self;
	struct listing l = { core_params(core), reply };

	return core->store->rental_list(core->store_self, query, list_row, &l, err);
}

struct trail {
	struct rent_trail_reply reply;
	struct timeline timeline;
};

static int trail_row(void *arg, const struct rent_op *op)
{
	struct trail *trail = arg;
	int code;

	if (op->kind == RENT_OP_EJECT)
		return 0;
	code = trail->reply.point == NULL ? 0 : timeline_add(&trail->timeline, op);
	return code < 0 ? code : trail->reply.op(trail->reply.arg, op);
}

static int trail_outside(void *arg, const struct rent_outside *outside)
{
	return timeline_add_outside(arg, outside);
}

static int trail_debt(void *arg, const struct rent_debt_line *line)
{
	return timeline_add_debt(arg, line);
}

/* The rental is read after its operations, so that the last point is never behind them. */
int view_trail(void *self, const char *order_id, const struct rent_trail_reply *reply,
               struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct trail trail = { 0 };
	struct rent_rental rental;
	int code;

	rent_adopt(&trail.reply, sizeof(trail.reply), reply, reply->struct_size);
	trail.timeline.journalled = core->store->debt_lines != NULL;
	code = core->store->rental_trail(core->store_self, order_id, trail_row, &trail,
	                                 err);
	if (code == 0 && trail.reply.point != NULL && core->store->debt_lines != NULL)
		code = core->store->debt_lines(core->store_self, order_id, trail_debt,
		                               &trail.timeline, err);
	if (code == 0 && trail.reply.point != NULL && core->store->outside_list != NULL)
		code = core->store->outside_list(core->store_self, order_id,
		                                 trail_outside, &trail.timeline, err);
	if (code == 0 && trail.reply.note != NULL && core->store->notes != NULL)
		code = core->store->notes(core->store_self, order_id, trail.reply.note,
		                          trail.reply.arg, err);
	if (code == 0 && trail.reply.point != NULL) {
		code = core->store->rental_get(core->store_self, order_id,
		                               core_copy_rental, &rental, err);
		if (code == 0)
			code = timeline_write(&trail.timeline, &params, &rental,
			                      trail.reply.point, trail.reply.arg);
	}
	timeline_done(&trail.timeline);
	return code;
}

int view_station(void *self, const char *station_id, struct rent_arena *arena,
                 struct rent_station_reply *ret, struct rent_error *err)
{
	struct core *core = self;
	struct catalog_ask ask = { .what = RENT_CAT_STATION, .id = station_id };

	(void)err;
	catalog_read(core, arena, &ask, 1);
	ret->json = ask.result.station.json;
	if (ask.result.outcome == RENT_DECLINED) {
		ret->verdict = RENT_NO_STATION;
		ret->detail[0] = '\0';
	} else if (ask.result.outcome != RENT_SUCCEEDED) {
		ret->verdict = RENT_NOT_AVAILABLE;
		ret->retry_after_us = catalog_retry_after(ask.retry_us);
		rent_copy(ret->detail, sizeof(ret->detail),
		          "the station cannot be reached; try again in a moment");
	}
	return RENT_OK;
}

/* ---- the rental that has a powerbank */

#define HOLDER_PAGE  1000
#define HOLDER_PAGES 200

struct holder_page {
	const char *powerbank_id;
	struct holding *ret;
	char last[RENT_ID_SIZE];
	uint32_t rows;
};

static void note_holder(struct holding *holder, const struct rent_rental *r)
{
	rent_copy(holder->id, sizeof(holder->id), r->id);
	holder->started_at = r->started_at;
}

static int holder_row(void *arg, const struct rent_rental *r,
                      const struct rent_op *const *ops, size_t n)
{
	struct holder_page *page = arg;

	(void)ops;
	(void)n;
	page->rows++;
	if (strcmp(r->powerbank_id, page->powerbank_id) == 0)
		note_holder(page->ret, r);
	rent_copy(page->last, sizeof(page->last), r->id);
	return 0;
}

static int holder_found(void *arg, const struct rent_rental *r,
                        const struct rent_op *const *ops, size_t n)
{
	(void)ops;
	(void)n;
	note_holder(arg, r);
	return 0;
}

static int holder_by_pages(struct core *core, const char *powerbank_id,
                           struct holding *ret, struct rent_error *err)
{
	struct holder_page page = { .powerbank_id = powerbank_id, .ret = ret };
	int code = 0;

	for (int i = 0; i < HOLDER_PAGES && code == 0 && ret->id[0] == '\0'; i++) {
		char after[RENT_ID_SIZE];

		rent_copy(after, sizeof(after), page.last);
		page.rows = 0;
		code = core->store->scan(core->store_self, RENT_SCAN_ACTIVE, after,
		                         HOLDER_PAGE, holder_row, &page, err);
		if (page.rows < HOLDER_PAGE)
			break;
	}
	return code;
}

int view_holding(struct core *core, const char *powerbank_id, struct holding *ret,
                 struct rent_error *err)
{
	const struct rent_storage *store = core->store;
	int code;

	*ret = (struct holding){ 0 };
	code = store->rental_holding == NULL
	               ? holder_by_pages(core, powerbank_id, ret, err)
	               : store->rental_holding(core->store_self, powerbank_id,
	                                       holder_found, ret, err);
	return code < 0 ? code : 0;
}

int view_holder(struct core *core, const char *powerbank_id, char ret_id[RENT_ID_SIZE],
                struct rent_error *err)
{
	struct holding holder;
	int code = view_holding(core, powerbank_id, &holder, err);

	rent_copy(ret_id, RENT_ID_SIZE, holder.id);
	return code;
}
