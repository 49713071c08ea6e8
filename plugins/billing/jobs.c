/* SPDX-License-Identifier: MIT
 *
 * jobs.c - the jobs of billing but for audit.c and reconcile.c: their state and their log lines;
 * see jobs.h. A job
 * logs at most once a run. An outage of the storage is logged when it begins and when it ends.
 */
#include "jobs.h"

#include "failing.h"
#include "sweep.h"

bool jobs_begin(struct billing *b)
{
	bool go;

	lock_acquire(&b->lock);
	go = !atomic_load(&b->draining);
	if (go)
		b->running++;
	lock_release(&b->lock);
	return go;
}

void jobs_end(struct billing *b)
{
	lock_acquire(&b->lock);
	if (--b->running == 0)
		wait_wake_all(&b->idle);
	lock_release(&b->lock);
}

void jobs_drain(struct billing *b)
{
	lock_acquire(&b->lock);
	atomic_store(&b->draining, true);
	while (b->running > 0)
		wait_forever(&b->idle, &b->lock);
	lock_release(&b->lock);
}

/* Notes whether the storage could be reached, and logs when that changed. */
static void job_reached(struct billing *b, bool reached, const char *why)
{
	bool before;

	lock_acquire(&b->lock);
	before = b->outage;
	b->outage = !reached;
	lock_release(&b->lock);
	if (!reached && !before)
		b->host->log(
			b->host, RENT_LOG_WARN, NULL,
			"billing waits for its storage, tries again with every tick: "
			"%s",
			why);
	else if (reached && before)
		b->host->log(b->host, RENT_LOG_INFO, NULL, "billing goes on");
}

static void job_report(struct billing *b, const char *job,
                       const struct sweep_result *result)
{
	if (result->unavailable) {
		job_reached(b, false, result->first.text);
		return;
	}
	/* A run that was cut may not have asked the storage at all. */
	if (!result->cut)
		job_reached(b, true, NULL);
	if (result->failed > 0)
		b->host->log(b->host, RENT_LOG_ERROR, NULL,
		             "%s: %" PRId64 " pages failed, the first: %s", job,
		             result->failed, result->first.text);
}

/* Every cycle meets the same broken rentals: count them each time, log them only when their
 * number changes. */
static void cycle_broken(struct billing *b, int64_t broken)
{
	bool news;

	if (broken > 0)
		meters_error(&b->meters, METERS_BROKEN_RENTAL, broken);
	lock_acquire(&b->lock);
	news = b->broken != broken;
	b->broken = broken;
	lock_release(&b->lock);
	if (news && broken > 0)
		b->host->log(b->host, RENT_LOG_ERROR, NULL,
		             "%" PRId64
		             " rentals contradict themselves and are set aside; "
		             "rentald audit names them",
		             broken);
}

/* began_wall 0: run on demand; the timer's own last beginning stays. A cycle that was cut short
 * is not counted, so that health shows that cycles are missing. */
static void cycle_note(struct billing *b, const struct sweep_result *result,
                       int64_t began_wall, int64_t began_mono)
{
	int64_t now = b->host->mono_us(b->host);
	struct rent_scheduler_state *state = &b->state;
	bool whole = !result->unavailable && !result->cut;

	lock_acquire(&b->lock);
	if (whole)
		state->cycles++;
	if (whole && result->failed == 0)
		b->good_at = now;
	if (began_wall != 0)
		state->last_began_at = began_wall;
	state->last_took_us = now - began_mono;
	state->last_looked_at = result->run.looked_at;
	state->last_charged = result->run.charged;
	state->last_failed = result->run.failed;
	state->last_unknown = result->run.unknown;
	lock_release(&b->lock);
}

static void cycle_run(struct billing *b, bool timed)
{
	struct sweep_result result;
	int64_t wall, mono, active;

	wall = b->host->wall_us(b->host);
	mono = b->host->mono_us(b->host);
	sweep_result_init(&result);
	if (b->work & BILLING_ACCRUAL)
		sweep(b, RENT_PHASE_ACCRUAL, b->runners, &result);
	active = result.run.looked_at;
	if ((b->work & BILLING_DEBTS) && !result.unavailable && !result.cut)
		sweep(b, RENT_PHASE_DEBTS, b->runners, &result);
	cycle_note(b, &result, timed ? wall : 0, mono);
	if (!result.unavailable && !result.cut) {
		meters_cycle(&b->meters, b->host->mono_us(b->host) - mono, active);
		cycle_broken(b, result.run.broken);
	}
	job_report(b, "billing cycle", &result);
	b->host->log(b->host, RENT_LOG_DEBUG, NULL,
	             "billing cycle: looked at %" PRId64 ", charged %" PRId64
	             ", failed %" PRId64 ", unknown %" PRId64,
	             result.run.looked_at, result.run.charged, result.run.failed,
	             result.run.unknown);
}

static void cycle_one(struct billing *b, bool timed)
{
	if (!jobs_begin(b))
		return;
	lock_acquire(&b->lock);
	while (b->cycling)
		wait_forever(&b->turn, &b->lock);
	b->cycling = true;
	lock_release(&b->lock);
	cycle_run(b, timed);
	lock_acquire(&b->lock);
	b->cycling = false;
	(void)wait_wake_one(&b->turn);
	lock_release(&b->lock);
	jobs_end(b);
}

void jobs_cycle(void *arg)
{
	cycle_one(arg, true);
}

void jobs_cycle_now(struct billing *b)
{
	cycle_one(b, false);
}

void jobs_recovery(void *arg)
{
	struct billing *b = arg;
	struct sweep_result result;

	if (!jobs_begin(b))
		return;
	sweep_result_init(&result);
	sweep(b, RENT_PHASE_RECOVERY, 1, &result);
	job_report(b, "recovery", &result);
	jobs_end(b);
}

void jobs_housekeeping(void *arg)
{
	struct billing *b = arg;
	struct rent_error err = { 0 };
	int r;

	if (!jobs_begin(b))
		return;
	r = b->rental.housekeep(b->core, &err);
	failing_note(b, BILLING_HOUSEKEEPING, r < 0 ? &err : NULL);
	if (r < 0)
		meters_error(&b->meters,
		             r == RENT_EUNAVAIL ? METERS_STORAGE : METERS_HOUSEKEEPING,
		             1);
	if (r == RENT_EUNAVAIL)
		job_reached(b, false, err.text);
	else if (r < 0)
		b->host->log(b->host, RENT_LOG_ERROR, NULL, "housekeeping: %s", err.text);
	jobs_end(b);
}
