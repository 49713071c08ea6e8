/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/check_samples.c - answers of the service, as its author wrote them
 * down: they are understood, at every time and in every order, and what is left of them after
 * damage gives no powerbank out.
 */
#include "kit.h"

#include <jansson.h>

static const char sample_members[] =
	" name kind op status body ambiguous outcome reason ref not_found powerbank_id slot charge "
	"returned_at state slots available free_slots complete banks entries next code request not ";

struct viewing {
	struct kit *k;
	const struct kit_sample *s;
	size_t entries;
};

static void expect_number(struct viewing *v, const char *name, int64_t is)
{
	const json_t *want = json_object_get(v->s->json, name);

	if (json_is_integer(want) && json_integer_value(want) != is)
		kit_fault(v->k, "%s: %s %" PRId64, v->s->name, name, is);
}

static void expect_text(struct viewing *v, const char *name, const char *is)
{
	if (strcmp(kit_text(v->s->json, name, is), is) != 0)
		kit_fault(v->k, "%s: %s \"%s\"", v->s->name, name, is);
}

static void expect_truth(struct viewing *v, const char *name, bool is)
{
	if (json_is_true(json_object_get(v->s->json, name)) != is)
		kit_fault(v->k, "%s: %s is %s", v->s->name, name, is ? "true" : "false");
}

/* "banks": {"1": "RB001"}, each slot with a powerbank. */
static void view_slots(void *arg, const struct rent_station_snapshot *s)
{
	struct viewing *v = arg;
	const json_t *banks = json_object_get(v->s->json, "banks");
	size_t n = 0;

	if (s->outcome != RENT_SUCCEEDED || banks == NULL)
		return;
	for (size_t i = 0; i < s->slot_count; i++) {
		char slot[16];

		if (s->list[i]->powerbank_id[0] == '\0')
			continue;
		n++;
		(void)snprintf(slot, sizeof(slot), "%d", (int)s->list[i]->slot);
		if (strcmp(kit_text(banks, slot, ""), s->list[i]->powerbank_id) != 0)
			kit_fault(v->k, "%s: powerbank '%s' in slot %s", v->s->name,
			          s->list[i]->powerbank_id, slot);
	}
	if (n != json_object_size(banks))
		kit_fault(v->k, "%s: %zu powerbanks", v->s->name, n);
}

static void view_entry(void *arg, const struct rent_station_entry *e)
{
	struct viewing *v = arg;
	const json_t *want =
		json_array_get(json_object_get(v->s->json, "entries"), v->entries++);
	const json_t *back = json_object_get(want, "returned_at");

	if (want == NULL || strcmp(kit_text(want, "ref", ""), rent_text(e->ref)) != 0 ||
	    strcmp(kit_text(want, "outcome", ""), kit_outcome_name((int)e->outcome)) !=
	            0 ||
	    strcmp(kit_text(want, "powerbank_id", ""), rent_text(e->powerbank_id)) != 0 ||
	    strcmp(kit_text(want, "cabinet_id", rent_text(e->cabinet_id)),
	           rent_text(e->cabinet_id)) != 0 ||
	    (json_is_integer(back) &&
	     json_integer_value(back) != e->returned_at / RENT_SECOND))
		kit_fault(v->k, "%s: entry %zu is %s '%s', powerbank '%s'", v->s->name,
		          v->entries, kit_outcome_name((int)e->outcome),
		          rent_text(e->ref), rent_text(e->powerbank_id));
}

static void check_result(struct viewing *v, const struct kit_answer *a)
{
	const struct rent_station_result *r = &a->result;

	expect_text(v, "reason", kit_reason_name((int)r->reason));
	expect_text(v, "ref", r->ref);
	expect_text(v, "powerbank_id", r->powerbank_id);
	expect_truth(v, "not_found", r->not_found);
	expect_number(v, "slot", r->slot);
	expect_number(v, "charge", r->charge);
	expect_number(v, "returned_at", r->returned_at / RENT_SECOND);
	if (v->s->op.what == KIT_EJECT && r->outcome == RENT_PENDING &&
	    r->ref[0] == '\0' && v->k->caps.station.resend_us == 0)
		kit_fault(v->k, "%s: PENDING without a reference to ask by", v->s->name);
}

