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

void bench_open(struct bench *b, enum site_db db, bool refuse, bool disk)
{
	struct site_spec spec = { .db = db,
		                  .wires = db == SITE_POSTGRES,
		                  .small_disk = disk };
	struct arms arms = { .map = NULL };

	if (refuse)
		spec.sets[0] = "--set=instances.core.options.deposit_policy=refuse";
	site_init(&b->site, &spec);
	if (!arms_new(&arms, b->site.dir))
		site_die(&b->site,
		         "there are no failpoints in %s: build with "
		         "-DRENT_FAILPOINTS=ON",
		         build_dir());
	b->arms = arms;
	b->site.spec.failpoints = b->arms.path;
	b->truth = truth_new(&b->site);
	site_spawn(&b->site, SITE_STUBS);
	site_spawn(&b->site, SITE_WORKER);
	site_start(&b->site, SITE_API);
	site_wait(&b->site, SITE_STUBS);
	site_wait(&b->site, SITE_WORKER);
}

bool bench_close(struct bench *b, bool keep)
{
	bool good = true;

	for (int role = SITE_ROLES - 1; role >= 0 && !keep; role--)
		good = site_end(&b->site, (enum site_role)role) && good;
	truth_free(b->truth);
	site_done(&b->site, keep);
	arms_free(&b->arms);
	return good;
}

/* ---- who asks, beside us */
struct asker {
	pthread_t thread;
	const struct scenario *scenario;
	struct run *run;
	bool asks;
};

static void *ask(void *arg)
{
	struct asker *a = arg;
	struct client *c = client_new(a->run->site->urls[SITE_API]);

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

/* ---- whoever dies is started again */

/* The next death is noted, and that point is none any more. */
static void tend(struct run *r)
{
	struct bench *b = r->arg;
	int pid = 0;
	const char *name = arms_reached(&b->arms, &pid);

	if (name != NULL) {
		int index = arms_find(&b->arms, name);

		b->fired[index] = true;
		arms_unset(&b->arms, index);
		arms_go_on(&b->arms);
	}
	(void)site_tend(&b->site);
}

static void arm(struct bench *b, const struct blow *blow)
{
	arms_clear(&b->arms);
	if (blow->chain) {
		for (uint32_t i = 0; i < atomic_load(&b->arms.map->count); i++) {
			if (!b->fired[i] &&
			    place_of(b->arms.map->slots[i].name) != PLACE_STORE)
				arms_set(&b->arms, (int)i, 1, FAILPOINT_EXIT, 0);
		}
	} else if (blow->kind != NULL) {
		arms_set(&b->arms, blow->point, blow->nth, blow->kind->action, 0);
	}
}

/* What is moved after it was asked comes when nothing more happens without it. */
static const char *wait_reached(struct bench *b, struct run *r, const struct scenario *sc,
                                int *ret_pid)
{
	const char *name = NULL;

	if (sc->ask != NULL && sc->move != NULL) {
		name = blow_wait(b, MOVE_MS, ret_pid);
		if (name == NULL)
			sc->move(r);
	}
	return name != NULL ? name : blow_wait(b, REACH_MS, ret_pid);
}

static bool deal(struct bench *b, struct run *r, const struct scenario *sc,
                 const struct blow *blow)
{
	int pid = 0;
	enum site_role who;

	b->missed = false;
	if (wait_reached(b, r, sc, &pid) == NULL) {
		arms_clear(&b->arms);
		return false;
	}
	who = site_role_of(&b->site, pid);
	if (blow->follow || blow->second >= 0)
		arms_forget(&b->arms);
	if (blow->second >= 0) {
		b->fired[blow->second] = false;
		arms_set(&b->arms, blow->second, 1, FAILPOINT_EXIT, 0);
	}
	blow->kind->deal(b, r, who);
	return !b->missed;
}

static void count_hits(struct bench *b, uint32_t hits[FAILPOINT_MAX])
{
	for (uint32_t i = 0; i < atomic_load(&b->arms.map->count); i++) {
		uint32_t n = atomic_load(&b->arms.map->slots[i].hits);

		b->hit[i] |= n > 0;
		/* the customer asks again when all is over */
		if (strncmp(b->arms.map->slots[i].name, "start.be", 8) == 0 && n > 1)
			n = 1;
		if (hits != NULL)
			hits[i] = n;
	}
}

static bool all_up(struct run *r)
{
	static const enum site_role roles[] = { SITE_STUBS, SITE_API, SITE_WORKER };

	for (size_t i = 0; i < 3; i++) {
		if (client_get(r->site->clients[roles[i]], "/api/v1/health/ready")
		            ->status != 200)
			return false;
	}
	return true;
}

static void ready(struct bench *b, struct run *r)
{
	site_spawn(&b->site, SITE_STUBS);
	site_spawn(&b->site, SITE_API);
	site_spawn(&b->site, SITE_WORKER);
	if (run_wait(r, all_up, "everybody ready"))
		run_begin(r);
}

enum verdict play(struct bench *b, const struct scenario *sc, const struct blow *blow,
                  uint32_t hits[FAILPOINT_MAX], char why[1024])
{
	static unsigned turn;
	struct asker asker = { .scenario = sc };
	bool reached = true;
	struct run r;

	arms_clear(&b->arms);
	run_init(&r, &b->site, b->truth, sc->name);
	r.tend = tend;
	r.arg = b;
	r.ejects = sc->ejects;
	r.patient = ++turn % 2 == 0;
	ready(b, &r);
	sc->prepare(&r);
	asker.run = &r;
	arm(b, blow);
	if (r.why[0] == '\0') {
		set_going(&asker);
		reached = blow->kind == NULL || blow->chain || deal(b, &r, sc, blow);
		if (!blow->chain)
			let_end(&asker);
		(void)run_wait(&r, sc->reached, "what was to happen");
		if (blow->chain)
			let_end(&asker);
		(void)run_wait(&r, run_rests, "rest");
	}
	count_hits(b, hits);
	tend(&r);
	reached = reached && (blow->second < 0 || b->fired[blow->second]);
	arms_clear(&b->arms);
	sc->finish(&r);
	run_judge(&r);
	if (blow->kind != NULL && blow->kind->mend != NULL)
		blow->kind->mend(b);
	(void)snprintf(why, 1024, "%s", r.why);
	return r.why[0] != '\0' ? VIOLATION : reached ? PLAYED : NOT_REACHED;
}
