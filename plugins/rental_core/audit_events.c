/* SPDX-License-Identifier: MIT
 *
 * audit_events.c - see audit_events.h.
 *
 *   I11   no rental runs whose powerbank was reported back, by a report that was acted on or that was
 *         nobody's, after it had begun
 *   I12   no report waits for hours for somebody to act on it; that each is recorded once is a
 *         constraint of the database
 *
 * What the cabinets themselves say is compared by reconcile_stations.c.
 */
#include "audit_events.h"

#include <stdlib.h>

#include "findings.h"
#include "holders.h"
#include "returned.h"
#include "view.h"

#define PAGE         500
#define LOOK_BACK    (RENT_HOUR * 24 * 7)
#define SECOND_LOOK  (RENT_SECOND / 5)
#define SUSPECTS_MAX 1000 /* further ones are found by the next audit */

static const struct finding_kind kinds[] = {
	{ "I11", "returned_runs",
	  "the customer pays though the powerbank is back: look into the cabinet, and end the "
	  "rental at the time of its return",
	  true },
	{ "I12", "event_open",
	  "rentald events list shows it; the log says why nobody could act on it", true },
};

enum {
	RETURNED_RUNS,
	EVENT_OPEN,
};

/* A running rental whose powerbank was reported back. */
struct suspect {
	struct holder holder;
	char event_id[RENT_ID_SIZE], station_id[RENT_ID_SIZE];
	int64_t at;
};

struct events_audit {
	struct core *core;
	struct rent_check *check;
	struct holders holders;
	int64_t now, settle;
	char last[RENT_ID_SIZE];
	uint32_t rows;
	struct suspect *suspects;
	size_t suspect_count;
	struct findings scratch;
};

static int report_open(struct events_audit *a, const struct rent_inbound *e)
{
	struct finding *f = findings_add(
		findings_none(&a->scratch), &kinds[EVENT_OPEN],
		"event %s of '%s' (%s) waits to be acted on", e->id, e->instance,
		rent_name_of(rent_event_kind_names, (int)e->kind));

	rent_copy(f->op_id, sizeof(f->op_id), e->operation_id);
	return finding_report(a->check, f, "", "", e->received_at);
}

/* Whether what came of it says that the powerbank is back. */
static bool says_back(const struct rent_inbound *e)
{
	return e->kind == RENT_EVENT_RETURNED && e->handled_at != 0 &&
	       e->powerbank_id[0] != '\0' &&
	       (strcmp(e->outcome, "returned") == 0 ||
	        (e->trust == RENT_EVENT_PROVEN &&
	         strcmp(e->outcome, RETURNED_ORPHAN) == 0));
}

static void suspect(struct events_audit *a, const struct rent_inbound *e)
{
	int64_t at = e->at == 0 ? e->received_at : e->at;
	const struct holder *h = holders_find(&a->holders, e->powerbank_id, e->instance);
	struct suspect *s = &a->suspects[a->suspect_count];

	if (h == NULL || at <= h->started_at + CLOCKS_APART ||
	    e->received_at > a->now - a->settle || a->suspect_count == SUSPECTS_MAX)
		return;
	s->holder = *h;
	s->at = at;
	rent_copy(s->event_id, sizeof(s->event_id), e->id);
	rent_copy(s->station_id, sizeof(s->station_id), e->station_id);
	a->suspect_count++;
}

static int look_at_event(void *arg, const struct rent_inbound *row)
{
	struct events_audit *a = arg;
	struct rent_inbound e;

	rent_adopt(&e, sizeof(e), row, row->struct_size);
	a->rows++;
	rent_copy(a->last, sizeof(a->last), e.id);
	if (says_back(&e))
		suspect(a, &e);
	return e.handled_at == 0 && e.received_at < a->now - INVARIANT_TOO_LONG
	               ? report_open(a, &e)
	               : 0;
}

/* Ids of events begin with the time of their arrival. */
static int walk(struct events_audit *a, struct rent_error *err)
{
	struct core *core = a->core;
	uint32_t limit = a->check->page == 0 ? PAGE : a->check->page;
	char after[RENT_ID_SIZE];
	struct rent_inbound_query query = { .struct_size = sizeof(query),
		                            .after_id = after,
		                            .limit = limit };
	uint64_t ms = (uint64_t)rules_max((a->now - LOOK_BACK) / 1000, 0);
	int code;

	(void)snprintf(a->last, sizeof(a->last), "%08" PRIx64 "-%04" PRIx64,
	               (ms >> 16) & 0xffffffff, ms & 0xffff);
	do {
		rent_copy(after, sizeof(after), a->last);
		a->rows = 0;
		code = core->store->event_list(core->store_self, &query, look_at_event, a,
		                               err);
		if (code == 0 && a->check->progress != NULL)
			code = a->check->progress(a->check->arg, a->check);
		if (code == 0 && a->rows == limit && a->check->pause_us > 0)
			core->host->sleep_us(core->host, a->check->pause_us);
	} while (code == 0 && a->rows == limit);
	return code;
}

/* It may have ended meanwhile. */
static int confirm(struct events_audit *a, const struct suspect *s,
                   struct rent_error *err)
{
	char now[RENT_ID_SIZE];
	struct finding *f;
	int code = view_holder(a->core, s->holder.powerbank_id, now, err);

	if (code != 0 || strcmp(now, s->holder.rental_id) != 0)
		return code;
	f = findings_add(findings_none(&a->scratch), &kinds[RETURNED_RUNS],
	                 "powerbank '%s' was reported back in '%s' (event %s), and the "
	                 "rental that had it goes on",
	                 s->holder.powerbank_id, s->station_id, s->event_id);
	return finding_report(a->check, f, s->holder.rental_id, s->holder.user_id, s->at);
}

static int confirm_all(struct events_audit *a, struct rent_error *err)
{
	int code = 0;

	if (a->suspect_count > 0)
		a->core->host->sleep_us(a->core->host, SECOND_LOOK);
	for (size_t i = 0; i < a->suspect_count && code == 0; i++)
		code = confirm(a, &a->suspects[i], err);
	return code;
}

int audit_events(struct core *core, struct rent_check *check, struct rent_error *err)
{
	struct events_audit *a;
	int code;

	if (core->store->event_list == NULL)
		return 0;
	a = calloc(1, sizeof(*a));
	if (a != NULL)
		a->suspects = calloc(SUSPECTS_MAX, sizeof(*a->suspects));
	if (a == NULL || a->suspects == NULL) {
		free(a);
		return rent_fail(err, RENT_ENOMEM, "audit: out of memory");
	}
	a->core = core;
	a->check = check;
	a->now = core->host->wall_us(core->host);
	a->settle = core_params(core).return_settle;
	code = holders_read(core, check->pause_us, &a->holders, err);
	if (code == 0)
		code = walk(a, err);
	if (code == 0)
		code = confirm_all(a, err);
	holders_done(&a->holders);
	free(a->suspects);
	free(a);
	return code;
}
