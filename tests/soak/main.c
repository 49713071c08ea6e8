/* SPDX-License-Identifier: MIT
 *
 * main.c - the chaos soak: a whole deployment under load and in trouble for a while, then at
 * rest, then judged. Ends with 0 when no rule was broken, 1 when one was, 2 when the soak itself
 * could not go on.
 */
#include "check.h"
#include "city.h"
#include "load.h"
#include "nemesis.h"
#include "rest.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define SETTLE_S  60 /* for the customers, once everything works again */
#define REST_MS   INT64_C(120000)
#define WARMUP_MS 1000

static const char usage[] =
	"rent-soak - rentald under load and in trouble, then judged\n"
	"\n"
	"  --minutes=N      how long there is trouble (default 10)\n"
	"  --seconds=N      … in seconds\n"
	"  --seed=N         decides who comes and what goes wrong (default: the time)\n"
	"  --rate=N         customers a minute (default 480)\n"
	"  --cabinets       one quarter has the cabinets of a cloud, with faults of their own\n"
	"  --keep           leave the files of the soak where they are\n"
	"  --check=FOLDER   only judge the files of an earlier soak\n";

struct options {
	int64_t seconds;
	uint64_t seed;
	unsigned rate;
	bool keep;
	const char *check;
};

struct soak {
	struct options o;
	char *dir;
	struct pair pair;
	struct fleet fleet;
	struct nemesis nemesis;
	struct load load;
	struct history *history;
	int failures; /* other than broken rules */
};

static volatile bool stopped;

static void on_signal(int sig)
{
	(void)sig;
	stopped = true;
}

static void failure(struct soak *s, const char *what)
{
	(void)printf("FAILED    %s\n", what);
	s->failures++;
}

static int judge(const char *dir)
{
	struct check c;
	int ret = 2;

	if (check_load(&c, dir, stdout)) {
		ret = check_run(&c) == 0 ? 0 : 1;
		check_report(&c);
		(void)printf("%zu rentals, %zu calls, %zu entries in the book, %lld "
		             "violations\n",
		             json_array_size(c.rentals), json_array_size(c.calls),
		             json_array_size(c.book), (long long)c.violations);
	}
	check_done(&c);
	return ret;
}

/* ---- the parts of a soak */

static bool set_up(struct soak *s)
{
	char path[300];

	s->dir = scratch_new();
	/* The database runs as somebody without rights, below this folder. */
	(void)chmod(s->dir, 0755);
	(void)printf("seed %llu, %lld s, %u customers a minute, in %s\n",
	             (unsigned long long)s->o.seed, (long long)s->o.seconds, s->o.rate,
	             s->dir);
	(void)fflush(stdout);
	pair_open(&s->pair, s->dir);
	(void)snprintf(path, sizeof(path), "%s/history.jsonl", s->dir);
	s->history = history_new(path);
	history_note(s->history, "world", city_expected());
	return fleet_open(&s->fleet, s->dir, &s->pair);
}

static void under_load(struct soak *s)
{
	s->load.history = s->history;
	s->load.rate = s->o.rate;
	s->load.seed = s->o.seed;
	for (unsigned i = 0; i < FLEET_APIS; i++)
		s->load.urls[i] = fleet_node(&s->fleet, i)->url;
	s->load.stubs = fleet_node(&s->fleet, FLEET_STUBS)->url;
	nemesis_open(&s->nemesis, &s->fleet, &s->pair, s->history, s->o.seed);
	load_start(&s->load);
	(void)nemesis_run(&s->nemesis, s->o.seconds, &stopped);
	if (!nemesis_heal(&s->nemesis))
		failure(s, "not every host was ready again after the faults");
	if (!load_finish(&s->load, SETTLE_S))
		failure(s, "a customer asked for a minute in calm and got no answer");
}

static void come_to_rest(struct soak *s)
{
	int64_t took = rest_wait(&s->pair, REST_MS);
	char path[300];

	if (took < 0)
		failure(s, "it did not come to rest");
	for (unsigned i = FLEET_STUBS; i-- > 0;) {
		if (node_terminate(fleet_node(&s->fleet, i)) != 0)
			failure(s, "a host did not end well");
	}
	(void)snprintf(path, sizeof(path), "%s/database.jsonl", s->dir);
	rest_dump(&s->pair, path);
	(void)printf("at rest %lld ms after the last customer had left\n",
	             (long long)took);
}

/* A command that must find nothing. */
static void judged_by(struct soak *s, const char *name,
                      struct proc *(*command)(struct fleet *f, const char *log))
{
	char path[300], what[80];
	struct proc *p;
	int code;

