/* SPDX-License-Identifier: MIT
 *
 * drive.c - see drive.h.
 */
#include "drive.h"
#include "observers.h"

#include <stdlib.h>

#include "common/wait.h"
#include "core.h"
#include "failpoints.h"
#include "operations.h"

#define REPLANS_MAX 8 /* conflicts in a row before a run gives a rental up */

struct driving {
	struct core *core;
	struct rental_work *const *works;
	size_t n;
	struct rent_run *run;
	struct rent_change **changes;    /* n slots */
	struct rental_work **changing;   /* whose change is at the same index */
	struct rent_exchange *exchanges; /* n slots */
	struct rent_exchange **open;
	struct rental_work **callers;
};

static void finish_work(struct rental_work *w, int error)
{
	w->error = error;
	w->finished = true;
}

static void give_up_work(struct driving *d, struct rental_work *w)
{
	w->conflicted = true;
	if (d->run != NULL)
		d->run->conflicts++;
	finish_work(w, 0);
}

/* ---- reading again */

/* Returns false when the run is finished: the rental is gone, or another driver holds the
 * lease. */
static bool reload_work(struct driving *d, struct rental_work *w)
{
	struct rent_error err;
	int code = d->core->store->rental_get(d->core->store_self, w->r.id, work_load_row,
	                                      w, &err);

	if (code != 0) {
		finish_work(w, code < 0 ? code : RENT_EFAIL);
		return false;
	}
	if (w->r.broken[0] != '\0') {
		finish_work(w, RENT_ECORRUPT);
		return false;
	}
	if (w->leased && strcmp(w->r.lease_token, w->token) != 0) {
		give_up_work(d, w);
		return false;
	}
	return true;
}

/* Decides, unless the decision on what is here has been made already. The decision is carried out
 * once: what comes of it needs the next one. */
static bool decide_next(struct driving *d, struct rental_work *w)
{
	if (!w->decided)
		d->core->next_step(w);
	if (w->needs_ops) {
		if (!reload_work(d, w))
			return false;
		d->core->next_step(w);
	}
	w->decided = false;
	return true;
}

/* ---- recording */

static void count_run(struct rent_run *run, const struct rental_work *w)
{
	size_t i;

	if (run == NULL)
		return;
	for (i = 0; i < w->op_count; i++) {
		const struct rent_op *op = &w->ops[i].op;

		if (!w->ops[i].ended || !rent_op_takes(op->kind))
			continue;
		if (op->state == RENT_OP_SUCCEEDED) {
			run->charged++;
			run->amount_charged += op->processed;
		} else if (rent_op_is_open(op->state)) {
			run->unknown++;
		} else {
			run->failed++;
		}
	}
	if (w->change.status == RENT_STATUS_BUYOUT)
		run->buyouts++;
	if (w->change.settlement == RENT_SETTLEMENT_DONE)
		run->settled++;
}

/* Until what it says is recorded, the report has done nothing. */
static void take_report(struct rental_work *w)
{
	for (size_t i = 0; i < RENT_CHANGE_OPS && w->report_heard; i++) {
		const char *id = w->change.ends[i].id;

		if (id != NULL && w->reported != NULL &&
		    strcmp(id, w->reported->operation_id) == 0)
			w->reported = NULL;
	}
}

static void change_applied(struct driving *d, struct rental_work *w)
{
	take_report(w);
	w->answered |= w->change.outcome != NULL;
	observers_recorded(w);
	count_run(d->run, w);
	failpoint_recorded(w);
	work_applied(w);
	w->replans = 0;
	/* A rental that begins with its powerbank back already ends with the next decision. */
	if (w->call == NO_CALL && !(w->r.status == RENT_STATUS_ACTIVE && work_is_back(w)))
		finish_work(w, 0);
}

/* ---- a powerbank that was given out twice */

/* The station says it gave out a powerbank that is in another rental, and nothing proves that it
 * came back: a person must look, and nobody pays for it. */
static void leave_to_a_person(struct driving *d, struct rental_work *w,
                              struct work_op *eject, const char *holder)
{
	const struct rent_host *host = d->core->host;
	const struct rent_field fields[] = { { "rental", w->r.id }, { NULL, NULL } };
	char note[RENT_NOTE_SIZE];

	(void)snprintf(note, sizeof(note), "the powerbank is in another live rental: %s",
	               holder[0] == '\0' ? "not found" : holder);
	host->log(
		host, RENT_LOG_ERROR, fields,
		"station '%s' gave out powerbank '%s' for rental '%s', but it is in the live "
		"rental '%s'; the eject is for a person to look at",
		w->r.station_id, eject->op.result, w->r.id,
		holder[0] == '\0' ? "(not found)" : holder);
	observers_error(d->core->observers, "powerbank_taken");
	work_end_op(eject, RENT_OP_MANUAL, 0, note);
}

/* The eject was not sent, and will not be. */
static void undeposited_full(struct driving *d, struct rental_work *w)
{
	struct work_op *eject;

	w->undeposited_full = true;
	w->call = NO_CALL;
	if (!reload_work(d, w))
		return;
	eject = work_find_op(w, RENT_OP_EJECT);
	if (eject != NULL && eject->op.state == RENT_OP_INTENT)
		work_end_op(eject, RENT_OP_NOT_EXECUTED, 0,
		            "too many rentals go on without a deposit");
}

