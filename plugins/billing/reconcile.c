/* SPDX-License-Identifier: MIT
 *
 * reconcile.c - see reconcile.h. It changes nothing, so any number of workers may do it; one is
 * enough, since each run reads the providers' lists.
 */
#include "reconcile.h"

#include "billing.h"
#include "failing.h"
#include "jobs.h"

#define PAGE  200
#define PAUSE (RENT_SECOND / 10)
/* Each run looks back over this many intervals, and over a day at least, so the next one sees
 * entries that came late into a provider's list. */
#define LOOK_BACK 2
#define DAY       (24 * RENT_HOUR)

static const struct rent_metric_def breaches_def = {
	.struct_size = sizeof(breaches_def),
	.type = RENT_GAUGE,
	.name = "rental_system_reconcile_breaches_current",
	.flags = RENT_METRIC_SERVICE,
	.help = "Differences from the payment providers' books that the last comparison found.",
};

static const struct rent_metric_def entries_def = {
	.struct_size = sizeof(entries_def),
	.type = RENT_GAUGE,
	.name = "rental_system_reconcile_entries_current",
	.flags = RENT_METRIC_SERVICE,
	.help = "Entries of the payment providers' books that the last comparison read.",
};

static const struct rent_metric_def last_run_def = {
	.struct_size = sizeof(last_run_def),
	.type = RENT_GAUGE,
	.name = "rental_system_reconcile_last_run_timestamp_seconds",
	.flags = RENT_METRIC_SERVICE,
	.help = "When the last comparison with the payment providers' books came to its end.",
};

static const struct rent_metric_def duration_def = {
	.struct_size = sizeof(duration_def),
	.type = RENT_GAUGE,
	.name = "rental_system_reconcile_duration_seconds",
	.flags = RENT_METRIC_SERVICE,
	.help = "How long the last comparison took, pauses included.",
	.scale = RENT_SECOND,
};

struct reconcile_pass {
	struct billing *billing;
	char first[RENT_ID_SIZE], text[RENT_ERROR_TEXT]; /* of the breaches */
};

bool reconcile_init(struct billing *b)
{
	const struct rent_host *host = b->host;
	struct reconcile *r = &b->reconcile;

	r->interval = host->opt_int(host, "reconcile_interval");
	r->known = -1;
	if (r->interval == 0 || b->rental.reconcile == NULL)
		return false;
	r->breaches = host->metric(host, &breaches_def);
	r->entries = host->metric(host, &entries_def);
	r->last_run = host->metric(host, &last_run_def);
	r->duration = host->metric(host, &duration_def);
	return true;
}

static int on_finding(void *arg, const struct rent_finding *finding)
{
	struct reconcile_pass *pass = arg;

	if (!finding->breach || pass->text[0] != '\0')
		return 0;
	(void)rent_copy(pass->first, sizeof(pass->first), finding->rental_id);
	(void)rent_copy(pass->text, sizeof(pass->text), finding->text);
	return 0;
}

static int on_progress(void *arg, const struct rent_check *check)
{
	struct reconcile_pass *pass = arg;

	(void)check;
	return atomic_load(&pass->billing->draining) ? 1 : 0;
}

static void set_metrics(const struct billing *b, const struct rent_check *check,
                        int64_t took)
{
	const struct rent_host *host = b->host;
	const struct reconcile *r = &b->reconcile;

	host->metric_set(r->breaches, check->breaches, NULL);
	host->metric_set(r->entries, check->entries, NULL);
	host->metric_set(r->last_run, host->wall_us(host) / RENT_SECOND, NULL);
	host->metric_set(r->duration, took, NULL);
}

/* Every run finds the same again: logged only when the number changes. */
static void log_change(struct billing *b, const struct reconcile_pass *pass,
                       const struct rent_check *check)
{
	const struct rent_field fields[] = { { "rental", pass->first }, { NULL, NULL } };
	int64_t before = b->reconcile.known;

	b->reconcile.known = check->breaches;
	if (check->breaches == before)
		return;
	if (check->breaches > 0)
		b->host->log(b->host, RENT_LOG_ERROR, fields,
		             "reconcile: %" PRId64 " differences among %" PRId64
		             " entries of the provider's book, the first: %s; "
		             "rentald reconcile explains them",
		             check->breaches, check->entries, pass->text);
	else if (before > 0)
		b->host->log(b->host, RENT_LOG_INFO, NULL,
		             "reconcile: no difference any more");
}

/* A provider that cannot list will not learn it: said once, and no failure of ours. */
static void log_failure(struct billing *b, int code, const struct rent_error *err)
{
	bool news = code != RENT_EUNSUPPORTED || !b->reconcile.impossible;

	b->reconcile.impossible |= code == RENT_EUNSUPPORTED;
	if (code != RENT_EUNSUPPORTED)
		meters_error(&b->meters, METERS_RECONCILE, 1);
	if (news)
		b->host->log(b->host,
		             code == RENT_EUNSUPPORTED ? RENT_LOG_WARN : RENT_LOG_ERROR,
		             NULL, "reconcile: %s", err->text);
}

static void reconcile_run(struct billing *b)
{
	const struct rent_host *host = b->host;
	struct reconcile_pass pass = { .billing = b };
	int64_t back = b->reconcile.interval * LOOK_BACK;
	struct rent_check check = { .struct_size = sizeof(check),
		                    .page = PAGE,
		                    .pause_us = PAUSE,
		                    .since = host->wall_us(host) -
		                             (back > DAY ? back : DAY),
		                    .arg = &pass,
		                    .finding = on_finding,
		                    .progress = on_progress };
	struct rent_error err = { 0 };
	int64_t began = host->mono_us(host);
	int r = b->rental.reconcile(b->core, &check, &err);

	if (r == 0 || (r < 0 && r != RENT_EUNSUPPORTED))
		failing_note(b, BILLING_RECONCILE, r < 0 ? &err : NULL);
	if (r == 0) {
		set_metrics(b, &check, host->mono_us(host) - began);
		log_change(b, &pass, &check);
	} else if (r < 0) {
		log_failure(b, r, &err);
	}
}

void reconcile_job(void *arg)
{
	struct billing *b = arg;

	if (!jobs_begin(b))
		return;
	reconcile_run(b);
	jobs_end(b);
}
