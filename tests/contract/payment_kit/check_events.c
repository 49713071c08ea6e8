/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_events.c - what the provider reports by itself: samples are
 * understood, and no message that was changed is believed.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>
#include <strings.h>

struct reading {
	struct kit *k;
	const char *name;
	const json_t *events; /* expected; NULL: none may be proven */
	size_t n, proven;
};

static int on_event(void *arg, const struct rent_event *e)
{
	struct reading *r = arg;
	const json_t *want = json_array_get(r->events, r->n++);

	r->proven += e->proven;
	if (e->note != NULL && kit_has_secret(r->k, e->note))
		kit_fault(r->k, "%s: a secret of the options in note", r->name);
	if (r->events == NULL)
		return 0;
	if (want == NULL ||
	    json_integer_value(json_object_get(want, "kind")) != (int)e->kind ||
	    json_is_true(json_object_get(want, "proven")) != e->proven ||
	    strcmp(kit_text(want, "operation_id", ""), rent_text(e->operation_id)) != 0 ||
	    strcmp(kit_text(want, "ref", ""), rent_text(e->ref)) != 0 ||
	    strcmp(kit_text(want, "outcome", "UNKNOWN"),
	           kit_outcome_name((int)e->outcome)) != 0 ||
	    json_integer_value(json_object_get(want, "amount")) != e->amount)
		kit_fault(
			r->k,
			"%s: event %zu has kind %d, proven %d, operation '%s', ref '%s', %s, "
			"amount %" PRId64,
			r->name, r->n, (int)e->kind, (int)e->proven,
			rent_text(e->operation_id), rent_text(e->ref),
			kit_outcome_name((int)e->outcome), e->amount);
	return 0;
}

static const char *header_of(const void *arg, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach(kit_unconst(arg), key, value)
	{
		if (strcasecmp(key, name) == 0)
			return json_string_value(value);
	}
	return NULL;
}

static int deliver(struct reading *r, const json_t *json, const json_t *headers,
                   const char *body, size_t size)
{
	struct kit *k = r->k;
	struct rent_event_message m = {
		.struct_size = sizeof(m),
		.now = json_integer_value(json_object_get(json, "now")) * RENT_SECOND,
		.method = "POST",
		.rest = kit_text(json, "rest", ""),
		.query = "",
		.body = body,
		.body_size = size,
		.content_type = kit_text(json, "content_type", "application/json"),
		.peer = kit_text(json, "peer", ""),
		.header = header_of,
		.header_arg = headers,
	};
	struct rent_event_answer answer = { .struct_size = sizeof(answer) };
	struct rent_error err = { 0 };
	int ret;

	kit_doing(k, "event %s, %zu bytes", r->name, size);
	r->n = r->proven = 0;
	m.arena = k->host->arena_new(k->host);
	ret = k->api->parse_event(k->self, &m, on_event, r, &answer, &err);
	k->host->arena_free(k->host, m.arena);
	return ret;
}

static void check_changed(struct reading *r, const json_t *json, const json_t *headers,
                          char *body)
{
	size_t size = strlen(body);

	r->events = NULL;
	for (size_t i = 0; i < size; i++) {
		char was = body[i];

		body[i] = (char)(was == 'x' ? 'y' : 'x');
		(void)deliver(r, json, headers, body, size);
		if (r->proven > 0)
			kit_fault(r->k, "%s: proven with byte %zu changed", r->name, i);
		body[i] = was;
		(void)deliver(r, json, headers, body, i);
		if (r->proven > 0)
			kit_fault(r->k, "%s: proven with %zu bytes", r->name, i);
	}
	(void)deliver(r, json, NULL, body, size);
	if (r->proven > 0)
		kit_fault(r->k, "%s: proven without a header", r->name);
}

static void check_event(struct kit *k, const json_t *json)
{
	struct reading r = { .k = k,
		             .name = kit_text(json, "name", "event"),
		             .events = json_object_get(json, "events") };
	const json_t *headers = json_object_get(json, "headers");
	const json_t *code = json_object_get(json, "code");
	char *body = strdup(kit_text(json, "body", ""));
	int ret;

	kit_sample_members(
		k, json,
		" name kind now rest peer content_type headers body code events ");
	if (body == NULL || !json_is_array(r.events)) {
		kit_fault(k, "%s: 'body' must be the text as it came, 'events' a list",
		          r.name);
		free(body);
		return;
	}
	ret = deliver(&r, json, headers, body, strlen(body));
	if (ret != json_integer_value(code))
		kit_fault(k, "%s: parse_event gives %d", r.name, ret);
	if (r.n != json_array_size(r.events))
		kit_fault(k, "%s: %zu events, %zu expected", r.name, r.n,
		          json_array_size(r.events));
	check_changed(&r, json, headers, body);
	free(body);
}

void kit_check_events(struct kit *k)
{
	const json_t *json;
	int events = 0;
	size_t i;

	if (k->api->parse_event == NULL) {
		kit_skip(k, "events", "the plugin takes none");
		return;
	}
	kit_begin(k, "events are understood, and none is believed that was changed");
	json_array_foreach(kit_samples(), i, json)
	{
		if (strcmp(kit_text(json, "kind", ""), "event") != 0)
			continue;
		check_event(k, json);
		events++;
	}
	if (events == 0)
		kit_fault(k, "no sample of kind \"event\"");
	kit_end(k);
}
