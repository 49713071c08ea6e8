/* SPDX-License-Identifier: MIT
 *
 * recover.c - see recover.h: reads a page, decides for each rental, keeps those that have
 * something to do; then drives them together.
 */
#include "recover.h"
#include "observers.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "drive.h"
#include "hold_margin.h"
#include "seals.h"

#include "common/failpoint.h"

#define PURGE_PAGE  1000
#define PURGE_PAGES 100 /* a housekeeping run deletes at most their product */

struct rent_batch {
	struct params params;
	size_t n, room;
	struct rental_work *works[];
};

struct page {
	struct core *core;
	struct rent_batch *batch;
	struct rent_run *run;
	char *cursor; /* the id of the last row, for the phases that go by it */
	enum goal goal;
	/* NULL: to be made for the next row. Reused while rows have nothing to do; a change
	 * points into it. */
	struct rental_work *scratch;
	const char *token; /* RECOVERY: of the claim */
	int64_t began;     /* monotonic, before the page was asked for */
	uint32_t rows;
};

static void batch_free(struct rent_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->n; i++) {
		work_done(batch->works[i]);
		free(batch->works[i]);
	}
	free(batch);
}

static int scratch_new(struct page *p)
{
	p->scratch = malloc(sizeof(*p->scratch));
	if (p->scratch == NULL)
		return RENT_ENOMEM;
	work_init(p->scratch, p->core, &p->batch->params, &p->core->payment.caps,
	          p->goal);
	return RENT_OK;
}

static int page_row(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	struct page *p = arg;
	struct rental_work *w;
	int code;

	p->rows++;
	p->run->looked_at++;
	if (p->goal == GOAL_TICK)
		rent_copy(p->cursor, RENT_ID_SIZE, r->id);
	if (r->broken[0] != '\0') { /* set aside; the others go on */
		p->run->broken++;
		return 0;
	}
	code = p->scratch == NULL ? scratch_new(p) : RENT_OK;
	if (code != 0)
		return code;
	w = p->scratch;
	w->op_count = 0;
	code = work_load(w, r, ops, p->goal == GOAL_RECOVER ? n : 0);
	if (code != 0)
		return code;
	w->has_ops = p->goal == GOAL_RECOVER;
	hold_margin_shown(w, n == 1 ? ops[0] : NULL);
	w->due_at = p->goal == GOAL_TICK ? w->r.work_at : 0;
	if (p->goal == GOAL_RECOVER) {
		w->leased = true;
		w->lease_ends = p->began + p->batch->params.start_lease;
		rent_copy(w->token, sizeof(w->token), p->token);
	}
	p->core->next_step(w);
	if (!w->has_change && w->call == NO_CALL && !w->needs_ops)
		return 0;
	assert(p->batch->n < p->batch->room);
	p->batch->works[p->batch->n++] = w;
	p->scratch = NULL;
	return RENT_OK;
}

static bool holds(const struct payment_port *port)
{
	return port->api != NULL &&
	       (port->caps.operations & RENT_PAY_BIT(RENT_PAY_HOLD)) != 0;
}

/* A page that shows the holds costs more: only where it matters when they end. Whether one does its
 * provider may say with each; the rentals of the previous provider are among the others. */
static bool shows_holds(const struct page *p)
{
	const struct params *params = &p->batch->params;

	return params->charge_at_end ||
	       (params->hold_margin > 0 &&
	        (holds(&p->core->payment) || holds(&p->core->payment_previous)));
}

static int read_page(struct page *p, enum rent_phase phase, uint32_t limit,
                     struct rent_error *err)
{
	struct core *core = p->core;
	enum rent_scan active = shows_holds(p) ? RENT_SCAN_HELD : RENT_SCAN_ACTIVE;

	if (phase == RENT_PHASE_RECOVERY)
		return core->store->claim(core->store_self, p->token,
		                          p->batch->params.start_lease, limit, page_row,
		                          p, err);
	return core->store->scan(core->store_self,
	                         phase == RENT_PHASE_ACCRUAL ? active : RENT_SCAN_DEBTS,
	                         p->cursor, limit, page_row, p, err);
}

