/* SPDX-License-Identifier: MIT
 *
 * audit.c - the invariants I1-I7 of money-rules, checked rental by rental against sums made
 * from the single rows. Says for each breach what was expected, what is there and what to do.
 */
#include "use_cases.h"

#define AUDIT_PAGE    500
#define OPEN_TOO_LONG (2 * RENT_HOUR) /* I7: by then recovery has asked a dozen times */

struct audit {
	const struct rent_report *report;
	struct params params;
	char last[RENT_ID_SIZE];
	uint32_t rows;
	int64_t rentals, breaches, adjusted, manual;
};

static void say(struct audit *a, const struct rent_audit_row *row, bool breach,
                const char *fmt, ...) RENT_PRINTF(4, 5);

static void say(struct audit *a, const struct rent_audit_row *row, bool breach,
                const char *fmt, ...)
{
	char text[RENT_ERROR_TEXT];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (breach)
		a->breaches++;
	a->report->line(a->report->arg, breach, row->rental->id, text);
}

/* I1: total_amount = paid; the debt is explained by its journal. */
static void check_books(struct audit *a, const struct rent_audit_row *row)
{
	const struct rent_rental *r = row->rental;
	/* A row that somebody else made brought its payments along as attempts only. */
	bool foreign = r->quote_id[0] == '\0';
	int64_t charged = foreign ? row->attempts_taken : row->charged;
	int64_t taken = charged - row->refunded;
	int64_t outside = r->debt - row->journal_debt;

	if (r->paid != taken)
		say(a, row, true,
		    "I1: total_amount is %" PRId64 ", its operations add up to %" PRId64
		    " (charged %" PRId64 ", refunded %" PRId64
		    "); compare with the provider's book",
		    r->paid, taken, charged, row->refunded);
	if (!foreign && row->attempts_taken != row->charged)
		say(a, row, true,
		    "I1: payment_attempts show %" PRId64
		    " taken, the operations %" PRId64,
		    row->attempts_taken, row->charged);
	if (outside != 0) {
		a->adjusted++;
		say(a, row, false,
		    "I1: the debt was changed from outside by %+" PRId64
		    " (it is %" PRId64 ", its journal says %" PRId64 ")",
		    outside, r->debt, row->journal_debt);
	}
}

/* I2: nobody is made to pay more than is due. */
static void check_ceiling(struct audit *a, const struct rent_audit_row *row)
{
	const struct rent_rental *r = row->rental;
	int64_t outside = r->debt - row->journal_debt;
	int64_t total = r->paid + r->in_flight - r->in_flight_debt + r->debt -
	                (outside > 0 ? outside : 0);
	int64_t cost = cost_at(&a->params, r, r->now);
	int64_t unheld = r->deposit > row->held ? r->deposit - row->held : 0;

	if (r->settlement == RENT_SETTLEMENT_DONE) {
		/* An edit from outside, before the end or after it, has its own line; so
		 * has an operation of which nobody knows. */
		if (outside == 0 && row->manual == 0 && r->paid + r->debt != cost)
			say(a, row, true,
			    "I2: settled, but paid %" PRId64 " + debt %" PRId64
			    " is not the final price %" PRId64,
			    r->paid, r->debt, cost);
	} else if (total > cost + unheld) {
		say(a, row, true,
		    "I2: paid %" PRId64 " + in flight %" PRId64 " + debt %" PRId64
		    " is above what is due, %" PRId64
		    ", by more than the deposit that is "
		    "not held, %" PRId64,
		    r->paid, r->in_flight, r->debt, cost, unheld);
	}
}

/* I3, I4: one charge in flight; one rental per quote and key, one powerbank in one hand. */
static void check_singles(struct audit *a, const struct rent_audit_row *row)
{
	const struct rent_rental *r = row->rental;

	if (row->open_takes > 1)
		say(a, row, true, "I3: %" PRId64 " charges in flight at once",
		    row->open_takes);
	if (row->same_quote > 0)
		say(a, row, true, "I4: %" PRId64 " other rentals have its quote '%s'",
		    row->same_quote, r->quote_id);
	if (row->keys > 1)
		say(a, row, true, "I4: %" PRId64 " keys name this rental", row->keys);
	if (row->ejects > 1)
		say(a, row, true, "I4: %" PRId64 " powerbanks were given out for it",
		    row->ejects);
	if (r->status == RENT_STATUS_ACTIVE && row->same_powerbank_live > 0)
		say(a, row, true,
		    "I4: powerbank '%s' is in %" PRId64 " other live rentals",
		    r->powerbank_id, row->same_powerbank_live);
}

