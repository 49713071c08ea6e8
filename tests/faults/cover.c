/* SPDX-License-Identifier: MIT
 *
 * cover.c - the ordinary run of the crash matrix: after the chains of deaths (see play.h) the
 * places they went around, a sample of every other kind, the migrations; and a complaint
 * about every place at which nobody died.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"

/* Kinds that are more than the end of a host, each where it hurts. */
static const struct {
	const char *scenario, *kind, *point;
} samples[] = {
	{ "stop-charge", "before-commit", "stop.end.recording" },
	{ "stop-charge", "in-commit", "charge.outcome.recording" },
	{ "stop-charge", "after-commit", "capture.outcome.recording" },
	{ "start", "before-commit", "start.beginning" },
	{ "stop-capture", "pause", "capture.heard" },
	{ "tick", "pause", "accrual.intent.recorded" },
	{ "stop-refund", "provider", "refund.sending" },
	{ "stop-refund", "caller", "provider.refund.acted" },
	{ "start", "caller", "station.eject.acted" },
	{ "tick", "both", "provider.charge.acted" },
	{ "stop-refund", "both", "provider.refund.acted" },
	{ "start", "disk", "start.beginning" },
	{ "stop-capture", "disk", "capture.heard" },
	{ "tick", "disk", "accrual.heard" },
	{ "tick", "backend", "accrual.intent.recorded" },
	{ "stop-charge", "database", "capture.heard" },
	{ "start", "cut-request", "start.answer.recording" },
	{ "tick", "cut-waiting", "accrual.outcome.recording" },
	{ "stop-capture", "cut-reply", "stop.end.recording" },
	{ "stop-capture", "cut-and-die", "stop.end.recording" },
};

static const struct scenario *scenario_named(const char *name)
{
	size_t i = 0;

	while (strcmp(scenarios[i].name, name) != 0)
		i++;
	return &scenarios[i];
}

static const struct kind *kind_named(const char *name)
{
	size_t i = 0;

	while (strcmp(kinds[i].name, name) != 0)
		i++;
	return &kinds[i];
}

static void play_samples(struct totals *t)
{
	for (size_t i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		const struct scenario *sc = scenario_named(samples[i].scenario);
		struct crash crash = {
			kind_named(samples[i].kind), 0, 1, -1, false, false
		};

		if ((crash.kind->dbs & 1U << t->o.db) == 0)
			continue;
		matrix_bench(t, sc, crash.kind);
		crash.point = armed_find(&t->bench.armed, samples[i].point);
		(void)matrix_run(t, sc, &crash, NULL);
	}
}

/* The places that the chain of deaths went around, each by itself. */
static void catch_up(struct totals *t, const struct scenario *sc)
{
	uint32_t hits[FAILPOINT_MAX] = { 0 };

	matrix_bench(t, sc, NULL);
	matrix_merge(t);
	if (!matrix_trace(t, sc, hits))
		return;
	for (int i = 0; i < FAILPOINT_MAX; i++) {
		const struct crash crash = { &kinds[0], i, 1, -1, false, false };

		matrix_bench(t, sc, &kinds[0]);
		if (!t->fired[i] && hits[i] > 0 &&
		    matrix_belongs(sc, matrix_name(t, i)) &&
		    matrix_fits(t, sc, &kinds[0], matrix_name(t, i)))
			(void)matrix_run(t, sc, &crash, NULL);
		matrix_merge(t);
	}
}

/* Not counting those of the storages and of the other ways to come to an end. */
static bool all_fired(struct totals *t)
{
	matrix_bench(t, &scenarios[0], NULL);
	matrix_merge(t);
	for (uint32_t i = 0; i < atomic_load(&t->bench.armed.map->count); i++) {
		if (!t->fired[i] && place_of(matrix_name(t, (int)i)) != PLACE_STORE &&
		    place_of(matrix_name(t, (int)i)) != PLACE_OTHER)
			return false;
	}
	return true;
}

/* Dies at a place of a migration, the nth time it comes there, and migrates again. False:
 * there is no nth time. */
static bool migrate_dies(struct totals *t, const char *name, int nth)
{
	struct fault_spec spec = { .db = t->o.db, .bare = true };
	const char *migrate[] = { "--migrate", NULL }, *look[] = { "--audit", NULL };
	char value[64], variable[96], *out = NULL;
	const char *armed[] = { variable, NULL };
	struct deployment deployment;
	int died, again, audit;

	(void)snprintf(value, sizeof(value), "%s:%d", name, nth);
	fault_deployment_init(&deployment, &spec);
	(void)snprintf(variable, sizeof(variable), "RENT_FAILPOINT=%s", value);
	deployment.spec.env = armed;
	died = deployment_run(&deployment, migrate, NULL);
	deployment.spec.env = NULL;
	again = deployment_run(&deployment, migrate, &out);
	audit = deployment_run(&deployment, look, NULL);
	if (died == FAILPOINT_DIED)
		t->runs++;
	if ((died != FAILPOINT_DIED && died != 0) || again != 0 || audit != 0) {
		t->violations++;
		(void)printf(
			"migrate host %s: ended with %d, then %d, the audit with %d: "
			"%.300s\n",
			value, died, again, audit, out);
	}
	free(out);
	(void)fault_deployment_close(&deployment, false);
	return died == FAILPOINT_DIED;
}

static void migrations(struct totals *t)
{
	for (int i = 0; i < FAILPOINT_MAX; i++) {
		char name[FAILPOINT_NAME];
		int nth = 1;

		(void)snprintf(name, sizeof(name), "%s", matrix_name(t, i));
		if (strncmp(name, "migrate.", 8) != 0)
			continue;
		while (migrate_dies(t, name, nth))
			nth++;
		t->fired[i] |= nth > 1;
	}
}

/* A place that no run came to is one that nothing is known about. */
static void expect_all(struct totals *t, bool stores)
{
	const char *other = t->o.db == DB_SQLITE ? "postgres." : "sqlite.";

	matrix_bench(t, &scenarios[0], NULL);
	matrix_merge(t);
	for (uint32_t i = 0; i < atomic_load(&t->bench.armed.map->count); i++) {
		const char *name = matrix_name(t, (int)i);

		if (t->fired[i] || strncmp(name, other, strlen(other)) == 0 ||
		    stores != (place_of(name) == PLACE_STORE))
			continue;
		(void)printf("%s: nobody died there\n", name);
		t->violations++;
	}
}

void cover_rest(struct totals *t)
{
	for (size_t i = 0; i < scenario_count && !all_fired(t); i++)
		catch_up(t, &scenarios[i]);
	migrations(t);
	expect_all(t, false);
}

void cover_samples(struct totals *t)
{
	play_samples(t);
	expect_all(t, true);
}
