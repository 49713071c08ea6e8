/* SPDX-License-Identifier: MIT
 *
 * fixture.c - see fixture.h.
 */
#include "fixture.h"

#include <stdlib.h>

const char *const metrics_errors[] = {
	"storage_unavailable", "plan",  "run",       "cursor", "housekeeping",
	"broken_rental",       "audit", "reconcile", NULL,
};

static void die(const char *what, enum rent_phase phase, size_t page)
{
	(void)fprintf(stderr, "scripted rental: %s, phase %d, page %zu\n", what, phase,
	              page);
	abort();
}

/* ---- the scripted "rental" */
/* Cursors grow as text: "000", "001", … */
static void core_cursor(char cursor[RENT_ID_SIZE], size_t page)
{
	(void)snprintf(cursor, RENT_ID_SIZE, "%03zu", page);
}

static int core_plan(void *self, enum rent_phase phase, struct rent_page *to_read,
                     struct rent_batch **ret_batch, struct rent_run *run,
                     struct rent_error *err)
{
	struct core *core = self;
	struct script *script = &core->scripts[phase];
	struct page *page;
	size_t i;
	int r = 0;

	(void)pthread_mutex_lock(&core->lock);
	if (core->planning++ > 0)
		die("two threads plan", phase, core->planned[phase]);
	i = core->planned[phase]++;
	if (script->forever)
		i %= script->count;
	if (!script->announced || i >= script->count)
		die("page not announced", phase, i);
	page = &script->pages[i];
	if (core->order_count < sizeof(core->order) / sizeof(core->order[0]))
		core->order[core->order_count++] = phase;
	core->limit = to_read->limit;
	if (!page->stuck)
		core_cursor(to_read->cursor, i);
	run->looked_at += page->looked_at;
	run->broken += page->broken;
	to_read->more = i + 1 < script->count || script->endless || script->forever;
	if (page->plan_code < 0) {
		r = rent_fail(err, page->plan_code, "page %zu cannot be read", i);
	} else if (!page->empty) {
		core->batches[phase][i] = (struct rent_batch){ phase, i };
		core->open[phase][i] = true;
		*ret_batch = &core->batches[phase][i];
	}
	core->planning--;
	(void)pthread_mutex_unlock(&core->lock);
	return r;
}

static int core_run(void *self, struct rent_batch *batch, struct rent_run *run,
                    struct rent_error *err)
{
	struct core *core = self;
	struct page *page = &core->scripts[batch->phase].pages[batch->page];
	int r = 0;

	if (core->on_run != NULL)
		core->on_run(core->on_run_arg, batch->phase, batch->page);
	(void)pthread_mutex_lock(&core->lock);
	if (!core->open[batch->phase][batch->page])
		die("batch run twice", batch->phase, batch->page);
	core->open[batch->phase][batch->page] = false;
	core->ran[batch->phase]++;
	run->charged += page->charged;
	run->failed += page->failed;
	run->unknown += page->unknown;
	if (page->run_code < 0)
		r = rent_fail(err, page->run_code, "page %zu does not run", batch->page);
	(void)pthread_mutex_unlock(&core->lock);
	return r;
}

static int core_housekeep(void *self, struct rent_error *err)
{
	struct core *core = self;

	core->housekeeps++;
	if (core->housekeep_code < 0)
		return rent_fail(err, core->housekeep_code, "cannot tidy up");
	return 0;
}

static int core_audit(void *self, struct rent_check *check, struct rent_error *err)
{
	struct core *core = self;
	int r = 0;

	core->audits++;
	if (core->audit_code < 0)
		return rent_fail(err, core->audit_code, "cannot audit");
	if (check->pause_us <= 0 || check->page == 0)
		die("an audit in one go", (enum rent_phase)0, 0);
	for (size_t i = 0; i < core->finding_count && r == 0; i++) {
		check->breaches += core->findings[i].breach;
		r = check->finding(check->arg, &core->findings[i]);
	}
	check->rentals = 7;
	if (r == 0)
		r = check->progress(check->arg, check);
	core->audit_ended = r != 0;
	return r;
}

