/* SPDX-License-Identifier: MIT
 *
 * nemesis.c - when which fault begins and ends; see nemesis.h.
 */
#include "nemesis.h"

#include "city.h"
#include "load.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STEP_NS      20000000L
#define TROUBLE_MS   14000 /* a round of it, about */
#define CALM_MS      6000
#define AUDIT_MS     15000 /* between two audits of the running system */
#define AUDIT_BREACH 70
#define READY_MS     INT64_C(60000)

static const struct fault *const tables[SIDES] = {
	[SIDE_PROCESS] = faults_process, [SIDE_DATABASE] = faults_database,
	[SIDE_OUTSIDE] = faults_outside, [SIDE_CLOCK] = faults_clock,
	[SIDE_CACHE] = faults_cache,     [SIDE_CABINETS] = faults_cabinets,
};

int64_t nemesis_dice(struct nemesis *n, int64_t low, int64_t high)
{
	return dice_between(&n->random, low, high);
}

unsigned nemesis_api(struct nemesis *n)
{
	return (unsigned)nemesis_dice(n, 0, FLEET_APIS - 1);
}

unsigned nemesis_worker(struct nemesis *n)
{
	return (unsigned)nemesis_dice(n, FLEET_APIS, FLEET_STUBS - 1);
}

unsigned nemesis_host(struct nemesis *n)
{
	return (unsigned)nemesis_dice(n, 0, FLEET_STUBS - 1);
}

void nemesis_open(struct nemesis *n, struct fleet *fleet, struct pair *pair,
                  struct history *history, uint64_t seed)
{
	memset(n, 0, sizeof(*n));
	n->fleet = fleet;
	n->pair = pair;
	n->history = history;
	n->random = seed * UINT64_C(0x9E3779B97F4A7C15) | 1;
	n->stubs = client_new(fleet_node(fleet, FLEET_STUBS)->url);
	client_timeout(n->stubs, 2000);
}

void nemesis_close(struct nemesis *n)
{
	client_free(n->stubs);
	proc_free(n->audit);
	n->stubs = NULL;
	n->audit = NULL;
}

static const struct fault *pick(struct nemesis *n, enum side side)
{
	const struct fault *table = tables[side], *f = table;
	int64_t sum = 0, at;

	for (; f->name != NULL; f++)
		sum += f->weight;
	at = nemesis_dice(n, 0, sum - 1);
	for (f = table; (at -= f->weight) >= 0;)
		f++;
	return f;
}

static void report(struct nemesis *n, const struct trouble *t, bool begins)
{
	json_t *note = json_pack("{s:s, s:s}", "fault", t->fault->name, "phase",
	                         begins ? "begin" : "end");

	if (begins) {
		/* From the first moment: what begins a fault may take a while. */
		(void)json_object_set_new(note, "t", json_integer(t->begins_ms * 1000));
		(void)json_object_set_new(
			note, "target",
			json_string(t->text != NULL
		                            ? t->text
		                            : fleet_node(n->fleet, t->member)->name));
	}
	history_note(n->history, "fault", note);
}

static void begin(struct nemesis *n, enum side side)
{
	struct trouble *t = &n->sides[side];

	memset(t, 0, sizeof(*t));
	t->fault = pick(n, side);
	t->begins_ms = t->ticked_ms = now_ms();
	t->ends_ms = t->begins_ms + nemesis_dice(n, t->fault->low_ms, t->fault->high_ms);
	n->faults++;
	t->fault->begin(n, t);
	report(n, t, true);
}

static void end(struct nemesis *n, enum side side)
{
	struct trouble *t = &n->sides[side];

	if (t->fault == NULL)
		return;
	if (t->fault->end != NULL)
		t->fault->end(n, t);
	report(n, t, false);
	t->fault = NULL;
	n->next_ms[side] = now_ms() + nemesis_dice(n, 200, 3000);
}

/* ---- the audit looks on */

static void audit_log(const struct nemesis *n, char out[300])
{
	(void)snprintf(out, 300, "%s/audit-%d", n->fleet->deployment.dir, n->audits);
}

static void tend_audit(struct nemesis *n)
{
	char log[300];

	audit_log(n, log);
	if (n->audit != NULL && !proc_running(n->audit)) {
		int code = proc_join(n->audit, 0);

		/* Without a database it cannot tell; else it must find nothing. */
		n->breaches += code == AUDIT_BREACH;
		if (code == AUDIT_BREACH)
			(void)fprintf(stderr, "soak: an audit under load: see %s\n", log);
		proc_free(n->audit);
		n->audit = NULL;
		n->audit_ms = now_ms() + AUDIT_MS;
	} else if (n->audit == NULL && now_ms() >= n->audit_ms) {
		n->audits++;
		audit_log(n, log);
		n->audit = fleet_audit(n->fleet, log);
	}
}

/* ---- time */

static void step(struct nemesis *n, bool calm)
{
	const struct timespec t = { .tv_nsec = STEP_NS };

	for (int side = 0; side < SIDES; side++) {
		struct trouble *now = &n->sides[side];

		if (side == SIDE_CABINETS && !city_cloud)
			continue;
		if (now->fault == NULL && !calm && now_ms() >= n->next_ms[side])
			begin(n, (enum side)side);
		else if (now->fault != NULL && (calm || now_ms() >= now->ends_ms))
			end(n, (enum side)side);
		else if (now->fault != NULL && now->fault->tick != NULL)
			now->fault->tick(n, now);
	}
	deployment_tend(&n->fleet->deployment);
	tend_audit(n);
	(void)nanosleep(&t, NULL);
}

bool nemesis_run(struct nemesis *n, int64_t seconds, const volatile bool *stop)
{
	int64_t over = now_ms() + seconds * 1000, turn = now_ms() + CALM_MS / 2;
	bool calm = true;

	while (now_ms() < over && !*stop) {
		if (now_ms() >= turn) {
			calm = !calm;
			turn = now_ms() + (calm ? CALM_MS : TROUBLE_MS);
		}
		step(n, calm);
	}
	return !*stop;
}

bool nemesis_heal(struct nemesis *n)
{
	for (int side = 0; side < SIDES; side++)
		end(n, (enum side)side);
	return deployment_ready(&n->fleet->deployment, READY_MS);
}
