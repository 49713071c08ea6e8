/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/check_replies.c - replies that prove nothing, whatever the dialect:
 * none of them may give a powerbank out, empty a cabinet, or end a list; and the same many times.
 */
#include "kit.h"

static void try_body(struct kit *k, const struct kit_hostile *h)
{
	for (size_t i = 0; i < (size_t)KIT_WHATS * KIT_HOSTILE_REPLIES; i++) {
		struct rent_upstream_reply reply = kit_hostile_reply(h, i / KIT_WHATS);
		struct kit_op op = kit_op((enum kit_what)(i % KIT_WHATS));
		struct kit_answer a;

		if (!kit_has(k, op.what))
			continue;
		a = kit_parse(k, &op, &reply, NULL, h->name);
		if (kit_claims(&op, &a))
			kit_fault(k, "%s, status %d, %s: believed",
			          kit_what_name(op.what), (int)reply.status, h->name);
		if (reply.status >= 500 && reply.status <= 599 &&
		    a.outcome == RENT_DECLINED)
			kit_fault(k, "%s, status %d, %s: a server's error is no refusal",
			          kit_what_name(op.what), (int)reply.status, h->name);
		if (op.what == KIT_EJECT && a.outcome == RENT_DECLINED)
			kit_fault(k,
			          "eject, status %d, %s: DECLINED, and a powerbank may "
			          "be out",
			          (int)reply.status, h->name);
		if (a.result.not_found)
			kit_fault(k, "%s, status %d, %s: \"not found\"",
			          kit_what_name(op.what), (int)reply.status, h->name);
	}
}

void kit_check_hostile_replies(struct kit *k)
{
	kit_begin(k, "replies that say nothing are never believed, 5xx never a refusal");
	kit_hostile_bodies(k, try_body);
	kit_end(k);
}

/* ---- leaks, threads */

static void one_round(struct kit *k)
{
	static const char nothing[] = "{\"id\":\"kit\",\"status\":\"kit-unknown\"}";
	struct rent_upstream_reply reply = kit_reply(200, nothing, sizeof(nothing) - 1);
	const struct json_t *json;
	struct kit_sample s;

	for (int what = 0; what < KIT_WHATS; what++) {
		struct rent_arena *arena = k->host->arena_new(k->host);
		struct kit_op op = kit_op((enum kit_what)what);
		struct rent_upstream_request req;

		if (kit_has(k, op.what)) {
			(void)kit_build(k, &op, arena, &req);
			(void)kit_parse(k, &op, &reply, NULL, "leaks");
		}
		k->host->arena_free(k->host, arena);
	}
	for (size_t i = 0; (json = kit_samples_at(i)) != NULL; i++) {
		if (kit_sample_read(&s, json) && kit_has(k, s.op.what))
			(void)kit_parse(k, &s.op, &s.reply, NULL, "leaks");
		kit_sample_done(&s);
	}
}

void kit_check_leaks(struct kit *k)
{
	kit_check_growth(k, one_round);
}

static bool crowd_round(struct kit *k, int i, const void *arg)
{
	static const char body[] = "{\"status\":\"kit-unknown\"}";
	const struct rent_upstream_request *alone = arg;
	struct kit_op op = kit_op((enum kit_what)(i % KIT_WHATS));
	struct rent_upstream_reply reply = kit_reply(200, body, sizeof(body) - 1);
	struct rent_station_result result = { .struct_size = sizeof(result) };
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req;
	bool same = !kit_has(k, op.what) || (kit_build(k, &op, arena, &req) == 0 &&
	                                     kit_request_same(&req, &alone[op.what]));

	reply.arena = arena;
	k->api.station->parse_eject(k->self, &op.order, &reply, &result);
	k->host->arena_free(k->host, arena);
	return same && result.outcome != RENT_SUCCEEDED;
}

void kit_check_threads(struct kit *k)
{
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request alone[KIT_WHATS];
	int differ;

	kit_begin(k, "several threads at once get what each would get alone");
	for (int what = 0; what < KIT_WHATS; what++) {
		struct kit_op op = kit_op((enum kit_what)what);

		if (kit_has(k, op.what))
			(void)kit_build(k, &op, arena, &alone[what]);
	}
	differ = kit_crowd(k, crowd_round, alone);
	if (differ > 0)
		kit_fault(k, "%d results were others than alone", differ);
	kit_end(k);
	k->host->arena_free(k->host, arena);
}
