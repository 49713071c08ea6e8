/* SPDX-License-Identifier: MIT
 *
 * reconcile.c - our operations beside the book of the payment provider (I8), by id. Changes
 * nothing. Whatever differs in a first comparison is compared again with a list that was read
 * afterwards, so that what happened meanwhile is not taken for a difference.
 */
#include "reconcile.h"

#include <stdlib.h>

#include "findings.h"
#include "provider_book.h"
#include "rental_work.h"

#define OPS_PAGE     500
#define DAY          (24 * RENT_HOUR)
#define CLOCKS_APART (10 * RENT_MINUTE) /* theirs and ours, at most */
#define SECOND_LOOK  (RENT_SECOND / 5)

enum kind_id {
	K_MISSING_OURS,
	K_MISSING_THEIRS,
	K_KIND,
	K_AMOUNT,
	K_STATE,
	K_MANUAL,
	K_CANNOT_LIST,
	K_HOLD_EXPIRED,
};

/* clang-format off */
static const struct finding_kind kinds[] = {
	[K_MISSING_OURS] = { "I8", "missing_ours",
		"ask the provider who sent it; it was not recorded here before it was sent", true },
	[K_MISSING_THEIRS] = { "I8", "missing_theirs",
		"ask the provider for this id; if nothing happened, the customer was credited for nothing", true },
	[K_KIND] = { "I8", "kind_differs", "ask the provider what was done under this id", true },
	[K_AMOUNT] = { "I8", "amount_differs",
		"ask the provider what was moved; the rental's sums must follow", true },
	[K_STATE] = { "I8", "state_differs",
		"ask the provider; refund what was taken for nothing, or charge what was not taken", true },
	[K_MANUAL] = { "", "manual", "rentald --resolve=ID --as=… as the provider says", false },
	[K_HOLD_EXPIRED] = { "", "hold_expired", "nothing: nothing is held any more", false },
	[K_CANNOT_LIST] = { "", "cannot_list", "compare with the provider's own reports", false },
};
/* clang-format on */

static const char *const pay_names[] = {
	[0] = "",
	[RENT_PAY_HOLD] = "hold",
	[RENT_PAY_CAPTURE] = "capture",
	[RENT_PAY_RELEASE] = "release",
	[RENT_PAY_CHARGE] = "charge",
	[RENT_PAY_REFUND] = "refund",
	[RENT_PAY_LOOKUP] = "",
};

static const enum rent_payment_kind pay_kinds[] = {
	[RENT_OP_NONE] = (enum rent_payment_kind)0,  [RENT_OP_HOLD] = RENT_PAY_HOLD,
	[RENT_OP_CAPTURE] = RENT_PAY_CAPTURE,        [RENT_OP_RELEASE] = RENT_PAY_RELEASE,
	[RENT_OP_CHARGE] = RENT_PAY_CHARGE,          [RENT_OP_REFUND] = RENT_PAY_REFUND,
	[RENT_OP_EJECT] = (enum rent_payment_kind)0,
};

struct reconcile {
	struct core *core;
	struct payment_port *port;
	struct rent_check *check;
	struct provider_book book;
	int64_t since;
	char last[RENT_ID_SIZE];
	uint32_t rows;
	char (*suspects)[RENT_ID_SIZE]; /* ids that differed at first sight */
	size_t suspect_count, suspect_room;
	struct findings scratch;
};

static const char *pay_name(enum rent_payment_kind kind)
{
	return (size_t)kind < sizeof(pay_names) / sizeof(*pay_names) ? pay_names[kind]
	                                                             : "";
}

static const char *outcome_name(enum rent_outcome outcome)
{
	return outcome == RENT_SUCCEEDED  ? "succeeded"
	       : outcome == RENT_DECLINED ? "declined"
	                                  : "pending";
}

/* ---- one operation and its entry; either may be NULL */

static void compare_succeeded(const struct reconcile *rc, const struct rent_op *op,
                              const struct book_entry *e, struct findings *f)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);
	bool by_capture =
		op->kind == RENT_OP_RELEASE && rc->port->caps.capture_releases_rest;

	if (op->kind == RENT_OP_RELEASE && strcmp(op->result, HOLD_EXPIRED) == 0)
		(void)findings_add(f, &kinds[K_HOLD_EXPIRED],
		                   "the hold had ended at the provider before %" PRId64
		                   " of it were released",
		                   op->processed);
	else if (e == NULL && !by_capture)
		finding_count(findings_add(f, &kinds[K_MISSING_THEIRS],
		                           "our %s of %" PRId64
		                           " succeeded, their book does not have it",
		                           kind, op->processed),
		              op->processed, 0);
	else if (e != NULL && e->kind != pay_kinds[op->kind])
		(void)findings_add(f, &kinds[K_KIND], "for us it is a %s, for them a %s",
		                   kind, pay_name(e->kind));
	else if (e != NULL && e->outcome != RENT_SUCCEEDED)
		finding_count(findings_add(f, &kinds[K_STATE],
		                           "our %s of %" PRId64
		                           " succeeded, for them it is %s",
		                           kind, op->processed, outcome_name(e->outcome)),
		              op->processed, 0);
	else if (e != NULL && e->amount != op->processed)
		finding_count(findings_add(f, &kinds[K_AMOUNT],
		                           "our %s moved %" PRId64 ", theirs %" PRId64,
		                           kind, op->processed, e->amount),
		              op->processed, e->amount);
}

