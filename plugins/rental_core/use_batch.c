/* SPDX-License-Identifier: MIT
 *
 * use_batch.c - billing in batches: read a page, decide for each rental, keep those that
 * have something to do; then run them together. Housekeeping beside it.
 */
#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "engine.h"
#include "plan.h"
#include "use_cases.h"

#include "common/failpoint.h"

#define PURGE_PAGE  1000
#define PURGE_PAGES 100 /* a housekeeping run deletes at most their product */

struct rent_batch {
	struct params params;
	size_t n, room;
	struct item *items[];
};

struct page {
	struct core *core;
	struct rent_batch *batch;
	struct rent_run *run;
	char *cursor;
	enum goal goal;
	struct item *
		scratch; /* reused for rows with nothing to do; a change points into it */
	const char *token; /* RECOVERY: of the claim */
	int64_t began;     /* monotonic, before the page was asked for */
	uint32_t rows;
};

static void batch_free(struct rent_batch *batch)
{
	size_t i;

	for (i = 0; i < batch->n; i++) {
		item_done(batch->items[i]);
		free(batch->items[i]);
	}
	free(batch);
}

static int scratch_new(struct page *p)
{
	p->scratch = malloc(sizeof(*p->scratch));
	if (p->scratch == NULL)
		return RENT_ENOMEM;
	item_init(p->scratch, p->core, &p->batch->params, &p->core->payment.caps,
	          p->goal);
	return RENT_OK;
}

static void scratch_free(struct page *p)
{
	if (p->scratch != NULL)
		item_done(p->scratch);
	free(p->scratch);
}

static int keep(struct page *p)
{
	assert(p->batch->n < p->batch->room);
	p->scratch->planned = true;
	p->batch->items[p->batch->n++] = p->scratch;
	return scratch_new(p);
}

static int page_row(void *arg, const struct rent_rental *r,
                    const struct rent_op *const *ops, size_t n)
{
	struct page *p = arg;
	struct item *it = p->scratch;
	struct payment_port *port;
	int code;

	p->rows++;
	p->run->looked_at++;
	if (p->goal == GOAL_TICK)
		rent_copy(p->cursor, RENT_ID_SIZE, r->id);
	if (r->broken[0] != '\0') { /* set aside; the others go on */
		p->run->broken++;
		return 0;
	}
	it->op_count = 0;
	code = item_load(it, r, ops, n);
	if (code != 0)
		return code;
	port = core_payment_of(p->core, &it->r);
	it->caps = port == NULL ? &p->core->payment.caps : &port->caps;
	it->has_ops = p->goal == GOAL_RECOVER;
	it->due_at = p->goal == GOAL_TICK && it->r.open_ops > 0 ? it->r.work_at : 0;
	if (p->goal == GOAL_RECOVER) {
		it->leased = true;
		it->lease_ends = p->began + p->batch->params.start_lease;
		rent_copy(it->token, sizeof(it->token), p->token);
	}
	plan(it);
	if (!it->has_change && it->call == NO_CALL && !it->needs_ops)
		return 0;
	return keep(p);
}

static int read_page(struct page *p, enum rent_phase phase, uint32_t limit,
                     struct rent_error *err)
{
	struct core *core = p->core;

	if (phase == RENT_PHASE_RECOVERY)
		return core->store->claim(core->store_self, p->token,
		                          p->batch->params.start_lease, limit, page_row,
		                          p, err);
	return core->store->scan(core->store_self,
	                         phase == RENT_PHASE_ACCRUAL ? RENT_SCAN_ACTIVE
	                                                     : RENT_SCAN_DEBTS,
	                         p->cursor, limit, page_row, p, err);
}

static void place_read(enum goal goal)
{
	RENT_FAILPOINT_OF(goal == GOAL_RECOVER ? FAILPOINT_MARK "recovery.claimed"
	                                       : FAILPOINT_MARK "tick.planned");
}

int use_plan_batch(void *self, enum rent_phase phase, char cursor[RENT_ID_SIZE],
                   uint32_t limit, struct rent_batch **ret_batch, struct rent_run *run,
                   struct rent_error *err)
{
	struct core *core = self;
	char token[RENT_ID_SIZE];
	struct page p = { .core = core, .run = run, .cursor = cursor, .token = token };
	int code;

	*ret_batch = NULL;
	if (limit > RENT_ADVANCE_MAX)
		limit = RENT_ADVANCE_MAX;
	p.batch = calloc(1, sizeof(*p.batch) + limit * sizeof(struct item *));
	if (p.batch == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for a page of %u rentals",
		                 limit);
	p.batch->room = limit;
	p.batch->params = core_params(core);
	p.began = core->host->mono_us(core->host);
	p.goal = phase == RENT_PHASE_RECOVERY ? GOAL_RECOVER : GOAL_TICK;
	core->host->uuid7(core->host, token);
	code = scratch_new(&p);
	if (code == 0)
		code = read_page(&p, phase, limit, err);
	if (p.batch->n > 0)
		place_read(p.goal);
	scratch_free(&p);
	if (p.goal == GOAL_RECOVER)
		rent_copy(cursor, RENT_ID_SIZE, token);
	if (code < 0 || p.batch->n == 0)
		batch_free(p.batch);
	else
		*ret_batch = p.batch;
	if (code < 0)
		return code;
	return p.rows < limit ? 1 : 0;
}

int use_run_batch(void *self, struct rent_batch *batch, struct rent_run *run,
                  struct rent_error *err)
{
	struct core *core = self;
	size_t i;
	int code = RENT_OK;

	engine_run(core, batch->items, batch->n, run);
	for (i = 0; i < batch->n && code == 0; i++)
		code = batch->items[i]->error;
	if (code != 0)
		rent_fail(err, code,
		          "rental '%s' of a batch of %zu could not be recorded (code %d)",
		          batch->items[i - 1]->r.id, batch->n, code);
	batch_free(batch);
	return code;
}

static int read_totals(struct core *core, struct rent_error *err)
{
	struct rent_totals totals = { .struct_size = sizeof(totals) };
	int code = core->store->totals(core->store_self, &totals, err);

	if (code != 0)
		return code;
	counters_totals(&core->counters, &totals);
	atomic_store(&core->totals_at, core->host->mono_us(core->host));
	return RENT_OK;
}

/* Every host says them, and says the truth. A database that cannot be read is told by who needs
 * it; what was read last stands. */
void totals_refresh(void *arg)
{
	struct core *core = arg;
	struct rent_error err;
	int64_t at = atomic_load(&core->totals_at);

	if (at == 0 || core->host->mono_us(core->host) - at >= core->totals_interval)
		(void)read_totals(core, &err);
}

int use_housekeep(void *self, struct rent_error *err)
{
	struct core *core = self;
	int64_t purged = PURGE_PAGE;
	int i, code = RENT_OK;

	RENT_FAILPOINT("purge.purging");
	for (i = 0; i < PURGE_PAGES && purged >= PURGE_PAGE && code == 0; i++)
		code = core->store->purge(core->store_self, core->quote_retention,
		                          core->key_retention, PURGE_PAGE, &purged, err);
	RENT_FAILPOINT("purge.purged");
	return code == 0 ? read_totals(core, err) : code;
}
