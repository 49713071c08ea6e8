/* SPDX-License-Identifier: MIT
 *
 * view.c - see view.h.
 */
#include "view.h"
#include "action.h"

#include "catalog.h"
#include "timeline.h"

/* The next charge and retry, for a view. */
static void fill_outlook(const struct params *params, const struct rent_rental *r,
                         struct rent_view *ret)
{
	ret->buyout = params->r_buyout;
	ret->next_charge_at = timeline_next_charge(params, r);
	ret->next_retry_at = timeline_next_retry(params, r);
}

static void fill_action(const struct rental_work *w, const struct work_op *hold,
                        struct rent_view *ret)
{
	ret->action = RENT_ACTION_NONE;
	ret->action_value[0] = '\0';
	ret->action_until = 0;
	if (hold == NULL || w->r.status != RENT_STATUS_PENDING ||
	    !action_is_awaited(w, hold))
		return;
	ret->action = hold->op.action;
	rent_copy(ret->action_value, sizeof(ret->action_value), hold->op.action_value);
	ret->action_until = action_until(w->params, &hold->op);
}

void view_fill(struct rental_work *w, struct rent_view *ret)
{
	const struct work_op *hold = work_find_op(w, RENT_OP_HOLD);
	size_t i;

	ret->rental = w->r;
	ret->accrued = cost_at(w->params, &w->r, w->r.now);
	fill_outlook(w->params, &w->r, ret);
	ret->held = work_hold_left(w, hold);
	fill_action(w, hold, ret);
	ret->deposit_refund = 0;
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (op->kind == RENT_OP_RELEASE && op->state == RENT_OP_SUCCEEDED)
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
	code = core->store->rental_trail(core->store_self, order_id, trail_row, &trail,
	                                 err);
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
	char *ret_id;
	char last[RENT_ID_SIZE];
	uint32_t rows;
};

static int holder_row(void *arg, const struct rent_rental *r,
                      const struct rent_op *const *ops, size_t n)
{
	struct holder_page *page = arg;

	(void)ops;
	(void)n;
	page->rows++;
	if (strcmp(r->powerbank_id, page->powerbank_id) == 0)
		rent_copy(page->ret_id, RENT_ID_SIZE, r->id);
	rent_copy(page->last, sizeof(page->last), r->id);
	return 0;
}

static int holder_found(void *arg, const struct rent_rental *r,
                        const struct rent_op *const *ops, size_t n)
{
	(void)ops;
	(void)n;
	rent_copy(arg, RENT_ID_SIZE, r->id);
	return 0;
}

