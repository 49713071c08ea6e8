/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/steps.c - the ride: its parts, and what each of them must give.
 */
#include "ride.h"

#define MS (RENT_SECOND / 1000)

/* ---- operations */

static struct ride_op *add(struct ride *r, enum rent_payment_kind kind,
                           const struct ride_payer *payer, struct ride_op *target,
                           int64_t amount)
{
	struct ride_op *op = &r->ops[r->op_count++];

	*op = (struct ride_op){ .kind = kind,
		                .payer = payer,
		                .target = target,
		                .amount = amount,
		                .created_at = r->host->wall_us(r->host),
		                .end = { .struct_size = sizeof(op->end) } };
	r->host->uuid7(r->host, op->id);
	return op;
}

/* Reports what became of it. */
static bool report(struct ride *r, const char *step, const struct ride_op *op,
                   enum rent_outcome wanted, int64_t took_us)
{
	const struct rent_payment_result *end = &op->end;
	bool good = end->outcome == wanted;

	if (!good)
		ride_say(r, RIDE_FAILED, step, op,
		         "%" PRId64 ": %s%s%s; operation %s%s%s", op->amount,
		         ride_outcome_name(end->outcome),
		         end->note[0] == '\0' ? "" : ", ", end->note, op->id,
		         end->ref[0] == '\0' ? "" : ", reference ", end->ref);
	else
		ride_say(r, RIDE_OK, step, op, "%" PRId64 "%s%s%s%s in %" PRId64 " ms",
		         wanted == RENT_SUCCEEDED ? end->processed : op->amount,
		         wanted == RENT_SUCCEEDED ? "" : " ",
		         wanted == RENT_SUCCEEDED ? "" : ride_outcome_name(wanted),
		         end->ref[0] == '\0' ? "" : ", reference ", end->ref,
		         took_us / MS);
	return good;
}

/* Sends it until it has an end, which must be this one. */
static bool go(struct ride *r, const char *step, struct ride_op *op,
               enum rent_outcome wanted)
{
	int64_t began = r->host->mono_us(r->host);
	bool good;

	ride_settle(r, op);
	if (r->unavailable)
		return false;
	good = report(r, step, op, wanted, r->host->mono_us(r->host) - began);
	if (good && op->kind == RENT_PAY_RELEASE)
		op->target->over = true;
	if (good && op->kind == RENT_PAY_CAPTURE)
		op->target->over |= r->caps.capture_releases_rest ||
		                    op->end.processed == op->target->end.processed;
	return good;
}

/* A lookup finds what the answer said. */
static void look_up(struct ride *r, struct ride_op *op, bool by_id)
{
	struct rent_payment_result found;
	char step[64];

	(void)snprintf(step, sizeof(step), "lookup of the %s%s", ride_kind_name(op->kind),
	               by_id ? " by our id" : "");
	if (!ride_can(r, RENT_PAY_LOOKUP)) {
		ride_say(r, RIDE_LEFT_OUT, step, op, "caps do not have it");
		return;
	}
	if (!ride_ask(r, op, by_id, op->end.outcome, &found))
		ride_say(r, RIDE_FAILED, step, op, "%s%s%s%s; the answer was %s",
		         ride_outcome_name(found.outcome),
		         found.not_found ? ", not found" : "",
		         found.note[0] == '\0' ? "" : ", ", found.note,
		         ride_outcome_name(op->end.outcome));
	else if (found.outcome == RENT_SUCCEEDED && found.processed != op->end.processed)
		ride_say(r, RIDE_FAILED, step, op,
		         "of %" PRId64 "; the answer was of %" PRId64, found.processed,
		         op->end.processed);
	else if (found.ref[0] != '\0' && op->end.ref[0] != '\0' &&
	         strcmp(found.ref, op->end.ref) != 0)
		ride_say(r, RIDE_FAILED, step, op, "has another reference: %s",
		         found.ref);
	else
		ride_say(r, RIDE_OK, step, op, "the same");
}

