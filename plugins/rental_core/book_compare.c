/* SPDX-License-Identifier: MIT
 *
 * book_compare.c - see book_compare.h.
 */
#include "book_compare.h"

#include "action.h"
#include "hold_kind.h"
#include "payment_call.h"

/* clang-format off */
const struct finding_kind book_findings[] = {
	[BOOK_MISSING_OURS] = { "I8", "missing_ours",
		"ask the provider who sent it; it was not recorded here before it was sent", true },
	[BOOK_MISSING_THEIRS] = { "I8", "missing_theirs",
		"ask the provider for this id; if nothing happened, the customer was credited for nothing", true },
	[BOOK_KIND] = { "I8", "kind_differs", "ask the provider what was done under this id", true },
	[BOOK_AMOUNT] = { "I8", "amount_differs",
		"ask the provider what was moved; the rental's sums must follow", true },
	[BOOK_STATE] = { "I8", "state_differs",
		"ask the provider; refund what was taken for nothing, or charge what was not taken", true },
	[BOOK_MANUAL] = { "", "manual", "rentald resolve ID --as=… as the provider says", false },
	[BOOK_HOLD_EXPIRED] = { "", "hold_expired", "nothing: nothing is held any more", false },
	[BOOK_OPEN_THEIRS_ENDED] = { "", "open_theirs_ended",
		"see in the log why its outcome is not found out; it is asked for until it is MANUAL", false },
	[BOOK_ABOVE] = { "I8", "amount_above",
		"ask the provider at once why it moved more than was asked for; is the unit of amounts right?", true },
	[BOOK_CURRENCY] = { "I8", "currency_differs",
		"ask the provider; amounts of another currency are not compared", true },
	[BOOK_OUTSIDE] = { "", "outside_refund",
		"nothing: it is recorded; what the customer owes for it, if anything, is yours to say (table debts)", false },
	[BOOK_OUTSIDE_UNKNOWN] = { "I8", "outside_refund_unknown",
		"its event did not come: send it again from the provider's dashboard; until then total_amount has it, "
		"and the customer may be charged for it again", true },
	[BOOK_CANNOT_LIST] = { "", "cannot_list", "compare with the provider's own reports", false },
};
/* clang-format on */

static const char *const pay_names[] = {
	[0] = "",
	[RENT_PAY_HOLD] = "hold",
	[RENT_PAY_CAPTURE] = "capture",
	[RENT_PAY_RELEASE] = "release",
	[RENT_PAY_CHARGE] = "charge",
	[RENT_PAY_REFUND] = "refund",
	[RENT_PAY_LOOKUP] = "",
};

const char *book_kind_name(enum rent_payment_kind kind)
{
	return (size_t)kind < sizeof(pay_names) / sizeof(*pay_names) ? pay_names[kind]
	                                                             : "";
}

const char *book_outcome_name(enum rent_outcome outcome)
{
	return outcome == RENT_SUCCEEDED  ? "succeeded"
	       : outcome == RENT_DECLINED ? "declined"
	                                  : "pending";
}

static void compare_succeeded(const struct book_terms *t, const struct rent_op *op,
                              const struct book_entry *e, struct findings *f)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	bool by_capture = op->kind == RENT_OP_RELEASE && t->caps->capture_releases_rest;

	if (op->kind == RENT_OP_RELEASE && strcmp(op->result, HOLD_EXPIRED) == 0)
		(void)findings_add(f, &book_findings[BOOK_HOLD_EXPIRED],
		                   "the hold had ended at the provider before %" PRId64
		                   " of it were released",
		                   op->processed);
	else if (e == NULL && !by_capture)
		finding_count(findings_add(f, &book_findings[BOOK_MISSING_THEIRS],
		                           "our %s of %" PRId64
		                           " succeeded, their book does not have it",
		                           kind, op->processed),
		              op->processed, 0);
	else if (e != NULL && e->kind != payment_kind_of(op->kind))
		(void)findings_add(f, &book_findings[BOOK_KIND],
		                   "for us it is a %s, for them a %s", kind,
		                   book_kind_name(e->kind));
	else if (e != NULL && e->outcome != RENT_SUCCEEDED)
		finding_count(
			findings_add(f, &book_findings[BOOK_STATE],
		                     "our %s of %" PRId64 " succeeded, for them it is %s",
		                     kind, op->processed, book_outcome_name(e->outcome)),
			op->processed, 0);
	else if (e != NULL && e->amount != op->processed &&
	         (e->amount != 0 || op->kind != RENT_OP_HOLD))
		finding_count(findings_add(f, &book_findings[BOOK_AMOUNT],
		                           "our %s moved %" PRId64 ", theirs %" PRId64,
		                           kind, op->processed, e->amount),
		              op->processed, e->amount);
}