static int holder_by_pages(struct core *core, const char *powerbank_id,
                           char ret_id[RENT_ID_SIZE], struct rent_error *err)
{
	struct holder_page page = { .powerbank_id = powerbank_id };
	int code = 0;

	page.ret_id = ret_id;
	for (int i = 0; i < HOLDER_PAGES && code == 0 && ret_id[0] == '\0'; i++) {
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

int view_holder(struct core *core, const char *powerbank_id, char ret_id[RENT_ID_SIZE],
                struct rent_error *err)
{
	const struct rent_storage *store = core->store;
	int code;

	ret_id[0] = '\0';
	code = store->rental_holding == NULL
	               ? holder_by_pages(core, powerbank_id, ret_id, err)
	               : store->rental_holding(core->store_self, powerbank_id,
	                                       holder_found, ret_id, err);
	return code < 0 ? code : 0;
}

/* ---- all rentals of a user added up. Storage adds up what is booked; live rentals are read one by
 * one, because their cost still grows, and those not settled yet, because not all of it is booked. */

/* The sums and these rentals are two reads. If money moved between them, both are made again,
 * at most so often. */
#define READS 3

/* Rentals of a user, a page at a time. */
struct pages {
	struct params params;
	struct rent_list_query query; /* of the next page */
	char last_id[RENT_ID_SIZE];
	uint32_t rows;
	struct rent_balance sums;
	int64_t booked; /* of accrued: paid, owed or in flight */
	bool unsettled; /* only those that are not settled are added, … */
	int64_t wanted; /* … so many */
};

static int add_rental(void *arg, const struct rent_rental *row,
                      const struct rent_op *const *ops, size_t n)
{
	struct pages *pages = arg;
	struct rent_balance *sums = &pages->sums;
	struct rent_rental r;

	(void)ops;
	(void)n;
	rent_adopt(&r, sizeof(r), row, row->struct_size);
	pages->query.before_created_at = r.created_at;
	(void)rent_copy(pages->last_id, sizeof(pages->last_id), r.id);
	pages->rows++;
	if (pages->unsettled && r.settlement != RENT_SETTLEMENT_PENDING)
		return 0;
	pages->wanted -= pages->unsettled;
	sums->rentals++;
	sums->live += r.status == RENT_STATUS_PENDING || r.status == RENT_STATUS_ACTIVE;
	sums->accrued += cost_at(&pages->params, &r, r.now);
	sums->paid += r.paid;
	sums->debt += r.debt;
	sums->in_flight += rent_in_flight(&r);
	pages->booked += exposure_of(&r);
	return 0;
}

/* Adds up the rentals with this status; RENT_STATUS_NONE: all. */
static int add_pages(struct core *core, struct pages *pages, enum rent_status status,
                     struct rent_error *err)
{
	int code;

	pages->query.status = status;
	pages->query.before_created_at = 0;
	pages->query.before_id = pages->last_id;
	pages->last_id[0] = '\0';
	do {
		pages->rows = 0;
		code = core->store->rental_list(core->store_self, &pages->query,
		                                add_rental, pages, err);
	} while (code == 0 && pages->rows == pages->query.limit &&
	         !(pages->unsettled && pages->wanted <= 0));
	return code;
}

static struct pages pages_of(struct core *core, const char *user_id)
{
	return (struct pages){
		.params = core_params(core),
		.query = { .struct_size = sizeof(struct rent_list_query),
		           .user_id = user_id,
		           .limit = RENT_SCAN_MAX },
	};
}

/* What they accrued beyond what is booked for them. It is negative where a deposit was taken in
 * advance. */
static int read_unbooked(struct core *core, const char *user_id,
                         const struct rent_user_sums *sums, int64_t *ret,
                         struct rent_error *err)
{
	static const struct {
		enum rent_status status;
		bool unsettled;
	} read[] = { { RENT_STATUS_ACTIVE, false },
		     { RENT_STATUS_PENDING, false },
		     { RENT_STATUS_FINISHED, true },
		     { RENT_STATUS_BUYOUT, true } };
	struct pages pages = pages_of(core, user_id);
	int code = 0;

	pages.wanted = sums->unsettled;
	for (size_t i = 0; i < sizeof(read) / sizeof(*read) && code == 0; i++) {
		pages.unsettled = read[i].unsettled;
		if (pages.unsettled ? pages.wanted > 0 : sums->live > 0)
			code = add_pages(core, &pages, read[i].status, err);
	}
	*ret = pages.sums.accrued - pages.booked;
	return code;
}

static int read_sums(struct core *core, const char *user_id, struct rent_user_sums *ret,
                     struct rent_error *err)
{
	*ret = (struct rent_user_sums){ .struct_size = sizeof(*ret) };
	return core->store->user_sums(core->store_self, user_id, ret, err);
}

static bool same_sums(const struct rent_user_sums *a, const struct rent_user_sums *b)
{
	return a->rentals == b->rentals && a->live == b->live && a->paid == b->paid &&
	       a->debt == b->debt && a->in_flight == b->in_flight &&
	       a->in_flight_debt == b->in_flight_debt && a->in_doubt == b->in_doubt &&
	       a->unsettled == b->unsettled;
}

static int balance_by_sums(struct core *core, const char *user_id,
                           struct rent_balance *ret, struct rent_error *err)
{
	struct rent_user_sums sums, before;
	int64_t unbooked = 0;
	int code = read_sums(core, user_id, &sums, err);

	for (int i = 0; code == 0 && sums.live + sums.unsettled > 0 && i < READS; i++) {
		before = sums;
		code = read_unbooked(core, user_id, &sums, &unbooked, err);
		if (code == 0)
			code = read_sums(core, user_id, &sums, err);
		if (code == 0 && same_sums(&before, &sums))
			break;
	}
	if (code != 0)
		return code;
	ret->rentals = sums.rentals;
	ret->live = sums.live;
	ret->paid = sums.paid;
	ret->debt = sums.debt;
	ret->in_flight = sums.in_flight - sums.in_flight_debt + sums.in_doubt;
	ret->accrued = ret->paid + ret->debt + ret->in_flight +
	               (sums.live + sums.unsettled > 0 ? unbooked : 0);
	return 0;
}

/* For a storage that does not add up. */
static int balance_by_pages(struct core *core, const char *user_id,
                            struct rent_balance *ret, struct rent_error *err)
{
	struct pages pages = pages_of(core, user_id);
	int code = add_pages(core, &pages, RENT_STATUS_NONE, err);

	pages.sums.struct_size = ret->struct_size;
	if (code == 0)
		rent_adopt(ret, ret->struct_size, &pages.sums, sizeof(pages.sums));
	return code;
}

int view_balance(void *self, const char *user_id, struct rent_balance *ret,
                 struct rent_error *err)
{
	struct core *core = self;

	return core->store->user_sums == NULL ? balance_by_pages(core, user_id, ret, err)
	                                      : balance_by_sums(core, user_id, ret, err);
}
