/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_samples.c - answers of the provider, as its author wrote
 * them down: they are understood, and what is left of them after damage is never too much.
 *
 * The file is a list of {"kind","status","body","outcome"} with, where it applies,
 * "lookup_of", "processed", "reason", "ref", "not_found", "ambiguous", "name". "body" is an object or
 * raw text. The answers are to the operation of kit.h.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>

static const char *const outcomes[] = {
	[RENT_UNKNOWN] = "UNKNOWN",           [RENT_SUCCEEDED] = "SUCCEEDED",
	[RENT_PENDING] = "PENDING",           [RENT_DECLINED] = "DECLINED",
	[RENT_NOT_EXECUTED] = "NOT_EXECUTED", [RENT_INVALID] = "INVALID",
	[RENT_UNSUPPORTED] = "UNSUPPORTED",
};

static const char *const reasons[] = {
	[RENT_DECLINE_NONE] = "NONE",     [RENT_DECLINE_FUNDS] = "FUNDS",
	[RENT_DECLINE_METHOD] = "METHOD", [RENT_DECLINE_EXPIRED] = "EXPIRED",
	[RENT_DECLINE_EMPTY] = "EMPTY",   [RENT_DECLINE_OTHER] = "OTHER",
	[RENT_DECLINE_ACTION] = "ACTION",
};

struct sample {
	const char *name;
	const json_t *json;
	struct rent_payment_op op;
	struct rent_upstream_reply reply;
	char *body;
	bool object; /* the body is JSON */
};

static const char *text_of(const json_t *o, const char *name, const char *def)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? def : s;
}

static bool sample_read(struct sample *s, const json_t *json)
{
	const json_t *body = json_object_get(json, "body");
	enum rent_payment_kind kind = kit_kind_value(text_of(json, "kind", ""));

	*s = (struct sample){ .json = json, .name = text_of(json, "name", "sample") };
	s->object = json_is_object(body);
	s->body = s->object ? json_dumps(body, JSON_COMPACT)
	                    : strdup(json_is_string(body) ? json_string_value(body) : "");
	if (s->body == NULL || kind == 0)
		return false;
	s->op = kit_op(kind);
	if (kind == RENT_PAY_LOOKUP)
		s->op.lookup_of = kit_kind_value(text_of(json, "lookup_of", "charge"));
	s->reply = kit_reply((int)json_integer_value(json_object_get(json, "status")),
	                     s->body, strlen(s->body));
	s->reply.ambiguous = json_is_true(json_object_get(json, "ambiguous"));
	return true;
}

static bool sample_succeeds(const struct sample *s)
{
	return strcmp(text_of(s->json, "outcome", ""), "SUCCEEDED") == 0;
}

static void check_meaning(struct kit *k, const struct sample *s)
{
	struct rent_payment_result ret = kit_parse(k, &s->op, &s->reply, s->name);
	const char *outcome =
		(unsigned)ret.outcome < COUNT(outcomes) ? outcomes[ret.outcome] : "?";
	const char *reason =
		(unsigned)ret.reason < COUNT(reasons) && reasons[ret.reason] != NULL
			? reasons[ret.reason]
			: "?";
	const json_t *processed = json_object_get(s->json, "processed");

	if (strcmp(outcome, text_of(s->json, "outcome", "")) != 0)
		kit_fault(k, "%s: %s, %s expected", s->name, outcome,
		          text_of(s->json, "outcome", ""));
	else if (json_is_integer(processed) &&
	         ret.processed != json_integer_value(processed))
		kit_fault(k, "%s: processed %" PRId64, s->name, ret.processed);
	else if (strcmp(reason, text_of(s->json, "reason", reason)) != 0)
		kit_fault(k, "%s: reason %s", s->name, reason);
	else if (strcmp(ret.ref, text_of(s->json, "ref", ret.ref)) != 0)
		kit_fault(k, "%s: reference '%s'", s->name, ret.ref);
	else if (ret.not_found != json_is_true(json_object_get(s->json, "not_found")))
		kit_fault(k, "%s: not_found %d", s->name, (int)ret.not_found);
}

