/* SPDX-License-Identifier: MIT
 *
 * advance.c - advance: changes of rentals, each applied wholly or not at all. Other databases
 * refuse some changes by a constraint; these are checked here before anything is written. Such a
 * change is a bug of the caller: it becomes a conflict, and the log says so.
 */
#include "core/deed.h"

#include "memory.h"

#include <stdlib.h>

/* A change on its way: where it goes, and what was computed for it. */
struct work {
	struct memory *m;
	struct memory_rental *rental;
	struct rent_change *c;
	int64_t now;
	struct change_rental row;
	int64_t debt_after;
};

/* ---- guards that a correct caller may run into */

static bool is_as_stated(const struct work *w)
{
	const struct rent_rental *r = &w->rental->r;
	struct change_guards found = { .version = r->version,
		                       .paid = r->paid,
		                       .lease_until = r->lease_until,
		                       .status = r->status };

	memcpy(found.lease_token, r->lease_token, sizeof(found.lease_token));
	return change_is_as_stated(w->c, &found, w->now);
}

static bool ends_are_open(const struct work *w)
{
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		const struct memory_op *op;

		if (w->c->ends[k].id == NULL)
			continue;
		op = memory_op_of(w->m, w->rental, w->c->ends[k].id);
		if (op == NULL || !change_may_end(w->c, k, op->op.state))
			return false;
	}
	return true;
}

static bool powerbank_is_taken(const struct work *w)
{
	const struct memory *m = w->m;
	const char *powerbank = w->c->powerbank_id;

	if (powerbank == NULL || powerbank[0] == '\0')
		return false;
	for (size_t i = 0; i < m->rentals.n; i++) {
		const struct rent_rental *r = &m->rentals.at[i].r;

		if (r->status == RENT_STATUS_ACTIVE &&
		    strcmp(r->powerbank_id, powerbank) == 0 &&
		    strcmp(r->id, w->c->rental_id) != 0)
			return true;
	}
	return false;
}

/* Whether undeposited_max others go on without a deposit. */
static bool is_undeposited_full(const struct work *w)
{
	return w->c->undeposited_max != 0 && !w->rental->undeposited &&
	       memory_count_undeposited(w->m) >= w->c->undeposited_max;
}

/* ---- what other databases refuse by a constraint; NULL or what is wrong */

static bool ends_now(const struct rent_change *c, const char *id)
{
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		if (c->ends[k].id != NULL && strcmp(c->ends[k].id, id) == 0)
			return !rent_op_is_open(c->ends[k].state);
	}
	return false;
}

/* A second charge or capture in flight. */
static bool takes_another(const struct work *w)
{
	int open = 0;

	for (size_t k = 0; k < RENT_CHANGE_OPS; k++)
		open += w->c->news[k].id != NULL && rent_op_takes(w->c->news[k].kind);
	if (open == 0 || MEMORY_WITHOUT(w->m, MEMORY_NO_ONE_TAKE))
		return false;
	for (const struct memory_op *op = memory_newest_op(w->m, w->rental); op != NULL;
	     op = memory_older_op(w->m, op))
		open += rent_op_takes(op->op.kind) && rent_op_is_open(op->op.state) &&
		        !ends_now(w->c, op->op.id);
	return open > 1;
}

static bool has_kind(const struct work *w, enum rent_op_kind kind)
{
	const struct memory_op *op = memory_newest_op(w->m, w->rental);

	while (op != NULL && op->op.kind != kind)
		op = memory_older_op(w->m, op);
	return op != NULL;
}

/* The amount that an end gives back to the target. */
static int64_t gives_back(const struct rent_op *op, const struct rent_op_end *end)
{
	if (!change_ends_for_good(end->state))
		return 0;
	return op->amount - (end->state == RENT_OP_SUCCEEDED ? end->processed : 0);
}

/* The rest of a target once the ends of the change are applied. */
static int64_t left_after_ends(const struct work *w, const struct memory_op *target)
{
	int64_t used = target->op.used, processed = target->op.processed;

	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		const struct rent_op_end *end = &w->c->ends[k];
		const struct memory_op *ended =
			end->id == NULL ? NULL : memory_op_of(w->m, w->rental, end->id);

		if (ended == target)
			processed = end->state == RENT_OP_SUCCEEDED ? end->processed : 0;
		if (ended != NULL && strcmp(ended->op.target_id, target->op.id) == 0)
			used -= gives_back(&ended->op, end);
	}
	return processed - used;
}

