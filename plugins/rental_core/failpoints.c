/* SPDX-License-Identifier: MIT
 *
 * failpoints.c - which failpoint a change or a call is. A change has one name, that of the
 * weightiest thing in it: the rental's state, else the outcome it records, else the intent.
 */
#include "failpoints.h"

#include "common/failpoint.h"

#define P FAILPOINT_MARK

/* Operations as a test tells them apart: a charge by what it is for. */
enum failpoint_op {
	FP_NONE,
	FP_HOLD,
	FP_EJECT,
	FP_CAPTURE,
	FP_RELEASE,
	FP_REFUND,
	FP_ACCRUAL,
	FP_DEBT,
	FP_CHARGE, /* at the settlement */
	FP_OPS
};

struct names {
	const char *before, *after;
};

static const struct names calls[FP_OPS] = {
	[FP_HOLD] = { P "hold.sending", P "hold.heard" },
	[FP_EJECT] = { P "eject.sending", P "eject.heard" },
	[FP_CAPTURE] = { P "capture.sending", P "capture.heard" },
	[FP_RELEASE] = { P "release.sending", P "release.heard" },
	[FP_REFUND] = { P "refund.sending", P "refund.heard" },
	[FP_ACCRUAL] = { P "accrual.sending", P "accrual.heard" },
	[FP_DEBT] = { P "debt.sending", P "debt.heard" },
	[FP_CHARGE] = { P "charge.sending", P "charge.heard" },
};

static const struct names outcomes[FP_OPS] = {
	[FP_HOLD] = { P "hold.outcome.recording", P "hold.outcome.recorded" },
	[FP_EJECT] = { P "eject.outcome.recording", P "eject.outcome.recorded" },
	[FP_CAPTURE] = { P "capture.outcome.recording", P "capture.outcome.recorded" },
	[FP_RELEASE] = { P "release.outcome.recording", P "release.outcome.recorded" },
	[FP_REFUND] = { P "refund.outcome.recording", P "refund.outcome.recorded" },
	[FP_ACCRUAL] = { P "accrual.outcome.recording", P "accrual.outcome.recorded" },
	[FP_DEBT] = { P "debt.outcome.recording", P "debt.outcome.recorded" },
	[FP_CHARGE] = { P "charge.outcome.recording", P "charge.outcome.recorded" },
};

/* Where an intent is recorded with nothing else; a hold's is the storage's start_begin, a
 * charge at the settlement follows the outcome of a capture. */
static const struct names intents[FP_OPS] = {
	[FP_EJECT] = { P "eject.intent.recording", P "eject.intent.recorded" },
	[FP_CAPTURE] = { P "capture.intent.recording", P "capture.intent.recorded" },
	[FP_RELEASE] = { P "release.intent.recording", P "release.intent.recorded" },
	[FP_REFUND] = { P "refund.intent.recording", P "refund.intent.recorded" },
	[FP_ACCRUAL] = { P "accrual.intent.recording", P "accrual.intent.recorded" },
	[FP_DEBT] = { P "debt.intent.recording", P "debt.intent.recorded" },
};

static const struct names states[] = {
	[RENT_STATUS_ACTIVE] = { P "start.answer.recording", P "start.answer.recorded" },
	[RENT_STATUS_FAILED] = { P "start.failed.recording", P "start.failed.recorded" },
	[RENT_STATUS_FINISHED] = { P "stop.end.recording", P "stop.end.recorded" },
	[RENT_STATUS_BUYOUT] = { P "buyout.end.recording", P "buyout.end.recorded" },
};

static enum failpoint_op op_of(enum rent_op_kind kind, enum rent_purpose purpose)
{
	switch (kind) {
	case RENT_OP_HOLD:
		return FP_HOLD;
	case RENT_OP_EJECT:
		return FP_EJECT;
	case RENT_OP_CAPTURE:
		return FP_CAPTURE;
	case RENT_OP_RELEASE:
		return FP_RELEASE;
	case RENT_OP_REFUND:
		return FP_REFUND;
	case RENT_OP_CHARGE:
		return purpose == RENT_FOR_ACCRUAL ? FP_ACCRUAL
		       : purpose == RENT_FOR_DEBT  ? FP_DEBT
		                                   : FP_CHARGE;
	case RENT_OP_NONE:
		break;
	}
	return FP_NONE;
}

/* The operation that a change ends first. */
static enum failpoint_op ended_op(const struct rental_work *w)
{
	const char *id = w->change.ends[0].id;

	for (size_t i = 0; i < w->op_count && id != NULL; i++) {
		if (strcmp(w->ops[i].op.id, id) == 0)
			return op_of(w->ops[i].op.kind, w->ops[i].op.purpose);
	}
	return FP_NONE;
}

static struct names names_of_change(const struct rental_work *w)
{
	const struct rent_change *c = &w->change;

	if (c->status != RENT_STATUS_NONE && states[c->status].before != NULL)
		return states[c->status];
	if (c->ends[0].id != NULL)
		return outcomes[ended_op(w)];
	if (c->news[0].id != NULL)
		return intents[op_of(c->news[0].kind, c->news[0].purpose)];
	return (struct names){ 0 };
}

void failpoint_recording(const struct rental_work *w)
{
	RENT_FAILPOINT_OF(names_of_change(w).before);
}

void failpoint_recorded(const struct rental_work *w)
{
	RENT_FAILPOINT_OF(names_of_change(w).after);
}

static enum failpoint_op op_called(const struct rental_work *w)
{
	const struct rent_op *op = &w->ops[w->call].op;

	return op_of(op->kind, op->purpose);
}

void failpoint_sending(const struct rental_work *w)
{
	RENT_FAILPOINT_OF(calls[op_called(w)].before);
}

void failpoint_heard(const struct rental_work *w)
{
	RENT_FAILPOINT_OF(calls[op_called(w)].after);
}
