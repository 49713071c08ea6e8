/* SPDX-License-Identifier: MIT
 *
 * outcome.c - what an answer of a provider means: from the answer to the operation's state.
 *
 * Of what comes back only an answer counts: that an operation could not be sent *now* says
 * nothing about the first time.
 */
#include "outcome.h"
#include "action.h"
#include "hold.h"
#include "observers.h"
#include "resolution.h"
#include "text.h"

#include "core.h"

void outcome_record(struct rental_work *w, const struct provider_answer *a,
                    enum rent_op_state state)
{
	struct work_op *op = work_called_op(w);

	/* Of an extension it is that of the hold. */
	if (a->ref != NULL && a->ref[0] != '\0' && !hold_is_extension(&op->op))
		text_copy(op->op.ref, sizeof(op->op.ref), a->ref);
	if (a->result != NULL && a->result[0] != '\0')
		text_copy(op->op.result, sizeof(op->op.result), a->result);
	if (state == RENT_OP_SUCCEEDED)
		op->op.expires_at = a->expires_at;
	work_end_op(op, state, state == RENT_OP_SUCCEEDED ? a->processed : 0, a->note);
}

void outcome_complain(struct rental_work *w, const char *type, const char *what,
                      const char *note)
{
	const struct work_op *op = work_called_op(w);
	const struct rent_host *host = w->core->host;
	const struct rent_field fields[] = {
		{ "rental", w->r.id },
		{ "operation", op->op.id },
		{ NULL, NULL },
	};

	observers_error(w->core->observers, type);
	host->log(host, RENT_LOG_ERROR, fields, "%s of %" PRId64 ": %s: \"%s\"",
	          rent_name_of(rent_op_kind_names, (int)op->op.kind), op->op.amount, what,
	          note == NULL ? "" : note);
}

/* Whether a success carries all it must; otherwise it does not count. */
static bool is_sound(const struct work_op *op, const struct provider_answer *a)
{
	if (action_is_cancel(&op->op) || hold_is_extension(&op->op))
		return true; /* nothing is moved */
	if (op->op.kind == RENT_OP_EJECT)
		return a->result != NULL && a->result[0] != '\0' &&
		       strcmp(a->result, RENT_NO_POWERBANK) != 0;
	return a->processed >= 1 && a->processed <= op->op.amount;
}

enum rent_op_state outcome_judge(struct rental_work *w, const struct provider_answer *a,
                                 bool ambiguous)
{
	const struct work_op *op = work_called_op(w);
	bool may_have_acted = ambiguous || way_maybe_sent(op);

	switch (a->outcome) {
	case RENT_SUCCEEDED:
		if (is_sound(op, a))
			return RENT_OP_SUCCEEDED;
		outcome_complain(
			w, "mismatch",
			"the provider's success contradicts what was asked; treated as unknown",
			a->note);
		return RENT_OP_UNKNOWN;
	case RENT_PENDING:
		return RENT_OP_PENDING;
	case RENT_DECLINED:
		return RENT_OP_DECLINED;
	case RENT_NOT_EXECUTED:
		return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_NOT_EXECUTED;
	case RENT_INVALID:
		if (a->alert) /* our key is refused: nothing is said of this request */
			return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_NOT_EXECUTED;
		outcome_complain(w, "invalid", "the provider calls the request invalid",
		                 a->note);
		return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_DECLINED;
	case RENT_UNSUPPORTED:
		return may_have_acted ? RENT_OP_UNKNOWN : RENT_OP_DECLINED;
	case RENT_UNKNOWN:
		return RENT_OP_UNKNOWN;
	}
	outcome_complain(w, "mismatch", "an outcome outside the set; treated as unknown",
	                 a->note);
	return RENT_OP_UNKNOWN;
}

/* A pending operation is looked up early: then "not found" contradicts what the provider said
 * before, and proves nothing. */
bool outcome_of_lookup(struct rental_work *w, struct provider_answer *a,
                       bool not_found_is_final)
{
	if (a->not_found && not_found_is_final &&
	    way_is_past_settling(w, work_called_op(w))) {
		outcome_record(w, a, RENT_OP_NOT_EXECUTED);
		return true;
	}
	if (a->not_found || a->outcome == RENT_NOT_EXECUTED)
		a->outcome = RENT_UNKNOWN;
	return false;
}

void outcome_of_silence(struct rental_work *w, bool sent, const char *note)
{
	struct provider_answer a = { .outcome = sent ? RENT_UNKNOWN : RENT_NOT_EXECUTED,
		                     .note = note };

	outcome_record(w, &a, outcome_judge(w, &a, false));
}

void outcome_of_refused_build(struct rental_work *w, int code,
                              const struct rent_error *err)
{
	struct provider_answer a = { .outcome = RENT_NOT_EXECUTED, .note = err->text };

	if (code == RENT_EINVAL)
		a.outcome = RENT_INVALID;
	else if (code == RENT_EUNSUPPORTED)
		a.outcome = RENT_UNSUPPORTED;
	outcome_record(w, &a, outcome_judge(w, &a, false));
}

bool outcome_start_depends_on(const struct rental_work *w, const struct work_op *op)
{
	return op->op.kind == RENT_OP_EJECT ||
	       (op->op.kind == RENT_OP_HOLD && w->params->refuse_unavailable);
}