static bool has_request(const struct work *w, const char *op_id)
{
	const struct rent_op_request *request = w->c->request;
	const struct memory_op *op = memory_newest_op(w->m, w->rental);

	if (request == NULL || strcmp(request->op_id, op_id) != 0 ||
	    request->key == NULL || request->key[0] == '\0')
		return false;
	while (op != NULL && strcmp(op->op.request_key, request->key) != 0)
		op = memory_older_op(w->m, op);
	return op != NULL;
}

/* The k-th new operation. */
static const char *wrong_new(const struct work *w, size_t k)
{
	const struct rent_op_new *new = &w->c->news[k];
	const char *target_id = new->target_id == NULL ? "" : new->target_id;
	bool single = new->kind == RENT_OP_EJECT ||
	              (new->kind == RENT_OP_HOLD &&new->purpose != RENT_FOR_ACCRUAL);
	const struct memory_op *target;

	if (memory_op(w->m, new->id) != NULL)
		return "an operation of this id is there";
	if (single && has_kind(w, new->kind))
		return "a second hold or eject";
	if (has_request(w, new->id))
		return "an operation of this request is there";
	if (new->amount < 0)
		return "a negative amount";
	if (target_id[0] == '\0' || new->amount == 0)
		return NULL;
	target = memory_op_of(w->m, w->rental, target_id);
	if (target == NULL)
		return "the target is not an operation of the rental";
	return left_after_ends(w, target) < new->amount
	               ? "more taken back from an operation than it moved"
	               : NULL;
}

static const char *wrong_ends(const struct work *w)
{
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		const struct rent_op_end *end = &w->c->ends[k];

		if (end->id != NULL && end->state == RENT_OP_SUCCEEDED &&
		    end->processed < 0)
			return "a negative amount";
	}
	return NULL;
}

/* Computes the rental's row and its debt. */
static const char *wrong_sums(struct work *w, struct rent_error *err)
{
	const struct change_guards found = { .version = w->rental->r.version,
		                             .paid = w->rental->r.paid,
		                             .lease_until = w->rental->r.lease_until };

	if (change_rental_row(w->c, &found, w->now, &w->row, err) != 0 ||
	    change_debt_after(w->c, w->rental->r.debt, &w->debt_after, err) != 0)
		return err->text;
	if (w->row.paid < 0 || (w->c->set_final && w->c->final_amount < 0))
		return "a negative sum";
	return NULL;
}

static bool outside_is_known(const struct work *w)
{
	const struct memory *m = w->m;

	for (size_t i = 0; w->c->outside != NULL && i < m->outside.n; i++) {
		if (strcmp(m->outside.at[i].event_id, w->c->outside->event_id) == 0)
			return true;
	}
	return false;
}

static const char *find_wrong(struct work *w, struct rent_error *err)
{
	const char *wrong = wrong_sums(w, err);

	if (wrong == NULL)
		wrong = wrong_ends(w);
	if (wrong == NULL && outside_is_known(w))
		wrong = "an outside movement of this event is there";
	if (wrong == NULL && takes_another(w))
		wrong = "a second charge or capture in flight";
	for (size_t k = 0; k < RENT_CHANGE_OPS && wrong == NULL; k++)
		wrong = w->c->news[k].id == NULL ? NULL : wrong_new(w, k);
	return wrong;
}

/* ---- effects; nothing here can fail */

static void set_text(char *dst, size_t size, const char *src)
{
	if (src != NULL)
		(void)rent_copy(dst, size, src);
}

static void put_attempt(const struct work *w, const struct rent_op *op)
{
	struct memory_attempt *attempt = MEMORY_PUSH(w->m->attempts);
	bool success = op->state == RENT_OP_SUCCEEDED;

	(void)rent_copy(attempt->rental_id, RENT_ID_SIZE, op->rental_id);
	attempt->success = success;
	attempt->amount = success ? op->processed : op->amount;
	attempt->created_at = w->now;
	if (success)
		w->rental->attempts_taken += op->processed;
	else
		(void)rent_copy(attempt->error, sizeof(attempt->error), op->note);
}

