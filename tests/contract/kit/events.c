/* SPDX-License-Identifier: MIT
 *
 * tests/contract/kit/events.c - what the service reports by itself: samples are
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
	uint64_t digest; /* of the events, to see that they come again as they were */
};

#define EVENT_SAMPLES 64

/* The first member that is other than the sample says; NULL: none. */
static const char *event_differs(const struct rent_event *e, const json_t *want)
{
	const struct {
		const char *name, *is;
	} texts[] = {
		{ "operation_id", rent_text(e->operation_id) },
		{ "ref", rent_text(e->ref) },
		{ "station_id", rent_text(e->station_id) },
		{ "powerbank_id", rent_text(e->powerbank_id) },
	};
	const struct {
		const char *name;
		int64_t is;
	} numbers[] = {
		{ "kind", (int)e->kind },
		{ "amount", e->amount },
		{ "slot", e->slot },
		{ "charge", e->charge },
	};
	const json_t *at = json_object_get(want, "at");

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (strcmp(kit_text(want, texts[i].name, ""), texts[i].is) != 0)
			return texts[i].name;
	}
	for (size_t i = 0; i < COUNT(numbers); i++) {
		if (json_integer_value(json_object_get(want, numbers[i].name)) !=
		    numbers[i].is)
			return numbers[i].name;
	}
	if (json_is_integer(at) && json_integer_value(at) != e->at / RENT_SECOND)
		return "at";
	if (json_is_true(json_object_get(want, "proven")) != e->proven)
		return "proven";
	if (strcmp(kit_text(want, "outcome", "UNKNOWN"),
	           kit_outcome_name((int)e->outcome)) != 0)
		return "outcome";
	return NULL;
}

static const char *text_fault(const struct kit *k, const struct rent_event *e)
{
	const char *const texts[] = { e->event_id,   e->operation_id, e->ref,
		                      e->station_id, e->powerbank_id, e->note };

	for (size_t i = 0; i < COUNT(texts); i++) {
		if (texts[i] != NULL && !kit_text_sound(texts[i], strlen(texts[i]) + 1))
			return "a text of an event is not UTF-8";
		if (texts[i] != NULL && kit_has_secret(k, texts[i]))
			return "a secret of the options in an event";
	}
	return NULL;
}

static const char *event_fault(const struct kit *k, const struct rent_event *e)
{
	if (e->struct_size < offsetof(struct rent_event, note))
		return "an event without its struct_size";
	if (e->slot < 0 || e->charge < 0 || e->charge > 100 || e->amount < 0)
		return "slot, charge or amount of an event is outside its range";
	if (e->event_id != NULL && strlen(e->event_id) >= RENT_EVENT_ID_SIZE)
		return "an event_id that is too long";
	return text_fault(k, e);
}

static void digest_add(struct reading *r, const void *data, size_t size)
{
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		r->digest = (r->digest ^ bytes[i]) * UINT64_C(1099511628211);
}

static void digest_event(struct reading *r, const struct rent_event *e)
{
	const char *const texts[] = { e->event_id, e->operation_id, e->ref, e->station_id,
		                      e->powerbank_id };
	const int64_t numbers[] = { (int)e->kind, e->proven, e->at,
		                    e->slot,      e->amount, (int)e->outcome };

	for (size_t i = 0; i < COUNT(texts); i++)
		digest_add(r, rent_text(texts[i]), strlen(rent_text(texts[i])) + 1);
	digest_add(r, numbers, sizeof(numbers));
}