/* Under the same id it acts once: the answer is of the same payment. */
static void send_again(struct ride *r, struct ride_op *op)
{
	struct rent_payment_result again;
	char step[64];

	(void)snprintf(step, sizeof(step), "%s, sent again", ride_kind_name(op->kind));
	if (r->caps.resend_us == 0) {
		ride_say(r, RIDE_LEFT_OUT, step, op, "caps do not promise resend_us");
		return;
	}
	ride_call(r, op, false, false, &again);
	/* one that keeps its first answer says again that it is under way */
	if (again.outcome != RENT_SUCCEEDED &&
	    !((op->acted || op->reported) && again.outcome == RENT_PENDING))
		ride_say(r, RIDE_FAILED, step, op, "%s%s%s",
		         ride_outcome_name(again.outcome),
		         again.note[0] == '\0' ? "" : ", ", again.note);
	else if (strcmp(again.ref, op->end.ref) != 0)
		ride_say(r, RIDE_FAILED, step, op,
		         "is another payment, %s: the id is not the key", again.ref);
	else
		ride_say(r, RIDE_OK, step, op, "the same payment");
}

/* ---- the parts */

static void part_capture(struct ride *r)
{
	struct ride_op *hold = add(r, RENT_PAY_HOLD, &r->payer, NULL, r->hold), *capture;
	int64_t rest;

	if (!go(r, "hold", hold, RENT_SUCCEEDED))
		return;
	look_up(r, hold, false);
	look_up(r, hold, true);
	send_again(r, hold);
	if (ride_can(r, RENT_PAY_EXTEND))
		(void)go(r, "extend", add(r, RENT_PAY_EXTEND, &r->payer, hold, r->hold),
		         RENT_SUCCEEDED);
	capture = add(r, RENT_PAY_CAPTURE, &r->payer, hold, r->capture);
	if (!go(r, "capture of a part", capture, RENT_SUCCEEDED))
		return;
	look_up(r, capture, false);
	send_again(r, capture);
	rest = hold->end.processed - capture->end.processed;
	if (r->caps.capture_releases_rest)
		ride_say(r, RIDE_LEFT_OUT, "release of the rest", hold,
		         "the capture gives it back");
	else if (rest > 0 && ride_can(r, RENT_PAY_RELEASE))
		(void)go(r, "release of the rest",
		         add(r, RENT_PAY_RELEASE, &r->payer, hold, rest), RENT_SUCCEEDED);
}

static void part_release(struct ride *r)
{
	struct ride_op *hold = add(r, RENT_PAY_HOLD, &r->payer, NULL, r->hold), *release;

	if (!go(r, "hold", hold, RENT_SUCCEEDED))
		return;
	release = add(r, RENT_PAY_RELEASE, &r->payer, hold, hold->end.processed);
	if (go(r, "release", release, RENT_SUCCEEDED))
		look_up(r, release, false);
}

static void part_charge(struct ride *r)
{
	struct ride_op *charge = add(r, RENT_PAY_CHARGE, &r->payer, NULL, r->charge);
	struct ride_op *refund;

	if (!go(r, "charge", charge, RENT_SUCCEEDED))
		return;
	look_up(r, charge, false);
	look_up(r, charge, true);
	send_again(r, charge);
	if (!ride_can(r, RENT_PAY_REFUND)) {
		ride_say(r, RIDE_LEFT_OUT, "refund of a part", charge,
		         "caps do not have it");
		return;
	}
	refund = add(r, RENT_PAY_REFUND, &r->payer, charge, r->refund);
	if (!go(r, "refund of a part", refund, RENT_SUCCEEDED))
		return;
	look_up(r, refund, false);
	send_again(r, refund);
}

