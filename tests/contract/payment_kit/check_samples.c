/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_samples.c - answers of the provider, as its author wrote
 * them down: they are understood, and what is left of them after damage is never too much.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

static const char *const reasons[] = {
	[RENT_DECLINE_NONE] = "NONE",     [RENT_DECLINE_FUNDS] = "FUNDS",
	[RENT_DECLINE_METHOD] = "METHOD", [RENT_DECLINE_EXPIRED] = "EXPIRED",
	[RENT_DECLINE_EMPTY] = "EMPTY",   [RENT_DECLINE_OTHER] = "OTHER",
	[RENT_DECLINE_ACTION] = "ACTION",
};

static bool sample_succeeds(const struct kit_sample *s)
{
	return strcmp(kit_text(s->json, "outcome", ""), "SUCCEEDED") == 0;
}

static const char sample_members[] =
	" name kind lookup_of op status body ambiguous outcome processed reason ref not_found "
	"action ask alert expires_at method_ref cursor request not ";

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
	const char *reason =
		(unsigned)ret->reason < COUNT(reasons) && reasons[ret->reason] != NULL
			? reasons[ret->reason]
			: "?";
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

/* "not": members whose other values take the success away. */
static void check_not(struct kit *k, const struct kit_sample *s)
{
	const json_t *list = json_object_get(s->json, "not");
	const char *member;
	json_t *value;

	json_object_foreach(kit_unconst(list), member, value)
	{
		json_t *body = json_deep_copy(json_object_get(s->json, "body"));
		char path[KIT_TEXT], *save = NULL, *part, *next;
		json_t *at = body;
		struct rent_upstream_reply reply = s->reply;
		struct rent_payment_result ret;
		char *text;

		(void)rent_copy(path, sizeof(path), member);
		part = strtok_r(path, ".", &save);
		while (part != NULL && (next = strtok_r(NULL, ".", &save)) != NULL) {
			at = json_is_array(at)
			             ? json_array_get(at, strtoul(part, NULL, 10))
			             : json_object_get(at, part);
			part = next;
		}
		if (part == NULL || json_object_get(at, part) == NULL ||
		    json_object_set(at, part, value) != 0)
			kit_fault(k, "%s: \"not\" names \"%s\", which is not in the body",
			          s->name, member);
		text = json_dumps(body, JSON_COMPACT);
		reply.body = text;
		reply.body_size = text == NULL ? 0 : strlen(text);
		ret = kit_parse(k, &s->op, &reply, member);
		if (text != NULL && ret.outcome == RENT_SUCCEEDED)
			kit_fault(k, "%s: SUCCEEDED with another \"%s\"", s->name,
			          member);
		free(text);
		json_decref(body);
	}
}

/* ---- "request": what must be sent for the operation of the sample */

static const char *header_of(const struct rent_upstream_request *req, const char *name)
{
	for (size_t i = 0; i < RENT_UPSTREAM_HEADERS && req->headers[i].name != NULL;
	     i++) {
		if (strcasecmp(req->headers[i].name, name) == 0)
			return req->headers[i].value;
	}
	return NULL;
}

static bool body_is(const struct rent_upstream_request *req, const json_t *want)
{
	json_t *is;
	bool same;

	if (json_is_string(want))
		return req->body_size == json_string_length(want) &&
		       memcmp(req->body, json_string_value(want), req->body_size) == 0;
	is = req->body == NULL ? NULL
	                       : json_loadb(req->body, req->body_size,
	                                    JSON_REJECT_DUPLICATES, NULL);
	same = json_equal(is, want) != 0;
	json_decref(is);
	return same;
}

static void compare_request(struct kit *k, const struct kit_sample *s, const json_t *want,
                            const struct rent_upstream_request *req)
{
	const json_t *body = json_object_get(want, "body");
	const char *name;
	json_t *value;

	if (strcmp(kit_text(want, "method", req->method), req->method) != 0)
		kit_fault(k, "%s: the method is %s", s->name, req->method);
	if (strcmp(kit_text(want, "target", req->target), req->target) != 0)
		kit_fault(k, "%s: the target is %s", s->name, req->target);
	json_object_foreach(kit_unconst(json_object_get(want, "headers")), name, value)
	{
		const char *is = header_of(req, name);

		if (is == NULL || strcmp(is, json_string_value(value)) != 0)
			kit_fault(k, "%s: the header %s is %s", s->name, name,
			          is == NULL ? "not there" : is);
	}
	if (body != NULL && !body_is(req, body))
		kit_fault(k, "%s: the body is %s", s->name,
		          req->body == NULL ? "empty" : req->body);
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
	else if (k->api->build(k->self, &s->op, arena, &req, &err) != 0)
		kit_fault(k, "%s: not built: %s", s->name, err.text);
	else
		compare_request(k, s, want, &req);
	k->host->arena_free(k->host, arena);
}

/* A success of an object that is cut short, or comes with a status of failure, is none. */
static void check_damage(struct kit *k, const struct kit_sample *s)
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
		/* the author may have seen one that says so all the same */
		if (failures[i] == s->reply.status)
			continue;
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

/* Parses the sample's body as it is now; kit_parse() reports what must not be. Whether it is a
 * success all the same. */
static bool parse_changed(struct kit *k, const struct kit_sample *s, const json_t *root,
                          const char *about)
{
	char *text = json_dumps(root, JSON_COMPACT);
	struct rent_upstream_reply reply;

	struct rent_payment_result ret;

	if (text == NULL)
		return false;
	reply = kit_reply(s->reply.status, text, strlen(text));
	ret = kit_parse(k, &s->op, &reply, about);
	free(text);
	return ret.outcome == RENT_SUCCEEDED;
}

/* Puts every strange value in the place of every member in turn. */
static void mutate(struct kit *k, const struct kit_sample *s, const json_t *root,
                   json_t *at)
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
		json_t *root = json_deep_copy(json_object_get(json, "body"));

		check_not(k, &s);
		check_damage(k, &s);
		if (s.object)
			mutate(k, &s, root, root);
		json_decref(root);
	}
	kit_sample_done(&s);
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

		if (strcmp(kit_text(json, "outcome", ""), "SUCCEEDED") == 0)
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
