/* SPDX-License-Identifier: MIT
 *
 * audit.c - the walk of an audit over all rentals, page by page, beside a running system.
 * It looks at a suspicious rental a second time before it reports the rental: each page
 * is one snapshot, but a host's clock may lag behind the commits of others. The
 * invariants are in findings.c, those about reports of services in audit_events.c.
 */
#include "audit.h"

#include <stdlib.h>

#include "audit_events.h"
#include "audit_seals.h"
#include "findings.h"

#define AUDIT_PAGE    500
#define SECOND_LOOK   (RENT_SECOND / 5) /* this much later */
#define SUSPECTS_PAGE 8                 /* rows read to find one again */

/* A rental with a breach in the first look. */
struct suspect {
	char id[RENT_ID_SIZE];
	char before
		[RENT_ID_SIZE]; /* id of the rental before it: where it is found again */
	struct findings first;
};

struct audit {
	struct core *core;
	struct rent_check *check;
	struct params params;
	char last[RENT_ID_SIZE];
	uint32_t rows;
	struct suspect *suspects;
	size_t suspect_count, suspect_room;
	struct findings scratch;
	char (*resolved)
		[RENT_ID_SIZE]; /* rentals of this page that a person had to do with */
	size_t resolved_count, resolved_room;
	/* Rentals of this page with an operation that waits for a person. */
	char (*manual)[RENT_ID_SIZE];
	size_t manual_count, manual_room;
	const char *looked_at; /* of them */
};

static void *grow_array(void *at, size_t n, size_t *room, size_t size)
{
	void *bigger;

	if (n < *room)
		return at;
	bigger = realloc(at, (*room == 0 ? 16 : *room * 2) * size);
	if (bigger != NULL)
		*room = *room == 0 ? 16 : *room * 2;
	return bigger;
}

static int suspect_rental(struct audit *a, const char *id)
{
	struct suspect *all =
		grow_array(a->suspects, a->suspect_count, &a->suspect_room, sizeof(*all));
	struct suspect *s;

	if (all == NULL)
		return RENT_ENOMEM;
	a->suspects = all;
	s = &all[a->suspect_count++];
	rent_copy(s->id, sizeof(s->id), id);
	rent_copy(s->before, sizeof(s->before), a->last);
	s->first = a->scratch;
	return 0;
}

static int note_manual(struct audit *a, const char *id)
{
	char(*all)[RENT_ID_SIZE] =
		grow_array(a->manual, a->manual_count, &a->manual_room, sizeof(*all));

	if (all == NULL)
		return RENT_ENOMEM;
	a->manual = all;
	rent_copy(all[a->manual_count++], RENT_ID_SIZE, id);
	return 0;
}

static int note_resolved(struct audit *a, const char *id)
{
	char(*all)[RENT_ID_SIZE] = grow_array(a->resolved, a->resolved_count,
	                                      &a->resolved_room, sizeof(*all));

	if (all == NULL)
		return RENT_ENOMEM;
	a->resolved = all;
	rent_copy(all[a->resolved_count++], RENT_ID_SIZE, id);
	return 0;
}

/* Notes need no second look: nothing is wrong by them. */
static int report_notes(struct audit *a, const struct rent_rental *r,
                        const struct findings *f)
{
	size_t i;
	int code = 0;

	for (i = 0; i < f->n && code == 0; i++) {
		if (!f->at[i].kind->breach)
			code = finding_report(a->check, &f->at[i], r->id, r->user_id, 0);
	}
	return code;
}

