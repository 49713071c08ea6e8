/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/call.c - one call of the provider: operation, request, answer. What was not
 * answered is UNKNOWN, and so is an answer that no success may give.
 */
#include "ride.h"

#define LOOKUP_CALLS_MAX 16 /* pages of one lookup, as the rules have it */
#define OWN_IO_DEADLINE  (30 * RENT_SECOND)

static struct rent_payment_op op_of(const struct ride *r, const struct ride_op *op,
                                    bool lookup, bool by_id)
{
	return (struct rent_payment_op){
		.struct_size = sizeof(struct rent_payment_op),
		.kind = lookup ? RENT_PAY_LOOKUP : op->kind,
		.lookup_of = lookup ? op->kind : (enum rent_payment_kind)0,
		.final = op->kind == RENT_PAY_CAPTURE,
		.id = op->id,
		.rental_id = r->rental_id,
		.user_id = op->payer->user_id,
		.ref = lookup && !by_id ? op->end.ref : "",
		.target_id = op->target == NULL ? "" : op->target->id,
		.target_ref = op->target == NULL ? "" : op->target->end.ref,
		.amount = op->amount,
		.created_at = op->created_at,
		.payer_ref = op->payer->payer_ref,
		.method_ref = op->payer->method_ref,
		.on_session = op->payer->on_session,
		.return_url = r->return_url,
		.cursor = "",
	};
}

static void unknown(struct rent_payment_result *ret, const char *why)
{
	*ret = (struct rent_payment_result){ .struct_size = sizeof(*ret) };
	(void)rent_copy(ret->note, sizeof(ret->note), why);
}

/* What the rules of rent/provider.h make of an answer, whatever the plugin thinks. */
static void judge(const struct ride_op *op, bool ambiguous,
                  struct rent_payment_result *ret)
{
	ret->ref[sizeof(ret->ref) - 1] = '\0';
	ret->note[sizeof(ret->note) - 1] = '\0';
	ret->cursor[sizeof(ret->cursor) - 1] = '\0';
	ret->action_value[sizeof(ret->action_value) - 1] = '\0';
	if ((int)ret->outcome < RENT_UNKNOWN || (int)ret->outcome > RENT_UNSUPPORTED)
		unknown(ret, "the plugin gave an outcome outside the set");
	else if (ret->outcome == RENT_SUCCEEDED &&
	         (ret->processed < 1 || ret->processed > op->amount))
		unknown(ret, "the plugin gave a success with an amount outside 1..asked");
	else if (ret->outcome == RENT_NOT_EXECUTED && ambiguous)
		ret->outcome = RENT_UNKNOWN;
}

/* Builds and exchanges. False: *ret says why there is nothing to parse. */
static bool exchange(struct ride *r, struct ride_op *op,
                     const struct rent_payment_op *call, struct rent_exchange *x,
                     struct rent_payment_result *ret)
{
	struct rent_exchange *one[] = { x };
	struct rent_error err = { 0 };
	int code = r->api.build(r->self, call, x->arena, &x->request, &err);

	unknown(ret, err.text);
	if (code != 0) {
		ret->outcome = code == RENT_EINVAL         ? RENT_INVALID
		               : code == RENT_EUNSUPPORTED ? RENT_UNSUPPORTED
		                                           : RENT_NOT_EXECUTED;
		return false;
	}
	r->host->exchange(r->host, one, 1);
	r->answered |= x->transport == RENT_REPLIED;
	if (x->transport == RENT_REPLIED)
		return true;
	unknown(ret, x->error);
	if (x->transport == RENT_NOT_SENT && !r->answered && r->op_count == 1)
		r->unavailable = true;
	if (x->transport == RENT_NOT_SENT && !op->sent)
		ret->outcome = RENT_NOT_EXECUTED;
	op->sent |= x->transport == RENT_NO_ANSWER && call->kind != RENT_PAY_LOOKUP;
	return false;
}

static void call_once(struct ride *r, struct ride_op *op,
                      const struct rent_payment_op *call, struct rent_payment_result *ret)
{
	struct rent_arena *arena = r->host->arena_new(r->host);
	bool sent_before = op->sent, lookup = call->kind == RENT_PAY_LOOKUP;
	struct rent_upstream_reply reply;
	struct rent_exchange x;

	rent_exchange_init(&x, arena);
	unknown(ret, "out of memory");
	if (arena != NULL && exchange(r, op, call, &x, ret)) {
		op->sent |= !lookup;
		reply = x.reply;
		reply.arena = arena;
		reply.ambiguous |= sent_before;
		unknown(ret, "");
		r->api.parse(r->self, call, &reply, ret);
		judge(op, reply.ambiguous, ret);
		if (ret->outcome == RENT_UNKNOWN && ret->note[0] == '\0')
			(void)snprintf(ret->note, sizeof(ret->note),
			               "the plugin makes nothing of HTTP %d",
			               (int)reply.status);
	}
	r->host->arena_free(r->host, arena);
}

void ride_call(struct ride *r, struct ride_op *op, bool lookup, bool by_id,
               struct rent_payment_result *ret)
{
	struct rent_payment_op call = op_of(r, op, lookup, by_id);
	char cursor[RENT_REF_SIZE];

	if (r->api.perform != NULL) {
		unknown(ret, "");
		r->api.perform(r->self, &call,
		               r->host->mono_us(r->host) + OWN_IO_DEADLINE, ret);
		op->sent |= !lookup;
		r->answered = true;
		judge(op, false, ret);
		return;
	}
	for (int n = 0; n < LOOKUP_CALLS_MAX; n++) {
		call_once(r, op, &call, ret);
		if (ret->cursor[0] == '\0')
			return;
		if (!lookup)
			break;
		memcpy(cursor, ret->cursor, sizeof(cursor));
		call.cursor = cursor;
	}
	unknown(ret,
	        lookup ? "the lookup has no end after 16 pages"
	               : "the provider wants one more call, which only a lookup may make");
}
