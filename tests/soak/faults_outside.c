/* SPDX-License-Identifier: MIT
 *
 * faults_outside.c - what happens to the outside world: the provider, the cabinets and the
 * catalog refuse, fail, answer late or not at all, and their process dies. Through the stubs'
 * control side; what it does not answer is asked again when the fault ends.
 */
#include "nemesis.h"

#include <signal.h>
#include <stdio.h>

static const char *const money[] = { "hold-money-for-order", "clear-money-for-order",
	                             "release-money-for-order", "refund-money-for-order",
	                             "eject-powerbank" };
static const char *const catalog[] = { "station-data", "tariff", "user-profile",
	                               "configs" };

static void post(struct nemesis *n, const char *path, const char *json)
{
	/* The stubs may be in a bad state of another fault's making. */
	for (int i = 0; i < 3; i++) {
		if (client_post(n->stubs, path, "%s", json)->status == 200)
			return;
	}
}

static void settings(struct nemesis *n, const char *endpoint, const char *name, int value)
{
	char json[160];

	(void)snprintf(json, sizeof(json), "{\"endpoint\":\"%s\",\"%s\":%d}", endpoint,
	               name, value);
	post(n, "/admin/settings", json);
}

static void pick_money(struct nemesis *n, struct trouble *t)
{
	t->text = money[nemesis_dice(n, 0, 4)];
}

static void set(struct nemesis *n, struct trouble *t, const char *name, int low, int high)
{
	settings(n, t->text, name, (int)nemesis_dice(n, low, high));
}

static void all_right(struct nemesis *n, struct trouble *t)
{
	char json[320];

	(void)snprintf(json, sizeof(json),
	               "{\"endpoint\":\"%s\",\"latency_ms\":0,\"failure_percent\":0,"
	               "\"lose_reply_percent\":0,\"lose_reply_next\":0,"
	               "\"lose_request_next\":0,\"fail_next\":0,\"status\":500,"
	               "\"processed_percent\":100}",
	               t->text);
	post(n, "/admin/settings", json);
}

static void fail(struct nemesis *n, struct trouble *t)
{
	pick_money(n, t);
	set(n, t, "failure_percent", 30, 100);
}

static void fail_catalog(struct nemesis *n, struct trouble *t)
{
	t->text = catalog[nemesis_dice(n, 0, 3)];
	set(n, t, "failure_percent", 50, 100);
}

static void odd_status(struct nemesis *n, struct trouble *t)
{
	static const int statuses[] = { 400, 402, 404, 409, 429, 502, 504 };

	pick_money(n, t);
	settings(n, t->text, "status", statuses[nemesis_dice(n, 0, 6)]);
	set(n, t, "fail_next", 5, 40);
}

static void late(struct nemesis *n, struct trouble *t)
{
	pick_money(n, t);
	/* Below and above the caller's patience of 800 ms. */
	set(n, t, "latency_ms", 100, 2500);
}

static void late_catalog(struct nemesis *n, struct trouble *t)
{
	t->text = catalog[nemesis_dice(n, 0, 3)];
	set(n, t, "latency_ms", 100, 1500);
}

static void lose_replies(struct nemesis *n, struct trouble *t)
{
	pick_money(n, t);
	set(n, t, "lose_reply_percent", 20, 90);
}

static void lose_requests(struct nemesis *n, struct trouble *t)
{
	pick_money(n, t);
	set(n, t, "lose_request_next", 5, 50);
}

static void less(struct nemesis *n, struct trouble *t)
{
	t->text = "clear-money-for-order";
	set(n, t, "processed_percent", 40, 95);
}

static void everything_late(struct nemesis *n, struct trouble *t)
{
	t->text = "*";
	set(n, t, "latency_ms", 50, 900);
	set(n, t, "lose_reply_percent", 5, 30);
}

static void disable(struct nemesis *n, const struct trouble *t, bool off)
{
	char json[160];

	(void)snprintf(json, sizeof(json), "{\"endpoint\":\"%s\",\"disabled\":%s}",
	               t->text, off ? "true" : "false");
	post(n, "/admin/disable-endpoint", json);
}

static void refuse(struct nemesis *n, struct trouble *t)
{
	t->text = nemesis_dice(n, 0, 2) == 0 ? catalog[nemesis_dice(n, 0, 3)]
	                                     : money[nemesis_dice(n, 0, 4)];
	disable(n, t, true);
}

static void take_again(struct nemesis *n, struct trouble *t)
{
	disable(n, t, false);
}

static void decline(struct nemesis *n, struct trouble *t, bool declined)
{
	char json[96];

	(void)snprintf(json, sizeof(json), "{\"user_id\":\"shaky-%d\",\"declined\":%s}",
	               t->number, declined ? "true" : "false");
	post(n, "/admin/decline", json);
}

static void decline_user(struct nemesis *n, struct trouble *t)
{
	t->text = "a user";
	t->number = (int)nemesis_dice(n, 0, 5);
	decline(n, t, true);
}

static void accept_user(struct nemesis *n, struct trouble *t)
{
	decline(n, t, false);
}

static void down(struct nemesis *n, struct trouble *t)
{
	t->member = FLEET_STUBS;
	node_kill(fleet_node(n->fleet, FLEET_STUBS));
}

static void up(struct nemesis *n, struct trouble *t)
{
	(void)t;
	node_spawn(fleet_node(n->fleet, FLEET_STUBS), NULL);
}

static void freeze(struct nemesis *n, struct trouble *t)
{
	t->member = FLEET_STUBS;
	node_signal(fleet_node(n->fleet, FLEET_STUBS), SIGSTOP);
}

static void thaw(struct nemesis *n, struct trouble *t)
{
	(void)t;
	node_signal(fleet_node(n->fleet, FLEET_STUBS), SIGCONT);
}

const struct fault faults_outside[] = {
	{ "answers-500", SIDE_OUTSIDE, 3, 500, 4000, fail, NULL, all_right },
	{ "catalog-500", SIDE_OUTSIDE, 2, 500, 5000, fail_catalog, NULL, all_right },
	{ "odd-status", SIDE_OUTSIDE, 3, 500, 4000, odd_status, NULL, all_right },
	{ "late", SIDE_OUTSIDE, 5, 1000, 5000, late, NULL, all_right },
	{ "catalog-late", SIDE_OUTSIDE, 2, 500, 4000, late_catalog, NULL, all_right },
	{ "lost-replies", SIDE_OUTSIDE, 6, 1000, 5000, lose_replies, NULL, all_right },
	{ "lost-requests", SIDE_OUTSIDE, 3, 500, 4000, lose_requests, NULL, all_right },
	{ "moves-less", SIDE_OUTSIDE, 2, 500, 4000, less, NULL, all_right },
	{ "everything-late", SIDE_OUTSIDE, 2, 1000, 4000, everything_late, NULL,
	  all_right },
	{ "disabled", SIDE_OUTSIDE, 3, 500, 5000, refuse, NULL, take_again },
	{ "declined", SIDE_OUTSIDE, 2, 1000, 6000, decline_user, NULL, accept_user },
	{ "kill-stubs", SIDE_OUTSIDE, 4, 100, 3000, down, NULL, up },
	{ "freeze-stubs", SIDE_OUTSIDE, 3, 500, 4000, freeze, NULL, thaw },
	{ NULL, SIDE_OUTSIDE, 0, 0, 0, NULL, NULL, NULL },
};