static int audit_row(void *arg, const struct rent_audit_row *theirs)
{
	struct audit *a = arg;
	struct rent_audit_row row;
	int code = 0;

	rent_adopt(&row, sizeof(row), theirs, theirs->struct_size);
	a->rows++;
	a->check->rentals++;
	a->check->manual += row.manual;
	a->check->resolved += row.resolved;
	a->check->adjusted += row.rental->debt != row.journal_debt;
	invariants_check(&a->params, &row, findings_none(&a->scratch));
	if (a->scratch.breach)
		code = suspect_rental(a, row.rental->id);
	if (code == 0 && row.manual > 0)
		code = note_manual(a, row.rental->id);
	if (code == 0 && row.resolved > 0)
		code = note_resolved(a, row.rental->id);
	if (code == 0)
		code = report_notes(a, row.rental, &a->scratch);
	rent_copy(a->last, sizeof(a->last), row.rental->id);
	return code;
}

/* ---- the second look */

struct again {
	const struct audit *audit;
	char id[RENT_ID_SIZE];
	char last[RENT_ID_SIZE];
	uint32_t rows;
	bool found;
	char user_id[RENT_ID_SIZE];
	int64_t changed_at; /* the latest time that the row itself knows */
	struct findings findings;
};

static int again_row(void *arg, const struct rent_audit_row *theirs)
{
	struct again *g = arg;
	const struct rent_rental *r = theirs->rental;
	bool is_it = strcmp(r->id, g->id) == 0;
	struct rent_audit_row row;

	rent_adopt(&row, sizeof(row), theirs, theirs->struct_size);
	g->rows++;
	rent_copy(g->last, sizeof(g->last), r->id);
	if (!is_it)
		return 0;
	g->found = true;
	rent_copy(g->user_id, sizeof(g->user_id), r->user_id);
	g->changed_at =
		rules_max(r->created_at, rules_max(r->started_at, r->finished_at));
	invariants_check(&g->audit->params, &row, findings_none(&g->findings));
	return 0;
}

/* Reads on from the rental before it until it comes; others may have come in between. */
static int look_again(const struct audit *a, const struct suspect *s, struct again *g,
                      struct rent_error *err)
{
	int code;

	rent_copy(g->last, sizeof(g->last), s->before);
	do {
		char after[RENT_ID_SIZE];

		rent_copy(after, sizeof(after), g->last);
		g->rows = 0;
		code = a->core->store->audit_scan(a->core->store_self, after,
		                                  SUSPECTS_PAGE, again_row, g, err);
	} while (code == 0 && !g->found && g->rows == SUSPECTS_PAGE);
	return code;
}

static int latest_op(void *arg, const struct rent_op *op)
{
	int64_t *latest = arg;

	*latest = rules_max(*latest, rules_max(op->created_at, op->resolved_at));
	return 0;
}

static int confirm_suspect(struct audit *a, const struct suspect *s, struct again *g,
                           struct rent_error *err)
{
	size_t i;
	int code;

	g->found = false;
	rent_copy(g->id, sizeof(g->id), s->id);
	code = look_again(a, s, g, err);
	if (code != 0 || !g->found)
		return code;
	code = a->core->store->rental_trail(a->core->store_self, s->id, latest_op,
	                                    &g->changed_at, err);
	for (i = 0; i < g->findings.n && code >= 0; i++) {
		const struct finding *f = &g->findings.at[i];

		if (!f->kind->breach || !findings_have(&s->first, f))
			continue;
		code = finding_report(a->check, f, s->id, g->user_id, g->changed_at);
		if (code != 0)
			return code;
	}
	return code < 0 ? code : 0;
}

static int confirm_suspects(struct audit *a, struct rent_error *err)
{
	const struct rent_host *host = a->core->host;
	struct again *g;
	size_t i;
	int code = 0;

	if (a->suspect_count == 0)
		return 0;
	g = calloc(1, sizeof(*g));
	if (g == NULL)
		return rent_fail(err, RENT_ENOMEM, "audit: out of memory");
	g->audit = a;
	host->sleep_us(host, SECOND_LOOK);
	for (i = 0; i < a->suspect_count && code == 0; i++)
		code = confirm_suspect(a, &a->suspects[i], g, err);
	a->suspect_count = 0;
	free(g);
	return code;
}

/* ---- what persons did */

