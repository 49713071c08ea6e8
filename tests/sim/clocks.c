/* SPDX-License-Identifier: MIT
 *
 * clocks.c - the wall clocks, which somebody sets: that of the database by seconds (a failover
 * to a machine that goes wrong), those of hosts by hours. sim_now is the time that passes.
 */
#include "sim.h"

/* The largest step that a resend window's margin can bear together with a lease and a
 * message on its way. */
#define DATABASE_OFF (5 * RENT_SECOND)

static int64_t database_off, host_off[SIM_NODES], database_latest;
bool sim_auditing;

int64_t sim_database_clock(void)
{
	int64_t now = sim_now + database_off;

	if (now > database_latest)
		database_latest = now;
	/* An amount that was once due is no breach after the clock was set back. */
	return sim_auditing ? database_latest : now;
}

int64_t sim_wall_clock(int node)
{
	return sim_now + (node < 0 ? 0 : host_off[node]);
}

void clocks_reset(void)
{
	database_off = database_latest = 0;
	memset(host_off, 0, sizeof(host_off));
}

void clocks_step(int node)
{
	if (node < 0)
		database_off = sim_between(-DATABASE_OFF, DATABASE_OFF);
	else
		host_off[node] = sim_between(-12, 12) * RENT_HOUR;
}
