/* SPDX-License-Identifier: MIT
 *
 * findings.c - see findings.h. Each finding says what was expected and what is there; its kind
 * says what to do about it.
 */
#include "findings.h"

#include <rent/time.h>

struct finding *findings_add(struct findings *f, const struct finding_kind *kind,
                             const char *fmt, ...)
{
	struct finding *finding;
	va_list ap;

	if (f->n == FINDINGS_MAX)
		f->n--;
	finding = &f->at[f->n++];
	f->breach |= kind->breach;
	finding->kind = kind;
	finding->op_id[0] = '\0';
	finding->counted = false;
	finding->expected = finding->found = finding->since = 0;
	va_start(ap, fmt);
	(void)vsnprintf(finding->text, sizeof(finding->text), fmt, ap);
	va_end(ap);
	return finding;
}

void finding_count(struct finding *finding, int64_t expected, int64_t found)
{
	finding->counted = true;
	finding->expected = expected;
	finding->found = found;
}

bool findings_have(const struct findings *f, const struct finding *like)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		if (f->at[i].kind == like->kind &&
		    strcmp(f->at[i].op_id, like->op_id) == 0)
			return true;
	}
	return false;
}

int finding_report(struct rent_check *check, const struct finding *finding,
                   const char *rental_id, const char *user_id, int64_t since)
{
	const struct rent_finding reported = {
		.struct_size = sizeof(reported),
		.breach = finding->kind->breach,
		.counted = finding->counted,
		.invariant = finding->kind->invariant,
		.code = finding->kind->code,
		.rental_id = rental_id,
		.op_id = finding->op_id,
		.user_id = user_id,
		.text = finding->text,
		.advice = finding->kind->advice,
		.expected = finding->expected,
		.found = finding->found,
		.since = finding->since != 0 ? finding->since : since,
	};

	if (reported.breach)
		check->breaches++;
	else
		check->notes++;
	return check->finding == NULL ? 0 : check->finding(check->arg, &reported);
}

/* ---- the invariants */

enum kind_id {
	K_TOTAL,
	K_ATTEMPTS,
	K_ADJUSTED,
	K_OUTSIDE_SUM,
	K_OUTSIDE,
	K_UNNAMED,
	K_SETTLED_SUM,
	K_ABOVE_DUE,
	K_CHARGES_IN_FLIGHT,
	K_RESOLVED_OTHERWISE,
	K_QUOTE_SHARED,
	K_KEYS,
	K_EJECTS,
	K_NO_EJECT,
	K_POWERBANK_SHARED,
	K_HOLD_EXCEEDED,
	K_HOLD_KEPT,
	K_HOLD_USE,
	K_OVERUSED,
	K_REFUNDS,
	K_BROKEN,
	K_NOT_SCHEDULED,
	K_STUCK,
	K_OPEN_LONG,
	K_MANUAL,
};

#define BOOK "compare with the provider's book: rentald reconcile"

