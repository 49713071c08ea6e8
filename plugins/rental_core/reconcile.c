/* SPDX-License-Identifier: MIT
 *
 * reconcile.c - our operations beside the book of the payment provider (I8), by id or, where
 * the provider's entry has none, by kind and reference. Changes nothing. Whatever differs in a
 * first comparison is compared again with a list that was read afterwards, so that what happened
 * meanwhile is not taken for a difference.
 */
#include "reconcile.h"

#include <stdlib.h>

#include "book_compare.h"
#include "payment_call.h"
#include "reconcile_outside.h"

#define OPS_PAGE    500
#define DAY         (24 * RENT_HOUR)
#define EARLIER     (10 * RENT_MINUTE) /* so much more is read: clocks may be wrong */
#define SECOND_LOOK (RENT_SECOND / 5)

struct reconcile {
	struct core *core;
	struct payment_port *port;
	struct rent_check *check;
	struct provider_book book;
	int64_t since;
	struct book_terms terms;
	char last[RENT_ID_SIZE];
	uint32_t rows;
	char (*suspects)[RENT_ID_SIZE]; /* ids that differed at first sight */
	size_t suspect_count, suspect_room;
	struct findings scratch;
};

/* ---- the first look: everything */

static int suspect_op(struct reconcile *rc, const char *id)
{
	char(*bigger)[RENT_ID_SIZE] = rc->suspects;

	if (rc->suspect_count == rc->suspect_room) {
		rc->suspect_room = rc->suspect_room == 0 ? 64 : rc->suspect_room * 2;
		bigger = realloc(rc->suspects, rc->suspect_room * sizeof(*bigger));
	}
	if (bigger == NULL)
		return RENT_ENOMEM;
	rc->suspects = bigger;
	rent_copy(bigger[rc->suspect_count++], RENT_ID_SIZE, id);
	return 0;
}

static struct book_entry *entry_of(const struct provider_book *book,
                                   const struct rent_op *op)
{
	return book_find(book, op->id, payment_kind_of(op->kind), op->ref);
}

/* An entry without an id names a hold, and of several captures of it the one that took. If none did,
 * it is left over, and found in the end. */
static bool is_of_another(const struct rent_op *op, const struct book_entry *e)
{
	return e != NULL && e->id[0] == '\0' &&
	       (op->state == RENT_OP_NOT_EXECUTED || op->state == RENT_OP_DECLINED);
}

static int compare_row(void *arg, const struct rent_op *op)
{
	struct reconcile *rc = arg;
	struct book_entry *e;

	rc->rows++;
	rent_copy(rc->last, sizeof(rc->last), op->id);
	if (op->kind == RENT_OP_EJECT)
		return 0;
	e = entry_of(&rc->book, op);
	if (is_of_another(op, e))
		e = NULL;
	if (e != NULL)
		e->known = true;
	if (op->created_at < rc->since)
		return 0;
	rc->check->operations++;
	return book_compare(&rc->terms, op, e, &rc->scratch) == 0
	               ? 0
	               : suspect_op(rc, op->id);
}

/* Our ids are UUIDv7 and so begin with their time. */
static void first_id_since(int64_t since, char out[RENT_ID_SIZE])
{
	uint64_t ms = since <= 0 ? 0 : (uint64_t)(since / 1000);

	(void)snprintf(out, RENT_ID_SIZE, "%08" PRIx64 "-%04" PRIx64,
	               (ms >> 16) & 0xffffffff, ms & 0xffff);
}

static int compare_ours(struct reconcile *rc, struct rent_error *err)
{
	const struct core *core = rc->core;
	uint32_t limit = rc->check->page == 0 ? OPS_PAGE : rc->check->page;
	int code;

	/* Made by a host whose clock may have been behind. */
	first_id_since(rc->since - EARLIER, rc->last);
	do {
		char after[RENT_ID_SIZE];

		rent_copy(after, sizeof(after), rc->last);
		rc->rows = 0;
		code = core->store->op_scan(core->store_self, RENT_OPS_ALL, after, limit,
		                            compare_row, rc, err);
		if (code == 0 && rc->check->progress != NULL)
			code = rc->check->progress(rc->check->arg, rc->check);
		if (code == 0 && rc->rows == limit && rc->check->pause_us > 0)
			core->host->sleep_us(core->host, rc->check->pause_us);
	} while (code == 0 && rc->rows == limit);
	return code;
}

static int report_unknown_entry(struct reconcile *rc, const struct book_entry *e,
                                struct rent_error *err)
{
	struct rent_op taken = { .struct_size = sizeof(taken) };
	struct finding *finding;
	int code;

