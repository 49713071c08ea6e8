/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_threads.c - a plugin declared parallel is called by
 * several threads at once, and each gets what it would have got alone.
 */
#include "kit.h"

struct requests {
	struct rent_upstream_request alone[KIT_LAST + 1];
};

static bool build_alone(struct kit *k, enum rent_payment_kind kind,
                        struct rent_arena *arena, struct rent_upstream_request *ret)
{
	struct rent_payment_op op = kit_op(kind);
	struct rent_error err = { 0 };

	*ret = (struct rent_upstream_request){ .struct_size = sizeof(*ret) };
	return k->api.payment->build(k->self, &op, arena, ret, &err) == 0;
}

static bool one_round(struct kit *k, int i, const void *arg)
{
	static const char body[] = "{\"status\":\"kit-unknown\"}";
	const struct requests *requests = arg;
	struct rent_upstream_reply reply = kit_reply(200, body, sizeof(body) - 1);
	enum rent_payment_kind kind =
		(enum rent_payment_kind)(RENT_PAY_HOLD + i % KIT_LAST);
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_payment_op op = kit_op(kind);
	struct rent_payment_result ret = { .struct_size = sizeof(ret) };
	struct rent_upstream_request req;
	bool same = true;

	if (kit_declares(k, kind)) {
		same = build_alone(k, kind, arena, &req) &&
		       kit_request_same(&req, &requests->alone[kind]);
		reply.arena = arena;
		k->api.payment->parse(k->self, &op, &reply, &ret);
	}
	k->host->arena_free(k->host, arena);
	return same && ret.outcome != RENT_SUCCEEDED;
}

void kit_check_threads(struct kit *k)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct requests requests = { 0 };
	int differ;

	kit_begin(k, "several threads at once get what each would get alone");
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++)
		(void)build_alone(k, (enum rent_payment_kind)kind, arena,
		                  &requests.alone[kind]);
	differ = kit_crowd(k, one_round, &requests);
	if (differ > 0)
		kit_fault(k, "%d results were others than alone", differ);
	kit_end(k);
	k->host->arena_free(k->host, arena);
}
