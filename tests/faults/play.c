/* SPDX-License-Identifier: MIT
 *
 * play.c - see play.h.
 */
#include "play.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#define REACH_MS 10000
#define MOVE_MS  400

void bench_open(struct bench *b, const struct fault_spec *spec)
{
	struct node *nodes = b->deployment.nodes;

	fault_deployment_init(&b->deployment, spec);
	if (!armed_new(&b->armed, b->deployment.dir))
		deployment_fail(&b->deployment,
		                "there are no failpoints in %s: build with "
		                "-DRENT_FAILPOINTS=ON",
		                build_dir());
	b->refuse = spec->refuse;
	b->stripe = spec->stripe;
	(void)snprintf(b->variable, sizeof(b->variable), "RENT_FAILPOINT=%s",
	               b->armed.path);
	b->env[0] = b->variable;
	b->deployment.spec.env = b->env;
	b->records = records_new(&b->deployment);
	node_spawn(&nodes[NODE_STUBS], NULL);
	node_spawn(&nodes[NODE_WORKER], NULL);
	node_spawn(&nodes[NODE_API], NULL);
	node_wait(&nodes[NODE_API]);
	node_wait(&nodes[NODE_STUBS]);
	node_wait(&nodes[NODE_WORKER]);
}

bool bench_close(struct bench *b, bool keep)
{
	bool good;

	records_free(b->records);
	good = fault_deployment_close(&b->deployment, keep);
	armed_free(&b->armed);
	return good;
}

/* ---- the customer's own requests */
struct asker {
	pthread_t thread;
	const struct scenario *scenario;
	struct run *run;
	bool asks;
};

static void *ask(void *arg)
{
	struct asker *a = arg;
	struct client *c = client_new(a->run->deployment->nodes[NODE_API].url);

	client_timeout(c, 15000);
	a->scenario->ask(a->run, c);
	client_free(c);
	return NULL;
}

static void set_going(struct asker *a)
{
	a->asks =
		a->scenario->ask != NULL && pthread_create(&a->thread, NULL, ask, a) == 0;
	if (!a->asks && a->scenario->move != NULL)
		a->scenario->move(a->run);
}

static void let_end(struct asker *a)
{
	if (a->asks)
		(void)pthread_join(a->thread, NULL);
}

/* ---- processes that die are restarted */

/* Notes the failpoint that was reached, disarms it, and restarts processes that died. */
static void tend(struct run *r)
{
	struct bench *b = r->arg;
	int pid = 0;
	const char *name = armed_reached(&b->armed, &pid);

	if (name != NULL) {
		int index = armed_find(&b->armed, name);

		b->fired[index] = true;
		armed_unset(&b->armed, index);
		armed_go_on(&b->armed);
	}
	deployment_tend(&b->deployment);
}

/* Whoever dies at such a place is the provider. */
static bool may_die_at(const struct scenario *sc, const char *name)
{
	return place_of(name) != PLACE_STORE &&
	       !(sc->partner != PARTNER_STUBS && place_of(name) == PLACE_REMOTE);
}

static void arm(struct bench *b, const struct scenario *sc, const struct crash *crash)
{
	armed_clear(&b->armed);
	if (crash->chain) {
		for (uint32_t i = 0; i < atomic_load(&b->armed.map->count); i++) {
			if (!b->fired[i] && may_die_at(sc, b->armed.map->slots[i].name))
				armed_set(&b->armed, (int)i, 1, FAILPOINT_EXIT, 0);
		}
	} else if (crash->kind != NULL) {
		armed_set(&b->armed, crash->point, crash->nth, crash->kind->action, 0);
	}
}

/* A scenario that asks and moves: moves only when the request alone reaches no failpoint. */
static const char *wait_reached(struct bench *b, struct run *r, const struct scenario *sc,
                                int *ret_pid)
{
	const char *name = NULL;

	if (sc->ask != NULL && sc->move != NULL) {
		name = crash_wait(b, MOVE_MS, ret_pid);
		if (name == NULL)
			sc->move(r);
	}
	for (int ms = 0; ms < REACH_MS && name == NULL && sc->again; ms += MOVE_MS) {
		name = crash_wait(b, MOVE_MS, ret_pid);
		if (name == NULL)
			sc->move(r);
	}
	return name != NULL ? name : crash_wait(b, REACH_MS, ret_pid);
}

