/* SPDX-License-Identifier: MIT
 *
 * use_view.c - what is to be seen of a rental: status, list, audit trail; and stop, whose
 * answer is a view.
 */
#include "engine.h"
#include "plan.h"
#include "timeline.h"
#include "use_cases.h"

/* What comes next, in the words of a view. */
static void view_outlook(const struct params *params, const struct rent_rental *r,
                         struct rent_view *ret)
{
	ret->buyout = params->r_buyout;
	ret->next_charge_at = timeline_next_charge(params, r);
	ret->next_retry_at = timeline_next_retry(params, r);
}

static void fill_view(struct item *it, struct rent_view *ret)
{
	const struct item_op *hold = item_find(it, RENT_OP_HOLD);
	size_t i;

	ret->rental = it->r;
	ret->accrued = cost_at(it->params, &it->r, it->r.now);
	view_outlook(it->params, &it->r, ret);
	ret->held = ret->deposit_refund = 0;
	if (hold != NULL && hold->op.state == RENT_OP_SUCCEEDED &&
	    (hold->op.expires_at == 0 || hold->op.expires_at > it->r.now))
		ret->held = item_left(it, hold);
	for (i = 0; i < it->op_count; i++) {
		const struct rent_op *op = &it->ops[i].op;

		if (op->kind == RENT_OP_RELEASE && op->state == RENT_OP_SUCCEEDED)
			ret->deposit_refund += op->processed;
	}
}

static int take_rental(void *arg, const struct rent_rental *r,
                       const struct rent_op *const *ops, size_t n)
{
	return item_load(arg, r, ops, n);
}

/* Reads a rental into it; 1: there is none, which the view says. */
static int read_rental(struct core *core, const char *order_id, struct item *it,
                       struct rent_view *ret, struct rent_error *err)
{
	int code =
		core->store->rental_get(core->store_self, order_id, take_rental, it, err);

	if (code == 1) {
		ret->verdict = RENT_NO_RENTAL;
		rent_copy(ret->detail, sizeof(ret->detail), "there is no such rental");
	} else if (code == 0) {
		fill_view(it, ret);
	}
	return code;
}

int use_status(void *self, const char *order_id, struct rent_view *ret,
               struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct item it;
	int code;

	item_init(&it, core, &params, &core->payment.caps, GOAL_TICK);
	code = read_rental(core, order_id, &it, ret, err);
	item_done(&it);
	return code < 0 ? code : RENT_OK;
}

/* Ends an ACTIVE rental and settles what can be settled now. */
static int stop_active(struct core *core, struct item *it, struct rent_view *ret,
                       struct rent_error *err)
{
	struct payment_port *port = core_payment_of(core, &it->r);
	int code;

	if (port != NULL)
		it->caps = &port->caps;
	engine_run(core, &it, 1, NULL);
	if (it->error != 0)
		return rent_fail(err, it->error,
		                 "the stop of rental '%s' could not be recorded",
		                 it->r.id);
	/* What this run recorded to the end stands as it is in hand. */
	if (!it->conflicted && it->r.settlement == RENT_SETTLEMENT_DONE) {
		fill_view(it, ret);
		return RENT_OK;
	}
	code = read_rental(core, it->r.id, it, ret, err);
	if (code == 0 && ret->rental.status == RENT_STATUS_ACTIVE)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "rental '%s' is being changed too often to stop it now",
		                 it->r.id);
	return code;
}

int use_stop(void *self, const char *order_id, const char *station_id,
             struct rent_view *ret, struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct item it;
	int code;

	(void)station_id;
	item_init(&it, core, &params, &core->payment.caps, GOAL_STOP);
	code = read_rental(core, order_id, &it, ret, err);
	if (code == 0 &&
	    (it.r.status == RENT_STATUS_PENDING || it.r.status == RENT_STATUS_FAILED)) {
		ret->verdict = RENT_WRONG_STATE;
		rent_copy(
			ret->detail, sizeof(ret->detail),
			it.r.status == RENT_STATUS_PENDING
				? "the rental has not begun yet; there is nothing to stop"
				: "the rental never began; there is nothing to stop");
	} else if (code == 0 && it.r.broken[0] != '\0') {
		code = rent_fail(err, RENT_ECORRUPT,
		                 "rental '%s' is set aside, no money moves: %s", it.r.id,
		                 it.r.broken);
	} else if (code == 0 && it.r.status == RENT_STATUS_ACTIVE) {
		code = stop_active(core, &it, ret, err);
	}
	item_done(&it);
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
	view_outlook(&l->params, &view.rental, &view);
	return l->reply->item(l->reply->arg, &view);
}

int use_list(void *self, const struct rent_list_query *query,
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

static int timeline_row(void *arg, const struct rent_rental *r,
                        const struct rent_op *const *ops, size_t n)
{
	struct rent_rental *ret = arg;

	(void)ops;
	(void)n;
	rent_adopt(ret, sizeof(*ret), r, r->struct_size);
	return 0;
}

/* The rental is read after its operations, so that the last point is never behind them. */
int use_trail(void *self, const char *order_id, const struct rent_trail_reply *reply,
              struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct trail trail = { 0 };
	struct rent_rental rental;
	int code;

	rent_adopt(&trail.reply, sizeof(trail.reply), reply, reply->struct_size);
	code = core->store->rental_trail(core->store_self, order_id, trail_row, &trail,
	                                 err);
	if (code == 0 && trail.reply.point != NULL) {
		code = core->store->rental_get(core->store_self, order_id, timeline_row,
		                               &rental, err);
		if (code == 0)
			code = timeline_write(&trail.timeline, &params, &rental,
			                      trail.reply.point, trail.reply.arg);
	}
	timeline_done(&trail.timeline);
	return code;
}

struct balance_page {
	struct params params;
	struct rent_balance *sums;
	struct rent_list_query query; /* of the next page */
	char last_id[RENT_ID_SIZE];
	uint32_t rows;
};

static int balance_row(void *arg, const struct rent_rental *row,
                       const struct rent_op *const *ops, size_t n)
{
	struct balance_page *page = arg;
	struct rent_balance *sums = page->sums;
	struct rent_rental r;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	sums->rentals++;
	sums->live += r.status == RENT_STATUS_PENDING || r.status == RENT_STATUS_ACTIVE;
	sums->accrued += cost_at(&page->params, &r, r.now);
	sums->paid += r.paid;
	sums->debt += r.debt;
	sums->in_flight += r.in_flight - r.in_flight_debt + r.in_doubt;
	page->query.before_created_at = r.created_at;
	(void)rent_copy(page->last_id, sizeof(page->last_id), r.id);
	page->rows++;
	return 0;
}

int use_balance(void *self, const char *user_id, struct rent_balance *ret,
                struct rent_error *err)
{
	struct core *core = self;
	struct balance_page page = {
		.params = core_params(core),
		.sums = ret,
		.query = { .struct_size = sizeof(page.query),
		           .user_id = user_id,
		           .limit = RENT_SCAN_MAX },
	};
	int code;

	page.query.before_id = page.last_id;
	do {
		page.rows = 0;
		code = core->store->rental_list(core->store_self, &page.query,
		                                balance_row, &page, err);
	} while (code == 0 && page.rows == RENT_SCAN_MAX);
	return code;
}
