/* SPDX-License-Identifier: MIT
 *
 * sweep.c - the loop over the pages of a phase; see sweep.h. Pages are planned one after the
 * other, since each begins where the last one ended; batches run side by side, each in a task.
 *
 * It must end, whatever the core answers: accrual and debts go by a cursor that has to grow,
 * recovery takes what nobody else holds and has a ceiling.
 */
#include "sweep.h"

#include "failing.h"
#include "runners.h"

#define RECOVERY_PAGES 1000 /* of one run; the next one goes on */

static const enum billing_work works[] = {
	[RENT_PHASE_ACCRUAL] = BILLING_ACCRUAL,
	[RENT_PHASE_DEBTS] = BILLING_DEBTS,
	[RENT_PHASE_RECOVERY] = BILLING_RECOVERY,
};

struct sweep {
	struct billing *billing;
	enum rent_phase phase;
	struct rent_page page; /* of whoever plans */
	struct lock lock;      /* all below */
	bool planning;         /* one task plans a page */
	struct wait planned;
	int64_t pages;
	bool ended; /* no further page is taken */
	bool failed;
	struct rent_error why; /* of the first failure */
	struct sweep_result *result;
};

void sweep_result_init(struct sweep_result *result)
{
	*result = (struct sweep_result){ .run.struct_size = sizeof(result->run) };
}

static void run_add(struct rent_run *sum, const struct rent_run *run)
{
	sum->looked_at += run->looked_at;
	sum->charged += run->charged;
	sum->failed += run->failed;
	sum->unknown += run->unknown;
	sum->amount_charged += run->amount_charged;
	sum->conflicts += run->conflicts;
	sum->broken += run->broken;
	sum->buyouts += run->buyouts;
	sum->settled += run->settled;
}

/* With the lock. */
static void sweep_failed(struct sweep *s, enum meters_error kind, int code,
                         const struct rent_error *err)
{
	struct sweep_result *result = s->result;

	if (code == RENT_EUNAVAIL) {
		kind = METERS_STORAGE;
		result->unavailable = true;
		s->ended = true;
	}
	if (result->failed++ == 0)
		result->first = *err;
	if (!s->failed)
		s->why = *err;
	s->failed = true;
	meters_error(&s->billing->meters, kind, 1);
}

/* With the lock: whether there may be a page after this one, which was read without an error. */
static void sweep_check(struct sweep *s, bool moved)
{
	struct rent_error err;

	if (!s->page.more) {
		s->ended = true;
	} else if (s->phase == RENT_PHASE_RECOVERY) {
		s->ended = s->pages >= RECOVERY_PAGES;
	} else if (!moved) {
		s->ended = true;
		(void)rent_fail(
			&err, RENT_EFAIL,
			"phase %d does not get past \"%s\"; the rest of it is left",
			(int)s->phase, s->page.cursor);
		sweep_failed(s, METERS_CURSOR, RENT_EFAIL, &err);
	}
}

/* The turn to plan a page. False: there is none to take any more. */
static bool sweep_begin_planning(struct sweep *s)
{
	bool mine;

	lock_acquire(&s->lock);
	while (s->planning)
		wait_forever(&s->planned, &s->lock);
	if (!s->ended && atomic_load(&s->billing->draining)) {
		s->ended = true;
		s->result->cut = true;
	}
	mine = s->planning = !s->ended;
	if (!mine)
		wait_wake_all(&s->planned);
	lock_release(&s->lock);
	return mine;
}

/* Plans the next page. NULL: it has no work, or could not be planned. */
static struct rent_batch *sweep_plan(struct sweep *s, struct rent_run *run)
{
	struct billing *b = s->billing;
	struct rent_batch *batch = NULL;
	struct rent_error err = { 0 };
	char before[RENT_ID_SIZE];
	bool moved;
	int r;

	memcpy(before, s->page.cursor, sizeof(before));
	s->page.limit = atomic_load(&b->page);
	s->page.more = false;
	r = b->rental.plan_batch(b->core, s->phase, &s->page, &batch, run, &err);
	s->page.cursor[RENT_ID_MAX] = '\0';
	moved = strcmp(s->page.cursor, before) > 0;
	lock_acquire(&s->lock);
	s->pages++;
	if (r < 0) {
		batch = NULL;
		/* A failed claim leaves no cursor to continue from; the next run claims again. */
		s->ended = !moved || s->phase == RENT_PHASE_RECOVERY;
		sweep_failed(s, METERS_PLAN, r, &err);
	} else {
		sweep_check(s, moved);
	}
	s->planning = false;
	(void)wait_wake_one(&s->planned);
	lock_release(&s->lock);
	return batch;
}

/* One page, planned and run. False when there was none to take. */
static bool sweep_page(struct sweep *s)
{
	struct rent_run run = { .struct_size = sizeof(run) };
	struct billing *b = s->billing;
	struct rent_batch *batch;
	struct rent_error err = { 0 };
	int r = 0;

	if (!sweep_begin_planning(s))
		return false;
	batch = sweep_plan(s, &run);
	if (batch != NULL)
		r = b->rental.run_batch(b->core, batch, &run, &err);
	lock_acquire(&s->lock);
	run_add(&s->result->run, &run);
	if (r < 0)
		sweep_failed(s, METERS_RUN, r, &err);
	lock_release(&s->lock);
	return true;
}

static void sweep_runner(void *arg)
{
	while (sweep_page(arg))
		;
}

void sweep(struct billing *billing, enum rent_phase phase, unsigned runners,
           struct sweep_result *result)
{
	struct sweep s = { .billing = billing,
		           .phase = phase,
		           .page.struct_size = sizeof(s.page),
		           .result = result };

	lock_init(&s.lock);
	wait_init(&s.planned, billing->host->task);
	runners_do(billing->host, runners, sweep_runner, &s);
	/* One that was cut has shown nothing. */
	if (s.failed || !result->cut)
		failing_note(billing, works[phase], s.failed ? &s.why : NULL);
	lock_done(&s.lock);
}
