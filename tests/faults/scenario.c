/* SPDX-License-Identifier: MIT
 *
 * scenario.c - see scenario.h. A minute costs 1 and is begun with its first second; half a
 * minute less than n minutes is n for the next half minute. Accruals below 150 wait for the
 * settlement, so that the tick leaves those to the stop.
 */
#include "scenario.h"

#include <inttypes.h>
#include <string.h>

#include "action_scenario.h"
#include "cabinet_scenario.h"

#define MINUTES(n) ((n)*INT64_C(60) - 30)

static void expect(struct run *r, const char *column, int64_t least, int64_t most)
{
	int64_t is = run_value(r, column);

	if (is < least || is > most)
		run_fail(r, "%s is %" PRId64 ", expected %" PRId64 " to %" PRId64, column,
		         is, least, most);
}

static void expect_status_of(struct run *r, const char *status)
{
	if (records_int(r->records,
	                "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND status = %Q",
	                r->user, status) != 1)
		run_fail(r, "the rental is not %s", status);
}

/* ---- beginnings */

static void quote(struct run *r)
{
	run_quote(r, "minute");
}

static void begin(struct run *r)
{
	long status;

	quote(r);
	status = run_start(r);
	if (status != 200)
		run_fail(r, "the rental does not begin: %ld", status);
}

static void begin_40(struct run *r)
{
	begin(r);
	records_age(r->records, r->user, MINUTES(40));
}

static void begin_140(struct run *r)
{
	begin(r);
	records_age(r->records, r->user, MINUTES(140));
}

static bool paid_200(struct run *r)
{
	return run_value(r, "total_amount") >= 200;
}

static void begin_paid(struct run *r)
{
	begin(r);
	records_age(r->records, r->user, MINUTES(200));
	(void)run_wait(r, paid_200, "the first charge");
}

/* The clock of an operator: the rental began just now, so what was paid is too much. */
static void begin_overpaid(struct run *r)
{
	begin_paid(r);
	records_age(r->records, r->user, -MINUTES(200));
}

static void begin_poor(struct run *r)
{
	begin(r);
	run_decline(r, true);
}

static bool owes(struct run *r)
{
	return run_rests(r) && run_debt(r) >= 140;
}

static void begin_owing(struct run *r)
{
	begin_140(r);
	run_decline(r, true);
	run_stop(r);
	(void)run_wait(r, owes, "the debt");
}

static void quote_empty(struct run *r)
{
	run_quote(r, "empty-station-id");
}

static void quote_lost_hold(struct run *r)
{
	quote(r);
	run_setting(r,
	            "{\"endpoint\": \"hold-money-for-order\", \"lose_reply_next\": 3}");
}

static void quote_lost_eject(struct run *r)
{
	quote(r);
	run_setting(r, "{\"endpoint\": \"eject-powerbank\", \"lose_reply_next\": 3}");
}

static void quote_no_deposit_lost_eject(struct run *r)
{
	run_quote(r, "no-deposit");
	run_setting(r, "{\"endpoint\": \"eject-powerbank\", \"lose_reply_next\": 6}");
}

static void begin_lost_charge(struct run *r)
{
	begin(r);
	run_setting(r,
	            "{\"endpoint\": \"clear-money-for-order\", \"lose_reply_next\": 3}");
}

static void begin_without_provider(struct run *r)
{
	begin_40(r);
	node_kill(&r->deployment->nodes[NODE_STUBS]);
}

static void nothing_without_provider(struct run *r)
{
	begin(r);
	node_kill(&r->deployment->nodes[NODE_STUBS]);
}

static void overpaid_without_provider(struct run *r)
{
	begin_overpaid(r);
	node_kill(&r->deployment->nodes[NODE_STUBS]);
}

/* ---- what is asked, what is moved */

static void ask_start(const struct run *r, struct client *c)
{
	(void)ride_start(c, r->ride.key, r->ride.quote_id);
}

static void ask_stop(const struct run *r, struct client *c)
{
	(void)ride_stop(c, r->ride.order_id, "minute");
}

static void age_200(struct run *r)
{
	records_age(r->records, r->user, MINUTES(200));
}

/* On top of the half minute that the first 200 left. */
static void age_200_more(struct run *r)
{
	records_age(r->records, r->user, MINUTES(200) + 30);
}

static void age_6000(struct run *r)
{
	records_age(r->records, r->user, MINUTES(6000));
}

static void grow_rich(struct run *r)
{
	run_decline(r, false);
}

