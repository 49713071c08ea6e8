/* SPDX-License-Identifier: MIT
 *
 * crash_matrix.c - the command rent-crash-matrix: every scenario, every place in it, every
 * kind of death, on one database; see --help.
 */
#include <disk.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "matrix.h"

static const char usage[] =
	"rent-crash-matrix --db=sqlite|postgres [--pairs | --cover | --samples | --trace]\n"
	"                  [--scenario=NAME] [--kind=NAME] [--point=NAME] [--shard=I/N]\n"
	"                  [--keep] [-v]\n"
	"  (nothing)   every place that a scenario passes × every kind of crash that fits it\n"
	"  --pairs     a host dies at A, is started again, and dies at B while it recovers\n"
	"  --cover     a host dies at each place once, several times in one rental\n"
	"  --samples   every kind of crash, each where it hurts\n"
	"  --trace     what each scenario passes\n"
	"  --shard     of N parts the I-th; they may run side by side\n"
	"  --keep      leaves the files of a violation where they are\n";

const char *matrix_name(const struct totals *t, int point)
{
	return t->bench.armed.map->slots[point].name;
}

void matrix_merge(struct totals *t)
{
	for (int i = 0; i < FAILPOINT_MAX; i++) {
		t->fired[i] |= t->bench.fired[i];
		t->hit[i] |= t->bench.hit[i];
	}
}

static void close_bench(struct totals *t, bool keep)
{
	if (t->open) {
		matrix_merge(t);
		t->violations += !bench_close(&t->bench, keep);
	}
	t->open = false;
}

/* A bench that fits; the one at hand if it does. */
void matrix_bench(struct totals *t, const struct scenario *sc, const struct kind *kind)
{
	const struct fault_spec spec = { .db = t->o.db,
		                         .wires = t->o.db == DB_POSTGRES,
		                         .small_disk = kind != NULL && kind->disk,
		                         .refuse = sc->refuse,
		                         .stripe = sc->partner == PARTNER_STRIPE };

	if (t->open && (t->bench.deployment.spec.disk_kib > 0) == spec.small_disk &&
	    t->bench.refuse == spec.refuse && t->bench.stripe == spec.stripe)
		return;
	close_bench(t, false);
	memset(&t->bench, 0, sizeof(t->bench));
	bench_open(&t->bench, &spec);
	memcpy(t->bench.fired, t->fired, sizeof(t->fired));
	t->open = true;
}

static void say(const struct totals *t, const struct scenario *sc,
                const struct crash *crash, const char *what)
{
	if (crash->kind == NULL || crash->chain)
		(void)printf("%s %s", sc->name, crash->chain ? "cover" : "undisturbed");
	else
		(void)printf("%s %s %s:%d", sc->name, crash->kind->name,
		             matrix_name(t, crash->point), crash->nth);
	if (crash->second >= 0)
		(void)printf(" %s", matrix_name(t, crash->second));
	(void)printf(": %s\n", what);
	(void)fflush(stdout);
}

enum verdict matrix_run(struct totals *t, const struct scenario *sc,
                        const struct crash *crash, uint32_t hits[FAILPOINT_MAX])
{
	int64_t began = now_ms();
	enum verdict verdict;
	char why[1024], text[64];

	matrix_bench(t, sc, crash->kind);
	verdict = play(&t->bench, sc, crash, hits, why);
	t->runs++;
	t->violations += verdict == VIOLATION;
	t->unreached += verdict == NOT_REACHED;
	if (verdict == VIOLATION) {
		say(t, sc, crash, why);
		close_bench(t, t->o.keep);
	} else if (verdict == NOT_REACHED) {
		say(t, sc, crash, "not reached");
	} else if (t->o.verbose) {
		(void)snprintf(text, sizeof(text), "%lld ms",
		               (long long)(now_ms() - began));
		say(t, sc, crash, text);
	}
	return verdict;
}

/* The failpoints that a scenario passes when nothing dies. */
bool matrix_trace(struct totals *t, const struct scenario *sc,
                  uint32_t hits[FAILPOINT_MAX])
{
	const struct crash none = { .second = -1 };

	if (matrix_run(t, sc, &none, hits) != PLAYED)
		return false;
	for (int i = 0; t->o.trace && i < FAILPOINT_MAX; i++) {
		if (hits[i] > 0)
			(void)printf("%s\t%s\t%u\n", sc->name, matrix_name(t, i),
			             hits[i]);
	}
	return true;
}

bool matrix_fits(const struct totals *t, const struct scenario *sc,
                 const struct kind *kind, const char *name)
{
	if (sc->partner != PARTNER_STUBS &&
	    (place_of(name) == PLACE_REMOTE || kind_ends_provider(kind)))
		return false;
	/* What the other kinds do to an operation they do to those of the others. */
	if (sc->partner == PARTNER_STRIPE && kind != &kinds[0])
		return false;
	return (kind->dbs & 1U << t->o.db) != 0 &&
	       (kind->places & 1U << place_of(name)) != 0 &&
	       (t->o.kind == NULL || strcmp(t->o.kind, kind->name) == 0) &&
	       (t->o.point == NULL || strcmp(t->o.point, name) == 0);
}

static bool is_mine(struct totals *t)
{
	return t->next++ % t->o.shards == t->o.shard;
}

/* Purging passes its places all the time, and is dealt with by its own scenario. */
bool matrix_belongs(const struct scenario *sc, const char *name)
{
	return (strncmp(name, "purge.", 6) == 0) == (strcmp(sc->name, "purge") == 0);
}

