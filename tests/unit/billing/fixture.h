/* SPDX-License-Identifier: MIT
 *
 * fixture.h - an instance of billing over a scripted "rental": a test lays out the pages of
 * each phase and how each ends. Pages of a phase that was not announced abort, and so does a
 * batch that is not run exactly once. Timers and metrics are kept, so that a test runs one
 * job at a time and reads what was counted.
 */
#ifndef TEST_BILLING_FIXTURE_H
#define TEST_BILLING_FIXTURE_H

/* What cmocka.h needs and does not include itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fake_host.h>
#include <pthread.h>
#include <rent/rental.h>
#include <rent/scheduler.h>
#include <stdatomic.h>

#define PAGES_MAX 64
#define PHASES    (RENT_PHASE_RECOVERY + 1)

/* One call of plan_batch and, when it gives a batch, the run of that. */
struct page {
	bool stuck;    /* leaves the cursor where it was */
	bool empty;    /* gives no batch */
	int plan_code; /* what plan_batch returns, besides 1 for the last page */
	int run_code;
	int64_t looked_at, charged, failed, unknown, broken;
};

struct rent_batch {
	enum rent_phase phase;
	size_t page;
};

struct script {
	bool announced;
	bool endless; /* the last page never says that it is the last */
	bool forever; /* … and the first one follows it again */
	size_t count;
	struct page pages[PAGES_MAX];
};

struct core {
	pthread_mutex_t lock;
	struct script scripts[PHASES];
	/* what happened */
	size_t planned[PHASES], ran[PHASES];
	struct rent_batch batches[PHASES][PAGES_MAX];
	bool open[PHASES][PAGES_MAX];         /* planned, not run yet */
	enum rent_phase order[PAGES_MAX * 2]; /* of the planning */
	size_t order_count;
	uint32_t limit; /* of the last page */
	int planning;   /* threads within plan_batch */
	int housekeeps, housekeep_code;
	/* the audit: how often, what it returns, what it finds */
	int audits, audit_code;
	const struct rent_finding *findings;
	size_t finding_count;
	bool audit_ended; /* by the one who asked for it */
	/* the comparison of the books, which finds the same */
	int reconciles, reconcile_code;
	int64_t reconciled_since;
	/* called by run_batch, outside the lock; may be NULL */
	void (*on_run)(void *arg, enum rent_phase phase, size_t page);
	void *on_run_arg;
};

struct metrics {
	atomic_llong cycles, durations, last_duration, processed;
	atomic_llong breaches[10], audited, audited_at;
	atomic_llong differences, entries, reconciled_at;
	atomic_llong errors[8]; /* in the order of metrics_errors */
};
extern const char *const metrics_errors[]; /* up to NULL */

struct fixture {
	struct fake_host *host;
	struct rent_host table; /* the fake's, with timers and metrics of ours */
	const struct rent_plugin *plugin;
	void *self;
	struct core core;
	struct rent_error err;
};

/* options as for fake_host_new(); create() and start() have succeeded. */
struct fixture *fixture_new(const struct fake_option *options);
/* drain, stop, destroy. Fails the test when a batch was left. */
void fixture_free(struct fixture *f);

/* count pages, each looking at one rental, the last one ending the phase. */
void fixture_pages(struct fixture *f, enum rent_phase phase, size_t count);
struct page *fixture_page(struct fixture *f, enum rent_phase phase, size_t i);
/* The scripts start again; the record of calls is cleared. */
void fixture_again(struct fixture *f);

/* Runs a timer by its name; fails the test when there is none. */
void fixture_timer(struct fixture *f, const char *name);
bool fixture_has_timer(const struct fixture *f, const char *name, int64_t interval_us);
#define CYCLE    "billing-cycle"
#define RECOVERY "billing-recover"
#define TIDY     "billing-tidy"
#define AUDIT    "billing-audit"
#define BOOKS    "billing-reconcile"

struct rent_health fixture_health(struct fixture *f);
struct rent_scheduler_state fixture_state(struct fixture *f);

const struct metrics *fixture_metrics(void);
const struct rent_metric_def *fixture_metric_def(const char *name);
int64_t fixture_errors(const char *error_type);

#endif
