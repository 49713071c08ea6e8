/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/check_list.c - the provider's book: samples of pages are read to the
 * last entry, every cursor that a page gives is taken back, and what is no page is an error.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>

#define SINCE KIT_CREATED

struct reading {
	struct kit *k;
	const char *name;
	const json_t *entries; /* expected */
	size_t n;
};

static bool entry_is(const struct rent_payment_entry *e, const json_t *want)
{
	const json_t *amount = json_object_get(want, "amount");

	return e->struct_size == sizeof(*e) &&
	       strcmp(kit_text(want, "kind", ""), kit_kind_name(e->kind)) == 0 &&
	       strcmp(kit_text(want, "outcome", ""), kit_outcome_name((int)e->outcome)) ==
	               0 &&
	       strcmp(kit_text(want, "id", e->id), e->id) == 0 &&
	       strcmp(kit_text(want, "ref", e->ref), e->ref) == 0 &&
	       (amount == NULL || json_integer_value(amount) == e->amount);
}

static int on_entry(void *arg, const struct rent_payment_entry *e)
{
	struct reading *r = arg;
	const json_t *want = json_array_get(r->entries, r->n++);

	if (r->entries != NULL && (want == NULL || !entry_is(e, want)))
		kit_fault(r->k, "%s: entry %zu is %s %s '%s' of %" PRId64, r->name, r->n,
		          kit_kind_name(e->kind), kit_outcome_name((int)e->outcome),
		          e->id, e->amount);
	return 0;
}

static int parse_page(struct reading *r, const char *cursor, int status, const char *body,
                      size_t size, char ret_cursor[RENT_REF_SIZE])
{
	struct kit *k = r->k;
	struct rent_upstream_reply reply = kit_reply(status, body, size);
	struct rent_payment_page page = { .struct_size = sizeof(page),
		                          .since = SINCE,
		                          .cursor = cursor,
		                          .limit = 100 };
	struct rent_error err = { 0 };
	int ret;

	kit_doing(k, "list, cursor \"%s\", status %d, %zu bytes", cursor, status, size);
	reply.arena = k->host->arena_new(k->host);
	r->n = 0;
	ret_cursor[0] = '\0';
	ret = k->api.payment->parse_list(k->self, &page, &reply, on_entry, r, ret_cursor,
	                                 &err);
	k->host->arena_free(k->host, reply.arena);
	return ret;
}

static void build_page(struct kit *k, const char *name, const char *cursor,
                       const json_t *want)
{
	struct rent_payment_page page = { .struct_size = sizeof(page),
		                          .since = SINCE,
		                          .cursor = cursor,
		                          .limit = 100 };
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req = { .struct_size = sizeof(req) };
	struct rent_error err = { 0 };
	const char *target = kit_text(want, "target", NULL);

	kit_doing(k, "building a page with cursor \"%s\"", cursor);
	if (k->api.payment->build_list(k->self, &page, arena, &req, &err) != 0)
		kit_fault(k, "%s: cursor \"%s\" is not taken: %s", name, cursor,
		          err.text);
	else if (kit_request_fault(&req) != NULL)
		kit_fault(k, "%s: %s", name, kit_request_fault(&req));
	else if (strcmp(req.method, "GET") != 0 && (req.flags & RENT_RESEND_SAFE) == 0)
		kit_fault(k, "%s: reading the list changes something", name);
	else if (target != NULL && strcmp(target, req.target) != 0)
		kit_fault(k, "%s: the target is %s", name, req.target);
	k->host->arena_free(k->host, arena);
}

static void check_page(struct kit *k, const json_t *json)
{
	struct reading r = { .k = k,
		             .name = kit_text(json, "name", "list"),
		             .entries = json_object_get(json, "entries") };
	const char *cursor = kit_text(json, "cursor", ""),
		   *next = kit_text(json, "next", "");
	char *body = json_dumps(json_object_get(json, "body"), JSON_COMPACT);
	char ret_cursor[RENT_REF_SIZE];

	kit_sample_members(k, json,
	                   " name kind cursor status body entries next request ");
	build_page(k, r.name, cursor, json_object_get(json, "request"));
	if (body == NULL || !json_is_array(r.entries)) {
		kit_fault(k, "%s: 'body' must be an object, 'entries' a list", r.name);
		free(body);
		return;
	}
	if (parse_page(&r, cursor, 200, body, strlen(body), ret_cursor) != 0)
		kit_fault(k, "%s: it is not understood", r.name);
	else if (r.n != json_array_size(r.entries))
		kit_fault(k, "%s: %zu entries, %zu expected", r.name, r.n,
		          json_array_size(r.entries));
	else if (strcmp(ret_cursor, next) != 0)
		kit_fault(k, "%s: the next cursor is \"%s\"", r.name, ret_cursor);
	else if (ret_cursor[0] != '\0')
		build_page(k, r.name, ret_cursor, NULL);
	r.entries = NULL;
	for (size_t n = 0; n < strlen(body); n++) {
		if (parse_page(&r, cursor, 200, body, n, ret_cursor) >= 0)
			kit_fault(k, "%s: a page with %zu of %zu bytes", r.name, n,
			          strlen(body));
	}
	for (int status = 400; status < 600; status += 50) {
		if (parse_page(&r, cursor, status, body, strlen(body), ret_cursor) >= 0)
			kit_fault(k, "%s: a page with status %d", r.name, status);
	}
	free(body);
}

void kit_check_list(struct kit *k)
{
	static const char *const none[] = { "",     "<html>", "{}",   "[]",
		                            "null", "[1]",    "true", "{\"data\":{}}" };
	struct reading r = { .k = k, .name = "list" };
	char cursor[RENT_REF_SIZE];
	const json_t *json;
	int pages = 0;
	size_t i;

	if (k->api.payment->build_list == NULL || k->api.payment->parse_list == NULL) {
		kit_skip(k, "the list", "the plugin has none");
		return;
	}
	kit_begin(k, "the provider's list is read to its end");
	json_array_foreach(kit_samples(), i, json)
	{
		if (strcmp(kit_text(json, "kind", ""), "list") != 0)
			continue;
		check_page(k, json);
		pages++;
	}
	if (pages == 0)
		kit_fault(k, "no sample of kind \"list\"");
	for (i = 0; i < COUNT(none); i++) {
		if (parse_page(&r, "", 200, none[i], strlen(none[i]), cursor) >= 0)
			kit_fault(k, "%s is taken for a page", none[i]);
	}
	kit_end(k);
}
