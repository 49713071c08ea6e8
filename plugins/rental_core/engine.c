/* SPDX-License-Identifier: MIT
 *
 * engine.c - see engine.h.
 */
#include "engine.h"

#include <stdlib.h>

#include "calls.h"
#include "core.h"
#include "events.h"
#include "places.h"
#include "plan.h"

#define REPLANS_MAX 8 /* conflicts in a row before a run gives a rental up */

struct engine {
	struct core *core;
	struct item *const *items;
	size_t n;
	struct rent_run *run;
	struct rent_change **changes;    /* n slots */
	struct item **movers;            /* whose change is at the same index */
	struct rent_exchange *exchanges; /* n slots */
	struct rent_exchange **open;
	struct item **callers;
};

static void finish(struct item *it, int error)
{
	it->error = error;
	it->finished = true;
}

static void give_up(struct engine *e, struct item *it)
{
	it->conflicted = true;
	if (e->run != NULL)
		e->run->conflicts++;
	finish(it, 0);
}

/* ---- reading again */

static int reload_row(void *arg, const struct rent_rental *r,
                      const struct rent_op *const *ops, size_t n)
{
	return item_load(arg, r, ops, n);
}

/* Returns false when the item is finished: gone, or the lease is somebody else's. */
static bool reload(struct engine *e, struct item *it)
{
	struct rent_error err;
	int code = e->core->store->rental_get(e->core->store_self, it->r.id, reload_row,
	                                      it, &err);

	if (code != 0) {
		finish(it, code < 0 ? code : RENT_EFAIL);
		return false;
	}
	if (it->r.broken[0] != '\0') {
		finish(it, RENT_ECORRUPT);
		return false;
	}
	if (it->leased && strcmp(it->r.lease_token, it->token) != 0) {
		give_up(e, it);
		return false;
	}
	return true;
}

static bool decide(struct engine *e, struct item *it)
{
	if (!it->planned)
		plan(it);
	if (it->needs_ops) {
		if (!reload(e, it))
			return false;
		plan(it);
	}
	it->planned = false;
	return true;
}

/* ---- recording */