static void expire_offers(struct run *r)
{
	records_exec(r->records, fault_deployment_db(r->deployment) == DB_SQLITE
	                                 ? "UPDATE quotes SET expires_at = '2020-01-01 "
	                                   "00:00:00.000000'"
	                                 : "UPDATE quotes SET expires_at = '2020-01-01'");
}

/* ---- what is waited for */

static bool is_started(struct run *r)
{
	if (r->patient && !run_rests(r))
		return false;
	return run_start(r) != 0;
}

static bool is_refused(struct run *r)
{
	if (r->patient && !run_rests(r))
		return false;
	return run_start(r) != 0;
}

static bool is_stopped(struct run *r)
{
	if (r->patient && !run_rests(r))
		return false;
	run_stop(r);
	return true;
}

static void provider_returns(struct run *r)
{
	node_spawn(&r->deployment->nodes[NODE_STUBS], NULL);
}

/* The provider stays away until something could not be sent for that. */
static bool is_stopped_later(struct run *r)
{
	if (r->deployment->nodes[NODE_STUBS].proc == NULL &&
	    records_int(
		    r->records,
		    "SELECT COUNT(*) FROM operations o JOIN rentals r ON r.id = "
		    "o.rental_id WHERE r.user_id = %Q AND o.purpose = 'settle' AND o.tries > 0",
		    r->user) == 0) {
		(void)ride_stop(r->deployment->nodes[NODE_API].client, r->ride.order_id,
		                "minute");
		return false;
	}
	provider_returns(r);
	return is_stopped(r);
}

static bool paid_400(struct run *r)
{
	return run_value(r, "total_amount") >= 400;
}

/* A provider that dies forgets its declined users: then the charge was paid. */
static bool owes_200(struct run *r)
{
	return run_debt(r) + run_value(r, "total_amount") >= 200;
}

static bool owes_nothing(struct run *r)
{
	return run_debt(r) == 0;
}

static bool is_sold(struct run *r)
{
	return records_int(r->records,
	                   "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND status = "
	                   "'BUYOUT' AND settlement = 'DONE'",
	                   r->user) == 1;
}

static bool is_purged(struct run *r)
{
	return records_int(r->records, "SELECT COUNT(*) FROM quotes WHERE user_id = %Q",
	                   r->user) == 0;
}

/* ---- ends */

static void finish(struct run *r)
{
	run_stop(r);
	(void)run_wait(r, run_rests, "rest");
	expect_status_of(r, "FINISHED");
}

static void finish_failed(struct run *r)
{
	(void)run_wait(r, run_rests, "rest");
	expect_status_of(r, "FAILED");
	expect(r, "total_amount", 0, 0);
}

/* Driven forward or undone. */
static void finish_started(struct run *r)
{
	if (run_start(r) != 200) {
		r->ejects = 0;
		finish_failed(r);
		return;
	}
	finish(r);
	expect(r, "total_amount", 0, 1);
}

/* A charge that did not get through became debt, which the worker collects. */
static void finish_paid(struct run *r)
{
	finish(r);
	(void)run_wait(r, owes_nothing, "the debt collected");
}

static void finish_40(struct run *r)
{
	finish_paid(r);
	expect(r, "total_amount", 40, 41);
}

static void finish_140(struct run *r)
{
	finish_paid(r);
	expect(r, "total_amount", 140, 141);
}

static void finish_refunded(struct run *r)
{
	finish(r);
	expect(r, "total_amount", 0, 1);
}

static void finish_200(struct run *r)
{
	finish(r);
	expect(r, "total_amount", 200, 201);
}

static void finish_400(struct run *r)
{
	finish(r);
	expect(r, "total_amount", 400, 401);
}

static void finish_rich(struct run *r)
{
	run_decline(r, false);
	finish(r);
	(void)run_wait(r, owes_nothing, "the collection of the debt");
	(void)run_wait(r, run_rests, "rest");
	expect(r, "total_amount", 200, 201);
}

static void finish_sold(struct run *r)
{
	(void)run_wait(r, run_rests, "rest");
	expect_status_of(r, "BUYOUT");
	expect(r, "total_amount", 5000, 5000);
}

static void finish_sold_rich(struct run *r)
{
	run_decline(r, false);
	(void)run_wait(r, owes_nothing, "the collection of the debt");
	finish_sold(r);
}

