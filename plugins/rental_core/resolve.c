/* SPDX-License-Identifier: MIT
 *
 * resolve.c - see resolve.h. decide.c applies the result to the rental's money.
 */
#include "resolve.h"
#include "observers.h"

#include <jansson.h>
#include <stdlib.h>

#include "change.h"
#include "decide.h"
#include "hold.h"
#include "text.h"

#define MANUAL_PAGE 100
#define TRIES       8 /* conflicts in a row */

static int refuse_resolve(struct rent_resolve *rs, enum rent_resolve_verdict verdict,
                          const char *fmt, ...) RENT_PRINTF(3, 4);
static int refuse_resolve(struct rent_resolve *rs, enum rent_resolve_verdict verdict,
                          const char *fmt, ...)
{
	va_list ap;

	rs->verdict = verdict;
	va_start(ap, fmt);
	(void)vsnprintf(rs->detail, sizeof(rs->detail), fmt, ap);
	va_end(ap);
	return 1;
}

static bool can_resolve(const struct core *core)
{
	const struct rent_storage *store = core->store;

	return store->op_get != NULL && store->op_scan != NULL &&
	       store->resolutions != NULL;
}

static int no_operators(struct rent_error *err)
{
	return rent_fail(err, RENT_EUNSUPPORTED,
	                 "the bound storage cannot look operations up; it is of an older "
	                 "build");
}

/* ---- what was asked for. 1: refused, and rs->detail says why */

/* Text that every database takes: UTF-8 without control characters. */
static bool is_text(const char *s, size_t max)
{
	json_t *text = json_string(s);
	bool ok = text != NULL && strlen(s) <= max;

	json_decref(text);
	for (; ok && *s != '\0'; s++)
		ok = (unsigned char)*s >= 0x20 && *s != 0x7f;
	return ok;
}

static int check_words(struct rent_resolve *rs)
{
	if (rs->as != RENT_OP_SUCCEEDED && rs->as != RENT_OP_DECLINED &&
	    rs->as != RENT_OP_NOT_EXECUTED)
		return refuse_resolve(
			rs, RENT_RESOLVE_REFUSED,
			"it can only have succeeded, been declined or not been "
			"executed");
	if (rs->reason == NULL || rs->reason[strspn(rs->reason, " ")] == '\0')
		return refuse_resolve(
			rs, RENT_RESOLVE_REFUSED,
			"a reason is needed: who said so, where it can be read");
	if (!is_text(rs->reason, RENT_REASON_SIZE - 1))
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED,
		                      "the reason must be text of at most %d bytes",
		                      RENT_REASON_SIZE - 1);
	if (!rent_id_valid(rs->by))
		return refuse_resolve(
			rs, RENT_RESOLVE_REFUSED,
			"who resolves it (--by) must be 1 to %d visible ASCII characters",
			RENT_ID_MAX);
	if (rs->reference != NULL && rs->reference[0] != '\0' &&
	    !rent_visible_ascii(rs->reference, RENT_REF_SIZE - 1))
		return refuse_resolve(
			rs, RENT_RESOLVE_REFUSED,
			"the reference must be at most %d visible ASCII characters",
			RENT_REF_SIZE - 1);
	if (rs->amount != 0 && rs->as != RENT_OP_SUCCEEDED)
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED,
		                      "an amount goes with what succeeded only");
	return 0;
}

static int check_eject(struct rent_resolve *rs)
{
	if (rs->amount != 0)
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED, "an eject has no amount");
	if (rs->as == RENT_OP_SUCCEEDED &&
	    (rs->reference == NULL || rs->reference[0] == '\0' ||
	     strlen(rs->reference) > RENT_ID_MAX))
		return refuse_resolve(
			rs, RENT_RESOLVE_REFUSED,
			"an eject that succeeded gave out a powerbank: name it as "
			"the reference, at most %d characters",
			RENT_ID_MAX);
	return 0;
}

static int check_op(struct rent_resolve *rs, const struct rent_op *op)
{
	rent_copy(rs->rental_id, sizeof(rs->rental_id), op->rental_id);
	if (op->state != RENT_OP_MANUAL)
		return refuse_resolve(
			rs, RENT_RESOLVE_NOT_MANUAL,
			rent_op_is_open(op->state)
				? "it is %s: it is being found out about, nothing "
				  "is to be done by hand yet"
				: "it is %s already",
			rent_name_of(rent_op_state_names, (int)op->state));
	if (op->kind == RENT_OP_EJECT)
		return check_eject(rs);
	if (rs->expires_at != 0 &&
	    (op->kind != RENT_OP_HOLD || rs->as != RENT_OP_SUCCEEDED))
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED,
		                      "only a hold that succeeded runs out");
	if (rs->amount < 0 || rs->amount > op->amount)
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED,
		                      "an amount of %" PRId64 " cannot be: %" PRId64
		                      " was asked for",
		                      rs->amount, op->amount);
	return 0;
}