/* clang-format off */
static const struct finding_kind kinds[] = {
	[K_TOTAL] = { "I1", "total_amount", BOOK ", then correct rentals.total_amount", true },
	[K_ATTEMPTS] = { "I1", "payment_attempts",
		"rows of payment_attempts were added, changed or lost; operations are what was done", true },
	[K_ADJUSTED] = { "I1", "debt_adjusted",
		"nothing, if it was meant: the table is the truth about debt", false },
	[K_OUTSIDE_SUM] = { "I1", "outside_sum",
		"rentals.outside_amount was changed by hand; it is the sum of outside_movements", true },
	[K_OUTSIDE] = { "", "outside",
		"see to it at the provider; what the customer owes for it, if anything, is yours to say (table debts)", false },
	[K_UNNAMED] = { "I1", "journal_unnamed",
		"somebody has written into debt_journal: nothing that rentald did moved this debt", true },
	[K_SETTLED_SUM] = { "I2", "settled_sum",
		"the customer owes or was charged the difference: correct debts.amount_total or refund it", true },
	[K_ABOVE_DUE] = { "I2", "above_due",
		"look at the rental's payments; was started_at moved, or a charge made twice? " BOOK, true },
	[K_CHARGES_IN_FLIGHT] = { "I3", "charges_in_flight",
		"the index operations_one_take is missing; stop the workers, ask the provider for both", true },
	[K_RESOLVED_OTHERWISE] = { "I3", "resolved_otherwise",
		"somebody changed an operation that a person had resolved; operation_resolutions has the reason", true },
	[K_QUOTE_SHARED] = { "I4", "quote_shared",
		"the index rentals_quote is missing; end the rental that nobody holds a powerbank for", true },
	[K_KEYS] = { "I4", "keys", "a key was changed by hand; only one request began this rental", true },
	[K_EJECTS] = { "I4", "ejects", "ask the station which powerbanks went out under these operations", true },
	[K_NO_EJECT] = { "I4", "no_eject",
		"the status was changed by hand, or its operation is lost; ask the station", true },
	[K_POWERBANK_SHARED] = { "I4", "powerbank_shared",
		"the index rentals_powerbank is missing; find out at the station which rental has it and stop the other", true },
	[K_HOLD_EXCEEDED] = { "I5", "hold_exceeded", BOOK "; refund what was taken beyond the hold", true },
	[K_HOLD_KEPT] = { "I5", "hold_kept", "release the rest with the provider", true },
	[K_HOLD_USE] = { "I5", "hold_use",
		"operations.used of the hold was changed by hand; it is what was captured and released", true },
	[K_OVERUSED] = { "I6", "overused", BOOK "; more went back than was taken", true },
	[K_REFUNDS] = { "I6", "refunds", BOOK "; more went back than was taken", true },
	[K_BROKEN] = { "", "broken_row",
		"the rental is set aside and no money moves: correct what the row says", true },
	[K_NOT_SCHEDULED] = { "I7", "not_scheduled",
		"set rentals.work_at to now: recovery takes it up", true },
	[K_STUCK] = { "I7", "stuck", "is a worker with the phase 'recovery' running?", true },
	[K_OPEN_LONG] = { "I7", "open_long",
		"is the provider reachable? it is asked again until it is MANUAL", false },
	[K_MANUAL] = { "", "manual",
		"rentald list-manual; ask the provider, then rentald resolve ID", false },
};
/* clang-format on */

/* I1: total_amount = paid; the debt is explained by its journal. */
static void check_books(const struct rent_audit_row *row, struct findings *f)
{
	const struct rent_rental *r = row->rental;
	bool foreign = rental_is_foreign(r);
	int64_t charged = foreign ? row->attempts_taken : row->charged;
	int64_t taken = charged - row->refunded - row->outside;
	int64_t outside = r->debt - row->journal_debt;

	if (r->paid != taken)
		finding_count(findings_add(f, &kinds[K_TOTAL],
		                           "total_amount is %" PRId64
		                           ", its operations add up to %" PRId64
		                           " (charged %" PRId64 ", refunded %" PRId64
		                           ", given back by the provider %" PRId64 ")",
		                           r->paid, taken, charged, row->refunded,
		                           row->outside),
		              taken, r->paid);
	if (!foreign && row->attempts_taken != row->charged)
		finding_count(findings_add(f, &kinds[K_ATTEMPTS],
		                           "payment_attempts show %" PRId64
		                           " taken, the operations %" PRId64,
		                           row->attempts_taken, row->charged),
		              row->charged, row->attempts_taken);
	if (outside != 0)
		finding_count(
			findings_add(f, &kinds[K_ADJUSTED],
		                     "the debt was changed from outside by %+" PRId64
		                     " (it is %" PRId64 ", its journal says %" PRId64 ")",
		                     outside, r->debt, row->journal_debt),
			row->journal_debt, r->debt);
}

/* I1: what the provider did by itself. */
static void check_outside(const struct rent_audit_row *row, struct findings *f)
{
	const struct rent_rental *r = row->rental;
	struct finding *found;

	if (r->outside != row->outside)
		finding_count(findings_add(f, &kinds[K_OUTSIDE_SUM],
		                           "outside_amount is %" PRId64
		                           ", its movements add up to %" PRId64,
		                           r->outside, row->outside),
		              row->outside, r->outside);
	if (r->outside_at == 0)
		return;
	found = findings_add(f, &kinds[K_OUTSIDE],
	                     "disputed, or refunded by hand: the provider gave back "
	                     "%" PRId64 " by itself, and the customer is not charged "
	                     "any more unless he pays himself",
	                     r->outside);
	finding_count(found, 0, r->outside);
	found->since = r->outside_at;
}

/* More can have been given back by the provider than was overpaid: then nothing is left to refund. */
static bool is_settled_sum(const struct rent_rental *r, int64_t cost)
{
	int64_t sum = rent_kept(r) + r->debt;

	return sum == cost || (r->outside > 0 && r->paid == 0 && sum > cost);
}