static void apply_action(const struct rent_op_action *action, struct rent_op *op)
{
	if (action == NULL || strcmp(action->op_id, op->id) != 0)
		return;
	op->action = action->action;
	set_text(op->action_value, sizeof(op->action_value), action->value);
	if (action->until != 0)
		op->action_until = action->until;
}

static void apply_end(const struct work *w, const struct rent_op_end *end)
{
	struct memory_op *found = memory_op_of(w->m, w->rental, end->id), *target;
	struct rent_op *op = &found->op;

	target = op->target_id[0] == '\0' ? NULL
	                                  : memory_op_of(w->m, w->rental, op->target_id);
	if (target != NULL)
		target->op.used -= gives_back(op, end);
	op->state = end->state;
	op->processed = end->state == RENT_OP_SUCCEEDED ? end->processed : 0;
	op->tries++;
	op->resolved_at = rent_op_is_open(end->state) ? 0 : w->now;
	if (end->expires_at != 0)
		op->expires_at = end->expires_at;
	set_text(op->ref, sizeof(op->ref), end->ref);
	set_text(op->result, sizeof(op->result), end->result);
	set_text(op->note, sizeof(op->note), end->note);
	apply_action(w->c->action, op);
	if (rent_op_takes(op->kind) && change_ends_for_good(op->state))
		put_attempt(w, op);
}

static void apply_request(const struct rent_op_request *request, struct rent_op *op)
{
	if (request == NULL || strcmp(request->op_id, op->id) != 0)
		return;
	set_text(op->method_ref, sizeof(op->method_ref), request->method_ref);
	set_text(op->return_url, sizeof(op->return_url), request->return_url);
	set_text(op->request_key, sizeof(op->request_key), request->key);
}

static void apply_new(const struct work *w, const struct rent_op_new *new)
{
	struct rent_op op = { .struct_size = sizeof(op),
		              .kind = new->kind,
		              .purpose = new->purpose,
		              .state = RENT_OP_INTENT,
		              .amount = new->amount,
		              .created_at = w->now };
	struct memory_op *target;

	(void)rent_copy(op.id, sizeof(op.id), new->id);
	(void)rent_copy(op.rental_id, sizeof(op.rental_id), w->rental->r.id);
	(void)rent_copy(op.target_id, sizeof(op.target_id), new->target_id);
	apply_request(w->c->request, &op);
	target = op.target_id[0] == '\0' ? NULL
	                                 : memory_op_of(w->m, w->rental, op.target_id);
	if (target != NULL)
		target->op.used += new->amount;
	memory_insert_op(w->m, w->rental, &op);
}

/* After the ends were applied. */
static void apply_resolution(const struct work *w)
{
	const struct memory_op *op;
	struct rent_resolution *row;

	if (w->c->resolution == NULL)
		return;
	op = memory_op_of(w->m, w->rental, w->c->resolution->op_id);
	row = MEMORY_PUSH(w->m->resolutions);
	rent_adopt(row, sizeof(*row), w->c->resolution, w->c->resolution->struct_size);
	(void)rent_copy(row->rental_id, sizeof(row->rental_id), w->rental->r.id);
	(void)rent_copy(row->ref, sizeof(row->ref), op->op.ref);
	row->resolved_as = op->op.state;
	row->amount = op->op.processed;
	row->created_at = w->now;
}

static void apply_note(const struct work *w, size_t k)
{
	struct change_note note;
	struct rent_note *row;

	if (!change_note_row(w->c, k, &note))
		return;
	row = MEMORY_PUSH(w->m->notes);
	row->struct_size = sizeof(*row);
	row->kind = w->c->notes[k].kind;
	(void)rent_copy(row->rental_id, sizeof(row->rental_id), note.rental);
	(void)rent_copy(row->text, sizeof(row->text), note.text);
	row->created_at = w->now;
	if (row->kind == RENT_NOTE_AFTER_BUYOUT)
		memory_rental(w->m, row->rental_id)->reopened_at = w->now;
}

