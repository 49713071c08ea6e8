/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/replies.c - Stripe's objects into outcomes. An answer that no table in
 * here names leaves the result as it came: UNKNOWN.
 */
#include "stripe.h"

/* Whether the object is this operation's, in our currency. Capture and release have no object:
 * theirs is the hold, whose id we know. */
static bool is_ours(const struct stripe *s, const struct rent_payment_op *op,
                    enum rent_payment_kind kind, const struct rent_json *o)
{
	const char *id = s->json->text(o, "id");

	if (!stripe_id_valid(id) || !payment_says(s->json, o, "currency", s->currency))
		return false;
	if (kind == RENT_PAY_CAPTURE || kind == RENT_PAY_RELEASE)
		return strcmp(id, op->target_ref) == 0;
	if (op->ref[0] != '\0' && strcmp(id, op->ref) != 0)
		return false;
	return payment_says(s->json, o, "metadata.op", op->id);
}

/* A success of the amount at path. */
static void succeed(const struct stripe *s, const struct rent_payment_op *op,
                    const struct rent_json *o, const char *path,
                    struct rent_payment_result *ret)
{
	int64_t minor;

	if (!s->json->integer(o, path, 1, INT64_MAX, &minor) ||
	    !stripe_units(s, minor, op->amount, &ret->processed)) {
		payment_odd_amount(ret, "Stripe");
		return;
	}
	ret->outcome = RENT_SUCCEEDED;
}

/* ---- the rows of the table, one function for each meaning */

typedef void (*row_fn)(const struct stripe *s, const struct rent_payment_op *op,
                       const struct rent_json *intent, struct rent_payment_result *ret);

static void row_held(const struct stripe *s, const struct rent_payment_op *op,
                     const struct rent_json *intent, struct rent_payment_result *ret)
{
	static const char before[] =
		"latest_charge.payment_method_details.card.capture_before";
	int64_t until;

	succeed(s, op, intent, "amount_capturable", ret);
	if (s->json->integer(intent, before, 1, INT64_MAX / RENT_SECOND, &until))
		ret->expires_at = until * RENT_SECOND;
}

static void row_taken(const struct stripe *s, const struct rent_payment_op *op,
                      const struct rent_json *intent, struct rent_payment_result *ret)
{
	succeed(s, op, intent, "amount_received", ret);
}

static void row_captured(const struct stripe *s, const struct rent_payment_op *op,
                         const struct rent_json *intent, struct rent_payment_result *ret)
{
	const char *by = s->json->text(intent, "metadata.capture_op");

	if (by[0] == '\0' || strcmp(by, op->id) == 0)
		succeed(s, op, intent, "amount_received", ret);
	else
		(void)rent_copy(ret->note, sizeof(ret->note),
		                "another capture took from this hold");
}

static void row_released(const struct stripe *s, const struct rent_payment_op *op,
                         const struct rent_json *intent, struct rent_payment_result *ret)
{
	(void)s;
	(void)intent;
	payment_released(op, ret);
}

static void row_not_yet(const struct stripe *s, const struct rent_payment_op *op,
                        const struct rent_json *intent, struct rent_payment_result *ret)
{
	(void)s;
	(void)intent;
	payment_hold_stands(op, ret);
	/* under the same key it would say so again, whatever became of it meanwhile */
	ret->ask = op->kind != RENT_PAY_LOOKUP;
}

static void row_pending(const struct stripe *s, const struct rent_payment_op *op,
                        const struct rent_json *intent, struct rent_payment_result *ret)
{
	(void)s;
	(void)op;
	(void)intent;
	ret->outcome = RENT_PENDING;
}