static void compare_failed(const struct rent_op *op, const struct book_entry *e,
                           struct findings *f)
{
	if (e == NULL || e->outcome == RENT_DECLINED)
		return;
	finding_count(
		findings_add(f, &kinds[K_STATE],
	                     "our %s of %" PRId64 " is %s, for them it %s (%" PRId64 ")",
	                     rent_name_of(rent_op_kind_names, (int)op->kind), op->amount,
	                     rent_name_of(rent_op_state_names, (int)op->state),
	                     outcome_name(e->outcome), e->amount),
		0, e->amount);
}

static void compare_manual(const struct rent_op *op, const struct book_entry *e,
                           struct findings *f)
{
	const char *kind = rent_name_of(rent_op_kind_names, (int)op->kind);

	if (e == NULL)
		(void)findings_add(f, &kinds[K_MANUAL],
		                   "our %s of %" PRId64
		                   " is MANUAL; their book does not have it",
		                   kind, op->amount);
	else
		finding_count(findings_add(f, &kinds[K_MANUAL],
		                           "our %s of %" PRId64
		                           " is MANUAL; for them it %s (%" PRId64 ")",
		                           kind, op->amount, outcome_name(e->outcome),
		                           e->amount),
		              op->amount, e->amount);
}

/* Into rc->scratch; gives how many differences there are. */
static size_t compare_op(struct reconcile *rc, const struct rent_op *op,
                         const struct book_entry *e)
{
	struct findings *f = findings_none(&rc->scratch);
	size_t i;

	switch (op->state) {
	case RENT_OP_SUCCEEDED:
		compare_succeeded(rc, op, e, f);
		break;
	case RENT_OP_DECLINED:
	case RENT_OP_NOT_EXECUTED:
		compare_failed(op, e, f);
		break;
	case RENT_OP_MANUAL:
		compare_manual(op, e, f);
		break;
	case RENT_OP_STATE_NONE:
	case RENT_OP_INTENT:
	case RENT_OP_PENDING:
	case RENT_OP_UNKNOWN:
		break; /* being found out about */
	}
	for (i = 0; i < f->n; i++) {
		rent_copy(f->at[i].op_id, sizeof(f->at[i].op_id), op->id);
		f->at[i].since = op->resolved_at != 0 ? op->resolved_at : op->created_at;
	}
	return f->n;
}

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

static int compare_row(void *arg, const struct rent_op *op)
{
	struct reconcile *rc = arg;
	struct book_entry *e;

	rc->rows++;
	rent_copy(rc->last, sizeof(rc->last), op->id);
	if (op->kind == RENT_OP_EJECT || op->created_at < rc->since)
		return 0;
	rc->check->operations++;
	e = book_find(&rc->book, op->id);
	if (e != NULL)
		e->known = true;
	return compare_op(rc, op, e) == 0 ? 0 : suspect_op(rc, op->id);
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
	first_id_since(rc->since - CLOCKS_APART, rc->last);
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

static int report_unknown_entry(struct reconcile *rc, const struct book_entry *e)
{
	struct finding *finding;

	if (e->outcome == RENT_DECLINED)
		return 0; /* moved nothing */
	finding = findings_add(findings_none(&rc->scratch), &kinds[K_MISSING_OURS],
	                       "their book has a %s of %" PRId64
	                       " that %s%s%s, ours has no such operation",
	                       pay_name(e->kind), e->amount, outcome_name(e->outcome),
	                       e->ref[0] == '\0' ? "" : ", reference ", e->ref);
	rent_copy(finding->op_id, sizeof(finding->op_id), e->id);
	finding_count(finding, 0, e->amount);
	finding->since = e->at;
	return finding_report(rc->check, finding, e->rental_id, e->user_id, 0);
}

/* Entries of which the walk saw no operation: older than `since` for us, or not ours. An
 * operation is recorded before it is sent, so what is not there now never was. */
static int compare_theirs(struct reconcile *rc, struct rent_error *err)
{
	const struct core *core = rc->core;
	size_t i;
	int code = 0;

	for (i = 0; i < rc->book.n && code == 0; i++) {
		struct book_entry *e = &rc->book.entries[i];
		struct rent_op op = { .struct_size = sizeof(op) };

		if (e->known || (e->at != 0 && e->at < rc->since))
			continue;
		code = e->id[0] == '\0' ? 1
		                        : core->store->op_get(core->store_self, e->id,
		                                              core_copy_op, &op, err);
		if (code == 1) {
			code = report_unknown_entry(rc, e);
			continue;
		}
		if (code == 0 && compare_op(rc, &op, e) > 0)
			code = suspect_op(rc, e->id);
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
	const struct book_entry *e = book_find(newer, id);
	struct owner owner = { "", "" };
	struct rent_op op = { .struct_size = sizeof(op) };
	size_t i;
	int code = core->store->op_get(core->store_self, id, core_copy_op, &op, err);

	if (code == 0)
		code = core->store->rental_get(core->store_self, op.rental_id, copy_owner,
		                               &owner, err);
	if (code != 0)
		return code < 0 ? code : 0;
	if (e == NULL && !is_here(rc, &owner))
		return 0;
	(void)compare_op(rc, &op, e);
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
	code = book_read(rc->core, rc->port, rc->since - CLOCKS_APART, &newer, err);
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
	rc->since =
		check->since != 0 ? check->since : core->host->wall_us(core->host) - DAY;
	code = book_read(core, port, rc->since - CLOCKS_APART, &rc->book, err);
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
	(void)findings_add(f, &kinds[K_CANNOT_LIST],
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