/* I5, I6: a hold is resolved once; refunds stay below charges. */
static void check_holds(struct audit *a, const struct rent_audit_row *row)
{
	const struct rent_rental *r = row->rental;
	bool expired = row->hold_expires_at != 0 && row->hold_expires_at <= r->now;
	bool live = r->status == RENT_STATUS_PENDING || r->status == RENT_STATUS_ACTIVE ||
	            r->settlement == RENT_SETTLEMENT_PENDING;

	if (row->captured + row->released > row->held)
		say(a, row, true,
		    "I5: captured %" PRId64 " + released %" PRId64
		    " is more than the %" PRId64 " held",
		    row->captured, row->released, row->held);
	if (!live && row->hold_used < row->held && !expired)
		say(a, row, true,
		    "I5: %" PRId64
		    " of the deposit are still held though the rental is over; "
		    "release them with the provider",
		    row->held - row->hold_used);
	if (row->overused > 0)
		say(a, row, true,
		    "I6: %" PRId64 " operations gave back more than they took",
		    row->overused);
	if (row->refunded + row->refunding > row->charged)
		say(a, row, true,
		    "I6: refunds of %" PRId64 " (and %" PRId64
		    " under way) exceed charges of "
		    "%" PRId64,
		    row->refunded, row->refunding, row->charged);
}

/* I7: everything comes to an end. */
static void check_progress(struct audit *a, const struct rent_audit_row *row)
{
	const struct rent_rental *r = row->rental;
	bool unfinished = r->settlement == RENT_SETTLEMENT_PENDING || r->open_ops > 0;

	if (r->broken[0] != '\0')
		say(a, row, true, "broken: %s", r->broken);
	if (row->manual > 0) {
		a->manual += row->manual;
		say(a, row, false,
		    "%" PRId64
		    " operations are MANUAL: ask the provider what became of them",
		    row->manual);
	}
	if (unfinished && r->work_at == 0)
		say(a, row, true,
		    "I7: unfinished, but nobody will look at it again (work_at is not set)");
	if (row->oldest_open_at != 0 && r->now - row->oldest_open_at > OPEN_TOO_LONG)
		say(a, row, false,
		    "I7: an operation has been open for %" PRId64
		    " minutes; is the provider "
		    "reachable, is a worker running?",
		    (r->now - row->oldest_open_at) / RENT_MINUTE);
}

static int audit_row(void *arg, const struct rent_audit_row *row)
{
	struct audit *a = arg;

	a->rows++;
	a->rentals++;
	rent_copy(a->last, sizeof(a->last), row->rental->id);
	check_books(a, row);
	check_ceiling(a, row);
	check_singles(a, row);
	check_holds(a, row);
	check_progress(a, row);
	return 0;
}

int use_audit(void *self, const struct rent_report *report, struct rent_error *err)
{
	struct core *core = self;
	struct audit a = { .report = report, .params = core_params(core) };
	char text[RENT_NOTE_SIZE];
	int code;

	do {
		char after[RENT_ID_SIZE];

		rent_copy(after, sizeof(after), a.last);
		a.rows = 0;
		code = core->store->audit_scan(core->store_self, after, AUDIT_PAGE,
		                               audit_row, &a, err);
	} while (code == 0 && a.rows == AUDIT_PAGE);
	if (code != 0)
		return code;
	(void)snprintf(text, sizeof(text),
	               "%" PRId64 " rentals, %" PRId64 " breaches, %" PRId64
	               " debts adjusted from outside, %" PRId64 " manual operations",
	               a.rentals, a.breaches, a.adjusted, a.manual);
	report->line(report->arg, false, "summary", text);
	return RENT_OK;
}