const struct scenario scenarios[] = {
	{ "start", false, quote, ask_start, NULL, is_started, finish_started, 1,
	  PARTNER_STUBS, false },
	{ "start-refused", false, quote_empty, ask_start, NULL, is_refused, finish_failed,
	  0, PARTNER_STUBS, false },
	{ "start-hold-unknown", false, quote_lost_hold, ask_start, NULL, is_started,
	  finish_started, 1, PARTNER_STUBS, false },
	{ "start-eject-unknown", false, quote_lost_eject, ask_start, NULL, is_started,
	  finish_started, 1, PARTNER_STUBS, false },
	{ "stop-capture", false, begin_40, ask_stop, NULL, is_stopped, finish_40, 1,
	  PARTNER_STUBS, false },
	{ "stop-charge", false, begin_140, ask_stop, NULL, is_stopped, finish_140, 1,
	  PARTNER_STUBS, false },
	{ "stop-refund", false, begin_overpaid, ask_stop, NULL, is_stopped,
	  finish_refunded, 1, PARTNER_STUBS, false },
	{ "stop-without-provider", false, begin_without_provider, ask_stop,
	  provider_returns, is_stopped_later, finish_40, 1, PARTNER_STUBS, false },
	{ "refund-without-provider", false, overpaid_without_provider, ask_stop,
	  provider_returns, is_stopped_later, finish_refunded, 1, PARTNER_STUBS, false },
	{ "release-without-provider", false, nothing_without_provider, ask_stop,
	  provider_returns, is_stopped_later, finish_refunded, 1, PARTNER_STUBS, false },
	{ "tick", false, begin, NULL, age_200, paid_200, finish_200, 1, PARTNER_STUBS,
	  false },
	{ "two-ticks", false, begin_paid, NULL, age_200_more, paid_400, finish_400, 1,
	  PARTNER_STUBS, false },
	{ "charge-declined", false, begin_poor, NULL, age_200, owes_200, finish_rich, 1,
	  PARTNER_STUBS, false },
	{ "debt-collected", false, begin_owing, NULL, grow_rich, owes_nothing, finish_140,
	  1, PARTNER_STUBS, false },
	{ "charge-unknown", false, begin_lost_charge, NULL, age_200, paid_200, finish_200,
	  1, PARTNER_STUBS, false },
	{ "buyout", false, begin, NULL, age_6000, is_sold, finish_sold, 1, PARTNER_STUBS,
	  false },
	{ "buyout-of-debt", false, begin_poor, NULL, age_6000, is_sold, finish_sold_rich,
	  1, PARTNER_STUBS, false },
	{ "purge", false, begin, NULL, expire_offers, is_purged, finish_started, 1,
	  PARTNER_STUBS, false },
	{ "start-without-deposit", true, quote_no_deposit_lost_eject, ask_start, NULL,
	  is_started, finish_started, 1, PARTNER_STUBS, false },
	{ "start-with-refusal", true, quote, ask_start, NULL, is_started, finish_started,
	  1, PARTNER_STUBS, false },
	{ "return", false, cabinet_begin, NULL, cabinet_put_back, cabinet_is_returned,
	  finish_40, 1, PARTNER_CLOUD, false },
	{ "given-out-again", false, cabinet_begin_again, ask_start, NULL, is_started,
	  cabinet_finish_again, 2, PARTNER_CLOUD, false },
	{ "action-asked", false, action_quote, ask_start, action_confirm,
	  action_is_confirmed, finish_started, 1, PARTNER_STRIPE, true },
	{ "action-confirmed", false, action_begin, NULL, action_confirm,
	  action_is_confirmed, finish_started, 1, PARTNER_STRIPE, true },
	{ "pay-asked", false, action_begin_owing, action_ask_pay, action_confirm,
	  action_is_paid, finish_140, 1, PARTNER_STRIPE, true },
	{ "pay-confirmed", false, action_begin_paying, NULL, action_confirm,
	  action_is_paid, finish_140, 1, PARTNER_STRIPE, true },
	{ "action-refused", true, action_begin, NULL, action_refuse, action_is_refused,
	  finish_failed, 0, PARTNER_STRIPE, true },
	{ "action-forgotten", true, action_begin, NULL, action_forget,
	  action_is_forgotten, finish_failed, 0, PARTNER_STRIPE, true },
	{ "action-too-late", true, action_begin_busy, NULL, action_confirm_late,
	  action_is_late, finish_failed, 0, PARTNER_STRIPE, true },
};

const size_t scenario_count = sizeof(scenarios) / sizeof(scenarios[0]);
