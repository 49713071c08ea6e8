/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_samples.c - answers of the provider, as its author wrote
 * them down: they are understood, and what is left of them after damage is never too much.
 */
#include "kit.h"

#include <jansson.h>

static bool sample_succeeds(const struct kit_sample *s)
{
	return strcmp(kit_text(s->json, "outcome", ""), "SUCCEEDED") == 0;
}

static const char sample_members[] =
	" name kind lookup_of op status body ambiguous outcome processed reason ref not_found "
	"not_found_is_final action ask alert expires_at method_ref cursor request not ";

struct expected {
	const char *name;
	int64_t number;
};

static void check_numbers(struct kit *k, const struct kit_sample *s,
                          const struct rent_payment_result *ret)
{
	const struct expected numbers[] = {
		{ "processed", ret->processed },
		{ "expires_at", ret->expires_at / RENT_SECOND },
		{ "action", (int64_t)ret->action },
	};
	const struct expected truths[] = {
		{ "not_found", ret->not_found },
		{ "not_found_is_final", ret->not_found_is_final },
		{ "ask", ret->ask },
		{ "alert", ret->alert },
	};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		const json_t *want = json_object_get(s->json, numbers[i].name);

		if (json_is_integer(want) &&
		    json_integer_value(want) != numbers[i].number)
			kit_fault(k, "%s: %s %" PRId64, s->name, numbers[i].name,
			          numbers[i].number);
	}
	for (size_t i = 0; i < COUNT(truths); i++) {
		bool want = json_is_true(json_object_get(s->json, truths[i].name));

		if (want != (truths[i].number != 0))
			kit_fault(k, "%s: %s is %s", s->name, truths[i].name,
			          want ? "false" : "true");
	}
}

static void check_texts(struct kit *k, const struct kit_sample *s,
                        const struct rent_payment_result *ret)
{
	const char *reason = kit_reason_name((int)ret->reason);
	const struct {
		const char *name, *is;
	} texts[] = {
		{ "reason", reason },
		{ "ref", ret->ref },
		{ "method_ref", ret->method_ref },
		{ "cursor", ret->cursor },
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (strcmp(kit_text(s->json, texts[i].name, texts[i].is), texts[i].is) !=
		    0)
			kit_fault(k, "%s: %s \"%s\"", s->name, texts[i].name,
			          texts[i].is);
	}
}

static void check_meaning(struct kit *k, const struct kit_sample *s)
{
	struct rent_payment_result ret = kit_parse(k, &s->op, &s->reply, s->name);
	const char *outcome = kit_outcome_name((int)ret.outcome);
	const char *want = kit_text(s->json, "outcome", "");

	kit_sample_members(k, s->json, sample_members);
	if (strcmp(outcome, want) != 0) {
		kit_fault(k, "%s: %s, %s expected", s->name, outcome, want);
		return;
	}
	check_numbers(k, s, &ret);
	check_texts(k, s, &ret);
	/* everything that follows from a hold or charge names it by this */
	if (ret.outcome == RENT_SUCCEEDED && ret.ref[0] == '\0' &&
	    json_object_get(s->json, "ref") != NULL)
		kit_fault(k, "%s: a success without its reference", s->name);
}

static void check_request(struct kit *k, const struct kit_sample *s)
{
	const json_t *want = json_object_get(s->json, "request");
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_error err = { 0 };

	kit_doing(k, "the request of %s", s->name);
	if (want == NULL)
		;
	else if (k->api.payment->build(k->self, &s->op, arena, &req, &err) != 0)
		kit_fault(k, "%s: not built: %s", s->name, err.text);
	else
		kit_request_compare(k, s->name, want, &req);
	k->host->arena_free(k->host, arena);
}

/* What became of the sample's answer; kit_parse() reports what must not be at all. */
static bool succeeds(struct kit *k, const struct kit_sample *s, int status,
                     const char *text, const char *about)
{
	struct rent_upstream_reply reply = kit_reply(status, text, strlen(text));

	return kit_parse(k, &s->op, &reply, about).outcome == RENT_SUCCEEDED;
}

static void parse_mutated(struct kit *k, const void *arg, const char *text,
                          const char *about)
{
	const struct kit_sample *s = arg;

	(void)succeeds(k, s, s->reply.status, text, about);
}

