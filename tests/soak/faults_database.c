/* SPDX-License-Identifier: MIT
 *
 * faults_database.c - what happens to the database and to the wires to it.
 */
#include "nemesis.h"
#include "proxy.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Whether it is time for the next stroke of a fault that strikes again and again. */
static bool due(struct trouble *t, int every_ms)
{
	if (now_ms() < t->ticked_ms + every_ms)
		return false;
	t->ticked_ms = now_ms();
	return true;
}

/* ---- wires */

static void wires_of(struct nemesis *n, unsigned member, int refuse, bool cut)
{
	for (int i = 0; i < PAIR_NODES; i++) {
		struct proxy *wire = fleet_node(n->fleet, member)->wires[i];

		proxy_refuse(wire, refuse);
		if (cut)
			proxy_cut_all(wire);
	}
}

static void pick_host(struct nemesis *n, struct trouble *t)
{
	t->member = nemesis_host(n);
}

static void cut_wires(struct nemesis *n, struct trouble *t)
{
	if (due(t, 300))
		wires_of(n, t->member, 0, true);
}

static void isolate(struct nemesis *n, struct trouble *t)
{
	pick_host(n, t);
	wires_of(n, t->member, 1, true);
}

static void reconnect(struct nemesis *n, struct trouble *t)
{
	wires_of(n, t->member, 0, false);
}

static void all_wires(struct nemesis *n, struct trouble *t)
{
	(void)n;
	t->text = "all hosts";
}

/* Somewhere a request or an answer is lost; most of what is said is a commit. */
static void lose_commits(struct nemesis *n, struct trouble *t)
{
	static const enum proxy_cut cuts[] = { PROXY_CUT_REPLY, PROXY_CUT_WAITING,
		                               PROXY_CUT_REQUEST };

	if (due(t, 120))
		proxy_arm(fleet_node(n->fleet, nemesis_host(n))->wires[n->pair->primary],
		          cuts[nemesis_dice(n, 0, 2)]);
}

/* ---- the primary */

static void on_primary(struct nemesis *n, struct trouble *t)
{
	t->text = n->pair->primary == 0 ? "pg0" : "pg1";
}

static void end_sessions(struct nemesis *n, struct trouble *t)
{
	if (due(t, 200))
		(void)pair_sql(n->pair,
		               "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
		               "WHERE application_name LIKE 'soak-%' ORDER BY random() "
		               "LIMIT 1");
}

static void crash_backend(struct nemesis *n, struct trouble *t)
{
	int64_t pid = pair_int(n->pair,
	                       "SELECT pid FROM pg_stat_activity WHERE application_name "
	                       "LIKE 'soak-%' ORDER BY random() LIMIT 1");

	on_primary(n, t);
	/* The server then ends all sessions and recovers. */
	if (pid > 1)
		(void)kill((pid_t)pid, SIGKILL);
}

static void wait_answer(struct nemesis *n, struct trouble *t)
{
	(void)t;
	pair_wait(n->pair);
}

static void freeze(struct nemesis *n, struct trouble *t)
{
	on_primary(n, t);
	t->number = n->pair->primary;
	pair_signal_all(n->pair, t->number, SIGSTOP);
}

static void thaw(struct nemesis *n, struct trouble *t)
{
	pair_signal_all(n->pair, t->number, SIGCONT);
}

/* Stops and goes, so that everything takes several times as long. */
static void slow(struct nemesis *n, struct trouble *t)
{
	if (!due(t, 60))
		return;
	t->number = !t->number;
	pair_signal_all(n->pair, n->pair->primary, t->number != 0 ? SIGSTOP : SIGCONT);
}

static void slow_over(struct nemesis *n, struct trouble *t)
{
	(void)t;
	pair_signal_all(n->pair, n->pair->primary, SIGCONT);
}

static void shut_down(struct nemesis *n, struct trouble *t)
{
	on_primary(n, t);
	pair_stop(n->pair, SIGINT);
}

static void break_down(struct nemesis *n, struct trouble *t)
{
	on_primary(n, t);
	pair_kill(n->pair, n->pair->primary);
}

static void bring_up(struct nemesis *n, struct trouble *t)
{
	(void)t;
	pair_start(n->pair, n->pair->primary);
}

/* ---- the standby */

static void take_over(struct nemesis *n, struct trouble *t)
{
	on_primary(n, t);
	pair_takeover(n->pair);
}

static void rebuild(struct nemesis *n, struct trouble *t)
{
	(void)t;
	pair_rebuild(n->pair);
}

static void lose_standby(struct nemesis *n, struct trouble *t)
{
	t->text = "standby";
	t->number = 1 - n->pair->primary;
	pair_kill(n->pair, t->number);
}

/* For a while no commit succeeds; then the primary goes on alone. */
static void give_standby_up(struct nemesis *n, struct trouble *t)
{
	if (n->pair->synced && now_ms() > t->begins_ms + 1500)
		pair_alone(n->pair);
}

static void standby_back(struct nemesis *n, struct trouble *t)
{
	pair_start(n->pair, t->number);
	pair_sync(n->pair);
}

static void freeze_standby(struct nemesis *n, struct trouble *t)
{
	t->text = "standby";
	t->number = 1 - n->pair->primary;
	pair_signal_all(n->pair, t->number, SIGSTOP);
}

static void standby_thaws(struct nemesis *n, struct trouble *t)
{
	pair_signal_all(n->pair, t->number, SIGCONT);
	pair_sync(n->pair);
}

const struct fault faults_database[] = {
	{ "cut-connections", SIDE_DATABASE, 4, 400, 2000, pick_host, cut_wires, NULL },
	{ "isolate-host", SIDE_DATABASE, 4, 500, 5000, isolate, NULL, reconnect },
	{ "lose-commits", SIDE_DATABASE, 7, 2000, 5000, all_wires, lose_commits, NULL },
	{ "end-sessions", SIDE_DATABASE, 3, 500, 3000, on_primary, end_sessions, NULL },
	{ "crash-backend", SIDE_DATABASE, 2, 1000, 2000, crash_backend, NULL,
	  wait_answer },
	{ "freeze-database", SIDE_DATABASE, 3, 500, 5000, freeze, NULL, thaw },
	{ "slow-database", SIDE_DATABASE, 3, 1000, 5000, on_primary, slow, slow_over },
	{ "restart-database", SIDE_DATABASE, 2, 10, 500, shut_down, NULL, bring_up },
	{ "crash-database", SIDE_DATABASE, 2, 10, 1000, break_down, NULL, bring_up },
	{ "takeover", SIDE_DATABASE, 5, 1000, 3000, take_over, NULL, rebuild },
	{ "lose-standby", SIDE_DATABASE, 2, 1000, 4000, lose_standby, give_standby_up,
	  standby_back },
	{ "freeze-standby", SIDE_DATABASE, 3, 500, 6000, freeze_standby, NULL,
	  standby_thaws },
	{ NULL, SIDE_DATABASE, 0, 0, 0, NULL, NULL, NULL },
};
