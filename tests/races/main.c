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
	enum fault_db db;
	unsigned rounds;
	const char *race;
	bool keep;
};

static void open_deployment(struct deployment *d, enum fault_db db)
{
	const struct fault_spec spec = { .db = db };

	fault_deployment_init(d, &spec);
	node_start(&d->nodes[NODE_STUBS], NULL);
	node_spawn(&d->nodes[NODE_API], NULL);
	if (db == DB_POSTGRES)
		node_spawn(&d->nodes[NODE_API2], NULL);
	node_spawn(&d->nodes[NODE_WORKER], NULL);
	node_spawn(&d->nodes[NODE_WORKER2], NULL);
	for (int role = 0; role < NODES; role++) {
		if (d->nodes[role].proc != NULL)
			node_wait(&d->nodes[role]);
	}
}

/* False: a violation, which is reported. */
static bool run_round(struct deployment *d, struct records *t, const struct race *race,
                      bool audit)
{
	static struct ring ring;

	memset(&ring, 0, sizeof(ring));
	ring.hosts = fault_deployment_db(d) == DB_POSTGRES ? 2 : 1;
	run_init(&ring.run, d, t, race->name);
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
	struct records *t;
	struct deployment d;
	bool good;

	open_deployment(&d, o->db);
	t = records_new(&d);
	for (unsigned i = 1; i <= o->rounds; i++)
		violations += !run_round(&d, t, race, i == o->rounds || i % 50 == 0);
	(void)printf("%-20s %u rounds, %u violations, %lld ms\n", race->name, o->rounds,
	             violations, (long long)(now_ms() - began));
	(void)fflush(stdout);
	records_free(t);
	good = fault_deployment_close(&d, o->keep && violations > 0);
	return good && violations == 0;
}

/* Those that were asked for. */
static bool run_races(const struct race *list, size_t n, const struct options *o,
                      bool *any)
{
	bool good = true;

	for (size_t i = 0; i < n; i++) {
		if (o->race != NULL && strcmp(o->race, list[i].name) != 0)
			continue;
		*any = true;
		good = run_race(&list[i], o) && good;
	}
	return good;
}

static bool read_option(struct options *o, const char *arg)
{
	if (strncmp(arg, "--db=", 5) == 0)
		return fault_db_read(arg + 5, &o->db);
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
	bool any = false, good;

	for (int i = 1; i < argc; i++) {
		if (!read_option(&o, argv[i])) {
			(void)fputs(usage, stderr);
			return 64;
		}
	}
	good = run_races(races, race_count, &o, &any);
	good = run_races(races_of_returns, race_of_returns_count, &o, &any) && good;
	return any && good ? 0 : 1;
}
