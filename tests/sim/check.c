/* SPDX-License-Identifier: MIT
 *
 * check.c - what must always hold, and what must hold once everything has come to rest: the
 * product's own audit, and beside it the comparison with the world's truth that the product
 * cannot make.
 */
#include "cabinets.h"
#include "fake_host.h"

#define KEYS_MAX 64

static struct {
	char key[64], json[1024];
} acked[KEYS_MAX];
static size_t acked_count;

/* ---- the product's audit, over the memstore without faults, of all or of a few rentals */

static const char *const *focus;
static size_t focus_count; /* 0: all */

static int focus_scan(void *self, const char *after_id, uint32_t limit, rent_audit_fn fn,
                      void *arg, struct rent_error *err)
{
	struct rent_audit_row row;
	struct rent_rental view;
	size_t i;
	int code = 0;

	(void)self;
	if (focus_count == 0)
		return memstore_api.audit_scan(sim_store, after_id, limit, fn, arg, err);
	for (i = 0; i < focus_count && code == 0; i++) {
		struct memory_rental *rental = memory_rental(sim_store, focus[i]);

		if (rental == NULL)
			continue;
		memory_audit_row(sim_store, rental, &row, &view);
		code = fn(arg, &row);
	}
	return code;
}

/* What an audit looks up of a rental that it has something to say about. */
static int focus_trail(void *self, const char *id, rent_op_fn fn, void *arg,
                       struct rent_error *err)
{
	(void)self;
	return memstore_api.rental_trail(sim_store, id, fn, arg, err);
}

static int focus_resolutions(void *self, const char *rental_id, rent_resolution_fn fn,
                             void *arg, struct rent_error *err)
{
	(void)self;
	return memstore_api.resolutions(sim_store, rental_id, fn, arg, err);
}

static int audit_finding(void *arg, const struct rent_finding *finding)
{
	(void)arg;
	if (finding->breach)
		sim_fail("audit: rental %s: %s: %s", finding->rental_id,
		         finding->invariant, finding->text);
	return 0;
}

static void *auditor_new(bool of_all)
{
	static const struct fake_option none[] = { { NULL, NULL } };
	struct rent_storage storage = memstore_api;
	struct fake_host *fake = fake_host_new(sim_core_plugin, none);
	struct rent_error err;
	void *self;

	storage.audit_scan = focus_scan;
	storage.rental_trail = focus_trail;
	storage.resolutions = focus_resolutions;
	storage.event_list = NULL; /* of all rentals, not of these */
	if (!of_all)
		storage.seal_list = NULL; /* likewise */
	fake_host_bind(fake, "storage", &storage, NULL);
	fake_host_bind(fake, "payment", &sim_payment, NULL);
	if (sim_core_plugin->create(fake_host_table(fake), &self, &err) != 0)
		sim_fail("the audit could not be made: %s", err.text);
	return self;
}

/* One instance for a few rentals and one for all, for the life of the process: they keep nothing. */
static void *auditor(bool of_all)
{
	static void *instances[2];

	if (instances[of_all] == NULL)
		instances[of_all] = auditor_new(of_all);
	return instances[of_all];
}

static void audit(const char *const *ids, size_t n)
{
	const struct rent_rental_api *api = sim_core_plugin->api;
	struct rent_check check = { .struct_size = sizeof(check),
		                    .finding = audit_finding };
	struct rent_error err;

	focus = ids;
	focus_count = n;
	sim_auditing = true;
	if (api->audit(auditor(n == 0), &check, &err) != 0)
		sim_fail("the audit could not be run: %s", err.text);
	sim_auditing = false;
}

void check_rental(const char *rental_id)
{
	audit(&rental_id, 1);
}

