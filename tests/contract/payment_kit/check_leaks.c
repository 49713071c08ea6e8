/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_leaks.c - what a plugin takes from the heap for a request or a
 * reply, it gives back: a provider answers for years.
 */
#include "kit.h"

#include <jansson.h>

static void one_round(struct kit *k)
{
	static const char nothing[] = "{\"id\":\"kit\",\"status\":\"kit-unknown\"}";
	const json_t *json;
	size_t i;

	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		struct rent_payment_op op = kit_op((enum rent_payment_kind)kind);
		struct rent_upstream_reply reply =
			kit_reply(200, nothing, sizeof(nothing) - 1);
		struct rent_arena *arena = k->host->arena_new(k->host);
		struct rent_upstream_request req = { .struct_size = sizeof(req) };
		struct rent_error err;

		if (kit_declares(k, op.kind)) {
			(void)k->api.payment->build(k->self, &op, arena, &req, &err);
			(void)kit_parse(k, &op, &reply, "leaks");
		}
		k->host->arena_free(k->host, arena);
	}
	json_array_foreach(kit_samples(), i, json)
	{
		struct kit_sample s;

		if (kit_sample_read(&s, json) && kit_declares(k, s.op.kind))
			(void)kit_parse(k, &s.op, &s.reply, "leaks");
		kit_sample_done(&s);
	}
}

void kit_check_leaks(struct kit *k)
{
	kit_check_growth(k, one_round);
}
