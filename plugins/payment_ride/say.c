/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/say.c - the lines about the steps of a ride. None has an address or a token of an
 * action.
 */
#include "ride.h"

static const char *const kinds[] = {
	[RENT_PAY_HOLD] = "hold",       [RENT_PAY_CAPTURE] = "capture",
	[RENT_PAY_RELEASE] = "release", [RENT_PAY_CHARGE] = "charge",
	[RENT_PAY_REFUND] = "refund",   [RENT_PAY_LOOKUP] = "lookup",
	[RENT_PAY_EXTEND] = "extend",
};

static const char *const outcomes[] = {
	[RENT_UNKNOWN] = "UNKNOWN",           [RENT_SUCCEEDED] = "SUCCEEDED",
	[RENT_PENDING] = "PENDING",           [RENT_DECLINED] = "DECLINED",
	[RENT_NOT_EXECUTED] = "NOT_EXECUTED", [RENT_INVALID] = "INVALID",
	[RENT_UNSUPPORTED] = "UNSUPPORTED",
};

const char *ride_kind_name(enum rent_payment_kind kind)
{
	return kinds[kind];
}

const char *ride_outcome_name(enum rent_outcome outcome)
{
	return outcomes[outcome];
}

void ride_say(struct ride *r, enum ride_state state, const char *step,
              const struct ride_op *op, const char *fmt, ...)
{
	static const char *const states[] = { "ok", "FAILED", "left out" };
	char text[2 * RENT_NOTE_SIZE];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	const struct rent_value fields[] = {
		RENT_TEXT("type", "step"),
		RENT_TEXT("step", step),
		RENT_TEXT("state", states[state]),
		RENT_TEXT("operation", op == NULL ? "" : op->id),
		RENT_TEXT("ref", op == NULL ? "" : op->end.ref),
		RENT_TEXT("outcome", op == NULL ? "" : outcomes[op->end.outcome]),
		RENT_TEXT("text", text),
		RENT_VALUES_END,
	};

	r->steps++;
	r->failed += state == RIDE_FAILED;
	r->left_out += state == RIDE_LEFT_OUT;
	r->run->result(r->run, fields, "%-9s %-30s %s", states[state], step, text);
}
