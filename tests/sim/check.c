/* SPDX-License-Identifier: MIT
 *
 * check.c - what must always hold, and what must hold once everything has come to rest: the
 * product's own audit, and beside it the comparison with the world's truth that the product
 * cannot make.
 */
#include <stdlib.h>

#include "fake_host.h"
#include "sim.h"

#define KEYS_MAX 64

static struct {
	char key[64], json[1024];
} acked[KEYS_MAX];
static size_t acked_count;

/* ---- the product's audit, over the memstore without faults */

static void audit_line(void *arg, bool breach, const char *subject, const char *text)
{
	(void)arg;
	if (breach)
		sim_fail("audit: rental %s: %s", subject, text);
}

static void audit(void)
{
	static const struct fake_option none[] = { { NULL, NULL } };
	const struct rent_report report = { .struct_size = sizeof(report),
		                            .line = audit_line };
	struct fake_host *fake = fake_host_new(sim_core_plugin, none);
	struct rent_error err;
	void *self;

	fake_host_bind(fake, "storage", &memstore_api, sim_store);
	fake_host_bind(fake, "payment", &sim_payment, NULL);
	if (sim_core_plugin->create(fake_host_table(fake), &self, &err) != 0 ||
	    sim_core_plugin->audit(self, &report, &err) != 0)
		sim_fail("the audit could not be run: %s", err.text);
	sim_core_plugin->destroy(self);
	fake_host_free(fake);
}

/* A cheap part of it after every write: the whole audit now and then. */
static void check_rental(struct mem_rental *rental)
{
	struct rent_rental r;
	struct rent_audit_row row;

	memstore_audit_row(sim_store, rental, &row, &r);
	if (r.paid != row.charged - row.refunded)
		sim_fail("I1: rental %s: paid %" PRId64 ", operations say %" PRId64, r.id,
		         r.paid, row.charged - row.refunded);
	if (row.open_takes > 1)
		sim_fail("I3: rental %s: %" PRId64 " charges in flight", r.id,
		         row.open_takes);
	if (row.overused > 0)
		sim_fail("I5/I6: rental %s: more given back than taken", r.id);
	if (r.status == RENT_STATUS_ACTIVE && row.same_powerbank_live > 0)
		sim_fail("I4: rental %s: powerbank %s is in two live rentals", r.id,
		         r.powerbank_id);
	if (row.same_quote > 0)
		sim_fail("I4: rental %s: its quote is used twice", r.id);
	if (r.open_ops > 0 && r.work_at == 0)
		sim_fail("I7: rental %s has open operations and nobody will look at it",
		         r.id);
}

void check_now(struct rent_change *const *changes, size_t n)
{
	static unsigned turn;
	struct mem_rental *rentals;
	size_t count = memstore_rentals(sim_store, &rentals), i, k;

	for (i = 0; i < count; i++) {
		for (k = 0; k < n; k++) {
			if (strcmp(rentals[i].r.id, changes[k]->rental_id) == 0)
				check_rental(&rentals[i]);
		}
	}
	if (++turn % 256 == 0)
		audit();
}

/* ---- what was answered */

void check_acked_start(const char *key, const char *json)
{
	size_t i;

	for (i = 0; i < acked_count; i++) {
		if (strcmp(acked[i].key, key) != 0)
			continue;
		if (strcmp(acked[i].json, json) != 0)
			sim_fail("key %s was answered %s and then %s", key, acked[i].json,
			         json);
		return;
	}
	if (acked_count < KEYS_MAX) {
		rent_copy(acked[acked_count].key, sizeof(acked[0].key), key);
		rent_copy(acked[acked_count++].json, sizeof(acked[0].json), json);
	}
}

/* ---- rest */

bool all_settled(void)
{
	struct mem_rental *rentals;
	struct mem_op *ops;
	size_t n = memstore_rentals(sim_store, &rentals), i;

	for (i = 0; i < n; i++) {
		if (rentals[i].r.status == RENT_STATUS_PENDING ||
		    rentals[i].r.settlement == RENT_SETTLEMENT_PENDING)
			return false;
	}
	n = memstore_ops(sim_store, &ops);
	for (i = 0; i < n; i++) {
		if (rent_op_is_open(ops[i].op.state))
			return false;
	}
	return actors_done();
}

static bool has_capture(const char *hold_id)
{
	struct mem_op *ops;
	size_t n = memstore_ops(sim_store, &ops), i;

	for (i = 0; i < n; i++) {
		if (ops[i].op.kind == RENT_OP_CAPTURE &&
		    ops[i].op.state == RENT_OP_SUCCEEDED &&
		    strcmp(ops[i].op.target_id, hold_id) == 0)
			return true;
	}
	return false;
}

static void compare_done(const struct rent_op *op, const struct world_op *w,
                         const char *kind)
{
	if (op->kind == RENT_OP_RELEASE && sim.capture_releases &&
	    has_capture(op->target_id))
		return; /* the capture gave it back */
	if (w == NULL || w->state != WORLD_DONE)
		sim_fail("%s %s is recorded as done and never happened", kind, op->id);
	if (op->kind != RENT_OP_EJECT && w->processed != op->processed)
		sim_fail("%s %s moved %" PRId64 ", recorded are %" PRId64, kind, op->id,
		         w->processed, op->processed);
	if (op->kind == RENT_OP_EJECT && strcmp(w->powerbank, op->result) != 0)
		sim_fail("%s %s gave %s, recorded is %s", kind, op->id, w->powerbank,
		         op->result);
}

static bool may_be_manual(const struct rent_op *op)
{
	if (op->kind == RENT_OP_EJECT && sim.wrong_powerbank > 0)
		return true;
	return !(sim.lookup && sim.lookup_final);
}

/* I8: what the provider moved is what we recorded, to the unit, id by id. */
static void compare(const struct rent_op *op)
{
	const struct world_op *w = world_find(op->id);
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	const char *state = rent_name_of(rent_op_state_names, (int)op->state);

	if (rent_op_is_open(op->state))
		sim_fail("%s %s is still open", kind, op->id);
	if (op->state == RENT_OP_SUCCEEDED)
		compare_done(op, w, kind);
	else if (op->state == RENT_OP_MANUAL && !may_be_manual(op))
		sim_fail("%s %s was given up though the provider can be asked", kind,
		         op->id);
	else if (op->state != RENT_OP_MANUAL && w != NULL && w->state == WORLD_DONE)
		sim_fail("%s %s of %" PRId64 " happened and is recorded as %s", kind,
		         op->id, op->amount, state);
}

static void compare_back(const struct world_op *w)
{
	struct mem_op *ops;
	size_t n = memstore_ops(sim_store, &ops), i;

	if (w->state == WORLD_NONE)
		return;
	for (i = 0; i < n; i++) {
		if (strcmp(ops[i].op.id, w->id) == 0)
			return;
	}
	sim_fail("the provider knows %s, which was never recorded", w->id);
}

void check_final(void)
{
	struct mem_op *ops;
	struct world_op *world;
	struct mem_rental *rentals;
	size_t n, i;

	audit();
	n = memstore_ops(sim_store, &ops);
	for (i = 0; i < n; i++) {
		compare(&ops[i].op);
		sim_counts.charges += rent_op_takes(ops[i].op.kind);
	}
	n = world_ops(&world);
	for (i = 0; i < n; i++)
		compare_back(&world[i]);
	n = memstore_rentals(sim_store, &rentals);
	for (i = 0; i < n; i++)
		check_rental(&rentals[i]);
	acked_count = 0;
}