/* The customer never acts: what he was asked for is taken back. */
static void part_cancel(struct ride *r)
{
	struct ride_op *hold = add(r, RENT_PAY_HOLD, &r->actor, NULL, r->hold);

	ride_call(r, hold, false, false, &hold->end);
	if (!report(r, "hold that waits", hold, RENT_PENDING, 0))
		return;
	if (!go(r, "release of what waits",
	        add(r, RENT_PAY_RELEASE, &r->actor, hold, r->hold), RENT_SUCCEEDED))
		return;
	hold->end.outcome = RENT_DECLINED;
	look_up(r, hold, false);
}

static void part_action(struct ride *r)
{
	struct ride_op *hold = add(r, RENT_PAY_HOLD, &r->actor, NULL, r->hold);

	if (r->host->opt_list(r->host, "confirm", 0) == NULL) {
		ride_say(r, RIDE_LEFT_OUT, "hold, confirmed", NULL,
		         "no program is set: confirm");
		r->op_count--;
	} else if (go(r, "hold, confirmed", hold, RENT_SUCCEEDED)) {
		if (!hold->acted)
			ride_say(r, RIDE_FAILED, "the customer's action", hold,
			         "nobody was asked for one");
		(void)go(r, "release", add(r, RENT_PAY_RELEASE, &r->actor, hold, r->hold),
		         RENT_SUCCEEDED);
	}
	if (r->caps.cancels)
		part_cancel(r);
	else
		ride_say(r, RIDE_LEFT_OUT, "release of what waits", NULL,
		         "caps do not say cancels");
}

static void part_refusal(struct ride *r)
{
	(void)go(r, "hold, refused", add(r, RENT_PAY_HOLD, &r->refused, NULL, r->hold),
	         RENT_DECLINED);
}

/* What failed on its way must not keep anybody's money. */
static void tidy_up(struct ride *r)
{
	size_t n = r->op_count;

	for (size_t i = 0; i < n; i++) {
		struct ride_op *hold = &r->ops[i];

		if (hold->kind != RENT_PAY_HOLD || hold->over ||
		    hold->end.outcome != RENT_SUCCEEDED || r->op_count == RIDE_OPS_MAX)
			continue;
		if (!ride_can(r, RENT_PAY_RELEASE) ||
		    !go(r, "release of what is left",
		        add(r, RENT_PAY_RELEASE, hold->payer, hold, hold->end.processed),
		        RENT_SUCCEEDED))
			ride_say(r, RIDE_FAILED, "a hold is left", hold,
			         "release %s at the provider", hold->end.ref);
	}
}

#define CAN(kind) RENT_PAY_BIT(RENT_PAY_##kind)

void ride_all(struct ride *r)
{
	const struct {
		const char *name;
		uint32_t needs;
		bool wanted;
		const char *option;
		void (*ride)(struct ride *r);
	} parts[] = {
		{ "a part of a hold", CAN(HOLD) | CAN(CAPTURE), true, "", part_capture },
		{ "a hold given back", CAN(HOLD) | CAN(RELEASE), true, "", part_release },
		{ "a charge", CAN(CHARGE), true, "", part_charge },
		{ "a hold to be confirmed", CAN(HOLD) | CAN(RELEASE), r->with_action,
		  "action", part_action },
		{ "a refused hold", CAN(HOLD), r->with_refusal, "refusal", part_refusal },
	};

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts) && !r->unavailable; i++) {
		if ((r->caps.operations & parts[i].needs) != parts[i].needs)
			ride_say(r, RIDE_LEFT_OUT, parts[i].name, NULL,
			         "caps do not have it");
		else if (!parts[i].wanted)
			ride_say(r, RIDE_LEFT_OUT, parts[i].name, NULL,
			         "not asked for: %s", parts[i].option);
		else
			parts[i].ride(r);
	}
	if (r->unavailable)
		return;
	tidy_up(r);
	if (r->api.build_list != NULL && r->api.parse_list != NULL)
		ride_compare(r);
	else
		ride_say(r, RIDE_LEFT_OUT, "the list", NULL, "the provider has none");
}