static void parse_denied(struct kit *k, const void *arg, const char *text,
                         const char *about)
{
	const struct kit_sample *s = arg;

	if (succeeds(k, s, s->reply.status, text, about))
		kit_fault(k, "%s: SUCCEEDED with another \"%s\"", s->name, about);
}

static void parse_damaged(struct kit *k, const void *arg, const char *text,
                          const char *about)
{
	const struct kit_sample *s = arg;

	if (succeeds(k, s, s->reply.status, text, about) && s->object)
		kit_fault(k, "%s: SUCCEEDED with %s", s->name, about);
}

/* A success of an object that is cut short, doubled, changed, or comes with a status of failure,
 * is none. */
static void check_damage(struct kit *k, const struct kit_sample *s)
{
	kit_sample_not(k, s->json, parse_denied, s);
	kit_sample_damage(k, s->body, parse_damaged, s);
	/* the author may have seen one of these that says so all the same */
	for (const int *status = kit_failures; *status != 0; status++) {
		if (*status != s->reply.status &&
		    succeeds(k, s, *status, s->body, "another status"))
			kit_fault(k, "%s: SUCCEEDED with status %d", s->name, *status);
	}
	kit_sample_mutate(k, json_object_get(s->json, "body"), parse_mutated, s);
}

/* Those of lists and events are check_list.c's and check_events.c's. */
static bool is_operation(const json_t *json)
{
	const char *kind = kit_text(json, "kind", "");

	return strcmp(kind, "list") != 0 && strcmp(kind, "event") != 0;
}

static void check_sample(struct kit *k, const json_t *json, bool meaning)
{
	struct kit_sample s;

	if (!kit_sample_read(&s, json)) {
		kit_fault(k, "%s: 'kind' or 'body' is not understood", s.name);
	} else if (!kit_declares(k, s.op.kind)) {
		kit_fault(k, "%s: %s is not declared", s.name, kit_kind_name(s.op.kind));
	} else if (meaning) {
		check_meaning(k, &s);
		check_request(k, &s);
	} else if (sample_succeeds(&s)) {
		check_damage(k, &s);
	}
	kit_sample_done(&s);
}

/* Whether the sample shows how the operation succeeds: at once, or later by an event that is proven. */
static bool shows_success(const struct kit *k, const json_t *json)
{
	const char *outcome = kit_text(json, "outcome", "");

	return strcmp(outcome, "SUCCEEDED") == 0 ||
	       (strcmp(outcome, "PENDING") == 0 && k->parse_event != NULL &&
	        !kit_declares(k, RENT_PAY_LOOKUP));
}

/* A sample of success and one of a request are wanted for every operation: without, nothing is
 * known of it, nor in which unit it sends amounts. */
static void check_coverage(struct kit *k, const json_t *all)
{
	uint32_t seen = 0, sent = 0;
	const json_t *json;
	size_t i;

	json_array_foreach(all, i, json)
	{
		uint32_t bit = RENT_PAY_BIT(kit_kind_value(kit_text(json, "kind", "")));

		if (shows_success(k, json))
			seen |= bit;
		if (json_object_get(json, "request") != NULL)
			sent |= bit;
	}
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		const char *name = kit_kind_name((enum rent_payment_kind)kind);

		if (!kit_declares(k, (enum rent_payment_kind)kind))
			continue;
		if ((seen & RENT_PAY_BIT(kind)) == 0)
			kit_fault(k, "%s: no sample of a success", name);
		if ((sent & RENT_PAY_BIT(kind)) == 0)
			kit_fault(k, "%s: no sample with a \"request\"", name);
	}
}

void kit_check_samples(struct kit *k)
{
	const json_t *all = kit_samples(), *json;
	size_t i;

	kit_begin(k, "the sample answers are understood, and their requests are sent");
	json_array_foreach(all, i, json)
	{
		if (is_operation(json))
			check_sample(k, json, true);
	}
	check_coverage(k, all);
	kit_end(k);
	kit_begin(k, "damaged sample answers are never a success, nor too much");
	json_array_foreach(all, i, json)
	{
		if (is_operation(json))
			check_sample(k, json, false);
	}
	kit_end(k);
}
