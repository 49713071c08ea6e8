/* SPDX-License-Identifier: MIT
 *
 * rental_work.c - the memory of a rental being worked on. See rental_work.h; decides nothing.
 */
#include "rental_work.h"

#include <assert.h>
#include <stdlib.h>

#include "core.h"
#include "messages.h"
#include "text.h"

void work_init(struct rental_work *w, struct core *core, const struct params *params,
               const struct rent_payment_caps *caps, enum goal goal)
{
	memset(w, 0, sizeof(*w));
	w->core = core;
	w->params = params;
	w->caps = caps;
	w->goal = goal;
	w->request_id = "";
	w->provider = core == NULL || core->payment.instance == NULL
	                      ? ""
	                      : core->payment.instance;
	w->provider_plugin =
		core == NULL || core->payment.plugin == NULL ? "" : core->payment.plugin;
	w->call = NO_CALL;
	if (core != NULL)
		core->host->uuid7(core->host, w->token);
	else
		rent_copy(w->token, sizeof(w->token), "token");
}

void work_done(struct rental_work *w)
{
	messages_done(w);
	free(w->target);
	w->target = NULL;
	free(w->ops);
	w->ops = NULL;
	w->op_count = w->op_room = 0;
}

static struct work_op *new_slot(struct rental_work *w)
{
	if (w->op_count == WORK_OPS)
		return NULL;
	if (w->op_count == w->op_room) {
		size_t room = w->op_room == 0 ? 2 : w->op_room * 2;
		struct work_op *ops = realloc(w->ops, room * sizeof(*ops));

		if (ops == NULL)
			return NULL;
		w->ops = ops;
		w->op_room = room;
	}
	memset(&w->ops[w->op_count], 0, sizeof(w->ops[0]));
	return &w->ops[w->op_count++];
}

struct work_op *work_find_op(struct rental_work *w, enum rent_op_kind kind)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].op.kind == kind)
			return &w->ops[i];
	}
	return NULL;
}

struct work_op *work_find_id(struct rental_work *w, const char *id)
{
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (strcmp(w->ops[i].op.id, id) == 0)
			return &w->ops[i];
	}
	return NULL;
}

struct work_op *work_add_op(struct rental_work *w, enum rent_op_kind kind,
                            enum rent_purpose purpose, int64_t amount,
                            const struct rent_op *target)
{
	char target_id[RENT_ID_SIZE] = "";
	struct work_op *op, *source;

	if (target != NULL)
		rent_copy(target_id, sizeof(target_id), target->id);
	op = new_slot(w); /* moves ops: target is gone from here on */
	if (op == NULL)
		return NULL;
	op->op.struct_size = sizeof(op->op);
	if (w->core != NULL)
		w->core->host->uuid7(w->core->host, op->op.id);
	else
		(void)snprintf(op->op.id, sizeof(op->op.id), "op-%zu", w->op_count);
	rent_copy(op->op.rental_id, sizeof(op->op.rental_id), w->r.id);
	rent_copy(op->op.target_id, sizeof(op->op.target_id), target_id);
	op->op.kind = kind;
	op->op.purpose = purpose;
	op->op.state = RENT_OP_INTENT;
	op->op.amount = amount;
	op->op.created_at = w->r.now;
	op->fresh = op->unrecorded = true;
	if (kind == RENT_OP_CHARGE || kind == RENT_OP_HOLD)
		rent_copy(op->op.method_ref, sizeof(op->op.method_ref),
		          w->next.payment_method);
	source = target_id[0] == '\0' ? NULL : work_find_id(w, target_id);
	if (source != NULL)
		source->op.used += amount;
	if (rent_op_takes(kind))
		w->next.in_flight += amount;
	if (purpose == RENT_FOR_DEBT)
		w->next.in_flight_debt += amount;
	w->next.open_ops++;
	return op;
}

/* Storage's words and ours about the same operation: what we heard and could not record
 * yet is newer. */
static void merge_op(struct work_op *mine, const struct rent_op *theirs)
{
	struct rent_op heard = mine->op;

	rent_adopt(&mine->op, sizeof(mine->op), theirs, theirs->struct_size);
	mine->unrecorded = false;
	if (!mine->ended)
		return;
	if (!rent_op_is_open(mine->op.state)) { /* another driver recorded its end */
		mine->ended = false;
		return;
	}
	mine->op.state = heard.state;
	mine->op.processed = heard.processed;
	mine->op.expires_at = heard.expires_at;
	if (mine->acts) {
		mine->op.action = heard.action;
		memcpy(mine->op.action_value, heard.action_value,
		       sizeof(heard.action_value));
		mine->op.action_until = heard.action_until;
	}
	memcpy(mine->op.ref, heard.ref, sizeof(heard.ref));
	memcpy(mine->op.result, heard.result, sizeof(heard.result));
	memcpy(mine->op.note, heard.note, sizeof(heard.note));
}

/* Storage shows all open operations. If it no longer shows one, another driver has ended
 * it meanwhile (a charge of the tick beside a stop). Without this it would be sent
 * again. */
static bool is_shown(const struct work_op *mine, const struct rent_op *const *ops,
                     size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(ops[i]->id, mine->op.id) == 0)
			return true;
	}
	return false;
}