static int check_rental(struct rent_resolve *rs, const struct rent_rental *r)
{
	if (r->broken[0] != '\0')
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED,
		                      "its rental is set aside, no money moves: %s",
		                      r->broken);
	if (work_lease_is_live(r))
		return refuse_resolve(
			rs, RENT_RESOLVE_BUSY,
			"its rental is being worked on; try again in %" PRId64 " seconds",
			(r->lease_until - r->now) / RENT_SECOND + 1);
	return 0;
}

/* ---- the change */

/* "by hand (NAME): REASON" as far as it fits. */
static void make_note(char note[RENT_NOTE_SIZE], const struct rent_resolve *rs)
{
	(void)snprintf(note, RENT_NOTE_SIZE, "by hand (%s): %s", rs->by, rs->reason);
	text_mend(note);
}

static void end_op(struct rental_work *w, const struct rent_resolve *rs)
{
	struct work_op *op = &w->ops[0];
	bool eject = op->op.kind == RENT_OP_EJECT;
	bool succeeded = rs->as == RENT_OP_SUCCEEDED;
	int64_t processed = rs->amount == 0 ? op->op.amount : rs->amount;
	char note[RENT_NOTE_SIZE];

	make_note(note, rs);
	work_end_op(op, rs->as, succeeded ? processed : 0, note);
	if (rs->reference != NULL && rs->reference[0] != '\0') {
		if (eject)
			rent_copy(op->op.result, sizeof(op->op.result), rs->reference);
		else
			rent_copy(op->op.ref, sizeof(op->op.ref), rs->reference);
	}
	if (op->op.kind != RENT_OP_HOLD || !succeeded)
		return;
	if (rs->expires_at != 0)
		op->op.expires_at = rs->expires_at;
	else
		op->op.expires_at = hold_ends_at(w, &op->op);
}

/* The old hold is to be released, or another step is to be tried before it ends. */
static bool is_of_hold_margin(const struct rent_op *op)
{
	return op->kind == RENT_OP_HOLD && !hold_is_first(op);
}

/* When a worker is to look at it: at once when there is something to settle or a hold was renewed, else when
 * it would have been anyhow: for an open operation, or to repeat a release that was refused. */
static void schedule_work(struct rental_work *w)
{
	struct rent_change *c = &w->change;
	int64_t wait = w->r.work_at - w->r.now;

	c->work_tries = w->r.work_tries;
	if (w->next.status == RENT_STATUS_PENDING && w->ops[0].op.kind == RENT_OP_EJECT) {
		c->work_in_us = 0; /* the start goes on as it says */
	} else if (w->next.settlement == RENT_SETTLEMENT_PENDING ||
	           is_of_hold_margin(&w->ops[0].op)) {
		c->work_in_us = 0;
		c->work_tries = 0;
	} else if (w->r.work_at != 0) {
		c->work_in_us = wait > 0 ? wait : 0;
	} else {
		c->work_in_us = RENT_NO_WORK;
	}
}

/* Who it is, as the system knows him and as he says himself. */
static struct rent_actor actor_of(const struct rent_resolve *theirs)
{
	struct rent_actor actor = { .struct_size = sizeof(actor) };
	struct rent_resolve own, *rs = &own;

	rent_adopt(rs, sizeof(*rs), theirs, theirs->struct_size);
	if (rs->actor != NULL)
		rent_adopt(&actor, sizeof(actor), rs->actor, rs->actor->struct_size);
	actor.by = rs->by;
	actor.reason = rs->reason;
	return actor;
}

