/* SPDX-License-Identifier: MIT
 *
 * task_watch.c - how many tasks there are and how many of them wait, for metrics and readiness;
 * and a line in the log about each that waits for longer than runtime.stuck_after. A task that
 * waits by design, as a timer does between two runs and who sleeps, is not at work and so not stuck.
 */
#include "app.h"

#include "base/clock.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "runtime/task.h"
#include "runtime/timer.h"

#define WATCH_EVERY RENT_SECOND

struct tally {
	struct http_task_counts counts;
	int64_t now, limit;
	bool says; /* writes lines about those that got stuck since the last look */
};

static void say_stuck(const struct task_report *t, int64_t now)
{
	char age[24], waits[24], loop[12];

	(void)snprintf(age, sizeof(age), "%" PRId64, (now - t->busy_us) / RENT_SECOND);
	(void)snprintf(waits, sizeof(waits), "%" PRId64,
	               (now - t->parked_us) / RENT_SECOND);
	(void)snprintf(loop, sizeof(loop), "%u", t->loop);
	log_write(RENT_LOG_WARN, "host",
	          (const struct rent_field[]){ { "task", t->name },
	                                       { "age_s", age },
	                                       { "waits_s", waits },
	                                       { "loop", loop },
	                                       { NULL, NULL } },
	          "a task has been waiting for longer than runtime.stuck_after");
}

static void count_task(void *arg, const struct task_report *t)
{
	struct tally *tally = arg;
	int64_t waits = t->parked_us == 0 ? 0 : tally->now - t->parked_us;

	tally->counts.alive++;
	tally->counts.waiting += t->parked_us != 0;
	if (t->busy_us == 0 || waits < tally->limit)
		return;
	tally->counts.stuck++;
	if (tally->says && waits < tally->limit + WATCH_EVERY)
		say_stuck(t, tally->now);
}

static struct http_task_counts tally_tasks(const struct app *app, bool says)
{
	struct tally tally = {
		.now = clock_mono_us(),
		.limit = option_int(&app->config->host, "runtime.stuck_after"),
		.says = says,
	};

	tasks_each(app->tasks, count_task, &tally);
	tally.counts.most = (unsigned)option_int(&app->config->host, "runtime.tasks");
	return tally.counts;
}

struct http_task_counts app_task_counts(void *arg)
{
	return tally_tasks(arg, false);
}

static void watch_tasks(void *arg)
{
	const struct app *app = arg;
	struct http_task_counts counts = tally_tasks(app, true);
	const struct {
		const char *state;
		unsigned n;
	} rows[] = { { "waiting", counts.waiting },
		     { "running", counts.alive - counts.waiting },
		     { "stuck", counts.stuck } };

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		metrics_set(app->tasks_gauge, (int64_t)rows[i].n,
		            (const char *const[]){ rows[i].state });
}

int app_task_watch(struct app *app, struct rent_error *err)
{
	static const struct rent_metric_def def = {
		.struct_size = (uint32_t)sizeof(def),
		.type = RENT_GAUGE,
		.name = "rentald_tasks",
		.help = "Tasks under way; stuck ones are among those that wait.",
		.labels = { "state" },
	};
	const struct timer_spec spec = { .name = "task-watch",
		                         .interval_us = WATCH_EVERY,
		                         .fn = watch_tasks,
		                         .arg = app };

	app->tasks_gauge = metrics_register(app->metrics, &def);
	return timers_add(app->timers, &spec, err);
}