int work_load(struct rental_work *w, const struct rent_rental *r,
              const struct rent_op *const *ops, size_t n)
{
	size_t i, kept = 0;

	rent_adopt(&w->r, sizeof(w->r), r, r->struct_size);
	if (w->core != NULL)
		w->caps = core_caps_of(w->core, &w->r);
	for (i = 0; i < w->op_count; i++) {
		if (!w->ops[i].unrecorded && is_shown(&w->ops[i], ops, n))
			w->ops[kept++] = w->ops[i];
	}
	w->op_count = kept;
	for (i = 0; i < n; i++) {
		struct work_op *mine = work_find_id(w, ops[i]->id);

		if (mine == NULL)
			mine = new_slot(w);
		if (mine == NULL)
			return RENT_ENOMEM;
		merge_op(mine, ops[i]);
	}
	w->next = w->r;
	w->has_ops = w->just_loaded = true;
	return RENT_OK;
}

int work_load_row(void *arg, const struct rent_rental *r,
                  const struct rent_op *const *ops, size_t n)
{
	return work_load(arg, r, ops, n);
}

void work_note(struct rental_work *w, enum rent_note_kind kind, const char *fmt, ...)
{
	struct work_note *note;
	va_list ap;

	if (w->note_count == RENT_CHANGE_OPS)
		return;
	note = &w->notes[w->note_count++];
	note->kind = kind;
	va_start(ap, fmt);
	(void)vsnprintf(note->text, sizeof(note->text), fmt, ap);
	va_end(ap);
	text_mend(note->text);
}

void work_call(struct rental_work *w, const struct work_op *op)
{
	w->call = (size_t)(op - w->ops);
}

struct work_op *work_called_op(struct rental_work *w)
{
	return &w->ops[w->call];
}

bool work_may_call(const struct rental_work *w, const struct work_op *op)
{
	return rent_op_is_open(op->op.state) && !op->called &&
	       (op->fresh || w->goal != GOAL_TICK);
}

bool work_call_open(struct rental_work *w)
{
	bool open = false;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (work_may_call(w, &w->ops[i])) {
			work_call(w, &w->ops[i]);
			return true;
		}
		open |= rent_op_is_open(w->ops[i].op.state);
	}
	return open;
}

bool work_is_back(const struct rental_work *w)
{
	return w->goal == GOAL_STOP || w->ending.by == RENT_ENDED_BY_CABINET;
}

bool work_lease_is_live(const struct rent_rental *r)
{
	return r->lease_token[0] != '\0' && r->lease_until > r->now;
}

void work_end_op(struct work_op *op, enum rent_op_state state, int64_t processed,
                 const char *note)
{
	op->op.state = state;
	op->op.processed = processed;
	if (note != NULL)
		text_copy(op->op.note, sizeof(op->op.note), note);
	op->ended = true;
}

/* The amount that an outcome gives back to its target: all after a failure, else the rest. */
static int64_t gives_back(const struct work_op *op)
{
	switch (op->op.state) {
	case RENT_OP_SUCCEEDED:
		return op->op.amount - op->op.processed;
	case RENT_OP_DECLINED:
	case RENT_OP_NOT_EXECUTED:
		return op->op.amount;
	case RENT_OP_STATE_NONE:
	case RENT_OP_INTENT:
	case RENT_OP_PENDING:
	case RENT_OP_UNKNOWN:
	case RENT_OP_MANUAL:
		break;
	}
	return 0;
}

int64_t work_left_of(const struct rental_work *w, const struct work_op *target)
{
	int64_t left = target->op.processed - target->op.used;
	size_t i;

	for (i = 0; i < w->op_count; i++) {
		if (w->ops[i].ended && strcmp(w->ops[i].op.target_id, target->op.id) == 0)
			left += gives_back(&w->ops[i]);
	}
	return left;
}

void work_applied(struct rental_work *w)
{
	size_t i;

	assert(w->change.ret == RENT_CHANGE_APPLIED);
	w->next.version = w->change.ret_version;
	w->next.now = w->change.ret_now;
	if (w->next.started_at == RENT_DB_NOW)
		w->next.started_at = w->change.ret_now;
	if (w->change.provider != NULL) {
		rent_copy(w->next.provider, sizeof(w->next.provider), w->change.provider);
		rent_copy(w->next.provider_plugin, sizeof(w->next.provider_plugin),
		          w->change.provider_plugin);
	}
	w->r = w->next;
	w->just_loaded = false;
	w->undeposited |= w->change.undeposited_max != 0;
	w->leased =
		w->change.lease == RENT_LEASE_TAKE || w->change.lease == RENT_LEASE_KEEP;
	for (i = 0; i < w->op_count; i++) {
		struct work_op *op = &w->ops[i];
		struct work_op *target;

		if (op->unrecorded) /* as whoever loads it sees it */
			op->op.created_at = w->r.now;
		op->unrecorded = false;
		if (!op->ended)
			continue;
		op->ended = op->acts = op->wants_payer = false;
		op->op.tries++;
		target = op->op.target_id[0] == '\0' ? NULL
		                                     : work_find_id(w, op->op.target_id);
		if (target != NULL)
			target->op.used -= gives_back(op);
	}
}