	(void)snprintf(path, sizeof(path), "%s/%s-last", s->dir, name);
	p = command(&s->fleet, path);
	code = p == NULL ? -1 : proc_join(p, REST_MS);
	proc_free(p);
	if (code != 0) {
		char *text = file_read(path);

		(void)printf("%s", text == NULL ? "" : text);
		free(text);
		(void)snprintf(what, sizeof(what), "rentald --%s ends with %d", name,
		               code);
		failure(s, what);
	}
}

static void report(struct soak *s)
{
	if (s->fleet.deployment.crashes > 0)
		failure(s, "a process ended by itself; see its log");
	if (s->nemesis.bad_ends > 0)
		failure(s, "a host that was asked to end did not end with 0");
	if (s->nemesis.breaches > 0)
		failure(s, "an audit of the running system found a breach");
	(void)printf("%u customers came, %u at once at most, latest %lld ms after "
	             "schedule, %u turned away, %u unresolved\n",
	             atomic_load(&s->load.arrived), s->load.most_here,
	             (long long)(s->load.latest_us / 1000), s->load.turned_away,
	             atomic_load(&s->load.unresolved));
	(void)printf(
		"%d faults, %d starts repeated for want of a database, %d audits of the "
		"running system\n",
		s->nemesis.faults, s->fleet.deployment.expected_ends, s->nemesis.audits);
}

static void tear_down(struct soak *s, bool keep)
{
	nemesis_close(&s->nemesis);
	fleet_close(&s->fleet);
	pair_close(&s->pair);
	if (keep)
		(void)printf("the files are in %s\n", s->dir);
	else
		scratch_free(s->dir);
}

static int soak(struct soak *s)
{
	int ret = 2;

	if (set_up(s)) {
		under_load(s);
		come_to_rest(s);
		judged_by(s, "audit", fleet_audit);
		if (city_cloud)
			judged_by(s, "reconcile=stations", fleet_reconcile);
		if (node_terminate(fleet_node(&s->fleet, FLEET_STUBS)) != 0)
			failure(s, "the stubs did not end well");
		history_free(s->history);
		report(s);
		ret = judge(s->dir);
		ret = ret == 0 && s->failures > 0 ? 1 : ret;
	} else {
		failure(s, "the hosts did not become ready; see their logs");
	}
	tear_down(s, s->o.keep || ret != 0);
	(void)printf("%s\n", ret == 0 ? "ok" : "FAILED");
	return ret;
}

/* ---- options */

static bool number(const char *text, int64_t low, int64_t high, int64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoll(text, &end, 10);
	if (errno == 0 && end != text && *end == '\0' && *ret >= low && *ret <= high)
		return true;
	(void)fprintf(stderr, "rent-soak: '%s' is not a number from %lld to %lld\n", text,
	              (long long)low, (long long)high);
	return false;
}

static bool parse(int argc, char **argv, struct options *o)
{
	static const struct option longs[] = {
		{ "minutes", required_argument, NULL, 'm' },
		{ "seconds", required_argument, NULL, 's' },
		{ "seed", required_argument, NULL, 'S' },
		{ "rate", required_argument, NULL, 'r' },
		{ "cabinets", no_argument, NULL, 'C' },
		{ "keep", no_argument, NULL, 'k' },
		{ "check", required_argument, NULL, 'c' },
		{ NULL, 0, NULL, 0 },
	};
	int64_t v = 0;
	bool good = true;
	int opt;

	while (good && (opt = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		if (opt == 'm' && (good = number(optarg, 1, 1440, &v)))
			o->seconds = v * 60;
		else if (opt == 's' && (good = number(optarg, 1, 86400, &v)))
			o->seconds = v;
		else if (opt == 'S' && (good = number(optarg, 1, INT64_MAX, &v)))
			o->seed = (uint64_t)v;
		else if (opt == 'r' && (good = number(optarg, 1, 60000, &v)))
			o->rate = (unsigned)v;
		else if (opt == 'C')
			city_cloud = true;
		else if (opt == 'k')
			o->keep = true;
		else if (opt == 'c')
			o->check = optarg;
		else if (opt == '?')
			good = false;
	}
	return good && optind == argc;
}

int main(int argc, char **argv)
{
	static struct soak s = { .o = { .seconds = 600, .rate = 480 } };
	struct sigaction act = { .sa_handler = on_signal };

	s.o.seed = (uint64_t)wall_us() / 1000;
	if (!parse(argc, argv, &s.o)) {
		(void)fputs(usage, stderr);
		return 64;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigaction(SIGINT, &act, NULL);
	(void)sigaction(SIGTERM, &act, NULL);
	return s.o.check != NULL ? judge(s.o.check) : soak(&s);
}