static int record_end(struct core *core, struct rental_work *w,
                      const struct rent_resolve *rs, struct rent_error *err)
{
	struct rent_resolution resolution = { .struct_size = sizeof(resolution) };
	struct rent_change *changes[] = { &w->change };
	const struct rent_actor actor = actor_of(rs);
	int code;

	rent_copy(resolution.op_id, sizeof(resolution.op_id), rs->op_id);
	rent_copy(resolution.rental_id, sizeof(resolution.rental_id), w->r.id);
	rent_copy(resolution.by, sizeof(resolution.by), rs->by);
	rent_copy(resolution.reason, sizeof(resolution.reason), rs->reason);
	end_op(w, rs);
	w->next = w->r;
	decide_resolved(w, &w->ops[0].op);
	change_make(w);
	w->change.resolution = &resolution;
	w->actor = &actor;
	change_set_deed(w, RENT_DEED_RESOLVE, rs->op_id);
	schedule_work(w);
	code = core->store->advance(core->store_self, changes, 1, err);
	w->change.resolution = NULL;
	w->change.deed = NULL;
	w->actor = NULL;
	if (code != 0 || w->change.ret != RENT_CHANGE_APPLIED)
		return code;
	observers_recorded(w);
	work_applied(w);
	return 0;
}

/* ---- reading */

static int try_resolve(struct core *core, struct rent_resolve *rs,
                       const struct params *params, struct rent_error *err)
{
	struct rent_op op = { .struct_size = sizeof(op) };
	const struct rent_op *ops[] = { &op };
	struct rent_rental r;
	struct rental_work w;
	int code =
		core->store->op_get(core->store_self, rs->op_id, core_copy_op, &op, err);

	if (code == 1)
		return refuse_resolve(rs, RENT_RESOLVE_NO_OPERATION,
		                      "there is no operation of this id");
	if (code == 0)
		code = check_op(rs, &op);
	if (code != 0)
		return code;
	code = core->store->rental_get(core->store_self, op.rental_id, core_copy_rental,
	                               &r, err);
	if (code == 1)
		return refuse_resolve(rs, RENT_RESOLVE_REFUSED,
		                      "its rental is not there");
	if (code == 0)
		code = check_rental(rs, &r);
	if (code != 0)
		return code;
	work_init(&w, core, params, &core->payment.caps, GOAL_RECOVER);
	code = work_load(&w, &r, ops, 1);
	if (code == 0)
		code = record_end(core, &w, rs, err);
	if (code == 0 && w.change.ret == RENT_CHANGE_APPLIED) {
		rs->verdict = RENT_RESOLVED;
		rs->settling = w.r.settlement == RENT_SETTLEMENT_PENDING;
		code = 1;
	}
	work_done(&w);
	return code;
}

int resolve_operation(void *self, struct rent_resolve *rs, struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	int i, code;

	if (!can_resolve(core))
		return no_operators(err);
	rs->rental_id[0] = rs->detail[0] = '\0';
	rs->settling = false;
	code = check_words(rs);
	for (i = 0; i < TRIES && code == 0; i++)
		code = try_resolve(core, rs, &params, err);
	if (code == 0)
		(void)refuse_resolve(rs, RENT_RESOLVE_BUSY,
		                     "its rental is being changed too often; try again");
	return code < 0 ? code : 0;
}

/* ---- what waits */

struct manual_page {
	size_t n;
	struct rent_op ops[MANUAL_PAGE];
};

static int collect_manual(void *arg, const struct rent_op *op)
{
	struct manual_page *page = arg;

	return page->n == MANUAL_PAGE ? 1 : core_copy_op(&page->ops[page->n++], op);
}

static int show_manual(struct core *core, const struct rent_op *op,
                       const struct rent_manual_reply *reply, struct rent_error *err)
{
	struct rent_rental r;
	struct rent_manual manual = { .struct_size = sizeof(manual),
		                      .op = op,
		                      .rental = &r };
	int code = core->store->rental_get(core->store_self, op->rental_id,
	                                   core_copy_rental, &r, err);

	if (code < 0)
		return code;
	if (code == 1)
		manual.rental = NULL;
	return reply->item(reply->arg, &manual);
}

int resolve_list(void *self, const struct rent_manual_reply *reply,
                 struct rent_error *err)
{
	struct core *core = self;
	struct manual_page *page;
	char after[RENT_ID_SIZE] = "";
	size_t i;
	int code = 0;

	if (!can_resolve(core))
		return no_operators(err);
	page = malloc(sizeof(*page));
	if (page == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	do {
		page->n = 0;
		code = core->store->op_scan(core->store_self, RENT_OPS_MANUAL, after,
		                            MANUAL_PAGE, collect_manual, page, err);
		for (i = 0; i < page->n && code == 0; i++)
			code = show_manual(core, &page->ops[i], reply, err);
		if (page->n > 0)
			rent_copy(after, sizeof(after), page->ops[page->n - 1].id);
	} while (code == 0 && page->n == MANUAL_PAGE);
	free(page);
	return code;
}