/* A success of an object that is cut short, or comes with a status of failure, is none. */
static void check_damage(struct kit *k, const struct sample *s)
{
	static const int failures[] = { 0, 301, 400, 404, 429, 500, 502, 503, 504 };
	struct rent_payment_result ret;
	struct rent_upstream_reply reply;

	for (size_t n = 0; n < s->reply.body_size; n++) {
		char *cut = strndup(s->body, n);

		reply = kit_reply(s->reply.status, cut, n);
		ret = kit_parse(k, &s->op, &reply, "cut short");
		if (s->object && ret.outcome == RENT_SUCCEEDED)
			kit_fault(k, "%s: SUCCEEDED with %zu of %zu bytes", s->name, n,
			          s->reply.body_size);
		free(cut);
	}
	for (size_t i = 0; i < COUNT(failures); i++) {
		reply = s->reply;
		reply.status = failures[i];
		ret = kit_parse(k, &s->op, &reply, "another status");
		if (ret.outcome == RENT_SUCCEEDED)
			kit_fault(k, "%s: SUCCEEDED with status %d", s->name,
			          failures[i]);
	}
	if (!s->object)
		return;
	/* two answers in one are no answer */
	reply = s->reply;
	reply.body_size *= 2;
	char *twice = malloc(reply.body_size + 1);

	if (twice == NULL)
		return;
	memcpy(twice, s->body, s->reply.body_size);
	memcpy(twice + s->reply.body_size, s->body, s->reply.body_size + 1);
	reply.body = twice;
	ret = kit_parse(k, &s->op, &reply, "twice");
	if (ret.outcome == RENT_SUCCEEDED)
		kit_fault(k, "%s: SUCCEEDED with the body twice", s->name);
	free(twice);
}

/* Parses the sample's body as it is now; kit_parse() reports what must not be. */
static void parse_changed(struct kit *k, const struct sample *s, const json_t *root,
                          const char *about)
{
	char *text = json_dumps(root, JSON_COMPACT);
	struct rent_upstream_reply reply;

	if (text == NULL)
		return;
	reply = kit_reply(s->reply.status, text, strlen(text));
	(void)kit_parse(k, &s->op, &reply, about);
	free(text);
}

/* Puts every strange value in the place of every member in turn. */
static void mutate(struct kit *k, const struct sample *s, const json_t *root, json_t *at)
{
	static const char *const strange[] = {
		"null",
		"true",
		"false",
		"0",
		"-1",
		"1",
		"101",
		"10001",
		"100.0",
		"1e300",
		"9223372036854775807",
		"-9223372036854775808",
		"\"\"",
		"\"100\"",
		"\"kit\"",
		"[]",
		"[100]",
		"{}",
		"\"\\n\\u0001\"",
		"\"\\u0436\\u0436\\u0436\"",
	};
	const char *key;
	json_t *old;
	void *tmp;

	json_object_foreach_safe(at, tmp, key, old)
	{
		char *name = strdup(key);

		json_t *item;
		size_t n;

		if (json_is_object(old))
			mutate(k, s, root, old);
		json_array_foreach(old, n, item) mutate(k, s, root, item);
		(void)json_incref(old);
		for (size_t i = 0; i < COUNT(strange) && name != NULL; i++) {
			json_t *v = json_loads(strange[i], JSON_DECODE_ANY, NULL);

			(void)json_object_set_new(at, name, v);
			parse_changed(k, s, root, strange[i]);
		}
		if (name != NULL) {
			(void)json_object_set(at, name, old);
		}
		json_decref(old);
		free(name);
	}
}

static void check_sample(struct kit *k, const json_t *json, bool meaning)
{
	struct sample s;

	if (!sample_read(&s, json)) {
		kit_fault(k, "%s: 'kind' or 'body' is not understood", s.name);
	} else if (!kit_declares(k, s.op.kind)) {
		kit_fault(k, "%s: %s is not declared", s.name, kit_kind_name(s.op.kind));
	} else if (meaning) {
		check_meaning(k, &s);
	} else if (sample_succeeds(&s)) {
		json_t *root = json_deep_copy(json_object_get(json, "body"));

		check_damage(k, &s);
		if (s.object)
			mutate(k, &s, root, root);
		json_decref(root);
	}
	free(s.body);
}

/* A sample of success is wanted for every operation: without, nothing is known of it. */
static void check_coverage(struct kit *k, const json_t *all)
{
	uint32_t seen = 0;
	const json_t *json;
	size_t i;

	json_array_foreach(all, i, json)
	{
		if (strcmp(text_of(json, "outcome", ""), "SUCCEEDED") == 0)
			seen |= RENT_PAY_BIT(kit_kind_value(text_of(json, "kind", "")));
	}
	for (int kind = RENT_PAY_HOLD; kind <= KIT_LAST; kind++) {
		if (kit_declares(k, (enum rent_payment_kind)kind) &&
		    (seen & RENT_PAY_BIT(kind)) == 0)
			kit_fault(k, "%s: no sample of a success",
			          kit_kind_name((enum rent_payment_kind)kind));
	}
}

void kit_check_samples(struct kit *k, const char *file)
{
	json_error_t why;
	json_t *all = json_load_file(file, JSON_REJECT_DUPLICATES, &why);
	const json_t *json;
	size_t i;

	kit_begin(k, "the sample answers are understood");
	if (!json_is_array(all))
		kit_fault(k, "%s:%d: %s", file, why.line,
		          all == NULL ? why.text : "the samples must be a list");
	json_array_foreach(all, i, json) check_sample(k, json, true);
	check_coverage(k, all);
	kit_end(k);
	kit_begin(k, "damaged sample answers are never a success, nor too much");
	json_array_foreach(all, i, json) check_sample(k, json, false);
	kit_end(k);
	json_decref(all);
}