	if (e->outcome == RENT_DECLINED)
		return 0; /* moved nothing */
	code = reconcile_outside(rc->core, &rc->book, e, &rc->scratch, &taken, err);
	if (code == 0)
		return finding_report(rc->check, &rc->scratch.at[0], taken.rental_id,
		                      e->user_id, 0);
	if (code < 0)
		return code;
	finding = findings_add(findings_none(&rc->scratch),
	                       &book_findings[BOOK_MISSING_OURS],
	                       "their book has a %s of %" PRId64 "%s%s"
	                       " that %s%s%s, ours has no such operation",
	                       book_kind_name(e->kind), e->amount,
	                       book_is_foreign(&rc->terms, e) ? " " : "",
	                       book_is_foreign(&rc->terms, e) ? e->currency : "",
	                       book_outcome_name(e->outcome),
	                       e->ref[0] == '\0' ? "" : ", reference ", e->ref);
	rent_copy(finding->op_id, sizeof(finding->op_id), e->id);
	finding_count(finding, 0, e->amount);
	finding->since = e->at;
	return finding_report(rc->check, finding, e->rental_id, e->user_id, 0);
}

/* The operation of a rental that an entry without an id is about. */
struct by_reference {
	const struct book_entry *e;
	bool found;
	struct rent_op op;
};

static int find_by_reference(void *arg, const struct rent_rental *r,
                             const struct rent_op *const *ops, size_t n)
{
	struct by_reference *search = arg;
	size_t i;

	(void)r;
	for (i = 0; i < n && !search->found; i++) {
		(void)core_copy_op(&search->op, ops[i]);
		search->found = search->e->ref[0] != '\0' &&
		                payment_kind_of(search->op.kind) == search->e->kind &&
		                strcmp(search->op.ref, search->e->ref) == 0;
	}
	return 0;
}

/* 1: we have no such operation. */
static int find_ours(const struct reconcile *rc, const struct book_entry *e,
                     struct rent_op *op, struct rent_error *err)
{
	const struct core *core = rc->core;
	struct by_reference search = { .e = e };
	int code;

	if (e->id[0] != '\0')
		return core->store->op_get(core->store_self, e->id, core_copy_op, op,
		                           err);
	if (e->rental_id[0] == '\0')
		return 1;
	code = core->store->rental_get(core->store_self, e->rental_id, find_by_reference,
	                               &search, err);
	*op = search.op;
	return code == 0 && !search.found ? 1 : code;
}

/* Entries whose operation the walk did not see: older than `since` for us, or not ours. An
 * operation is recorded before it is sent, so one that is not there now never was. */
static int compare_theirs(struct reconcile *rc, struct rent_error *err)
{
	size_t i;
	int code = 0;

	for (i = 0; i < rc->book.n && code == 0; i++) {
		struct book_entry *e = &rc->book.entries[i];
		struct rent_op op = { .struct_size = sizeof(op) };

		if (e->known || (e->at != 0 && e->at < rc->since))
			continue;
		code = find_ours(rc, e, &op, err);
		if (code == 1) {
			code = report_unknown_entry(rc, e, err);
			continue;
		}
		if (code == 0 && book_compare(&rc->terms, &op, e, &rc->scratch) > 0)
			code = suspect_op(rc, op.id);
	}
	return code;
}

/* ---- the second look: what differed */

struct owner {
	char provider[RENT_ID_SIZE], user_id[RENT_ID_SIZE];
};

static int copy_owner(void *arg, const struct rent_rental *r,
                      const struct rent_op *const *ops, size_t n)
{
	struct owner *owner = arg;

	(void)ops;
	(void)n;
	rent_copy(owner->provider, sizeof(owner->provider), r->provider);
	rent_copy(owner->user_id, sizeof(owner->user_id), r->user_id);
	return 0;
}

/* Is the operation with this provider? A rental without one is the bound one's. */
static bool is_here(const struct reconcile *rc, const struct owner *owner)
{
	if (owner->provider[0] == '\0')
		return rc->port == &rc->core->payment;
	return strcmp(owner->provider, rc->port->instance) == 0;
}