static int core_reconcile(void *self, struct rent_check *check, struct rent_error *err)
{
	struct core *core = self;
	int r = 0;

	core->reconciles++;
	core->reconciled_since = check->since;
	if (core->reconcile_code < 0)
		return rent_fail(err, core->reconcile_code, "cannot reconcile");
	for (size_t i = 0; i < core->finding_count && r == 0; i++) {
		check->breaches += core->findings[i].breach;
		r = check->finding(check->arg, &core->findings[i]);
	}
	check->entries = 9;
	return r == 0 ? check->progress(check->arg, check) : r;
}

/* Not billing's to call. */
static int core_manual(void *self, const struct rent_manual_reply *reply,
                       struct rent_error *err)
{
	(void)self;
	(void)reply;
	(void)err;
	abort();
}

static int core_resolve(void *self, struct rent_resolve *resolve, struct rent_error *err)
{
	(void)self;
	(void)resolve;
	(void)err;
	abort();
}

static const struct rent_rental_api core_api = {
	.struct_size = sizeof(core_api),
	.plan_batch = core_plan,
	.run_batch = core_run,
	.housekeep = core_housekeep,
	.audit = core_audit,
	.reconcile = core_reconcile,
	.manual = core_manual,
	.resolve = core_resolve,
};

/* ---- timers and metrics of the host */
#define TIMERS_MAX   8
#define FAMILIES_MAX 16

static struct timer {
	const char *name;
	int64_t interval_us;
	void (*fn)(void *arg);
	void *arg;
} timers[TIMERS_MAX];
static size_t timer_count;
static struct metrics metrics;

struct rent_metric {
	const char *name;
	const struct rent_metric_def *def;
};
static struct rent_metric families[FAMILIES_MAX];
static size_t family_count;

static int timer_add(const struct rent_host *host, const char *name, int64_t interval_us,
                     void (*fn)(void *arg), void *arg, struct rent_error *err)
{
	(void)host;
	(void)err;
	if (timer_count == TIMERS_MAX)
		abort();
	timers[timer_count++] = (struct timer){ name, interval_us, fn, arg };
	return 0;
}

static struct rent_metric *metric_make(const struct rent_host *host,
                                       const struct rent_metric_def *def)
{
	(void)host;
	if (family_count == FAMILIES_MAX)
		abort();
	families[family_count].name = def->name;
	families[family_count].def = def;
	return &families[family_count++];
}

static bool named(const struct rent_metric *metric, const char *name)
{
	return strcmp(metric->name, name) == 0;
}

static void metric_add(struct rent_metric *metric, int64_t n, const char *const *labels)
{
	if (named(metric, "rental_system_billing_cycles_total")) {
		metrics.cycles += n;
		return;
	}
	if (!named(metric, "rental_system_worker_errors_total"))
		die(metric->name, (enum rent_phase)0, 0);
	for (size_t i = 0; metrics_errors[i] != NULL; i++) {
		if (strcmp(metrics_errors[i], labels[0]) == 0) {
			metrics.errors[i] += n;
			return;
		}
	}
	die(labels[0], (enum rent_phase)0, 0);
}

static void metric_set(struct rent_metric *metric, int64_t v, const char *const *labels)
{
	if (named(metric, "rental_system_audit_breaches_current")) {
		long n = strtol(labels[0] + 1, NULL, 10); /* "I12"; of "row" 0 */
		size_t i = (size_t)(n == 0 ? 9 : n > 10 ? n - 4 : n - 1);

		metrics.breaches[i] = v;
	} else if (named(metric, "rental_system_audit_last_run_timestamp_seconds")) {
		metrics.audited_at = v;
	} else if (named(metric, "rental_system_audit_rentals_current")) {
		metrics.audited = v;
	} else if (named(metric, "rental_system_reconcile_breaches_current")) {
		metrics.differences = v;
	} else if (named(metric, "rental_system_reconcile_entries_current")) {
		metrics.entries = v;
	} else if (named(metric, "rental_system_reconcile_last_run_timestamp_seconds")) {
		metrics.reconciled_at = v;
	} else if (!named(metric, "rental_system_audit_duration_seconds") &&
	           !named(metric, "rental_system_reconcile_duration_seconds")) {
		if (!named(metric, "rental_system_active_rentals_processed_last_cycle"))
			die(metric->name, (enum rent_phase)0, 0);
		metrics.processed = v;
	}
}

