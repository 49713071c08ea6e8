/* SPDX-License-Identifier: MIT
 *
 * main.c - the command:
 *
 *     rent-sim [--plugins=DIR] [--corpus=FILE] [--seeds=N] [--first=SEED] [--jobs=N]
 *              [--stop-after=FAILURES] [--keep]     many seeds; --keep adds failures to FILE
 *     rent-sim [--plugins=DIR] --first=SEED --trace one seed, told
 *
 * With --rules=NAME the rules of the earlier implementation, or a reference without them,
 * take the place of ours; --rules=list names them.
 */
#include <limits.h>
#include <malloc.h>
#include <stdlib.h>

#include "sim.h"

static const char *plugins = "plugins", *rules = "ours";
static struct many many = { .first = 1, .seeds = 1000, .jobs = 2 };

static void report_ops(void)
{
	int kind;

	printf("operations:");
	for (kind = RENT_OP_HOLD; kind <= RENT_OP_EJECT; kind++)
		printf(" %s %" PRIu64 ",", rent_name_of(rent_op_kind_names, kind),
		       sim_counts.ops[kind]);
	printf(" of them given up as MANUAL %" PRIu64 ", resolved by hand %" PRIu64 "\n",
	       sim_counts.manual, sim_counts.resolved);
}

static void report_cabinets(void)
{
	printf("cabinets: given out %" PRIu64 ", put back %" PRIu64
	       ", reports taken %" PRIu64 "; ended by the cabinet %" PRIu64
	       ", by the customer %" PRIu64 ", by a reissue %" PRIu64
	       ", after a buyout %" PRIu64 "\n",
	       sim_counts.ejects, sim_counts.returns, sim_counts.events,
	       sim_counts.by_cabinet, sim_counts.by_customer, sim_counts.by_reissue,
	       sim_counts.reopened);
}

static void report(unsigned failures)
{
	size_t i;

	printf("seeds %" PRIu64 ", violations %u, steps %" PRIu64 ", rentals %" PRIu64
	       " (bought out %" PRIu64 "), host crashes %" PRIu64 "\n",
	       sim_counts.seeds + failures, failures, sim_counts.steps,
	       sim_counts.rentals, sim_counts.buyouts, sim_counts.crashes);
	report_ops();
	report_cabinets();
	printf("faults %" PRIu64 ":\n", sim_counts.faults);
	for (i = 0; i < FAULT_COUNT; i++)
		printf("  %-26s %" PRIu64 "\n", sim_fault_names[i],
		       sim_counts.by_fault[i]);
}

static bool parse(const char *arg)
{
	const char *value = strchr(arg, '=');

	value = value == NULL ? "" : value + 1;
	if (strncmp(arg, "--plugins=", 10) == 0)
		plugins = value;
	else if (strncmp(arg, "--rules=", 8) == 0)
		rules = value;
	else if (strncmp(arg, "--corpus=", 9) == 0)
		many.corpus = value;
	else if (strncmp(arg, "--seeds=", 8) == 0)
		many.seeds = strtoull(value, NULL, 10);
	else if (strncmp(arg, "--first=", 8) == 0)
		many.first = strtoull(value, NULL, 10);
	else if (strncmp(arg, "--jobs=", 7) == 0)
		many.jobs = (int)strtol(value, NULL, 10);
	else if (strncmp(arg, "--stop-after=", 13) == 0)
		many.stop_after = (int)strtol(value, NULL, 10);
	else if (strcmp(arg, "--keep") == 0)
		many.keep = true;
	else if (strcmp(arg, "--trace") == 0)
		sim_telling = true;
	else
		return false;
	return true;
}

/* What a seed needed, the next one needs again: the memory stays with the process. The allocator of
 * a sanitizer knows no such thing, and says so. */
static void keep_memory(void)
{
	(void)mallopt(M_TRIM_THRESHOLD, INT_MAX);
	(void)mallopt(M_MMAP_MAX, 0);
}

int main(int argc, char **argv)
{
	char replay[600];
	unsigned failures;
	int i;

	keep_memory();
	for (i = 1; i < argc; i++) {
		if (!parse(argv[i])) {
			(void)fprintf(stderr, "rent-sim: unknown argument '%s'\n",
			              argv[i]);
			return 64;
		}
	}
	if (!rules_choose(rules)) {
		rules_list();
		return strcmp(rules, "list") == 0 ? 0 : 64;
	}
	sim_plugins_load(plugins);
	if (sim_telling) {
		seed_run(many.first);
		return 0;
	}
	(void)snprintf(replay, sizeof(replay), "%s --plugins=%s%s%s", argv[0], plugins,
	               strcmp(rules, "ours") == 0 ? "" : " --rules=",
	               strcmp(rules, "ours") == 0 ? "" : rules);
	many.replay = replay;
	failures = many_run(&many);
	report(failures);
	return failures == 0 ? 0 : 1;
}