void check_intent(const char *op_id)
{
	if (memstore_op(sim_store, op_id) == NULL)
		sim_fail("I3: %s was sent and is not recorded", op_id);
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

/* ---- I8: what the world did is what we recorded, to the unit, id by id */

static const struct memory_op *newest_op(const char *rental_id)
{
	return memory_newest_op(sim_store, memory_rental(sim_store, rental_id));
}

static bool has_capture(const char *rental_id, const char *hold_id)
{
	const struct memory_op *op;

	for (op = newest_op(rental_id); op != NULL; op = memory_older_op(sim_store, op)) {
		if (op->op.kind == RENT_OP_CAPTURE && op->op.state == RENT_OP_SUCCEEDED &&
		    strcmp(op->op.target_id, hold_id) == 0)
			return true;
	}
	return false;
}

/* A release of a hold that the provider forgot is recorded as done, all of it and with the word
 * for it, although nothing moved. */
static bool is_release_of_gone(const struct rent_op *op, const struct world_op *w)
{
	return op->kind == RENT_OP_RELEASE && w != NULL && w->state == WORLD_DECLINED &&
	       w->gone && strcmp(op->result, "expired") == 0 &&
	       op->processed == op->amount;
}

static void compare_done(const struct rent_op *op, const struct world_op *w,
                         const char *kind)
{
	if (op->kind == RENT_OP_RELEASE && sim.capture_releases &&
	    has_capture(op->rental_id, op->target_id))
		return; /* the capture gave it back */
	if (is_release_of_gone(op, w))
		return;
	if (strcmp(op->result, "expired") == 0)
		sim_fail(
			"%s %s is recorded as of a hold that has ended, which it has not",
			kind, op->id);
	if (w == NULL || w->state != WORLD_DONE)
		sim_fail("%s %s is recorded as done and never happened", kind, op->id);
	if (op->kind != RENT_OP_EJECT && w->processed != op->processed)
		sim_fail("%s %s moved %" PRId64 ", recorded are %" PRId64, kind, op->id,
		         w->processed, op->processed);
	if (op->kind == RENT_OP_EJECT && strcmp(w->powerbank, op->result) != 0)
		sim_fail("%s %s gave %s, recorded is %s", kind, op->id, w->powerbank,
		         op->result);
	/* A person may have found out later what the station did; and what came back may be another's before anybody
	 * heard that it had been out (seed 43576). */
	if (op->kind == RENT_OP_EJECT && strncmp(op->note, "by hand", 7) != 0 &&
	    !(sim.cabinets && eject_is_back(op)) &&
	    memory_rental(sim_store, op->rental_id)->r.status == RENT_STATUS_FAILED)
		sim_fail("%s is out and its rental %s failed", w->powerbank,
		         op->rental_id);
}

static bool may_be_manual(const struct rent_op *op)
{
	if (op->kind == RENT_OP_EJECT && sim.cabinets)
		return eject_may_be_manual(op);
	if (op->kind == RENT_OP_EJECT && sim.wrong_powerbank > 0)
		return true;
	return !(sim.lookup && sim.lookup_final);
}

/* When a person said that it is over, its customer may confirm it all the same. And a cancel whose target has ended
 * needs no outcome: it moves nothing. */
static bool may_happen_after_all(const struct rent_op *op, const struct world_op *w)
{
	if (w->asked)
		return strncmp(op->note, "by hand", 7) == 0;
	return w->cancels && strcmp(op->result, "ended") == 0;
}

/* Of an operation that has ended. */
static void compare(const struct rent_op *op)
{
	const struct world_op *w = world_find(op->id);
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	const char *state = rent_name_of(rent_op_state_names, (int)op->state);

	if (op->kind == RENT_OP_EJECT && sim.cabinets && eject_may_be_wrong(op))
		return;
	if (op->state == RENT_OP_SUCCEEDED)
		compare_done(op, w, kind);
	else if (op->state == RENT_OP_MANUAL && !may_be_manual(op))
		sim_fail("%s %s was given up though the provider can be asked", kind,
		         op->id);
	/* A person who ends it by hand says what the provider says: refused. */
	else if (op->state == RENT_OP_DECLINED && w != NULL && w->gone &&
	         strncmp(op->note, "by hand", 7) != 0)
		sim_fail("%s %s of a hold that has ended is recorded as refused", kind,
		         op->id);
	else if (op->state != RENT_OP_MANUAL && w != NULL && w->state == WORLD_DONE &&
	         !may_happen_after_all(op, w))
		sim_fail("%s %s of %" PRId64 " happened and is recorded as %s", kind,
		         op->id, op->amount, state);
}

/* A rental begins at the database's time, and with the deposit it could not hold as debt. */
static void check_begun(const char *rental_id)
{
	const struct memory_rental *rental = memory_rental(sim_store, rental_id);
	const struct memory_op *op;
	int64_t unheld = rental->r.deposit;

	if (rental->r.started_at != sim_database_clock())
		sim_fail("rental %s began %" PRId64 " s off", rental_id,
		         (rental->r.started_at - sim_database_clock()) / RENT_SECOND);
	for (op = newest_op(rental_id); op != NULL; op = memory_older_op(sim_store, op)) {
		if (op->op.kind == RENT_OP_HOLD &&
		    (op->op.state == RENT_OP_DECLINED ||
		     op->op.state == RENT_OP_NOT_EXECUTED) &&
		    rental->r.debt < unheld)
			sim_fail("rental %s: the deposit of %" PRId64
			         " could not be held and is not in the debt",
			         rental_id, unheld);
	}
}

void check_changes(struct rent_change *const *changes, size_t n)
{
	const char *ids[RENT_ADVANCE_MAX];
	size_t i, k, applied = 0;

	for (i = 0; i < n; i++) {
		if (changes[i]->ret != RENT_CHANGE_APPLIED)
			continue;
		ids[applied++] = changes[i]->rental_id;
		if (changes[i]->status == RENT_STATUS_ACTIVE)
			check_begun(changes[i]->rental_id);
		for (k = 0; k < RENT_CHANGE_OPS; k++) {
			const struct rent_op_end *end = &changes[i]->ends[k];

			if (end->id != NULL && !rent_op_is_open(end->state))
				compare(memstore_op(sim_store, end->id));
		}
	}
	for (i = 0; sim.cabinets && i < applied; i++)
		check_end(ids[i]);
	if (applied > 0)
		audit(ids, applied);
}

/* ---- rest */

/* The debts of ended rentals are collected: each shrinks, once nothing is in the way. */
static bool is_collected(struct memory_rental *rental)
{
	int64_t debt = rental->r.debt;

	if (debt == 0 || debt < sim.min_charge ||
	    (rental->r.status != RENT_STATUS_FINISHED &&
	     rental->r.status != RENT_STATUS_BUYOUT))
		return true;
	if (rental->debt_seen == 0)
		rental->debt_seen = debt;
	return debt < rental->debt_seen;
}

bool all_settled(void)
{
	struct memory_rental *rentals;
	struct memory_op *ops;
	size_t n = memstore_rentals(sim_store, &rentals), i;

	for (i = 0; i < n; i++) {
		if (rentals[i].r.status == RENT_STATUS_PENDING ||
		    rentals[i].r.settlement == RENT_SETTLEMENT_PENDING ||
		    (sim.acts > 0 && rentals[i].r.work_at != 0) || /* a cancel is left */
		    (rentals[i].r.settlement == RENT_SETTLEMENT_DONE &&
		     !is_collected(&rentals[i])))
			return false;
	}
	n = memstore_ops(sim_store, &ops);
	for (i = 0; i < n; i++) {
		if (rent_op_is_open(ops[i].op.state))
			return false;
	}
	return actors_done() && operator_done() && (!sim.cabinets || all_heard());
}

static void compare_back(const struct world_op *w)
{
	if (w->state != WORLD_NONE && memstore_op(sim_store, w->id) == NULL)
		sim_fail("the provider knows %s, which was never recorded", w->id);
}

/* Whatever we believe: the provider took no more than a rental costs. What a person must look
 * at may be a refund that did not happen; or a charge that did, of a deposit that fell away at
 * the stop: then nothing may have been taken at the end on top of it. */
static void check_taken(const struct rent_rental *r)
{
	const struct memory_op *of;
	int64_t taken = 0;
	bool doubt = false, at_the_end = false;
	int declined = 0;

	for (of = newest_op(r->id); of != NULL; of = memory_older_op(sim_store, of)) {
		const struct rent_op *op = &of->op;
		const struct world_op *w = world_find(op->id);

		if (rent_op_takes(op->kind) && w != NULL && w->state == WORLD_DONE) {
			taken += w->processed;
			doubt |= op->state == RENT_OP_MANUAL;
			at_the_end |= op->purpose == RENT_FOR_SETTLE;
		}
		if (op->kind != RENT_OP_REFUND)
			continue;
		declined += op->state == RENT_OP_DECLINED;
		if (op->state == RENT_OP_MANUAL)
			taken -= op->amount;
		else if (w != NULL && w->state == WORLD_DONE)
			taken -= w->processed;
	}
	if (taken > r->final_amount && declined < 8 && (at_the_end || !doubt))
		sim_fail("rental %s costs %" PRId64 ", the provider took %" PRId64, r->id,
		         r->final_amount, taken);
}

void check_begin(void)
{
	acked_count = 0;
	check_cabinets_begin();
}

void check_final(void)
{
	struct memory_op *ops;
	struct world_op *world;
	struct memory_rental *rentals;
	size_t n, i;

	audit(NULL, 0);
	if (sim.cabinets)
		check_cabinets();
	n = memstore_ops(sim_store, &ops);
	for (i = 0; i < n; i++) {
		if (rent_op_is_open(ops[i].op.state))
			sim_fail("I7: %s %s is still open",
			         rent_name_of(rent_op_kind_names, (int)ops[i].op.kind),
			         ops[i].op.id);
		compare(&ops[i].op);
		sim_counts.ops[ops[i].op.kind]++;
		sim_counts.manual += ops[i].op.state == RENT_OP_MANUAL;
	}
	n = world_ops(&world);
	for (i = 0; i < n; i++)
		compare_back(&world[i]);
	n = memstore_rentals(sim_store, &rentals);
	for (i = 0; i < n; i++) {
		if (rentals[i].r.status == RENT_STATUS_PENDING ||
		    rentals[i].r.settlement == RENT_SETTLEMENT_PENDING)
			sim_fail("I7: rental %s is not settled", rentals[i].r.id);
		if (rentals[i].r.has_final && !sim.operator_edits)
			check_taken(&rentals[i].r);
		if (!is_collected(&rentals[i]))
			sim_fail("the debt of rental %s, %" PRId64
			         ", is not being collected",
			         rentals[i].r.id, rentals[i].r.debt);
	}
}
