/* SPDX-License-Identifier: MIT
 *
 * stubs/acq_reports.c - what the acquirer reports of its own accord: rendered when it happens, sent when
 * it is due, sent again until it is taken.
 */
#include "acq_internal.h"

#include <stdlib.h>

#define TRIES_MAX 8

static void queue(struct acquirer *a, const struct acq_report *r)
{
	size_t i = a->report_count;

	while (i > 0 && a->reports[i - 1].at > r->at) {
		a->reports[i] = a->reports[i - 1];
		i--;
	}
	a->reports[i] = *r;
	a->report_count++;
}

/* What somebody who is not the provider would like to be believed. */
static void make_lie(struct acq_payment *p)
{
	p->state = p->hold ? ACQ_HELD : ACQ_TAKEN;
	*(p->hold ? &p->held : &p->taken) = p->amount;
}

static char *render(struct acquirer *a, enum acq_event event, const struct acq_payment *p,
                    const struct acq_refund *r, const char *cause, bool forged,
                    int64_t now)
{
	struct acq_payment lie = *p;
	json_t *o;
	char *body;

	if (forged) {
		make_lie(&lie);
		event = p->hold ? ACQ_IS_HELD : ACQ_IS_TAKEN;
		p = &lie;
		r = NULL;
	}
	o = a->dialect->event(a, event, p, r, cause, now);
	body = o == NULL ? NULL : json_dumps(o, JSON_COMPACT);
	json_decref(o);
	return body;
}

void acquirer_tell(struct acquirer *a, enum acq_event event, const struct acq_payment *p,
                   const struct acq_refund *r, const char *cause, int64_t now)
{
	const struct switch_row *row;
	enum switch_does does;
	int64_t late = a->switches.numbers[NUM_LATE_MS] * ACQ_MS;
	struct acq_report report = { .at = now };

	if (a->hook[0] == '\0')
		return;
	row = switches_draw(&a->switches, SW_REPORT, p->user);
	does = row == NULL ? DOES_ANSWER : row->does;
	report.forged = does == DOES_FORGE;
	report.stale = does == DOES_STALE;
	if (does == DOES_TELL_LATE)
		report.at += late;
	/* what happens later is told earlier */
	if (does == DOES_REVERSE)
		report.at += late / ((int64_t)event + 1);
	for (int i = 0; i < (does == DOES_NEVER ? 0 : does == DOES_TWICE ? 2 : 1); i++) {
		if (a->report_count == ACQUIRER_REPORTS)
			return;
		/* a report that is sent twice has one id */
		report.body = i > 0 ? strdup(report.body)
		                    : render(a, event, p, r, cause, report.forged, now);
		if (report.body == NULL)
			return;
		queue(a, &report);
	}
}

bool acquirer_report_take(struct acquirer *a, int64_t now, struct acq_report *ret)
{
	if (a->report_count == 0 || a->reports[0].at > now)
		return false;
	*ret = a->reports[0];
	a->report_count--;
	memmove(&a->reports[0], &a->reports[1], a->report_count * sizeof(a->reports[0]));
	return true;
}

void acquirer_report_again(struct acquirer *a, const struct acq_report *r, int64_t now)
{
	struct acq_report again = *r;

	again.tries++;
	again.at = now + again.tries * RENT_SECOND;
	again.stale = false;
	if (again.forged || again.tries == TRIES_MAX ||
	    a->report_count == ACQUIRER_REPORTS)
		free(again.body);
	else
		queue(a, &again);
}
