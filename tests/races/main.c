/* SPDX-License-Identifier: MIT
 *
 * main.c - the command rent-races: rounds of each race on one database, with one API host on
 * SQLite and two on PostgreSQL, and two workers; see --help.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "race.h"

static const char usage[] =
	"rent-races --db=sqlite|postgres [--rounds=N] [--race=NAME] [--keep]\n";

struct options {
	enum site_db db;
	unsigned rounds;
	const char *race;
	bool keep;
};

static void open_site(struct site *s, enum site_db db)
{
	const struct site_spec spec = { .db = db };

	site_init(s, &spec);
	site_start(s, SITE_STUBS);
	site_spawn(s, SITE_API);
	if (db == SITE_POSTGRES)
		site_spawn(s, SITE_API2);
	site_spawn(s, SITE_WORKER);
	site_spawn(s, SITE_WORKER2);
	for (int role = 0; role < SITE_ROLES; role++) {
		if (s->procs[role] != NULL)
			site_wait(s, (enum site_role)role);
	}
}

/* False: a violation, which is told. */
static bool run_round(struct site *s, struct truth *t, const struct race *race,
                      bool audit)
{
	static struct ring ring;

	memset(&ring, 0, sizeof(ring));
	ring.hosts = s->spec.db == SITE_POSTGRES ? 2 : 1;
	run_init(&ring.run, s, t, race->name);
	ring.run.unaudited = !audit;
	run_begin(&ring.run);
	race->round(&ring);
	run_judge(&ring.run);
	if (ring.run.why[0] != '\0')
		(void)printf("%s %s: %s\n", race->name, ring.run.user, ring.run.why);
	return ring.run.why[0] == '\0';
}

static bool run_race(const struct race *race, const struct options *o)
{
	int64_t began = now_ms();
	unsigned violations = 0;
	struct truth *t;
	struct site s;

	open_site(&s, o->db);
	t = truth_new(&s);
	for (unsigned i = 1; i <= o->rounds; i++)
		violations += !run_round(&s, t, race, i == o->rounds || i % 50 == 0);
	(void)printf("%-20s %u rounds, %u violations, %lld ms\n", race->name, o->rounds,
	             violations, (long long)(now_ms() - began));
	(void)fflush(stdout);
	truth_free(t);
	for (int role = SITE_ROLES - 1; role >= 0; role--)
		violations += !site_end(&s, (enum site_role)role);
	site_done(&s, o->keep && violations > 0);
	return violations == 0;
}

static bool read_option(struct options *o, const char *arg)
{
	if (strncmp(arg, "--db=", 5) == 0)
		return site_db_read(arg + 5, &o->db);
	if (strncmp(arg, "--rounds=", 9) == 0)
		o->rounds = (unsigned)strtoul(arg + 9, NULL, 10);
	else if (strncmp(arg, "--race=", 7) == 0)
		o->race = arg + 7;
	else if (strcmp(arg, "--keep") == 0)
		o->keep = true;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	struct options o = { .rounds = 12 };
	bool any = false, good = true;

	for (int i = 1; i < argc; i++) {
		if (!read_option(&o, argv[i])) {
			(void)fputs(usage, stderr);
			return 64;
		}
	}
	for (size_t i = 0; i < race_count; i++) {
		if (o.race != NULL && strcmp(o.race, races[i].name) != 0)
			continue;
		any = true;
		good = run_race(&races[i], &o) && good;
	}
	return any && good ? 0 : 1;
}