static void row_action(const struct stripe *s, const struct rent_payment_op *op,
                       const struct rent_json *intent, struct rent_payment_result *ret)
{
	const char *value = s->json->text(intent, "next_action.redirect_to_url.url");
	enum rent_payment_action action = RENT_ACTION_REDIRECT;

	(void)op;
	if (value[0] == '\0') {
		action = RENT_ACTION_CLIENT_TOKEN;
		value = s->json->text(intent, "client_secret");
	}
	if (!rent_visible_ascii(value, RENT_ACTION_SIZE - 1)) {
		(void)rent_copy(ret->note, sizeof(ret->note),
		                "the customer must act, and Stripe does not say how");
		return;
	}
	ret->outcome = RENT_PENDING;
	ret->action = action;
	(void)rent_copy(ret->action_value, sizeof(ret->action_value), value);
	(void)rent_copy(ret->note, sizeof(ret->note), "the customer must confirm");
}

static void row_refused(const struct stripe *s, const struct rent_payment_op *op,
                        const struct rent_json *intent, struct rent_payment_result *ret)
{
	const struct rent_json *error = s->json->get(intent, "last_payment_error");

	(void)op;
	/* without it nobody has tried yet */
	if (s->json->type(error, "") == RENT_JSON_OBJECT)
		stripe_decline(s, error, ret);
}

static void row_over(const struct stripe *s, const struct rent_payment_op *op,
                     const struct rent_json *intent, struct rent_payment_result *ret)
{
	(void)s;
	(void)op;
	(void)intent;
	payment_declined(ret, RENT_DECLINE_EXPIRED, "canceled");
}

static void row_too_late(const struct stripe *s, const struct rent_payment_op *op,
                         const struct rent_json *intent, struct rent_payment_result *ret)
{
	(void)op;
	payment_declined(ret, RENT_DECLINE_OTHER, s->json->text(intent, "status"));
}

/* NULL: UNKNOWN. In the order hold, capture, release, charge. */
static const struct {
	const char *status;
	row_fn rows[4];
} states[] = {
	{ "requires_capture", { row_held, row_not_yet, row_not_yet, NULL } },
	{ "succeeded", { NULL, row_captured, row_too_late, row_taken } },
	{ "processing", { row_pending, row_pending, row_pending, row_pending } },
	{ "requires_action", { row_action, NULL, row_not_yet, row_action } },
	{ "requires_payment_method", { row_refused, NULL, row_not_yet, row_refused } },
	{ "canceled", { row_over, row_over, row_released, row_too_late } },
};

void stripe_judge_intent(const struct stripe *s, const struct rent_payment_op *op,
                         enum rent_payment_kind kind, const struct rent_json *intent,
                         struct rent_payment_result *ret)
{
	const char *status = s->json->text(intent, "status");
	const char *usage = s->json->text(intent, "setup_future_usage");
	const char *method = s->json->text(intent, "payment_method");

	if (kind < RENT_PAY_HOLD || kind > RENT_PAY_CHARGE ||
	    !payment_says(s->json, intent, "object", "payment_intent") ||
	    !is_ours(s, op, kind, intent))
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), s->json->text(intent, "id"));
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		row_fn row = states[i].rows[kind - RENT_PAY_HOLD];

		if (strcmp(states[i].status, status) == 0 && row != NULL)
			row(s, op, intent, ret);
	}
	if (ret->outcome == RENT_SUCCEEDED && strcmp(usage, "off_session") == 0 &&
	    stripe_id_valid(method))
		(void)rent_copy(ret->method_ref, sizeof(ret->method_ref), method);
}

void stripe_judge_refund(const struct stripe *s, const struct rent_payment_op *op,
                         const struct rent_json *refund, struct rent_payment_result *ret)
{
	const char *status = s->json->text(refund, "status");

	if (!payment_says(s->json, refund, "object", "refund") ||
	    !is_ours(s, op, RENT_PAY_REFUND, refund) ||
	    !payment_says(s->json, refund, "payment_intent", op->target_ref))
		return;
	(void)rent_copy(ret->ref, sizeof(ret->ref), s->json->text(refund, "id"));
	if (strcmp(status, "succeeded") == 0)
		succeed(s, op, refund, "amount", ret);
	else if (strcmp(status, "pending") == 0 || strcmp(status, "requires_action") == 0)
		ret->outcome = RENT_PENDING;
	else if (strcmp(status, "failed") == 0 || strcmp(status, "canceled") == 0)
		payment_declined(ret, RENT_DECLINE_OTHER, status);
}
