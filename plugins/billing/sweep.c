/* SPDX-License-Identifier: MIT
 *
 * sweep.c - the loop over the pages of a phase; see sweep.h. Pages are planned one after the
 * other, since each begins where the last one ended; batches run side by side.
 *
 * It must end, whatever the core answers: accrual and debts go by a cursor that has to grow,
 * recovery takes what nobody else holds and has a ceiling.
 */
#include "sweep.h"

#define RECOVERY_PAGES 1000 /* of one run; the next one goes on */

struct sweep {
	struct billing *billing;
	enum rent_phase phase;
	pthread_mutex_t lock; /* all below, and the planning itself */
	struct rent_page page;
	int64_t pages;
	bool ended; /* no further page is taken */
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
	meters_error(&s->billing->meters, kind, 1);
}

/* Whether there may be a page after this one, which was read without an error. */
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

/* Plans the next page. Called with the lock. */
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
	s->pages++;
	if (r < 0) {
		batch = NULL;
		/* A failed claim leaves no cursor to continue from; the next run claims again. */
		s->ended = !moved || s->phase == RENT_PHASE_RECOVERY;
		sweep_failed(s, METERS_PLAN, r, &err);
	} else {
		sweep_check(s, moved);
	}
	return batch;
}

/* One page, planned and run. False when there was none to take. */
static bool sweep_page(struct sweep *s)
{
	struct rent_run run = { .struct_size = sizeof(run) };
	struct billing *b = s->billing;
	struct rent_batch *batch = NULL;
	struct rent_error err = { 0 };
	bool took;
	int r = 0;

	(void)pthread_mutex_lock(&s->lock);
	if (!s->ended && atomic_load(&b->draining)) {
		s->ended = true;
		s->result->cut = true;
	}
	took = !s->ended;
	if (took)
		batch = sweep_plan(s, &run);
	(void)pthread_mutex_unlock(&s->lock);
	if (!took)
		return false;
	if (batch != NULL)
		r = b->rental.run_batch(b->core, batch, &run, &err);
	(void)pthread_mutex_lock(&s->lock);
	run_add(&s->result->run, &run);
	if (r < 0)
		sweep_failed(s, METERS_RUN, r, &err);
	(void)pthread_mutex_unlock(&s->lock);
	return true;
}

static void sweep_runner(void *arg)
{
	while (sweep_page(arg))
		;
}

void sweep(struct billing *billing, enum rent_phase phase, struct runners *runners,
           struct sweep_result *result)
{
	struct sweep s = { .billing = billing,
		           .phase = phase,
		           .page.struct_size = sizeof(s.page),
		           .result = result };

	(void)pthread_mutex_init(&s.lock, NULL);
	if (runners == NULL)
		sweep_runner(&s);
	else
		runners_do(runners, sweep_runner, &s);
	(void)pthread_mutex_destroy(&s.lock);
}
