/* SPDX-License-Identifier: MIT
 *
 * faults_host.c - what happens to our own processes: killed, paused past their leases, asked to
 * end, their clock set wrong.
 */
#include "nemesis.h"

#include <signal.h>

static void down(struct nemesis *n, const struct trouble *t)
{
	node_kill(fleet_node(n->fleet, t->member));
}

static void up(struct nemesis *n, struct trouble *t)
{
	node_spawn(fleet_node(n->fleet, t->member), NULL);
}

static void kill_api(struct nemesis *n, struct trouble *t)
{
	t->member = nemesis_api(n);
	down(n, t);
}

static void kill_worker(struct nemesis *n, struct trouble *t)
{
	t->member = nemesis_worker(n);
	down(n, t);
}

static void kill_all(struct nemesis *n, struct trouble *t)
{
	t->text = "all hosts";
	for (unsigned i = 0; i < FLEET_STUBS; i++)
		node_kill(fleet_node(n->fleet, i));
}

static void up_all(struct nemesis *n, struct trouble *t)
{
	(void)t;
	for (unsigned i = 0; i < FLEET_STUBS; i++)
		node_spawn(fleet_node(n->fleet, i), NULL);
}

static void pause_api(struct nemesis *n, struct trouble *t)
{
	t->member = nemesis_api(n);
	node_signal(fleet_node(n->fleet, t->member), SIGSTOP);
}

static void pause_worker(struct nemesis *n, struct trouble *t)
{
	t->member = nemesis_worker(n);
	node_signal(fleet_node(n->fleet, t->member), SIGSTOP);
}

static void go_on(struct nemesis *n, struct trouble *t)
{
	node_signal(fleet_node(n->fleet, t->member), SIGCONT);
}

/* One that has just been started may be ending by itself, for want of a database. */
static void ask_to_end(struct nemesis *n, struct trouble *t)
{
	int code;

	t->member = nemesis_host(n);
	code = node_terminate(fleet_node(n->fleet, t->member));
	if (code != 0 && code != FLEET_UNAVAILABLE)
		n->bad_ends++;
}

const struct fault faults_process[] = {
	{ "kill-api", SIDE_PROCESS, 6, 100, 2000, kill_api, NULL, up },
	{ "kill-worker", SIDE_PROCESS, 5, 100, 2000, kill_worker, NULL, up },
	{ "kill-all-hosts", SIDE_PROCESS, 1, 100, 1000, kill_all, NULL, up_all },
	{ "pause-api", SIDE_PROCESS, 5, 500, 5000, pause_api, NULL, go_on },
	{ "pause-worker", SIDE_PROCESS, 5, 500, 5000, pause_worker, NULL, go_on },
	{ "end-host", SIDE_PROCESS, 2, 100, 500, ask_to_end, NULL, up },
	{ NULL, SIDE_PROCESS, 0, 0, 0, NULL, NULL, NULL },
};

static void set_clock(struct nemesis *n, struct trouble *t)
{
	static const int64_t seconds[] = { 2, 90, 3600, 108000, 34560000 };
	int64_t s = seconds[nemesis_dice(n, 0, 4)];

	t->member = nemesis_host(n);
	*n->fleet->skew[t->member] = (nemesis_dice(n, 0, 1) == 0 ? -s : s) * 1000000;
}

static void right_clock(struct nemesis *n, struct trouble *t)
{
	*n->fleet->skew[t->member] = 0;
}

const struct fault faults_clock[] = {
	{ "clock-step", SIDE_CLOCK, 1, 1000, 6000, set_clock, NULL, right_clock },
	{ NULL, SIDE_CLOCK, 0, 0, 0, NULL, NULL, NULL },
};