static int on_event(void *arg, const struct rent_event *e)
{
	struct reading *r = arg;
	const json_t *want = json_array_get(r->events, r->n++);
	const char *fault = event_fault(r->k, e), *differs;

	r->proven += e->proven;
	digest_event(r, e);
	if (fault != NULL)
		kit_fault(r->k, "%s: %s", r->name, fault);
	if (r->events == NULL)
		return 0;
	differs = want == NULL ? "there" : event_differs(e, want);
	if (differs != NULL)
		kit_fault(
			r->k,
			"%s: event %zu is not as expected: %s; it has kind %d, proven %d, "
			"operation '%s', ref '%s', %s, amount %" PRId64
			", station '%s', powerbank '%s', slot %d",
			r->name, r->n, differs, (int)e->kind, (int)e->proven,
			rent_text(e->operation_id), rent_text(e->ref),
			kit_outcome_name((int)e->outcome), e->amount,
			rent_text(e->station_id), rent_text(e->powerbank_id),
			(int)e->slot);
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

static int deliver_to(struct reading *r, const json_t *json, const char *rest,
                      const json_t *headers, const char *body, size_t size)
{
	struct kit *k = r->k;
	struct rent_event_message m = {
		.struct_size = sizeof(m),
		.now = json_integer_value(json_object_get(json, "now")) * RENT_SECOND,
		.method = "POST",
		.rest = rest,
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
	r->n = r->proven = r->digest = 0;
	m.arena = k->host->arena_new(k->host);
	ret = k->parse_event(k->self, &m, on_event, r, &answer, &err);
	k->host->arena_free(k->host, m.arena);
	return ret;
}

static int deliver(struct reading *r, const json_t *json, const json_t *headers,
                   const char *body, size_t size)
{
	return deliver_to(r, json, kit_text(json, "rest", ""), headers, body, size);
}

/* An address in which something was changed is not the one that we gave out. */
static void check_address(struct reading *r, const json_t *json, const json_t *headers,
                          const char *body)
{
	char *rest = strdup(kit_text(json, "rest", ""));

	for (size_t i = 0; rest != NULL && i < strlen(rest); i++) {
		char was = rest[i];

		rest[i] = was == 'x' ? 'y' : 'x';
		if (deliver_to(r, json, rest, headers, body, strlen(body)) == 0 ||
		    r->n > 0)
			kit_fault(r->k, "%s: accepted with byte %zu of 'rest' changed",
			          r->name, i);
		rest[i] = was;
	}
	free(rest);
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

/* A signature of which something was changed is none. */
static void check_headers(struct reading *r, const json_t *json, const json_t *headers,
                          const char *body)
{
	json_t *changed = json_deep_copy(headers), *value;
	const char *name;

	json_object_foreach(kit_unconst(headers), name, value)
	{
		char *text = strdup(json_string_value(value));

		for (size_t i = 0; text != NULL && i < strlen(text); i++) {
			char was = text[i];

			text[i] = (char)(was == '1' ? '2' : '1');
			(void)json_object_set_new(changed, name, json_string(text));
			(void)deliver(r, json, changed, body, strlen(body));
			if (r->proven > 0)
				kit_fault(r->k, "%s: proven with byte %zu of %s changed",
				          r->name, i, name);
			text[i] = was;
		}
		(void)json_object_set(changed, name, value);
		free(text);
	}
	json_decref(changed);
}

/* Digest of the sample's events; samples are delivered in both orders. */
static uint64_t check_event(struct kit *k, const json_t *json, bool again)
{
	struct reading r = { .k = k,
		             .name = kit_text(json, "name", "event"),
		             .events = json_object_get(json, "events") };
	const json_t *headers = json_object_get(json, "headers");
	const json_t *code = json_object_get(json, "code");
	char *body = strdup(kit_text(json, "body", ""));
	uint64_t digest;
	int ret;

	if (body == NULL || !json_is_array(r.events)) {
		kit_fault(k, "%s: 'body' must be the text as it came, 'events' a list",
		          r.name);
		free(body);
		return 0;
	}
	ret = deliver(&r, json, headers, body, strlen(body));
	digest = r.digest;
	if (ret != json_integer_value(code) && !again)
		kit_fault(k, "%s: parse_event gives %d", r.name, ret);
	if (r.n != json_array_size(r.events) && !again)
		kit_fault(k, "%s: %zu events, %zu expected", r.name, r.n,
		          json_array_size(r.events));
	if (!again) {
		check_changed(&r, json, headers, body);
		check_headers(&r, json, headers, body);
		if (ret == 0)
			check_address(&r, json, headers, body);
	}
	free(body);
	return digest;
}

static const json_t *event_sample(size_t i)
{
	const json_t *json;
	size_t at;

	json_array_foreach(kit_samples(), at, json)
	{
		if (strcmp(kit_text(json, "kind", ""), "event") == 0 && i-- == 0)
			return json;
	}
	return NULL;
}

/* Delivered in the envelope of every sample. */
static void hostile_event(struct kit *k, const struct kit_hostile *h)
{
	const json_t *json;

	for (size_t i = 0; (json = event_sample(i)) != NULL; i++) {
		struct reading r = { .k = k, .name = h->name };

		(void)deliver(&r, json, json_object_get(json, "headers"), h->body,
		              h->size);
		if (r.proven > 0)
			kit_fault(k, "%s in the place of %s: proven", h->name,
			          kit_text(json, "name", "event"));
	}
}

void kit_check_events(struct kit *k)
{
	uint64_t digests[EVENT_SAMPLES];
	const json_t *json;
	size_t n = 0;

	if (k->parse_event == NULL) {
		kit_skip(k, "events", "the plugin takes none");
		return;
	}
	kit_begin(k, "events are understood, and none is believed that was changed");
	for (; n < EVENT_SAMPLES && (json = event_sample(n)) != NULL; n++) {
		kit_sample_members(
			k, json,
			" name kind now rest peer content_type headers body code events ");
		digests[n] = check_event(k, json, false);
	}
	if (n == 0)
		kit_fault(k, "no sample of kind \"event\"");
	kit_end(k);
	kit_begin(k, "events that come again, and in another order, are the same events");
	for (size_t i = n; i > 0; i--) {
		json = event_sample(i - 1);
		if (check_event(k, json, true) != digests[i - 1])
			kit_fault(k, "%s: other events, or another event_id, than before",
			          kit_text(json, "name", "event"));
	}
	kit_end(k);
	kit_begin(k, "hostile messages are never proven, and crash nothing");
	kit_hostile_bodies(k, hostile_event);
	kit_end(k);
}
