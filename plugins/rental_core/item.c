/* SPDX-License-Identifier: MIT
 *
 * item.c - the memory of a rental being worked on. See item.h; decides nothing.
 */
#include "item.h"

#include <assert.h>
#include <stdlib.h>

#include "core.h"

void item_init(struct item *it, struct core *core, const struct params *params,
               const struct rent_payment_caps *caps, enum goal goal)
{
	memset(it, 0, sizeof(*it));
	it->core = core;
	it->params = params;
	it->caps = caps;
	it->goal = goal;
	it->request_id = "";
	it->provider = core == NULL || core->payment.instance == NULL
	                       ? ""
	                       : core->payment.instance;
	it->call = NO_CALL;
	if (core != NULL)
		core->host->uuid7(core->host, it->token);
	else
		rent_copy(it->token, sizeof(it->token), "token");
}

void item_done(struct item *it)
{
	free(it->ops);
	it->ops = NULL;
	it->op_count = it->op_room = 0;
}

static struct item_op *item_slot(struct item *it)
{
	if (it->op_count == ITEM_OPS)
		return NULL;
	if (it->op_count == it->op_room) {
		size_t room = it->op_room == 0 ? 4 : it->op_room * 2;
		struct item_op *ops = realloc(it->ops, room * sizeof(*ops));

		if (ops == NULL)
			return NULL;
		it->ops = ops;
		it->op_room = room;
	}
	memset(&it->ops[it->op_count], 0, sizeof(it->ops[0]));
	return &it->ops[it->op_count++];
}

struct item_op *item_find(struct item *it, enum rent_op_kind kind)
{
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (it->ops[i].op.kind == kind)
			return &it->ops[i];
	}
	return NULL;
}

static struct item_op *find_id(struct item *it, const char *id)
{
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (strcmp(it->ops[i].op.id, id) == 0)
			return &it->ops[i];
	}
	return NULL;
}

struct item_op *item_add(struct item *it, enum rent_op_kind kind,
                         enum rent_purpose purpose, int64_t amount,
                         const struct rent_op *target)
{
	char target_id[RENT_ID_SIZE] = "";
	struct item_op *op, *source;

	if (target != NULL)
		rent_copy(target_id, sizeof(target_id), target->id);
	op = item_slot(it); /* moves ops: target is gone from here on */
	if (op == NULL)
		return NULL;
	op->op.struct_size = sizeof(op->op);
	if (it->core != NULL)
		it->core->host->uuid7(it->core->host, op->op.id);
	else
		(void)snprintf(op->op.id, sizeof(op->op.id), "op-%zu", it->op_count);
	rent_copy(op->op.rental_id, sizeof(op->op.rental_id), it->r.id);
	rent_copy(op->op.target_id, sizeof(op->op.target_id), target_id);
	op->op.kind = kind;
	op->op.purpose = purpose;
	op->op.state = RENT_OP_INTENT;
	op->op.amount = amount;
	op->op.created_at = it->r.now;
	op->fresh = op->unrecorded = true;
	source = target_id[0] == '\0' ? NULL : find_id(it, target_id);
	if (source != NULL)
		source->op.used += amount;
	if (rent_op_takes(kind))
		it->next.in_flight += amount;
	if (purpose == RENT_FOR_DEBT)
		it->next.in_flight_debt += amount;
	it->next.open_ops++;
	return op;
}

/* Storage's words and ours about the same operation: what we heard and could not record
 * yet is newer. */
static void item_merge(struct item_op *mine, const struct rent_op *theirs)
{
	struct rent_op heard = mine->op;

	rent_adopt(&mine->op, sizeof(mine->op), theirs, theirs->struct_size);
	mine->unrecorded = false;
	if (!mine->ended)
		return;
	if (!rent_op_is_open(mine->op.state)) { /* somebody else recorded its end */
		mine->ended = false;
		return;
	}
	mine->op.state = heard.state;
	mine->op.processed = heard.processed;
	mine->op.expires_at = heard.expires_at;
	memcpy(mine->op.ref, heard.ref, sizeof(heard.ref));
	memcpy(mine->op.result, heard.result, sizeof(heard.result));
	memcpy(mine->op.note, heard.note, sizeof(heard.note));
}

/* Storage shows whatever is open: what it does not show any more was ended by somebody else
 * meanwhile (a charge of the tick beside a stop). Kept as it was, it would be asked for once
 * more. */
static bool is_shown(const struct item_op *mine, const struct rent_op *const *ops,
                     size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (strcmp(ops[i]->id, mine->op.id) == 0)
			return true;
	}
	return false;
}

int item_load(struct item *it, const struct rent_rental *r,
              const struct rent_op *const *ops, size_t n)
{
	size_t i, kept = 0;

	rent_adopt(&it->r, sizeof(it->r), r, r->struct_size);
	for (i = 0; i < it->op_count; i++) {
		if (!it->ops[i].unrecorded && is_shown(&it->ops[i], ops, n))
			it->ops[kept++] = it->ops[i];
	}
	it->op_count = kept;
	for (i = 0; i < n; i++) {
		struct item_op *mine = find_id(it, ops[i]->id);

		if (mine == NULL)
			mine = item_slot(it);
		if (mine == NULL)
			return RENT_ENOMEM;
		item_merge(mine, ops[i]);
	}
	it->next = it->r;
	it->has_ops = it->just_loaded = true;
	return RENT_OK;
}

void item_end(struct item_op *op, enum rent_op_state state, int64_t processed,
              const char *note)
{
	op->op.state = state;
	op->op.processed = processed;
	if (note != NULL)
		rent_copy(op->op.note, sizeof(op->op.note), note);
	op->ended = true;
}

/* What an outcome gives back to its target: all of a failure, the rest of a part. */
static int64_t gives_back(const struct item_op *op)
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

int64_t item_left(const struct item *it, const struct item_op *target)
{
	int64_t left = target->op.processed - target->op.used;
	size_t i;

	for (i = 0; i < it->op_count; i++) {
		if (it->ops[i].ended &&
		    strcmp(it->ops[i].op.target_id, target->op.id) == 0)
			left += gives_back(&it->ops[i]);
	}
	return left;
}

void item_applied(struct item *it)
{
	size_t i;

	assert(it->change.ret == RENT_CHANGE_APPLIED);
	it->next.version = it->change.ret_version;
	it->next.now = it->change.ret_now;
	if (it->next.started_at == RENT_DB_NOW)
		it->next.started_at = it->change.ret_now;
	if (it->change.provider != NULL)
		rent_copy(it->next.provider, sizeof(it->next.provider),
		          it->change.provider);
	it->r = it->next;
	it->just_loaded = false;
	it->leased = it->change.lease == RENT_LEASE_TAKE ||
	             it->change.lease == RENT_LEASE_KEEP;
	for (i = 0; i < it->op_count; i++) {
		struct item_op *op = &it->ops[i];
		struct item_op *target;

		op->unrecorded = false;
		if (!op->ended)
			continue;
		op->ended = false;
		op->op.tries++;
		target = op->op.target_id[0] == '\0' ? NULL
		                                     : find_id(it, op->op.target_id);
		if (target != NULL)
			target->op.used -= gives_back(op);
	}
}