static void count_run(struct rent_run *run, const struct item *it)
{
	size_t i;

	if (run == NULL)
		return;
	for (i = 0; i < it->op_count; i++) {
		const struct rent_op *op = &it->ops[i].op;

		if (!it->ops[i].ended || !rent_op_takes(op->kind))
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
	if (it->change.status == RENT_STATUS_BUYOUT)
		run->buyouts++;
	if (it->change.settlement == RENT_SETTLEMENT_DONE)
		run->settled++;
}

static void applied(struct engine *e, struct item *it)
{
	if (it->change.outcome != NULL)
		it->recorded = it->change.outcome;
	counters_recorded(&e->core->counters, it);
	events_recorded(it);
	count_run(e->run, it);
	place_recorded(it);
	item_applied(it);
	it->replans = 0;
	if (it->call == NO_CALL)
		finish(it, 0);
}

/* The station says it gave out a powerbank that is in somebody's hands: its word is not to
 * be trusted, and nobody pays for it. */
static void powerbank_taken(struct engine *e, struct item *it)
{
	const struct rent_host *host = e->core->host;
	struct item_op *eject = item_find(it, RENT_OP_EJECT);
	const struct rent_field fields[] = { { "rental", it->r.id }, { NULL, NULL } };

	host->log(
		host, RENT_LOG_ERROR, fields,
		"station '%s' gave out powerbank '%s', which is in another live rental; "
		"the start fails and the eject is for a person to look at",
		it->r.station_id, eject->op.result);
	counters_error(&e->core->counters, "powerbank_taken");
	item_end(eject, RENT_OP_MANUAL, 0, "the powerbank is in another live rental");
}

/* began: monotonic time before the change was handed to storage; the lease it took or kept
 * ends lease_us after some later moment. */
static void changed(struct engine *e, struct item *it, int64_t began)
{
	switch (it->change.ret) {
	case RENT_CHANGE_APPLIED:
		applied(e, it);
		it->lease_ends = began + it->params->start_lease;
		return;
	case RENT_CHANGE_POWERBANK_TAKEN:
		powerbank_taken(e, it);
		it->call = NO_CALL;
		return;
	case RENT_CHANGE_CONFLICT:
		it->call = NO_CALL;
		if (++it->replans > REPLANS_MAX)
			give_up(e, it);
		else
			(void)reload(e, it);
		return;
	case RENT_CHANGE_GONE:
		break;
	}
	finish(it, RENT_EFAIL);
}

/* Decides for every item and records what was decided. */
static void record_all(struct engine *e)
{
	struct rent_error err;
	int64_t began;
	size_t i, n = 0;
	int code;

	for (i = 0; i < e->n; i++) {
		struct item *it = e->items[i];

		if (it->finished || !decide(e, it))
			continue;
		if (it->has_change) {
			place_recording(it);
			e->changes[n] = &it->change;
			e->movers[n++] = it;
		} else if (it->call == NO_CALL) {
			finish(it, 0);
		}
	}
	if (n == 0)
		return;
	began = e->core->host->mono_us(e->core->host);
	code = e->core->store->advance(e->core->store_self, e->changes, n, &err);
	if (code != 0)
		counters_error(&e->core->counters, "storage");
	for (i = 0; i < n; i++) {
		if (code != 0)
			finish(e->movers[i], code);
		else
			changed(e, e->movers[i], began);
	}
}

/* ---- calling */

static void call_all(struct engine *e)
{
	const struct rent_host *host = e->core->host;
	size_t i, n = 0;

	for (i = 0; i < e->n; i++) {
		struct item *it = e->items[i];
		struct rent_exchange *x = &e->exchanges[n];

		if (it->finished || it->call == NO_CALL)
			continue;
		memset(x, 0, sizeof(*x));
		x->struct_size = sizeof(*x);
		x->request.struct_size = sizeof(x->request);
		x->reply.struct_size = sizeof(x->reply);
		x->arena = host->arena_new(host);
		if (x->arena == NULL) {
			finish(it, RENT_ENOMEM);
			continue;
		}
		if (!call_prepare(it, x)) {
			host->arena_free(host, x->arena);
			continue;
		}
		x->request.not_after_us = it->lease_ends;
		place_sending(it);
		e->callers[n] = it;
		e->open[n++] = x;
	}
	if (n > 0)
		host->exchange(host, e->open, n);
	for (i = 0; i < n; i++) {
		call_finish(e->callers[i], e->open[i]);
		host->arena_free(host, e->open[i]->arena);
		place_heard(e->callers[i]);
	}
}

static bool all_finished(const struct engine *e)
{
	size_t i;

	for (i = 0; i < e->n; i++) {
		if (!e->items[i]->finished)
			return false;
	}
	return true;
}

void engine_run(struct core *core, struct item *const *items, size_t n,
                struct rent_run *run)
{
	struct engine e = { .core = core, .items = items, .n = n, .run = run };
	size_t i;

	e.changes = calloc(n, sizeof(struct rent_change *));
	e.movers = calloc(n, sizeof(struct item *));
	e.exchanges = calloc(n, sizeof(*e.exchanges));
	e.open = calloc(n, sizeof(struct rent_exchange *));
	e.callers = calloc(n, sizeof(struct item *));
	if (!e.changes || !e.movers || !e.exchanges || !e.open || !e.callers) {
		for (i = 0; i < n; i++)
			finish(items[i], RENT_ENOMEM);
	}
	while (!all_finished(&e)) {
		record_all(&e);
		call_all(&e);
	}
	free(e.changes);
	free(e.movers);
	free(e.exchanges);
	free(e.open);
	free(e.callers);
}