static void matrix_of(struct totals *t, const struct scenario *sc)
{
	uint32_t hits[FAILPOINT_MAX] = { 0 };

	if (!matrix_trace(t, sc, hits))
		return;
	for (size_t k = 0; k < kind_count; k++) {
		for (int i = 0; i < FAILPOINT_MAX; i++) {
			/* where it is passed twice, both times; not where somebody only waits */
			int times = sc->partner == PARTNER_STRIPE ? 1 : 2;

			for (int nth = 1; nth <= times && (uint32_t)nth <= hits[i];
			     nth++) {
				const struct crash crash = { &kinds[k], i,     nth,
					                     -1,        false, false };
				char name[FAILPOINT_NAME];

				matrix_bench(t, sc, &kinds[k]);
				(void)snprintf(name, sizeof(name), "%s",
				               matrix_name(t, i));
				if (matrix_belongs(sc, name) &&
				    matrix_fits(t, sc, &kinds[k], name) && is_mine(t))
					(void)matrix_run(t, sc, &crash, NULL);
			}
		}
	}
}

/* B is whatever is passed after a death at A, found by one run of A alone. */
static void pairs_of(struct totals *t, const struct scenario *sc)
{
	uint32_t hits[FAILPOINT_MAX] = { 0 }, after[FAILPOINT_MAX];
	const struct kind *host = &kinds[0];

	if (strcmp(sc->name, "purge") == 0 || sc->partner == PARTNER_STRIPE ||
	    !matrix_trace(t, sc, hits))
		return;
	for (int a = 0; a < FAILPOINT_MAX; a++) {
		struct crash crash = { host, a, 1, -1, true, false };

		if (hits[a] == 0 || !matrix_fits(t, sc, host, matrix_name(t, a)) ||
		    !matrix_belongs(sc, matrix_name(t, a)) || !is_mine(t))
			continue;
		memset(after, 0, sizeof(after));
		if (matrix_run(t, sc, &crash, after) != PLAYED)
			continue;
		for (int b = 0; b < FAILPOINT_MAX; b++) {
			matrix_bench(t, sc, host);
			if (after[b] == 0 || !matrix_belongs(sc, matrix_name(t, b)) ||
			    place_of(matrix_name(t, b)) == PLACE_STORE)
				continue;
			crash.second = b;
			(void)matrix_run(t, sc, &crash, NULL);
		}
	}
}

static void cover_of(struct totals *t, const struct scenario *sc)
{
	const struct crash crash = { &kinds[0], 0, 1, -1, false, true };

	(void)matrix_run(t, sc, &crash, NULL);
}

static bool for_scenarios(struct totals *t,
                          void (*fn)(struct totals *t, const struct scenario *sc))
{
	bool any = false;

	for (size_t i = 0; i < scenario_count; i++) {
		if (t->o.scenario != NULL &&
		    strcmp(t->o.scenario, scenarios[i].name) != 0)
			continue;
		any = true;
		fn(t, &scenarios[i]);
	}
	return any;
}

static bool read_shard(struct options *o, const char *text)
{
	char *end;
	unsigned long i = strtoul(text, &end, 10), n;

	if (*end != '/')
		return false;
	n = strtoul(end + 1, &end, 10);
	if (*end != '\0' || i < 1 || i > n || n > 100)
		return false;
	o->shard = (unsigned)i - 1;
	o->shards = (unsigned)n;
	return true;
}

static bool read_option(struct options *o, const char *arg)
{
	if (strncmp(arg, "--db=", 5) == 0)
		return fault_db_read(arg + 5, &o->db);
	if (strncmp(arg, "--scenario=", 11) == 0)
		o->scenario = arg + 11;
	else if (strncmp(arg, "--kind=", 7) == 0)
		o->kind = arg + 7;
	else if (strncmp(arg, "--point=", 8) == 0)
		o->point = arg + 8;
	else if (strncmp(arg, "--shard=", 8) == 0)
		return read_shard(o, arg + 8);
	else if (strcmp(arg, "--pairs") == 0)
		o->pairs = true;
	else if (strcmp(arg, "--cover") == 0)
		o->cover = true;
	else if (strcmp(arg, "--samples") == 0)
		o->samples = true;
	else if (strcmp(arg, "--trace") == 0)
		o->trace = true;
	else if (strcmp(arg, "--keep") == 0)
		o->keep = true;
	else if (strcmp(arg, "-v") == 0)
		o->verbose = true;
	else
		return false;
	return true;
}

static void only_trace(struct totals *t, const struct scenario *sc)
{
	uint32_t hits[FAILPOINT_MAX] = { 0 };

	(void)matrix_trace(t, sc, hits);
}

int main(int argc, char **argv)
{
	static struct totals t = { .o = { .shards = 1 } };
	bool any = true;

	for (int i = 1; i < argc; i++) {
		if (!read_option(&t.o, argv[i])) {
			(void)fputs(usage, stderr);
			return 64;
		}
	}
	disk_private();
	if (t.o.samples)
		cover_samples(&t);
	else
		any = for_scenarios(&t, t.o.pairs   ? pairs_of
		                        : t.o.cover ? cover_of
		                        : t.o.trace ? only_trace
		                                    : matrix_of);
	if (t.o.cover && t.o.scenario == NULL)
		cover_rest(&t);
	close_bench(&t, false);
	(void)printf("%u runs, %u violations, %u not reached\n", t.runs, t.violations,
	             t.unreached);
	return any && t.violations == 0 ? 0 : 1;
}