static void put_journal(const struct work *w, const struct change_debt *debt)
{
	struct memory_journal *row = MEMORY_PUSH(w->m->journal);
	const struct memory_op *newest = memory_newest_op(w->m, w->rental);

	(void)rent_copy(row->rental_id, sizeof(row->rental_id), debt->rental);
	(void)rent_copy(row->op_id, sizeof(row->op_id),
	                debt->op == NULL && newest != NULL ? newest->op.id : debt->op);
	(void)rent_copy(row->reason, sizeof(row->reason), debt->reason);
	row->delta = w->debt_after - w->rental->r.debt;
	row->after = w->debt_after;
	row->created_at = w->now;
	w->rental->journal += row->delta;
}

static void apply_debt(const struct work *w)
{
	struct rent_rental *r = &w->rental->r;
	struct change_debt debt;

	if (!change_debt_row(w->c, 0, &debt))
		return;
	if (w->debt_after != r->debt) {
		put_journal(w, &debt);
		r->debt = w->debt_after;
		w->rental->debt_row = true;
	}
	if (!w->rental->debt_row)
		return;
	if (debt.attempt == RENT_DEBT_TRY_OK) {
		r->debt_attempts = 0;
		r->debt_last_attempt_at = 0;
	} else if (debt.attempt == RENT_DEBT_TRY_FAILED) {
		r->debt_attempts++;
		r->debt_last_attempt_at = w->now;
	}
}

static void apply_lease(const struct work *w)
{
	struct rent_rental *r = &w->rental->r;

	if (w->c->lease == RENT_LEASE_NONE)
		return;
	(void)rent_copy(r->lease_token, sizeof(r->lease_token), w->row.token);
	r->lease_until = w->row.lease_until;
}

static void apply_rental(const struct work *w)
{
	struct rent_rental *r = &w->rental->r;
	const struct rent_change *c = w->c;

	if (c->status != RENT_STATUS_NONE)
		r->status = c->status;
	if (c->settlement != RENT_SETTLEMENT_NONE)
		r->settlement = c->settlement;
	set_text(r->powerbank_id, sizeof(r->powerbank_id), c->powerbank_id);
	if (r->provider[0] == '\0') {
		set_text(r->provider, sizeof(r->provider), c->provider);
		set_text(r->provider_plugin, sizeof(r->provider_plugin),
		         c->provider_plugin);
	}
	if (c->set_final) {
		r->has_final = true;
		r->final_amount = c->final_amount;
	}
	if (w->row.started_at != 0)
		r->started_at = w->row.started_at;
	if (w->row.finished_at != 0)
		r->finished_at = w->row.finished_at;
	if (c->ended_by != RENT_ENDED_BY_NONE)
		r->ended_by = c->ended_by;
	set_text(r->return_station_id, sizeof(r->return_station_id),
	         c->return_station_id);
	if (w->row.stop_asked_at != 0)
		r->stop_asked_at =
			w->row.stop_asked_at == RENT_NO_TIME ? 0 : w->row.stop_asked_at;
	set_text(r->payment_method, sizeof(r->payment_method), c->payment_method);
	if (w->row.payer_needed_at != 0)
		r->payer_needed_at = w->row.payer_needed_at == RENT_NO_TIME
		                             ? 0
		                             : w->row.payer_needed_at;
	w->rental->undeposited |= c->undeposited_max != 0;
	r->paid = w->row.paid;
	r->work_at = w->row.work_at;
	r->work_tries = w->row.work_tries;
	r->version++;
	apply_lease(w);
}

/* The first answer of a key is its answer. */
static int apply_answer(const struct work *w, struct rent_error *err)
{
	struct memory *m = w->m;

	for (size_t i = 0; w->c->outcome != NULL && i < m->keys.n; i++) {
		struct memory_key *key = &m->keys.at[i];

		if (key->answered || strcmp(key->rental_id, w->c->rental_id) != 0)
			continue;
		key->answer = strdup(w->c->answer);
		if (key->answer == NULL)
			return rent_fail(err, RENT_ENOMEM, "memory: out of memory");
		key->answered = true;
		(void)rent_copy(key->outcome, sizeof(key->outcome), w->c->outcome);
	}
	return 0;
}

static void apply_outside(const struct work *w)
{
	struct rent_outside *row;

	if (w->c->outside == NULL)
		return;
	row = MEMORY_PUSH(w->m->outside);
	*row = *w->c->outside;
	(void)rent_copy(row->rental_id, sizeof(row->rental_id), w->c->rental_id);
	row->created_at = w->now;
	w->rental->r.outside += row->amount;
	w->rental->r.outside_at = w->now;
}