/* A hold that was confirmed at the very moment in which it was cancelled stood, and is gone. */
static void compare_failed(const struct rent_op *op, const struct book_entry *e,
                           struct findings *f)
{
	if (e == NULL || e->outcome == RENT_DECLINED ||
	    (op->kind == RENT_OP_HOLD && action_was_cancelled(op)))
		return;
	finding_count(
		findings_add(f, &book_findings[BOOK_STATE],
	                     "our %s of %" PRId64 " is %s, for them it %s (%" PRId64 ")",
	                     rent_name_of(rent_op_kind_names, (int)op->kind), op->amount,
	                     rent_name_of(rent_op_state_names, (int)op->state),
	                     book_outcome_name(e->outcome), e->amount),
		0, e->amount);
}

/* More than `amount` was never asked for, so more is a mistake, whatever the outcome. */
static bool is_above(const struct rent_op *op, const struct book_entry *e,
                     struct findings *f)
{
	if (e == NULL || e->outcome != RENT_SUCCEEDED || e->amount <= op->amount)
		return false;
	finding_count(
		findings_add(f, &book_findings[BOOK_ABOVE],
	                     "our %s of %" PRId64 " is %s; for them it moved %" PRId64,
	                     rent_name_of(rent_op_kind_names, (int)op->kind), op->amount,
	                     rent_name_of(rent_op_state_names, (int)op->state),
	                     e->amount),
		op->amount, e->amount);
	return true;
}

/* Being found out about; but what the provider has known for long we should know, too. */
static void compare_open(const struct book_terms *t, const struct rent_op *op,
                         const struct book_entry *e, struct findings *f)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	int64_t age = t->now - op->created_at;

	if (e == NULL || is_above(op, e, f) || e->outcome == RENT_PENDING ||
	    age <= t->patience)
		return;
	finding_count(findings_add(f, &book_findings[BOOK_OPEN_THEIRS_ENDED],
	                           "our %s of %" PRId64 " is %s for %" PRId64
	                           " seconds; for them it %s (%" PRId64 ")",
	                           kind, op->amount,
	                           rent_name_of(rent_op_state_names, (int)op->state),
	                           age / RENT_SECOND, book_outcome_name(e->outcome),
	                           e->amount),
	              op->amount, e->amount);
}

static void compare_manual(const struct rent_op *op, const struct book_entry *e,
                           struct findings *f)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);

	if (is_above(op, e, f))
		return;
	if (e == NULL)
		(void)findings_add(f, &book_findings[BOOK_MANUAL],
		                   "our %s of %" PRId64
		                   " is MANUAL; their book does not have it",
		                   kind, op->amount);
	else
		finding_count(findings_add(f, &book_findings[BOOK_MANUAL],
		                           "our %s of %" PRId64
		                           " is MANUAL; for them it %s (%" PRId64 ")",
		                           kind, op->amount,
		                           book_outcome_name(e->outcome), e->amount),
		              op->amount, e->amount);
}

/* Of another currency than the provider's own. */
bool book_is_foreign(const struct book_terms *t, const struct book_entry *e)
{
	const char *ours = t->caps->currency;

	return e->currency[0] != '\0' && ours[0] != '\0' &&
	       strcmp(e->currency, ours) != 0;
}

static void compare_by_state(const struct book_terms *t, const struct rent_op *op,
                             const struct book_entry *e, struct findings *f)
{
	switch (op->state) {
	case RENT_OP_SUCCEEDED:
		compare_succeeded(t, op, e, f);
		break;
	case RENT_OP_DECLINED:
	case RENT_OP_NOT_EXECUTED:
		compare_failed(op, e, f);
		break;
	case RENT_OP_MANUAL:
		compare_manual(op, e, f);
		break;
	case RENT_OP_INTENT:
	case RENT_OP_PENDING:
	case RENT_OP_UNKNOWN:
		compare_open(t, op, e, f);
		break;
	case RENT_OP_STATE_NONE:
		break;
	}
}

size_t book_compare(const struct book_terms *t, const struct rent_op *op,
                    const struct book_entry *e, struct findings *f)
{
	size_t i;

	(void)findings_none(f);
	if (e != NULL && e->outcome == RENT_SUCCEEDED && book_is_foreign(t, e))
		finding_count(
			findings_add(f, &book_findings[BOOK_CURRENCY],
		                     "our %s of %" PRId64
		                     " is %s; for them it moved %" PRId64 " %s",
		                     rent_name_of(rent_op_kind_names, (int)op->kind),
		                     op->amount, t->caps->currency, e->amount,
		                     e->currency),
			op->amount, e->amount);
	else if (!action_is_cancel(op) && !hold_is_extension(op))
		compare_by_state(t, op, e, f);
	for (i = 0; i < f->n; i++) {
		rent_copy(f->at[i].op_id, sizeof(f->at[i].op_id), op->id);
		f->at[i].since = op->resolved_at != 0 ? op->resolved_at : op->created_at;
	}
	return f->n;
}