static int report_resolution(void *arg, const struct rent_resolution *r)
{
	static const struct finding_kind kind = { "", "resolved", "", false };
	struct audit *a = arg;
	struct finding *f =
		findings_add(findings_none(&a->scratch), &kind,
	                     "resolved by %s as %s, %" PRId64 ": %s", r->by,
	                     rent_name_of(rent_op_state_names, (int)r->resolved_as),
	                     r->amount, r->reason);

	rent_copy(f->op_id, sizeof(f->op_id), r->op_id);
	return finding_report(a->check, f, r->rental_id, "", r->created_at);
}

static int report_resolved(struct audit *a, struct rent_error *err)
{
	const struct core *core = a->core;
	size_t i;
	int code = 0;

	for (i = 0; i < a->resolved_count && code == 0; i++)
		code = core->store->resolutions(core->store_self, a->resolved[i],
		                                report_resolution, a, err);
	a->resolved_count = 0;
	return code;
}

/* ---- powerbanks that were given out twice */

/* The eject says which other rental has its powerbank. */
static int report_twice_out(void *arg, const struct rent_op *op)
{
	static const struct finding_kind kind = {
		"", "powerbank_twice_out",
		"did it come back? then end the rental that has it; rentald resolve ID "
		"ends the eject",
		false
	};
	struct audit *a = arg;
	struct finding *f;

	if (op->kind != RENT_OP_EJECT || op->state != RENT_OP_MANUAL ||
	    op->result[0] == '\0')
		return 0;
	f = findings_add(findings_none(&a->scratch), &kind,
	                 "powerbank '%s' was given out for rental %s; %s", op->result,
	                 a->looked_at, op->note);
	rent_copy(f->op_id, sizeof(f->op_id), op->id);
	return finding_report(a->check, f, a->looked_at, "", op->created_at);
}

static int report_manual(struct audit *a, struct rent_error *err)
{
	const struct core *core = a->core;
	size_t i;
	int code = 0;

	for (i = 0; i < a->manual_count && code == 0; i++) {
		a->looked_at = a->manual[i];
		code = core->store->rental_trail(core->store_self, a->manual[i],
		                                 report_twice_out, a, err);
		if (code == 1)
			code = 0; /* gone meanwhile */
	}
	a->manual_count = 0;
	return code;
}

/* ---- the walk */

static int audit_page(struct audit *a, uint32_t limit, struct rent_error *err)
{
	const struct core *core = a->core;
	char after[RENT_ID_SIZE];
	int code;

	rent_copy(after, sizeof(after), a->last);
	a->rows = 0;
	code = core->store->audit_scan(core->store_self, after, limit, audit_row, a, err);
	if (code == RENT_ENOMEM)
		return rent_fail(err, code, "audit: out of memory");
	if (code == 0)
		code = confirm_suspects(a, err);
	if (code == 0)
		code = report_resolved(a, err);
	if (code == 0)
		code = report_manual(a, err);
	if (code == 0 && a->check->progress != NULL)
		code = a->check->progress(a->check->arg, a->check);
	return code;
}

int audit_rentals(void *self, struct rent_check *check, struct rent_error *err)
{
	struct core *core = self;
	const struct rent_host *host = core->host;
	struct audit *a = calloc(1, sizeof(*a));
	uint32_t limit = check->page == 0 ? AUDIT_PAGE : check->page;
	int code;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "audit: out of memory");
	a->core = core;
	a->check = check;
	a->params = core_params(core);
	limit = limit > RENT_SCAN_MAX ? RENT_SCAN_MAX : limit;
	code = audit_page(a, limit, err);
	while (code == 0 && a->rows == limit) {
		if (check->pause_us > 0)
			host->sleep_us(host, check->pause_us);
		code = audit_page(a, limit, err);
	}
	if (code == 0)
		code = audit_events(core, check, err);
	if (code == 0)
		code = audit_seals(core, check, err);
	free(a->suspects);
	free(a->resolved);
	free(a->manual);
	free(a);
	return code;
}
