/* SPDX-License-Identifier: MIT
 *
 * places.c - which failpoint a change or a call is. A change has one name, that of the
 * weightiest thing in it: the rental's state, else the outcome it records, else the intent.
 */
#include "places.h"

#include "common/failpoint.h"

#define P FAILPOINT_MARK

/* Operations as a test tells them apart: a charge by what it is for. */
enum place_op {
	PLACE_NONE,
	PLACE_HOLD,
	PLACE_EJECT,
	PLACE_CAPTURE,
	PLACE_RELEASE,
	PLACE_REFUND,
	PLACE_ACCRUAL,
	PLACE_DEBT,
	PLACE_CHARGE, /* at the settlement */
	PLACE_OPS
};

struct names {
	const char *before, *after;
};

static const struct names calls[PLACE_OPS] = {
	[PLACE_HOLD] = { P "hold.sending", P "hold.heard" },
	[PLACE_EJECT] = { P "eject.sending", P "eject.heard" },
	[PLACE_CAPTURE] = { P "capture.sending", P "capture.heard" },
	[PLACE_RELEASE] = { P "release.sending", P "release.heard" },
	[PLACE_REFUND] = { P "refund.sending", P "refund.heard" },
	[PLACE_ACCRUAL] = { P "accrual.sending", P "accrual.heard" },
	[PLACE_DEBT] = { P "debt.sending", P "debt.heard" },
	[PLACE_CHARGE] = { P "charge.sending", P "charge.heard" },
};

static const struct names outcomes[PLACE_OPS] = {
	[PLACE_HOLD] = { P "hold.outcome.recording", P "hold.outcome.recorded" },
	[PLACE_EJECT] = { P "eject.outcome.recording", P "eject.outcome.recorded" },
	[PLACE_CAPTURE] = { P "capture.outcome.recording", P "capture.outcome.recorded" },
	[PLACE_RELEASE] = { P "release.outcome.recording", P "release.outcome.recorded" },
	[PLACE_REFUND] = { P "refund.outcome.recording", P "refund.outcome.recorded" },
	[PLACE_ACCRUAL] = { P "accrual.outcome.recording", P "accrual.outcome.recorded" },
	[PLACE_DEBT] = { P "debt.outcome.recording", P "debt.outcome.recorded" },
	[PLACE_CHARGE] = { P "charge.outcome.recording", P "charge.outcome.recorded" },
};

/* Where an intent is recorded with nothing else; a hold's is the storage's start_begin, a
 * charge at the settlement follows the outcome of a capture. */
static const struct names intents[PLACE_OPS] = {
	[PLACE_EJECT] = { P "eject.intent.recording", P "eject.intent.recorded" },
	[PLACE_CAPTURE] = { P "capture.intent.recording", P "capture.intent.recorded" },
	[PLACE_RELEASE] = { P "release.intent.recording", P "release.intent.recorded" },
	[PLACE_REFUND] = { P "refund.intent.recording", P "refund.intent.recorded" },
	[PLACE_ACCRUAL] = { P "accrual.intent.recording", P "accrual.intent.recorded" },
	[PLACE_DEBT] = { P "debt.intent.recording", P "debt.intent.recorded" },
};

static const struct names states[] = {
	[RENT_STATUS_ACTIVE] = { P "start.answer.recording", P "start.answer.recorded" },
	[RENT_STATUS_FAILED] = { P "start.failed.recording", P "start.failed.recorded" },
	[RENT_STATUS_FINISHED] = { P "stop.end.recording", P "stop.end.recorded" },
	[RENT_STATUS_BUYOUT] = { P "buyout.end.recording", P "buyout.end.recorded" },
};

static enum place_op op_of(enum rent_op_kind kind, enum rent_purpose purpose)
{
	switch (kind) {
	case RENT_OP_HOLD:
		return PLACE_HOLD;
	case RENT_OP_EJECT:
		return PLACE_EJECT;
	case RENT_OP_CAPTURE:
		return PLACE_CAPTURE;
	case RENT_OP_RELEASE:
		return PLACE_RELEASE;
	case RENT_OP_REFUND:
		return PLACE_REFUND;
	case RENT_OP_CHARGE:
		return purpose == RENT_FOR_ACCRUAL ? PLACE_ACCRUAL
		       : purpose == RENT_FOR_DEBT  ? PLACE_DEBT
		                                   : PLACE_CHARGE;
	case RENT_OP_NONE:
		break;
	}
	return PLACE_NONE;
}

/* The operation that a change ends first. */
static enum place_op ended(const struct item *it)
{
	const char *id = it->change.ends[0].id;

	for (size_t i = 0; i < it->op_count && id != NULL; i++) {
		if (strcmp(it->ops[i].op.id, id) == 0)
			return op_of(it->ops[i].op.kind, it->ops[i].op.purpose);
	}
	return PLACE_NONE;
}

static struct names of_change(const struct item *it)
{
	const struct rent_change *c = &it->change;

	if (c->status != RENT_STATUS_NONE && states[c->status].before != NULL)
		return states[c->status];
	if (c->ends[0].id != NULL)
		return outcomes[ended(it)];
	if (c->news[0].id != NULL)
		return intents[op_of(c->news[0].kind, c->news[0].purpose)];
	return (struct names){ 0 };
}

void place_recording(const struct item *it)
{
	RENT_FAILPOINT_OF(of_change(it).before);
}

void place_recorded(const struct item *it)
{
	RENT_FAILPOINT_OF(of_change(it).after);
}

static enum place_op called(const struct item *it)
{
	const struct rent_op *op = &it->ops[it->call].op;

	return op_of(op->kind, op->purpose);
}

void place_sending(const struct item *it)
{
	RENT_FAILPOINT_OF(calls[called(it)].before);
}

void place_heard(const struct item *it)
{
	RENT_FAILPOINT_OF(calls[called(it)].after);
}