/* I2: nobody is made to pay more than is due. */
static void check_ceiling(const struct params *params, const struct rent_audit_row *row,
                          struct findings *f)
{
	const struct rent_rental *r = row->rental;
	int64_t outside = r->debt - row->journal_debt;
	int64_t total = rent_kept(r) + r->in_flight - r->in_flight_debt + r->debt -
	                (outside > 0 ? outside : 0);
	int64_t cost = cost_at(params, r, r->now);
	int64_t unheld = r->deposit > row->held ? r->deposit - row->held : 0;
	/* The database's clock may have been set back before the end. Then the charges made
	 * before are above the final price, and the settlement refunds the difference. The
	 * settlement itself never takes more than the final price. */
	bool goes_back = r->has_final && row->settle_takes == 0;

	if (r->settlement == RENT_SETTLEMENT_DONE) {
		/* An edit from outside, before the end or after it, has its own line; so has an
		 * operation with an unknown outcome. */
		if (outside == 0 && row->manual == 0 && !is_settled_sum(r, cost))
			finding_count(findings_add(f, &kinds[K_SETTLED_SUM],
			                           "settled, but paid %" PRId64
			                           " + debt %" PRId64
			                           " is not the final price %" PRId64,
			                           rent_kept(r), r->debt, cost),
			              cost, rent_kept(r) + r->debt);
	} else if (total > cost + unheld && !goes_back) {
		finding_count(findings_add(f, &kinds[K_ABOVE_DUE],
		                           "paid %" PRId64 " + in flight %" PRId64
		                           " + debt %" PRId64
		                           " is above what is due, %" PRId64
		                           ", by more than the deposit that is not "
		                           "held, %" PRId64,
		                           r->paid, r->in_flight, r->debt, cost, unheld),
		              cost + unheld, total);
	}
}

/* I1: a line of the journal follows from an operation. */
static void check_journal(const struct rent_audit_row *row, struct findings *f)
{
	if (row->unnamed > 0)
		finding_count(findings_add(f, &kinds[K_UNNAMED],
		                           "%" PRId64
		                           " lines of its debt journal name no "
		                           "operation of the rental",
		                           row->unnamed),
		              0, row->unnamed);
}

/* I3, I4: one charge in flight; one rental per quote and key, one powerbank in one hand. */
static void check_singles(const struct rent_audit_row *row, struct findings *f)
{
	const struct rent_rental *r = row->rental;
	bool active = r->status == RENT_STATUS_ACTIVE;

	if (row->open_takes > 1)
		finding_count(findings_add(f, &kinds[K_CHARGES_IN_FLIGHT],
		                           "%" PRId64 " charges in flight at once",
		                           row->open_takes),
		              1, row->open_takes);
	if (row->resolved_otherwise > 0)
		finding_count(findings_add(f, &kinds[K_RESOLVED_OTHERWISE],
		                           "%" PRId64 " of its operations are not as "
		                           "a person resolved them",
		                           row->resolved_otherwise),
		              0, row->resolved_otherwise);
	if (row->same_quote > 0)
		finding_count(findings_add(f, &kinds[K_QUOTE_SHARED],
		                           "%" PRId64 " other rentals have its quote "
		                           "'%s'",
		                           row->same_quote, r->quote_id),
		              0, row->same_quote);
	if (row->keys > 1)
		finding_count(findings_add(f, &kinds[K_KEYS],
		                           "%" PRId64 " keys name this rental",
		                           row->keys),
		              1, row->keys);
	if (row->ejects > 1)
		finding_count(findings_add(f, &kinds[K_EJECTS],
		                           "%" PRId64 " powerbanks were given out for it",
		                           row->ejects),
		              1, row->ejects);
	if (active && !rental_is_foreign(r) && row->ejects == 0)
		finding_count(findings_add(f, &kinds[K_NO_EJECT],
		                           "ACTIVE, but no powerbank was given out for "
		                           "it"),
		              1, 0);
	if (active && row->same_powerbank_live > 0)
		finding_count(findings_add(f, &kinds[K_POWERBANK_SHARED],
		                           "powerbank '%s' is in %" PRId64
		                           " other live rentals",
		                           r->powerbank_id, row->same_powerbank_live),
		              0, row->same_powerbank_live);
}

/* I5: a hold is resolved once, and by nothing but captures and releases. The provider lets go of it
 * by its own clock, and declines from then on. */