static int compare_again(struct reconcile *rc, const struct provider_book *newer,
                         const char *id, struct rent_error *err)
{
	const struct core *core = rc->core;
	const struct book_entry *e;
	struct owner owner = { "", "" };
	struct rent_op op = { .struct_size = sizeof(op) };
	size_t i;
	int code = core->store->op_get(core->store_self, id, core_copy_op, &op, err);

	if (code == 0)
		code = core->store->rental_get(core->store_self, op.rental_id, copy_owner,
		                               &owner, err);
	if (code != 0)
		return code < 0 ? code : 0;
	e = entry_of(newer, &op);
	if (e == NULL && !is_here(rc, &owner))
		return 0;
	(void)book_compare(&rc->terms, &op, e, &rc->scratch);
	for (i = 0; i < rc->scratch.n && code == 0; i++)
		code = finding_report(rc->check, &rc->scratch.at[i], op.rental_id,
		                      owner.user_id, 0);
	return code;
}

static int compare_suspects(struct reconcile *rc, struct rent_error *err)
{
	const struct rent_host *host = rc->core->host;
	struct provider_book newer = { 0 };
	size_t i;
	int code;

	if (rc->suspect_count == 0)
		return 0;
	host->sleep_us(host, SECOND_LOOK);
	code = book_read(rc->core, rc->port, rc->since - EARLIER, &newer, err);
	for (i = 0; i < rc->suspect_count && code == 0; i++)
		code = compare_again(rc, &newer, rc->suspects[i], err);
	book_done(&newer);
	return code;
}

/* ---- the whole */

static int reconcile_provider(struct core *core, struct payment_port *port,
                              struct rent_check *check, struct rent_error *err)
{
	struct reconcile *rc = calloc(1, sizeof(*rc));
	int code;

	if (rc == NULL)
		return rent_fail(err, RENT_ENOMEM, "reconcile: out of memory");
	rc->core = core;
	rc->port = port;
	rc->check = check;
	rc->terms = (struct book_terms){ .caps = &port->caps,
		                         .now = core->host->wall_us(core->host),
		                         .patience = core_params(core).resolve_max };
	rc->since = check->since != 0 ? check->since : rc->terms.now - DAY;
	code = book_read(core, port, rc->since - EARLIER, &rc->book, err);
	if (code == 0) {
		check->entries += (int64_t)rc->book.n;
		code = compare_ours(rc, err);
	}
	if (code == 0)
		code = compare_theirs(rc, err);
	if (code == 0)
		code = compare_suspects(rc, err);
	if (code == RENT_ENOMEM)
		(void)rent_fail(err, code, "reconcile: out of memory");
	book_done(&rc->book);
	free(rc->suspects);
	free(rc);
	return code;
}

static int report_cannot_list(struct rent_check *check, const struct payment_port *port,
                              const char *why)
{
	struct findings *f = calloc(1, sizeof(*f));
	int code = RENT_ENOMEM;

	if (f == NULL)
		return code;
	(void)findings_add(f, &book_findings[BOOK_CANNOT_LIST],
	                   "the payment provider '%s' cannot list its operations: %s",
	                   port->instance, why);
	code = finding_report(check, &f->at[0], "", "", 0);
	free(f);
	return code;
}

/* One of two that cannot is a note beside what the other says. */
static int try_provider(struct core *core, struct payment_port *port,
                        struct rent_check *check, int *asked, struct rent_error *err)
{
	int code = (port->api->build_list != NULL && port->api->parse_list != NULL)
	                   ? reconcile_provider(core, port, check, err)
	                   : rent_fail(err, RENT_EUNSUPPORTED,
	                               "its plugin has no such call");

	if (code != RENT_EUNSUPPORTED) {
		(*asked)++;
		return code;
	}
	return core->payment_previous.api == NULL
	               ? 0
	               : report_cannot_list(check, port, err->text);
}

int reconcile_books(void *self, struct rent_check *check, struct rent_error *err)
{
	struct core *core = self;
	struct payment_port *ports[] = { &core->payment, &core->payment_previous };
	struct rent_error why = { 0 };
	int asked = 0, code = 0;
	size_t i;

	if (core->store->op_scan == NULL || core->store->op_get == NULL)
		return rent_fail(err, RENT_EUNSUPPORTED,
		                 "the bound storage cannot list operations; it is of an "
		                 "older build");
	for (i = 0; i < 2 && code == 0; i++) {
		if (ports[i]->api != NULL)
			code = try_provider(core, ports[i], check, &asked, &why);
	}
	if (code != 0)
		*err = why;
	else if (asked == 0)
		code = rent_fail(err, RENT_EUNSUPPORTED,
		                 "the payment provider '%s' cannot list its operations "
		                 "(%.200s), so there is nothing to compare with; use the "
		                 "provider's own reports",
		                 core->payment.instance, why.text);
	return code;
}
