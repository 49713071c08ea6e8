/* SPDX-License-Identifier: MIT
 *
 * sums.c - the intentions that add up: totals, user_sums, unfinished and audit_scan.
 */
#include "core/audit.h"

#include "memory.h"

int memory_totals(struct memory *m, struct rent_totals *ret, struct rent_error *err)
{
	struct rent_totals t = { .struct_size = sizeof(t) };
	int64_t now;

	(void)err;
	lock_acquire(&m->lock);
	now = m->now(m->now_arg);
	for (size_t i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		t.active += r->status == RENT_STATUS_ACTIVE;
		t.pending += r->status == RENT_STATUS_PENDING;
		t.unsettled += r->settlement == RENT_SETTLEMENT_PENDING;
		t.debt += r->debt;
		if (r->work_at != 0 && now - r->work_at > t.oldest_work_us)
			t.oldest_work_us = now - r->work_at;
	}
	for (size_t i = 0; i < m->ops.n; i++) {
		t.open_ops += rent_op_is_open(m->ops.at[i].op.state);
		t.manual_ops += m->ops.at[i].op.state == RENT_OP_MANUAL;
	}
	lock_release(&m->lock);
	rent_adopt(ret, ret->struct_size, &t, sizeof(t));
	return 0;
}

int memory_user_sums(struct memory *m, const char *user_id, struct rent_user_sums *ret,
                     struct rent_error *err)
{
	struct rent_user_sums sums = { .struct_size = sizeof(sums) };

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->rentals.n; i++) {
		struct rent_rental r;

		if (user_id[0] != '\0' &&
		    strcmp(m->rentals.at[i].r.user_id, user_id) != 0)
			continue;
		memory_view(m, &m->rentals.at[i], &r);
		sums.rentals++;
		sums.live +=
			r.status == RENT_STATUS_PENDING || r.status == RENT_STATUS_ACTIVE;
		sums.paid += r.paid;
		sums.debt += r.debt;
		sums.in_flight += r.in_flight;
		sums.in_flight_debt += r.in_flight_debt;
		sums.in_doubt += r.in_doubt;
		sums.unsettled += (r.status == RENT_STATUS_FINISHED ||
		                   r.status == RENT_STATUS_BUYOUT) &&
		                  r.settlement == RENT_SETTLEMENT_PENDING;
	}
	lock_release(&m->lock);
	rent_adopt(ret, ret->struct_size, &sums, sizeof(sums));
	return 0;
}

/* ---- unfinished */

#define GROUPS_MAX \
	32 /* combinations of providers; more are not told apart from the last */

static bool has_open_op(const struct memory *m, const char *rental_id)
{
	for (size_t i = 0; i < m->ops.n; i++) {
		const struct rent_op *op = &m->ops.at[i].op;

		if (rent_op_is_open(op->state) && strcmp(op->rental_id, rental_id) == 0)
			return true;
	}
	return false;
}

static bool is_unfinished(const struct memory *m, const struct rent_rental *r)
{
	return r->status == RENT_STATUS_PENDING || r->status == RENT_STATUS_ACTIVE ||
	       r->settlement == RENT_SETTLEMENT_PENDING || has_open_op(m, r->id);
}

static bool is_of_group(const struct rent_unfinished *g, const struct rent_rental *r)
{
	return strcmp(g->provider, r->provider) == 0 &&
	       strcmp(g->provider_plugin, r->provider_plugin) == 0 &&
	       strcmp(g->station_instance, r->station_instance) == 0 &&
	       strcmp(g->station_plugin, r->station_plugin) == 0;
}

static size_t count_unfinished(const struct memory *m, struct rent_unfinished *groups)
{
	size_t n = 0;

	for (size_t i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;
		size_t g = 0;

		if (!is_unfinished(m, r))
			continue;
		while (g < n && !is_of_group(&groups[g], r))
			g++;
		if (g == n && n < GROUPS_MAX) {
			struct rent_unfinished *new = &groups[n++];

			new->struct_size = sizeof(*new);
			(void)rent_copy(new->provider, RENT_ID_SIZE, r->provider);
			(void)rent_copy(new->provider_plugin, RENT_ID_SIZE,
			                r->provider_plugin);
			(void)rent_copy(new->station_instance, RENT_ID_SIZE,
			                r->station_instance);
			(void)rent_copy(new->station_plugin, RENT_ID_SIZE,
			                r->station_plugin);
		}
		groups[g < n ? g : n - 1].rentals++;
	}
	return n;
}

