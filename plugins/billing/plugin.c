/* SPDX-License-Identifier: MIT
 *
 * plugin.c - the plugin billing: descriptor, options, life cycle, health. jobs.c has the
 * work of the timers.
 */
#include "billing.h"

#include <stdlib.h>

#include "failing.h"
#include "jobs.h"

#define TICKS_LATE 3 /* ticks without a good cycle until the health says so */

static const struct rent_option options[] = {
	RENT_DURATION_OPTION(
		"tick", "30s", .min = "10ms", .max = "1d",
		.help = "how often active rentals are charged and debts are tried"),
	RENT_INT_OPTION("page", "1000", .flags = RENT_OPT_RELOADABLE, .min = "1",
	                .max = "1000", .unit = "rentals",
	                .help = "how many are read, decided and recorded together"),
	RENT_INT_OPTION("runners", "2", .min = "1", .max = "64", .unit = "tasks",
	                .help = "pages of one cycle that are worked on at once"),
	RENT_LIST_OPTION("phases", "accrual,debts,recovery,housekeeping", .max = "4",
	                 .help = "what this instance does; others may do the rest"),
	RENT_DURATION_OPTION(
		"recovery_interval", "1s", .min = "10ms", .max = "1h",
		.help = "how often starts left behind, unknown outcomes and settlements are looked for"),
	RENT_DURATION_OPTION("housekeeping_interval", "60s", .min = "10ms", .max = "1d",
	                     .help = "how often expired quotes and old keys are deleted"),
	RENT_DURATION_OPTION(
		"audit_interval", "1h", .min = "0s", .max = "30d",
		.help = "how often every money invariant is checked in the background; 0: never"),
	RENT_DURATION_OPTION(
		"reconcile_interval", "0s", .min = "0s", .max = "30d",
		.help = "how often the payment providers' books are compared with ours in the background; "
			"0: never. One instance is enough"),
	RENT_OPTIONS_END,
};

static const struct rent_name phase_names[] = {
	{ BILLING_ACCRUAL, "accrual" },
	{ BILLING_DEBTS, "debts" },
	{ BILLING_RECOVERY, "recovery" },
	{ BILLING_HOUSEKEEPING, "housekeeping" },
	RENT_NAMES_END,
};

static int read_phases(struct billing *b, struct rent_error *err)
{
	const char *word;

	for (size_t i = 0; (word = b->host->opt_list(b->host, "phases", i)) != NULL;
	     i++) {
		unsigned phase = (unsigned)rent_value_of(phase_names, word);

		if (phase == 0)
			return rent_fail(err, RENT_EINVAL,
			                 "phases: \"%s\" is not one of accrual, debts, "
			                 "recovery, housekeeping",
			                 word);
		b->work |= phase;
	}
	if (b->work == 0)
		return rent_fail(
			err, RENT_EINVAL,
			"phases: the list is empty; name what billing is to do, or "
			"leave the instance out");
	return 0;
}

static int read_options(struct billing *b, struct rent_error *err)
{
	const struct rent_host *host = b->host;

	b->tick = host->opt_int(host, "tick");
	b->recovery_interval = host->opt_int(host, "recovery_interval");
	b->housekeeping_interval = host->opt_int(host, "housekeeping_interval");
	b->runners = (unsigned)host->opt_int(host, "runners");
	atomic_store(&b->page, (unsigned)host->opt_int(host, "page"));
	return read_phases(b, err);
}

static int bind_rental(struct billing *b, struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	if (!b->host->lookup(b->host, "rental", &bound))
		return rent_fail(err, RENT_EINVAL,
		                 "billing: need \"rental\" is not bound; add "
		                 "uses = { rental = \"INSTANCE\"; }");
	rent_adopt_table(&b->rental, sizeof(b->rental), &bound);
	if (b->rental.plan_batch == NULL || b->rental.run_batch == NULL ||
	    b->rental.housekeep == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"billing: instance \"%s\" has no batches; bind one built "
			"for this version",
			bound.instance);
	b->core = bound.self;
	return 0;
}

static int billing_create(const struct rent_host *host, void **ret_self,
                          struct rent_error *err)
{
	struct billing *b = calloc(1, sizeof(*b));
	int r;

	if (b == NULL)
		return rent_fail(err, RENT_ENOMEM, "billing: out of memory");
	b->host = host;
	r = read_options(b, err);
	if (r == 0)
		r = bind_rental(b, err);
	if (r < 0) {
		free(b);
		return r;
	}
	lock_init(&b->lock);
	wait_init(&b->idle, host->task);
	wait_init(&b->turn, host->task);
	b->state.struct_size = sizeof(b->state);
	b->state.interval_us = b->tick;
	b->good_at = host->mono_us(host);
	meters_init(&b->meters, host);
	if (audit_init(b))
		b->work |= BILLING_AUDIT;
	if (reconcile_init(b))
		b->work |= BILLING_RECONCILE;
	*ret_self = b;
	return 0;
}