/* The node that has this pid; NODES: none. */
static int place_of_process(const struct deployment *d, int pid)
{
	int place = 0;

	while (place < NODES &&
	       (d->nodes[place].proc == NULL || proc_pid(d->nodes[place].proc) != pid))
		place++;
	return place;
}

static bool inject_crash(struct bench *b, struct run *r, const struct scenario *sc,
                         const struct crash *crash)
{
	int pid = 0;
	int node;

	b->missed = false;
	if (wait_reached(b, r, sc, &pid) == NULL) {
		armed_clear(&b->armed);
		return false;
	}
	node = place_of_process(&b->deployment, pid);
	if (crash->follow || crash->second >= 0)
		armed_forget(&b->armed);
	if (crash->second >= 0) {
		b->fired[crash->second] = false;
		armed_set(&b->armed, crash->second, 1, FAILPOINT_EXIT, 0);
	}
	crash->kind->inject(b, r, node);
	return !b->missed;
}

static void count_hits(struct bench *b, const struct scenario *sc,
                       uint32_t hits[FAILPOINT_MAX])
{
	for (uint32_t i = 0; i < atomic_load(&b->armed.map->count); i++) {
		uint32_t n = atomic_load(&b->armed.map->slots[i].hits);

		b->hit[i] |= n > 0;
		/* the customer asks again when all is over */
		if (strncmp(b->armed.map->slots[i].name, "start.be", 8) == 0 && n > 0)
			n = sc->ask != NULL;
		if (hits != NULL)
			hits[i] = n;
	}
}

static bool all_up(struct run *r)
{
	static const int roles[] = { NODE_STUBS, NODE_API, NODE_WORKER };

	for (size_t i = 0; i < 3; i++) {
		if (client_get(r->deployment->nodes[roles[i]].client,
		               "/api/v1/health/ready")
		            ->status != 200)
			return false;
	}
	return true;
}

static void ready(struct bench *b, struct run *r)
{
	node_spawn(&b->deployment.nodes[NODE_STUBS], NULL);
	node_spawn(&b->deployment.nodes[NODE_API], NULL);
	node_spawn(&b->deployment.nodes[NODE_WORKER], NULL);
	if (run_wait(r, all_up, "everybody ready"))
		run_begin(r);
}

enum verdict play(struct bench *b, const struct scenario *sc, const struct crash *crash,
                  uint32_t hits[FAILPOINT_MAX], char why[1024])
{
	static unsigned turn;
	struct asker asker = { .scenario = sc };
	bool reached = true;
	struct run r;

	armed_clear(&b->armed);
	run_init(&r, &b->deployment, b->records, sc->name);
	r.tend = tend;
	r.arg = b;
	r.ejects = sc->ejects;
	r.patient = ++turn % 2 == 0;
	ready(b, &r);
	sc->prepare(&r);
	asker.run = &r;
	arm(b, sc, crash);
	if (r.why[0] == '\0') {
		set_going(&asker);
		reached = crash->kind == NULL || crash->chain ||
		          inject_crash(b, &r, sc, crash);
		if (!crash->chain)
			let_end(&asker);
		(void)run_wait(&r, sc->reached, "what was to happen");
		if (crash->chain)
			let_end(&asker);
		(void)run_wait(&r, run_rests, "rest");
	}
	count_hits(b, sc, hits);
	tend(&r);
	reached = reached && (crash->second < 0 || b->fired[crash->second]);
	armed_clear(&b->armed);
	sc->finish(&r);
	run_judge(&r);
	if (crash->kind != NULL && crash->kind->clean_up != NULL)
		crash->kind->clean_up(b);
	(void)snprintf(why, 1024, "%s", r.why);
	return r.why[0] != '\0' ? VIOLATION : reached ? PLAYED : NOT_REACHED;
}
