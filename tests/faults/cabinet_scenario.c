/* SPDX-License-Identifier: MIT
 *
 * cabinet_scenario.c - see cabinet_scenario.h. A minute costs 1, as in scenario.c.
 */
#include "cabinet_scenario.h"

#include <stdio.h>
#include <string.h>

#define MINUTES(n) ((n)*INT64_C(60) - 30)

void cabinet_begin(struct run *r)
{
	run_quote(r, "cabinet");
	if (run_start(r) != 200)
		run_fail(r, "the rental does not begin");
	records_age(r->records, r->user, MINUTES(40));
}

static char old_order[65]; /* one run at a time */

/* It comes back and nobody says so: the next customer gets it. */
void cabinet_begin_again(struct run *r)
{
	r->rentals = 2;
	run_quote(r, "one-slot");
	if (run_start(r) != 200)
		run_fail(r, "the rental does not begin");
	records_age(r->records, r->user, MINUTES(40));
	/* So are its eject, and those of the runs before. */
	records_exec(r->records,
	             "UPDATE eject_inventories SET taken_at = taken_at - 2400000000 "
	             "WHERE cabinet_id = 'one-slot'");
	(void)snprintf(old_order, sizeof(old_order), "%s", r->ride.order_id);
	run_reports(r, 0);
	run_put_back(r, old_order, "one-slot");
	run_reports(r, 1);
	ride_key(r->ride.key);
	run_quote(r, "one-slot");
}

void cabinet_put_back(struct run *r)
{
	run_put_back(r, r->ride.order_id, "cabinet");
}

static bool has_ended(struct run *r)
{
	return records_int(r->records,
	                   "SELECT COUNT(*) FROM rentals WHERE id = %Q AND status = "
	                   "'FINISHED'",
	                   r->ride.order_id) == 1;
}

#define REPORT_MS 2000

/* The report ends it, or was lost with whoever was to take it: then its customer says so. */
bool cabinet_is_returned(struct run *r)
{
	static char order[sizeof(r->ride.order_id)];
	static int64_t since;

	if (strcmp(order, r->ride.order_id) != 0) {
		(void)snprintf(order, sizeof(order), "%s", r->ride.order_id);
		since = now_ms();
	}
	if (has_ended(r))
		return true;
	return now_ms() - since > REPORT_MS &&
	       ride_stop(r->deployment->nodes[NODE_API].client, r->ride.order_id,
	                 "cabinet")
	                       ->status == 200;
}

static bool old_has_ended(struct run *r)
{
	return ride_stop(r->deployment->nodes[NODE_API].client, old_order, "one-slot")
	               ->status == 200;
}

/* The old rental cost what it cost when its powerbank was back, whoever found out. */
void cabinet_finish_again(struct run *r)
{
	bool began = run_start(r) == 200;

	if (began) {
		run_put_back(r, r->ride.order_id, "one-slot");
		run_stop(r);
	} else { /* whoever has it, if anybody */
		r->ejects = 1;
		(void)client_post(
			r->deployment->nodes[NODE_STUBS].client,
			"/admin/return-powerbank",
			"{\"powerbank_id\": \"%s\", \"station_id\": "
			"\"one-slot\"}",
			records_text(r->records,
		                     "SELECT powerbank_id FROM rentals WHERE id = %Q",
		                     old_order));
	}
	(void)run_wait(r, old_has_ended, "the end of the old rental");
	(void)run_wait(r, run_rests, "rest");
	if (records_int(r->records,
	                "SELECT COUNT(*) FROM rentals WHERE id = %Q AND status = "
	                "'FINISHED' AND total_amount BETWEEN 40 AND 41",
	                old_order) != 1)
		run_fail(r, "the old rental did not end with 40");
	if (began && records_int(r->records,
	                         "SELECT COUNT(*) FROM rentals WHERE id = %Q AND "
	                         "ended_by = 'reissue'",
	                         old_order) != 1)
		run_fail(r, "the old rental did not end by the reissue");
}