int memory_unfinished(struct memory *m, rent_unfinished_fn fn, void *arg,
                      struct rent_error *err)
{
	struct rent_unfinished groups[GROUPS_MAX] = { 0 };
	size_t n;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	n = count_unfinished(m, groups);
	lock_release(&m->lock);
	for (size_t i = 0; i < n && code == 0; i++)
		code = fn(arg, &groups[i]);
	return code;
}

/* ---- audit */

static void add_others(const struct memory *m, const struct memory_rental *rental,
                       struct rent_audit_row *row)
{
	bool live = rental->r.status == RENT_STATUS_PENDING ||
	            rental->r.status == RENT_STATUS_ACTIVE;

	for (size_t i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		if (&m->rentals.at[i] == rental)
			continue;
		row->same_quote += r->quote_id[0] != '\0' &&
		                   strcmp(r->quote_id, rental->r.quote_id) == 0;
		row->same_powerbank_live +=
			live &&
			(r->status == RENT_STATUS_PENDING ||
		         r->status == RENT_STATUS_ACTIVE) &&
			r->powerbank_id[0] != '\0' &&
			strcmp(r->powerbank_id, rental->r.powerbank_id) == 0;
	}
	for (size_t i = 0; i < m->keys.n; i++)
		row->keys += strcmp(m->keys.at[i].rental_id, rental->r.id) == 0 &&
		             strncmp(m->keys.at[i].scope, "pay", 3) != 0;
}

static void add_resolutions(struct memory *m, const struct memory_rental *rental,
                            struct rent_audit_row *row)
{
	for (size_t i = 0; i < m->resolutions.n; i++) {
		const struct rent_resolution *r = &m->resolutions.at[i];
		const struct memory_op *op;

		if (strcmp(r->rental_id, rental->r.id) != 0)
			continue;
		op = memory_op_of(m, rental, r->op_id);
		row->resolved++;
		row->resolved_otherwise += op == NULL || op->op.state != r->resolved_as ||
		                           op->op.processed != r->amount;
	}
}

/* What extends a hold says how long it lasts from then on. */
static int64_t end_of(struct memory *m, const struct memory_rental *rental,
                      const struct rent_op *hold)
{
	for (const struct memory_op *at = memory_newest_op(m, rental); at != NULL;
	     at = memory_older_op(m, at)) {
		if (at->op.kind == RENT_OP_HOLD && at->op.state == RENT_OP_SUCCEEDED &&
		    strcmp(at->op.target_id, hold->id) == 0)
			return at->op.expires_at;
	}
	return hold->expires_at;
}

static int64_t last_end(struct memory *m, const struct memory_rental *rental)
{
	int64_t last = 0;

	for (const struct memory_op *at = memory_newest_op(m, rental); at != NULL;
	     at = memory_older_op(m, at)) {
		const struct rent_op *op = &at->op;
		int64_t end;

		if (op->kind != RENT_OP_HOLD || op->state != RENT_OP_SUCCEEDED ||
		    op->target_id[0] != '\0' || op->used >= op->processed)
			continue;
		end = end_of(m, rental, op);
		if (end == 0)
			return 0;
		last = end > last ? end : last;
	}
	return last;
}

void memory_audit_row(struct memory *m, struct memory_rental *rental,
                      struct rent_audit_row *ret, struct rent_rental *ret_view)
{
	memory_view(m, rental, ret_view);
	*ret = (struct rent_audit_row){ .struct_size = sizeof(*ret),
		                        .rental = ret_view,
		                        .attempts_taken = rental->attempts_taken,
		                        .journal_debt = rental->journal };
	for (const struct memory_op *op = memory_newest_op(m, rental); op != NULL;
	     op = memory_older_op(m, op))
		audit_add_op(ret, &op->op, rental->reopened_at);
	ret->hold_expires_at = last_end(m, rental);
	add_others(m, rental, ret);
	add_resolutions(m, rental, ret);
	for (size_t i = 0; i < m->outside.n; i++) {
		if (strcmp(m->outside.at[i].rental_id, rental->r.id) == 0)
			ret->outside += m->outside.at[i].amount;
	}
}

int memory_audit_scan(struct memory *m, const char *after_id, uint32_t limit,
                      rent_audit_fn fn, void *arg, struct rent_error *err)
{
	uint32_t n = 0;
	int code = 0;

	(void)err;
	lock_acquire(&m->lock);
	for (size_t i = 0; i < m->rentals.n && n < storage_page(limit) && code == 0;
	     i++) {
		struct rent_audit_row row;
		struct rent_rental view;

		if (strcmp(m->rentals.at[i].r.id, after_id) <= 0)
			continue;
		n++;
		memory_audit_row(m, &m->rentals.at[i], &row, &view);
		code = fn(arg, &row);
	}
	lock_release(&m->lock);
	return code;
}