static void check_snapshot(struct viewing *v, const struct kit_answer *a)
{
	static const char *const states[] = { "UNKNOWN", "ONLINE", "OFFLINE" };
	const struct rent_station_snapshot *s = &a->snapshot;

	if ((size_t)s->state < COUNT(states))
		expect_text(v, "state", states[s->state]);
	expect_number(v, "slots", s->slots);
	expect_number(v, "available", s->available);
	expect_number(v, "free_slots", s->free_slots);
	expect_truth(v, "complete", s->complete);
}

static void check_page(struct viewing *v, const struct kit_answer *a)
{
	expect_number(v, "code", a->page);
	if (a->page == 0)
		expect_text(v, "next", a->cursor);
	if (a->entries != json_array_size(json_object_get(v->s->json, "entries")))
		kit_fault(v->k, "%s: %zu entries", v->s->name, a->entries);
}

static void check_meaning(struct kit *k, const struct kit_sample *s)
{
	struct viewing v = { k, s, 0 };
	const struct kit_viewer viewer = { view_slots, view_entry, &v };
	struct kit_answer a = kit_parse(k, &s->op, &s->reply, &viewer, s->name);

	if (s->op.what == KIT_LIST) {
		check_page(&v, &a);
		return;
	}
	expect_text(&v, "outcome", kit_outcome_name((int)a.outcome));
	if (json_object_get(s->json, "outcome") == NULL)
		kit_fault(k, "%s: no \"outcome\"", s->name);
	if (s->op.what == KIT_SNAPSHOT)
		check_snapshot(&v, &a);
	else
		check_result(&v, &a);
}

static void check_request(struct kit *k, const struct kit_sample *s)
{
	const json_t *want = json_object_get(s->json, "request");
	struct rent_arena *arena = k->host->arena_new(k->host);
	struct rent_upstream_request req;

	kit_doing(k, "the request of %s", s->name);
	if (want != NULL && kit_build(k, &s->op, arena, &req) != 0)
		kit_fault(k, "%s: not built", s->name);
	else if (want != NULL)
		kit_request_compare(k, s->name, want, &req);
	k->host->arena_free(k->host, arena);
}

/* ---- damage: kit_parse() reports what must not be at all. */

static bool believed(struct kit *k, const struct kit_sample *s, int status,
                     const char *text, const char *about)
{
	struct rent_upstream_reply reply = kit_reply(status, text, strlen(text));
	struct kit_answer a = kit_parse(k, &s->op, &reply, NULL, about);

	return kit_claims(&s->op, &a);
}

static void parse_mutated(struct kit *k, const void *arg, const char *text,
                          const char *about)
{
	const struct kit_sample *s = arg;

	(void)believed(k, s, s->reply.status, text, about);
}

static void parse_denied(struct kit *k, const void *arg, const char *text,
                         const char *about)
{
	const struct kit_sample *s = arg;
	struct rent_upstream_reply reply = kit_reply(s->reply.status, text, strlen(text));
	struct kit_answer a = kit_parse(k, &s->op, &reply, NULL, about);

	if (s->op.what == KIT_LIST ? a.page == 0 : a.outcome == RENT_SUCCEEDED)
		kit_fault(k, "%s: believed with another \"%s\"", s->name, about);
}

static void parse_damaged(struct kit *k, const void *arg, const char *text,
                          const char *about)
{
	const struct kit_sample *s = arg;

	if (s->object && believed(k, s, s->reply.status, text, about))
		kit_fault(k, "%s: believed with %s", s->name, about);
}

static void check_damage(struct kit *k, const struct kit_sample *s)
{
	if (!believed(k, s, s->reply.status, s->body, "as it is"))
		return;
	kit_sample_not(k, s->json, parse_denied, s);
	kit_sample_damage(k, s->body, parse_damaged, s);
	for (const int *status = kit_failures; *status != 0; status++) {
		if (*status != s->reply.status &&
		    believed(k, s, *status, s->body, "another status"))
			kit_fault(k, "%s: believed with status %d", s->name, *status);
	}
	kit_sample_mutate(k, json_object_get(s->json, "body"), parse_mutated, s);
}