static void now_reissued(struct rental_work *w, struct work_op *eject, const char *holder)
{
	(void)snprintf(eject->op.note, sizeof(eject->op.note),
	               "the powerbank was in rental %s, which ended with this", holder);
	rent_copy(w->reissued_from, sizeof(w->reissued_from), holder);
}

static void powerbank_taken(struct driving *d, struct rental_work *w)
{
	struct work_op *eject = work_find_op(w, RENT_OP_EJECT);
	char holder[RENT_ID_SIZE];

	switch (d->core->close_old(d->core, w, eject, holder)) {
	case REISSUE_CLOSED:
		if (++w->replans > REPLANS_MAX)
			give_up_work(d, w);
		else
			now_reissued(w, eject, holder);
		return;
	case REISSUE_MANUAL:
		if (!work_had_succeeded(eject))
			leave_to_a_person(d, w, eject, holder);
		else if (++w->replans > REPLANS_MAX)
			give_up_work(d, w);
		else
			w->not_his = true;
		return;
	case REISSUE_NOT_NOW:
		break;
	}
	give_up_work(d, w);
}

/* began: monotonic time before the change was handed to storage; the lease it took or kept
 * ends lease_us after some later moment. */
static void change_ended(struct driving *d, struct rental_work *w, int64_t began)
{
	switch (w->change.ret) {
	case RENT_CHANGE_APPLIED:
		change_applied(d, w);
		w->lease_ends = began + w->params->start_lease;
		return;
	case RENT_CHANGE_POWERBANK_TAKEN:
		powerbank_taken(d, w);
		w->call = NO_CALL;
		return;
	case RENT_CHANGE_UNDEPOSITED:
		undeposited_full(d, w);
		return;
	case RENT_CHANGE_CONFLICT:
		w->call = NO_CALL;
		if (++w->replans > REPLANS_MAX)
			give_up_work(d, w);
		else
			(void)reload_work(d, w);
		return;
	case RENT_CHANGE_GONE:
		break;
	}
	finish_work(w, RENT_EFAIL);
}

/* Decides for every rental and records what was decided. */
static void record_all(struct driving *d)
{
	const struct rent_host *host = d->core->host;
	struct rent_error err;
	int64_t began;
	size_t i, n = 0;
	int code;

	for (i = 0; i < d->n; i++) {
		struct rental_work *w = d->works[i];

		wait_turn(host->task, i);
		if (w->finished || !decide_next(d, w))
			continue;
		if (w->has_change) {
			failpoint_recording(w);
			d->changes[n] = &w->change;
			d->changing[n++] = w;
		} else if (w->call == NO_CALL) {
			finish_work(w, 0);
		}
	}
	if (n == 0)
		return;
	began = host->mono_us(host);
	code = d->core->store->advance(d->core->store_self, d->changes, n, &err);
	if (code != 0)
		observers_error(d->core->observers, "storage");
	for (i = 0; i < n; i++) {
		wait_turn(host->task, i);
		if (code != 0)
			finish_work(d->changing[i], code);
		else
			change_ended(d, d->changing[i], began);
	}
}

/* ---- calling */

static void call_all(struct driving *d)
{
	const struct rent_host *host = d->core->host;
	size_t i, n = 0;

	for (i = 0; i < d->n; i++) {
		struct rental_work *w = d->works[i];
		struct rent_exchange *x = &d->exchanges[n];

		wait_turn(host->task, i);
		if (w->finished || w->call == NO_CALL)
			continue;
		rent_exchange_init(x, host->arena_new(host));
		if (x->arena == NULL) {
			finish_work(w, RENT_ENOMEM);
			continue;
		}
		if (!operation_prepare(w, x)) {
			host->arena_free(host, x->arena);
			continue;
		}
		x->request.not_after_us = w->lease_ends;
		failpoint_sending(w);
		d->callers[n] = w;
		d->open[n++] = x;
	}
	if (n > 0)
		host->exchange(host, d->open, n);
	for (i = 0; i < n; i++) {
		wait_turn(host->task, i);
		operation_finish(d->callers[i], d->open[i]);
		host->arena_free(host, d->open[i]->arena);
		failpoint_heard(d->callers[i]);
	}
}

static bool all_finished(const struct driving *d)
{
	size_t i;

	for (i = 0; i < d->n; i++) {
		if (!d->works[i]->finished)
			return false;
	}
	return true;
}

void drive(struct core *core, struct rental_work *const *works, size_t n,
           struct rent_run *run)
{
	struct driving d = { .core = core, .works = works, .n = n, .run = run };
	size_t i;

	d.changes = calloc(n, sizeof(struct rent_change *));
	d.changing = calloc(n, sizeof(struct rental_work *));
	d.exchanges = calloc(n, sizeof(*d.exchanges));
	d.open = calloc(n, sizeof(struct rent_exchange *));
	d.callers = calloc(n, sizeof(struct rental_work *));
	if (!d.changes || !d.changing || !d.exchanges || !d.open || !d.callers) {
		for (i = 0; i < n; i++)
			finish_work(works[i], RENT_ENOMEM);
	}
	while (!all_finished(&d)) {
		record_all(&d);
		call_all(&d);
	}
	free(d.changes);
	free(d.changing);
	free(d.exchanges);
	free(d.open);
	free(d.callers);
}