static void metric_observe(struct rent_metric *metric, int64_t v,
                           const char *const *labels)
{
	(void)labels;
	if (!named(metric, "rental_system_billing_cycle_duration_seconds"))
		die(metric->name, (enum rent_phase)0, 0);
	metrics.durations++;
	metrics.last_duration = v;
}

const struct rent_metric_def *fixture_metric_def(const char *name)
{
	for (size_t i = 0; i < family_count; i++) {
		if (named(&families[i], name))
			return families[i].def;
	}
	fail_msg("no metric \"%s\"", name);
	return NULL;
}

const struct metrics *fixture_metrics(void)
{
	return &metrics;
}

int64_t fixture_errors(const char *error_type)
{
	for (size_t i = 0; metrics_errors[i] != NULL; i++) {
		if (strcmp(metrics_errors[i], error_type) == 0)
			return metrics.errors[i];
	}
	fail_msg("no error type \"%s\"", error_type);
	return 0;
}

/* ---- life */
struct fixture *fixture_new(const struct fake_option *options)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		abort();
	timer_count = family_count = 0;
	memset(&metrics, 0, sizeof(metrics));
	(void)pthread_mutex_init(&f->core.lock, NULL);
	f->plugin = fake_host_load(BILLING_SO);
	f->host = fake_host_new(f->plugin, options);
	fake_host_bind(f->host, "rental", &core_api, &f->core);
	f->table = *fake_host_table(f->host);
	f->table.timer = timer_add;
	f->table.metric = metric_make;
	f->table.metric_add = metric_add;
	f->table.metric_set = metric_set;
	f->table.metric_observe = metric_observe;
	fake_host_advance(f->host, 0);
	assert_int_equal(f->plugin->create(&f->table, &f->self, &f->err), 0);
	assert_int_equal(f->plugin->start(f->self, &f->err), 0);
	return f;
}

void fixture_free(struct fixture *f)
{
	f->plugin->drain(f->self);
	f->plugin->stop(f->self);
	f->plugin->destroy(f->self);
	for (int phase = 0; phase < PHASES; phase++) {
		for (size_t i = 0; i < PAGES_MAX; i++)
			assert_false(f->core.open[phase][i]);
	}
	fake_host_free(f->host);
	(void)pthread_mutex_destroy(&f->core.lock);
	free(f);
}

void fixture_pages(struct fixture *f, enum rent_phase phase, size_t count)
{
	struct script *script = &f->core.scripts[phase];

	assert_true(count <= PAGES_MAX);
	*script = (struct script){ .announced = true, .count = count };
	for (size_t i = 0; i < count; i++)
		script->pages[i].looked_at = 1;
}

struct page *fixture_page(struct fixture *f, enum rent_phase phase, size_t i)
{
	return &f->core.scripts[phase].pages[i];
}

void fixture_again(struct fixture *f)
{
	memset(f->core.planned, 0, sizeof(f->core.planned));
	memset(f->core.ran, 0, sizeof(f->core.ran));
	f->core.order_count = 0;
}

void fixture_timer(struct fixture *f, const char *name)
{
	(void)f;
	for (size_t i = 0; i < timer_count; i++) {
		if (strcmp(timers[i].name, name) == 0) {
			timers[i].fn(timers[i].arg);
			return;
		}
	}
	fail_msg("no timer \"%s\"", name);
}

bool fixture_has_timer(const struct fixture *f, const char *name, int64_t interval_us)
{
	(void)f;
	for (size_t i = 0; i < timer_count; i++) {
		if (strcmp(timers[i].name, name) == 0)
			return timers[i].interval_us == interval_us;
	}
	return false;
}

struct rent_health fixture_health(struct fixture *f)
{
	struct rent_health health = { .struct_size = sizeof(health) };

	f->plugin->health(f->self, &health);
	return health;
}

struct rent_scheduler_state fixture_state(struct fixture *f)
{
	struct rent_scheduler_state state = { .struct_size = sizeof(state) };
	const struct rent_scheduler *api = f->plugin->api;

	api->state(f->self, &state);
	return state;
}