int recover_plan_batch(void *self, enum rent_phase phase, struct rent_page *page,
                       struct rent_batch **ret_batch, struct rent_run *run,
                       struct rent_error *err)
{
	struct core *core = self;
	uint32_t limit = page->limit > RENT_ADVANCE_MAX ? RENT_ADVANCE_MAX : page->limit;
	char token[RENT_ID_SIZE];
	struct page p = {
		.core = core, .run = run, .cursor = page->cursor, .token = token
	};
	int code;

	*ret_batch = NULL;
	page->more = false;
	p.batch = calloc(1, sizeof(*p.batch) + limit * sizeof(struct rental_work *));
	if (p.batch == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a page of %u rentals",
		                 limit);
	p.batch->room = limit;
	p.batch->params = core_params(core);
	p.began = core->host->mono_us(core->host);
	p.goal = phase == RENT_PHASE_RECOVERY ? GOAL_RECOVER : GOAL_TICK;
	core->host->uuid7(core->host, token);
	code = read_page(&p, phase, limit, err);
	if (p.batch->n > 0)
		RENT_FAILPOINT_OF(p.goal == GOAL_RECOVER ? FAILPOINT_MARK
		                          "recovery.claimed"
		                                         : FAILPOINT_MARK "tick.planned");
	if (p.scratch != NULL)
		work_done(p.scratch);
	free(p.scratch);
	if (code < 0 || p.batch->n == 0)
		batch_free(p.batch);
	else
		*ret_batch = p.batch;
	if (code < 0)
		return code;
	page->more = p.rows == limit;
	return RENT_OK;
}

int recover_run_batch(void *self, struct rent_batch *batch, struct rent_run *run,
                      struct rent_error *err)
{
	struct core *core = self;
	size_t i;
	int code = RENT_OK;

	drive(core, batch->works, batch->n, run);
	for (i = 0; i < batch->n && code == 0; i++)
		code = batch->works[i]->error;
	if (code != 0)
		rent_fail(err, code,
		          "rental '%s' of a batch of %zu could not be recorded (code %d)",
		          batch->works[i - 1]->r.id, batch->n, code);
	batch_free(batch);
	return code;
}

static int read_totals(struct core *core, struct rent_error *err)
{
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	int code = core->store->totals(core->store_self, &totals, err);

	if (code != 0)
		return code;
	observers_totals(core->observers, &totals);
	atomic_store(&core->totals_at, core->host->mono_us(core->host));
	return RENT_OK;
}

/* Every host publishes the same totals. On a database error it keeps the last values: the
 * caller that needs the database reports the error. */
void recover_totals(void *arg)
{
	struct core *core = arg;
	struct rent_error err;
	int64_t at = atomic_load(&core->totals_at);

	if (at == 0 || core->host->mono_us(core->host) - at >= core->totals_interval)
		(void)read_totals(core, &err);
}

/* What others were told; what they were not yet told stays. */
static int purge_outbox(struct core *core, struct rent_error *err)
{
	int64_t purged = PURGE_PAGE;
	int code = RENT_OK;

	if (core->store->outbox_purge == NULL)
		return RENT_OK;
	for (int i = 0; i < PURGE_PAGES && purged >= PURGE_PAGE && code == 0; i++)
		code = core->store->outbox_purge(core->store_self, core->outbox_retention,
		                                 PURGE_PAGE, &purged, err);
	return code;
}

int recover_housekeep(void *self, struct rent_error *err)
{
	struct core *core = self;
	int64_t purged = PURGE_PAGE;
	int i, code = RENT_OK;

	RENT_FAILPOINT("purge.purging");
	for (i = 0; i < PURGE_PAGES && purged >= PURGE_PAGE && code == 0; i++)
		code = core->store->purge(core->store_self, core->quote_retention,
		                          core->key_retention, PURGE_PAGE, &purged, err);
	if (code == 0)
		code = purge_outbox(core, err);
	RENT_FAILPOINT("purge.purged");
	if (code == 0)
		code = seals_make(core, err);
	return code == 0 ? read_totals(core, err) : code;
}
