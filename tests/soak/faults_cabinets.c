/* SPDX-License-Identifier: MIT
 *
 * faults_cabinets.c - what happens to the cabinets of the quarter "cloud": they eject late, or not, are
 * offline; orders and their answers get lost; reports are late, twice, in the wrong order, of the wrong
 * order, forged, or stop. Through the switches of the stubs' cloud.
 */
#include "nemesis.h"

#include "city.h"

#include <stdio.h>

#define LIE_MS  300 /* between two of them */
#define ADDRESS "/hooks/cabinets/"
/* The address that the stubs have, too, and one that nobody was given. */
#define PUSH_KEY "d2941ba2c44242d032e7f9bf576839c19d8fec5ea54652ce3f2b6bb107413c1f"
#define NO_KEY   "d2941ba2c44242d032e7f9bf576839c19d8fec5ea54652ce3f2b6bb107413c1e"

static void post(struct nemesis *n, const char *json)
{
	/* The stubs may be in a bad state of another fault's making. */
	for (int i = 0; i < 3; i++) {
		if (client_post(n->stubs, "/admin/cloud", "%s", json)->status == 200)
			return;
	}
}

static void set(struct nemesis *n, struct trouble *t, const char *name, int64_t value)
{
	char json[96];

	t->text = "the cabinets";
	(void)snprintf(json, sizeof(json), "{\"%s\":%lld}", name, (long long)value);
	post(n, json);
}

static void all_right(struct nemesis *n, struct trouble *t)
{
	(void)t;
	post(n, "{\"offline\":0,\"jam\":0,\"lose_answer\":0,\"lose_request\":0,"
	        "\"eject_delay_ms\":0,\"callbacks\":1,\"callback_delay_ms\":0,"
	        "\"reversed\":0,\"forged\":0,\"pushes\":1}");
}

static void late_eject(struct nemesis *n, struct trouble *t)
{
	set(n, t, "eject_delay_ms", nemesis_dice(n, 200, 2500));
}

/* Longer than a customer waits for one answer. */
static void too_late(struct nemesis *n, struct trouble *t)
{
	set(n, t, "eject_delay_ms", nemesis_dice(n, 3000, 5000));
}

static void jam(struct nemesis *n, struct trouble *t)
{
	set(n, t, "jam", 1);
}

static void offline(struct nemesis *n, struct trouble *t)
{
	set(n, t, "offline", 1);
}

static void lose_answers(struct nemesis *n, struct trouble *t)
{
	set(n, t, "lose_answer", 1);
}

static void lose_orders(struct nemesis *n, struct trouble *t)
{
	set(n, t, "lose_request", 1);
}

static void twice(struct nemesis *n, struct trouble *t)
{
	set(n, t, "callbacks", 2);
}

static void lose_callbacks(struct nemesis *n, struct trouble *t)
{
	set(n, t, "callbacks", 0);
}

static void late_reports(struct nemesis *n, struct trouble *t)
{
	set(n, t, "callback_delay_ms", nemesis_dice(n, 500, 5000));
}

static void reverse(struct nemesis *n, struct trouble *t)
{
	set(n, t, "reversed", 1);
	set(n, t, "callback_delay_ms", nemesis_dice(n, 500, 3000));
}

static void stop_reports(struct nemesis *n, struct trouble *t)
{
	set(n, t, "pushes", 0);
	set(n, t, "callbacks", 0);
}

static void forge(struct nemesis *n, struct trouble *t)
{
	set(n, t, "forged", 1);
}

/* A powerbank that may well be out is said to be back, to one of the hosts, in a cabinet that it is not put
 * into. What comes to an address that nobody was given is refused, the rest is believed by nobody. */
static void lie(struct nemesis *n, struct trouble *t)
{
	unsigned stations = city_stations(QUARTER_CLOUD),
		 i = (unsigned)nemesis_dice(n, 0, stations - 1);
	char of[32], station[32], path[128], json[320];
	const char *key = nemesis_dice(n, 0, 1) == 0 ? NO_KEY : PUSH_KEY;
	const struct answer *a;
	struct node *host;

	t->text = "the cabinets";
	t->ticked_ms = now_ms();
	city_station(QUARTER_CLOUD, i, of);
	city_station(QUARTER_CLOUD, (i + 1) % stations, station);
	(void)snprintf(path, sizeof(path), ADDRESS "push.%s", key);
	(void)snprintf(
		json, sizeof(json),
		"{\"agentAccount\":\"stub\",\"event\":\"BATTERY_IN\",\"eventData\":{"
		"\"cabinetId\":\"%s\",\"returnBatteryId\":\"PB-%s-%lld\"},"
		"\"timestamp\":%lld}",
		station, of, (long long)nemesis_dice(n, 1, 48),
		(long long)(wall_us() / 1000000));
	host = fleet_node(n->fleet, nemesis_api(n));
	client_timeout(host->client, LIE_MS);
	a = client_post(host->client, path, "%s", json);
	client_timeout(host->client, 2000);
	if (key[63] == NO_KEY[63] && a->status == 200) {
		(void)fprintf(stderr, "soak: a forged report was taken\n");
		n->breaches++;
	}
}

static void lie_on(struct nemesis *n, struct trouble *t)
{
	if (now_ms() - t->ticked_ms >= LIE_MS)
		lie(n, t);
}

const struct fault faults_cabinets[] = {
	{ "eject-late", SIDE_CABINETS, 4, 1000, 5000, late_eject, NULL, all_right },
	{ "eject-too-late", SIDE_CABINETS, 3, 1000, 3000, too_late, NULL, all_right },
	{ "jammed", SIDE_CABINETS, 2, 500, 2000, jam, NULL, all_right },
	{ "offline", SIDE_CABINETS, 3, 500, 3000, offline, NULL, all_right },
	{ "order-unanswered", SIDE_CABINETS, 4, 500, 3000, lose_answers, NULL,
	  all_right },
	{ "order-lost", SIDE_CABINETS, 2, 500, 2000, lose_orders, NULL, all_right },
	{ "reports-twice", SIDE_CABINETS, 2, 1000, 5000, twice, NULL, all_right },
	{ "callbacks-lost", SIDE_CABINETS, 3, 1000, 5000, lose_callbacks, NULL,
	  all_right },
	{ "reports-late", SIDE_CABINETS, 3, 1000, 5000, late_reports, NULL, all_right },
	{ "reports-reversed", SIDE_CABINETS, 2, 1000, 5000, reverse, NULL, all_right },
	{ "reports-stopped", SIDE_CABINETS, 3, 1000, 6000, stop_reports, NULL,
	  all_right },
	{ "reports-of-others", SIDE_CABINETS, 2, 1000, 4000, forge, NULL, all_right },
	{ "reports-forged", SIDE_CABINETS, 3, 1000, 5000, lie, lie_on, NULL },
	{ NULL, SIDE_CABINETS, 0, 0, 0, NULL, NULL, NULL },
};