/* All or none. */
static int apply_messages(const struct work *w, struct rent_error *err)
{
	struct memory *m = w->m;
	size_t before = m->outbox.n;
	struct change_message row;
	bool room = MEMORY_RESERVE(m->outbox, w->c->message_count);

	for (size_t k = 0; room && change_message_row(w->c, k, &row); k++)
		room = memory_insert_message(m, &row, w->now);
	if (room)
		return 0;
	while (m->outbox.n > before)
		free(m->outbox.at[--m->outbox.n].data);
	return rent_fail(err, RENT_ENOMEM, "memory: out of memory");
}

/* Room for all that n changes may add. */
static int reserve(struct memory *m, size_t n, struct rent_error *err)
{
	bool room = MEMORY_RESERVE(m->ops, n * RENT_CHANGE_OPS) &&
	            MEMORY_RESERVE(m->attempts, n * RENT_CHANGE_OPS) &&
	            MEMORY_RESERVE(m->resolutions, n) && MEMORY_RESERVE(m->journal, n) &&
	            MEMORY_RESERVE(m->deeds, n) && MEMORY_RESERVE(m->outside, n) &&
	            MEMORY_RESERVE(m->notes, n * RENT_CHANGE_OPS);

	return room ? 0 : rent_fail(err, RENT_ENOMEM, "memory: out of memory");
}

static int apply_change(struct work *w, struct rent_error *err)
{
	struct deed_row deed;
	int code = apply_answer(w, err);

	if (code == 0)
		code = apply_messages(w, err);
	if (code != 0)
		return code;
	apply_rental(w);
	apply_debt(w);
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		if (w->c->ends[k].id != NULL)
			apply_end(w, &w->c->ends[k]);
	}
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++) {
		if (w->c->news[k].id != NULL)
			apply_new(w, &w->c->news[k]);
	}
	apply_resolution(w);
	if (deed_of_change(w->c, 0, &deed))
		memory_put_deed(w->m, &deed);
	apply_outside(w);
	for (size_t k = 0; k < RENT_CHANGE_OPS; k++)
		apply_note(w, k);
	change_set_applied(w->c, w->rental->r.version, w->now);
	return 0;
}

static int advance_one(struct memory *m, struct rent_change *c, struct rent_error *err)
{
	struct work w = { .m = m,
		          .rental = memory_rental(m, c->rental_id),
		          .c = c,
		          .now = m->now(m->now_arg) };
	struct rent_field fields[] = { { "rental", c->rental_id }, { NULL, NULL } };
	const struct rent_host *host = m->instance.host;
	struct rent_error why;
	const char *wrong;

	change_set_refused(c, w.rental == NULL ? RENT_CHANGE_GONE : RENT_CHANGE_CONFLICT);
	if (w.rental == NULL || change_is_void(c) || !is_as_stated(&w) ||
	    !ends_are_open(&w))
		return 0;
	if (powerbank_is_taken(&w)) {
		change_set_refused(c, RENT_CHANGE_POWERBANK_TAKEN);
		return 0;
	}
	if (is_undeposited_full(&w)) {
		change_set_refused(c, RENT_CHANGE_UNDEPOSITED);
		return 0;
	}
	wrong = find_wrong(&w, &why);
	if (wrong != NULL) {
		if (host != NULL)
			host->log(host, RENT_LOG_WARN, fields, "change refused: %s",
			          wrong);
		return 0;
	}
	return apply_change(&w, err);
}

int memory_advance(struct memory *m, struct rent_change *const *given, size_t n,
                   struct rent_error *err)
{
	struct changes changes;
	int code = changes_adopt(&changes, given, n, err);

	if (code != 0)
		return code;
	lock_acquire(&m->lock);
	code = reserve(m, n, err);
	for (size_t i = 0; i < n && code == 0; i++) {
		code = advance_one(m, changes.list[i], err);
		if (code != 0 && i > 0)
			code = RENT_EINDOUBT; /* those before it are applied */
	}
	lock_release(&m->lock);
	changes_done(&changes);
	return code;
}