static int add_timers(struct billing *b, struct rent_error *err)
{
	const struct {
		unsigned work;
		const char *name;
		int64_t interval;
		void (*fn)(void *arg);
	} timers[] = {
		{ BILLING_CYCLE, "billing-cycle", b->tick, jobs_cycle },
		{ BILLING_RECOVERY, "billing-recover", b->recovery_interval,
		  jobs_recovery },
		{ BILLING_HOUSEKEEPING, "billing-tidy", b->housekeeping_interval,
		  jobs_housekeeping },
		{ BILLING_AUDIT, "billing-audit", b->audit.interval, audit_job },
		{ BILLING_RECONCILE, "billing-reconcile", b->reconcile.interval,
		  reconcile_job },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(timers) / sizeof(timers[0]) && r == 0; i++) {
		if (b->work & timers[i].work)
			r = b->host->timer(b->host, timers[i].name, timers[i].interval,
			                   timers[i].fn, b, err);
	}
	return r;
}

static int billing_start(void *self, struct rent_error *err)
{
	struct billing *b = self;

	b->good_at = b->host->mono_us(b->host);
	b->started = true;
	return add_timers(b, err);
}

static void billing_drain(void *self)
{
	jobs_drain(self);
}

static void billing_stop(void *self)
{
	struct billing *b = self;

	b->started = false;
}

static void billing_destroy(void *self)
{
	struct billing *b = self;

	if (b == NULL)
		return;
	lock_done(&b->lock);
	free(b);
}

static void billing_reload(void *self)
{
	struct billing *b = self;

	atomic_store(&b->page, (unsigned)b->host->opt_int(b->host, "page"));
}

static void billing_health(void *self, struct rent_health *ret)
{
	struct billing *b = self;
	int64_t age, cycles;

	lock_acquire(&b->lock);
	age = b->host->mono_us(b->host) - b->good_at;
	cycles = b->state.cycles;
	lock_release(&b->lock);
	ret->state = RENT_HEALTHY;
	if (atomic_load(&b->draining)) {
		(void)rent_copy(ret->why, sizeof(ret->why), "draining");
	} else if (failing_first(b, ret->why)) {
		ret->state = RENT_DEGRADED;
	} else if ((b->work & BILLING_CYCLE) == 0) {
		(void)rent_copy(ret->why, sizeof(ret->why), "runs no cycles");
	} else if (age > TICKS_LATE * b->tick) {
		ret->state = RENT_DEGRADED;
		(void)snprintf(ret->why, sizeof(ret->why),
		               "no cycle without an error for %" PRId64
		               " s, more than %d ticks",
		               age / RENT_SECOND, TICKS_LATE);
	} else {
		(void)snprintf(ret->why, sizeof(ret->why), "%" PRId64 " cycles", cycles);
	}
}

static void billing_state(void *self, struct rent_scheduler_state *ret)
{
	struct billing *b = self;
	struct rent_scheduler_state state;

	lock_acquire(&b->lock);
	state = b->state;
	lock_release(&b->lock);
	/* As much as the caller has room for. */
	if (ret->struct_size < state.struct_size)
		state.struct_size = ret->struct_size;
	memcpy(ret, &state, state.struct_size);
}

static int billing_run_now(void *self, struct rent_error *err)
{
	struct billing *b = self;

	if (!b->started || (b->work & BILLING_CYCLE) == 0)
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "billing: this instance runs no cycles");
	jobs_cycle_now(b);
	return 0;
}

static const struct rent_scheduler scheduler = {
	.struct_size = sizeof(scheduler),
	.state = billing_state,
	.run_now = billing_run_now,
};

static const struct rent_need needs[] = {
	{ "rental", RENT_KIND_RENTAL, false, "whose phases are driven" },
	{ NULL, NULL, false, NULL },
};

RENT_PLUGIN(billing) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_SCHEDULER,
	.name = "billing",
	.version = RENT_VERSION,
	.summary = "drives accrual, debts, recovery, housekeeping and the audit in time",
	.options = options,
	.needs = needs,
	.api = &scheduler,
	.create = billing_create,
	.start = billing_start,
	.drain = billing_drain,
	.stop = billing_stop,
	.destroy = billing_destroy,
	.reload = billing_reload,
	.health = billing_health,
};
