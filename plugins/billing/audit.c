/* SPDX-License-Identifier: MIT
 *
 * audit.c - see audit.h. Any number of workers may do this on one database: the audit
 * only reads, in small pages with pauses, and each worker begins at a different moment.
 */
#include "audit.h"

#include "billing.h"
#include "failing.h"
#include "jobs.h"

#define AUDIT_PAGE  200
#define AUDIT_PAUSE (RENT_SECOND / 10)
#define SPREAD      8 /* begins within the first of so many parts of the interval */
#define SPREAD_MAX  (10 * RENT_MINUTE)

static const char *const invariants[AUDIT_INVARIANTS] = {
	"I1", "I2", "I3", "I4", "I5", "I6", "I7", "I11", "I12", "row",
};

static const struct rent_metric_def breaches_def = {
	.struct_size = sizeof(breaches_def),
	.type = RENT_GAUGE,
	.name = "rental_system_audit_breaches_current",
	.flags = RENT_METRIC_SERVICE,
	.help = "Breaches that the last audit found, by invariant.",
	.labels = { "invariant" },
};

static const struct rent_metric_def last_run_def = {
	.struct_size = sizeof(last_run_def),
	.type = RENT_GAUGE,
	.name = "rental_system_audit_last_run_timestamp_seconds",
	.flags = RENT_METRIC_SERVICE,
	.help = "When the last audit came to its end.",
};

static const struct rent_metric_def duration_def = {
	.struct_size = sizeof(duration_def),
	.type = RENT_GAUGE,
	.name = "rental_system_audit_duration_seconds",
	.flags = RENT_METRIC_SERVICE,
	.help = "How long the last audit took, pauses included.",
	.scale = RENT_SECOND,
};

static const struct rent_metric_def rentals_def = {
	.struct_size = sizeof(rentals_def),
	.type = RENT_GAUGE,
	.name = "rental_system_audit_rentals_current",
	.flags = RENT_METRIC_SERVICE,
	.help = "Rentals that the last audit looked at.",
};

struct audit_pass {
	struct billing *billing;
	int64_t counts[AUDIT_INVARIANTS];
	char first[RENT_ID_SIZE], text[RENT_ERROR_TEXT]; /* of the breaches */
};

bool audit_init(struct billing *b)
{
	const struct rent_host *host = b->host;
	struct audit *a = &b->audit;

	a->interval = host->opt_int(host, "audit_interval");
	a->known = -1;
	if (a->interval == 0 || b->rental.audit == NULL)
		return false;
	a->breaches = host->metric(host, &breaches_def);
	a->last_run = host->metric(host, &last_run_def);
	a->duration = host->metric(host, &duration_def);
	a->rentals = host->metric(host, &rentals_def);
	return true;
}

static size_t index_of(const char *invariant)
{
	size_t i = 0;

	while (i < AUDIT_INVARIANTS - 1 && strcmp(invariants[i], invariant) != 0)
		i++;
	return i;
}

static int on_finding(void *arg, const struct rent_finding *finding)
{
	struct audit_pass *pass = arg;

	if (!finding->breach)
		return 0;
	pass->counts[index_of(finding->invariant)]++;
	if (pass->first[0] != '\0')
		return 0;
	(void)rent_copy(pass->first, sizeof(pass->first), finding->rental_id);
	(void)snprintf(pass->text, sizeof(pass->text), "%s %s", finding->invariant,
	               finding->text);
	return 0;
}

static int on_progress(void *arg, const struct rent_check *check)
{
	struct audit_pass *pass = arg;

	(void)check;
	return atomic_load(&pass->billing->draining) ? 1 : 0;
}

static void set_metrics(const struct billing *b, const struct audit_pass *pass,
                        const struct rent_check *check, int64_t took)
{
	const struct rent_host *host = b->host;
	const struct audit *a = &b->audit;

	for (size_t i = 0; i < AUDIT_INVARIANTS; i++)
		host->metric_set(a->breaches, pass->counts[i], &invariants[i]);
	host->metric_set(a->last_run, host->wall_us(host) / RENT_SECOND, NULL);
	host->metric_set(a->duration, took, NULL);
	host->metric_set(a->rentals, check->rentals, NULL);
}

/* Every run finds the same breaches again: log them only when their number changes. */
static void log_change(struct billing *b, const struct audit_pass *pass,
                       const struct rent_check *check)
{
	const struct rent_field fields[] = { { "rental", pass->first }, { NULL, NULL } };
	int64_t before = b->audit.known;

	b->audit.known = check->breaches;
	if (check->breaches == before)
		return;
	if (check->breaches > 0)
		b->host->log(b->host, RENT_LOG_ERROR, fields,
		             "audit: %" PRId64 " breaches in %" PRId64
		             " rentals, the first: %s; rentald audit explains them",
		             check->breaches, check->rentals, pass->text);
	else if (before > 0)
		b->host->log(b->host, RENT_LOG_INFO, NULL, "audit: no breach any more");
}

static void audit_run(struct billing *b)
{
	const struct rent_host *host = b->host;
	struct audit_pass pass = { .billing = b };
	struct rent_check check = { .struct_size = sizeof(check),
		                    .page = AUDIT_PAGE,
		                    .pause_us = AUDIT_PAUSE,
		                    .arg = &pass,
		                    .finding = on_finding,
		                    .progress = on_progress };
	struct rent_error err = { 0 };
	int64_t began = host->mono_us(host);
	int r = b->rental.audit(b->core, &check, &err);

	/* An outage is the storage's to show: the next run may be an hour away. */
	if (r == 0 || (r < 0 && r != RENT_EUNAVAIL))
		failing_note(b, BILLING_AUDIT, r < 0 ? &err : NULL);
	if (r == 0) {
		set_metrics(b, &pass, &check, host->mono_us(host) - began);
		log_change(b, &pass, &check);
	} else if (r < 0) {
		meters_error(&b->meters, METERS_AUDIT, 1);
		/* The billing cycle logs an unavailable storage. */
		if (r != RENT_EUNAVAIL)
			host->log(host, RENT_LOG_ERROR, NULL, "audit: %s", err.text);
	}
}

void audit_job(void *arg)
{
	struct billing *b = arg;
	int64_t spread = b->audit.interval / SPREAD;
	uint64_t dice;

	b->host->random(b->host, &dice, sizeof(dice));
	spread = spread > SPREAD_MAX ? SPREAD_MAX : spread;
	if (spread > 0)
		b->host->sleep_us(b->host, (int64_t)(dice % (uint64_t)spread));
	if (!jobs_begin(b))
		return;
	audit_run(b);
	jobs_end(b);
}