/* An answer about another order or cabinet is none about this one. */
static void check_others(struct kit *k, const struct kit_sample *s)
{
	struct kit_sample other = *s;

	if (!believed(k, s, s->reply.status, s->body, "as it is"))
		return;
	other.op.order.id = KIT_OTHER_ID;
	other.op.order.ref = "kit-other-ref";
	other.op.cabinet = KIT_OTHER_CAB;
	if ((s->op.what == KIT_LOOKUP || s->op.what == KIT_SNAPSHOT) &&
	    believed(k, &other, s->reply.status, s->body, "an answer for another"))
		kit_fault(k, "%s: believed for another %s", s->name,
		          s->op.what == KIT_LOOKUP ? "order" : "cabinet");
}

/* Late and double answers: the plugin keeps no state, so an answer means at any time and after
 * any other what it meant at first. */
static void check_order(struct kit *k, const json_t *all)
{
	kit_begin(k, "late and double answers mean what they meant at first");
	for (size_t i = 2 * json_array_size(all); i > 0; i--) {
		struct kit_sample s;

		if (kit_sample_read(&s, json_array_get(all, (i - 1) / 2)) &&
		    kit_has(k, s.op.what))
			check_meaning(k, &s);
		kit_sample_done(&s);
	}
	kit_end(k);
}

static void check_each(struct kit *k,
                       void (*fn)(struct kit *k, const struct kit_sample *s))
{
	const json_t *json;
	size_t i;

	json_array_foreach(kit_samples(), i, json)
	{
		struct kit_sample s;
		bool read = kit_sample_read(&s, json);

		if (read && kit_has(k, s.op.what))
			fn(k, &s);
		kit_sample_done(&s);
	}
}

static void check_known(struct kit *k)
{
	const json_t *json;
	size_t i;

	json_array_foreach(kit_samples(), i, json)
	{
		enum kit_what what = kit_what_value(kit_text(json, "kind", ""));

		if (strcmp(kit_text(json, "kind", ""), "event") == 0)
			continue;
		if (what == KIT_WHATS || !kit_has(k, what))
			kit_fault(k, "%s: 'kind' is none of this plugin",
			          kit_text(json, "name", "sample"));
		kit_sample_members(k, json, sample_members);
	}
}

/* Of every operation an answer that is believed and a request are wanted. */
static void check_coverage(struct kit *k)
{
	const json_t *json;
	size_t i;

	for (int what = 0; what < KIT_WHATS; what++) {
		bool good = !kit_has(k, (enum kit_what)what), sent = good;

		json_array_foreach(kit_samples(), i, json)
		{
			const char *outcome = kit_text(json, "outcome", "");

			if (kit_what_value(kit_text(json, "kind", "")) !=
			    (enum kit_what)what)
				continue;
			good |= strcmp(outcome, "SUCCEEDED") == 0 ||
			        strcmp(outcome, "PENDING") == 0 || what == KIT_LIST;
			sent |= json_object_get(json, "request") != NULL;
		}
		if (!good)
			kit_fault(k, "%s: no sample of a success",
			          kit_what_name((enum kit_what)what));
		if (!sent)
			kit_fault(k, "%s: no sample with a \"request\"",
			          kit_what_name((enum kit_what)what));
	}
}

void kit_check_samples(struct kit *k)
{
	kit_begin(k, "the sample answers are understood, and their requests are sent");
	check_known(k);
	check_each(k, check_meaning);
	check_each(k, check_request);
	check_coverage(k);
	kit_end(k);
	check_order(k, kit_samples());
	kit_begin(k, "an answer about another order or cabinet is believed for neither");
	check_each(k, check_others);
	kit_end(k);
	kit_begin(k, "damaged sample answers are never believed");
	check_each(k, check_damage);
	kit_end(k);
}