static void check_holds(const struct rent_audit_row *row, struct findings *f)
{
	const struct rent_rental *r = row->rental;
	bool expired = row->hold_expires_at != 0 &&
	               row->hold_expires_at <= r->now + CLOCKS_APART;
	bool live = r->status == RENT_STATUS_PENDING || r->status == RENT_STATUS_ACTIVE ||
	            r->settlement == RENT_SETTLEMENT_PENDING;
	bool rests = r->open_ops == 0 && row->manual == 0;
	int64_t resolved = row->captured + row->released;
	struct finding *found;

	if (resolved > row->held)
		finding_count(findings_add(f, &kinds[K_HOLD_EXCEEDED],
		                           "captured %" PRId64 " + released %" PRId64
		                           " is more than the %" PRId64 " held",
		                           row->captured, row->released, row->held),
		              row->held, resolved);
	else if (rests && row->hold_used != resolved)
		finding_count(findings_add(f, &kinds[K_HOLD_USE],
		                           "%" PRId64
		                           " of the hold count as used, but captured "
		                           "%" PRId64 " + released %" PRId64,
		                           row->hold_used, row->captured, row->released),
		              resolved, row->hold_used);
	if (!live && row->hold_used < row->held && !expired) {
		found = findings_add(f, &kinds[K_HOLD_KEPT],
		                     "%" PRId64 " of the deposit are still held though "
		                     "the rental is over",
		                     row->held - row->hold_used);
		finding_count(found, 0, row->held - row->hold_used);
		found->since = r->finished_at;
	}
}

/* I6: refunds stay below charges. */
static void check_refunds(const struct rent_audit_row *row, struct findings *f)
{
	if (row->overused > 0)
		finding_count(findings_add(f, &kinds[K_OVERUSED],
		                           "%" PRId64 " operations gave back more than "
		                           "they took",
		                           row->overused),
		              0, row->overused);
	if (row->refunded + row->refunding + row->outside > row->charged)
		finding_count(findings_add(f, &kinds[K_REFUNDS],
		                           "refunds of %" PRId64 " (and %" PRId64
		                           " under way) exceed charges of %" PRId64,
		                           row->refunded, row->refunding, row->charged),
		              row->charged, row->refunded + row->refunding);
}

/* I7: everything comes to an end. */
static void check_progress(const struct rent_audit_row *row, struct findings *f)
{
	const struct rent_rental *r = row->rental;
	bool unfinished = r->settlement == RENT_SETTLEMENT_PENDING || r->open_ops > 0 ||
	                  (r->status == RENT_STATUS_PENDING && !rental_is_foreign(r) &&
	                   row->manual == 0);
	bool leased = r->lease_token[0] != '\0' && r->lease_until > r->now;
	int64_t late = r->work_at == 0 ? 0 : r->now - r->work_at;
	int64_t open = row->oldest_open_at == 0 ? 0 : r->now - row->oldest_open_at;

	if (r->broken[0] != '\0')
		(void)findings_add(f, &kinds[K_BROKEN], "broken: %s", r->broken);
	if (unfinished && r->work_at == 0)
		findings_add(f, &kinds[K_NOT_SCHEDULED],
		             "unfinished, but nobody will look at it again (work_at is "
		             "not set)")
			->since = row->oldest_open_at;
	else if (unfinished && late > INVARIANT_TOO_LONG && !leased)
		findings_add(f, &kinds[K_STUCK],
		             "unfinished, due for %" PRId64
		             " minutes, and nobody has taken it up",
		             late / RENT_MINUTE)
			->since = r->work_at;
	else if (open > INVARIANT_TOO_LONG)
		findings_add(f, &kinds[K_OPEN_LONG],
		             "an operation has been open for %" PRId64 " minutes",
		             open / RENT_MINUTE)
			->since = row->oldest_open_at;
	if (row->manual > 0)
		finding_count(findings_add(f, &kinds[K_MANUAL],
		                           "%" PRId64 " operations wait for a person",
		                           row->manual),
		              0, row->manual);
}

void invariants_check(const struct params *params, const struct rent_audit_row *row,
                      struct findings *findings)
{
	check_books(row, findings);
	check_outside(row, findings);
	check_journal(row, findings);
	check_ceiling(params, row, findings);
	check_singles(row, findings);
	check_holds(row, findings);
	check_refunds(row, findings);
	check_progress(row, findings);
}
