/* SPDX-License-Identifier: MIT
 *
 * main.c - seeds: each draws a world, runs it with faults (safety), then without (liveness),
 * and checks. Seeds run in child processes, so that a crash of the code under test is a
 * failure with a number like any other.
 *
 *     rent-sim [--plugins=DIR] [--seeds=N] [--first=SEED] [--trace] [--corpus=FILE]
 *              [--jobs=N] [--defences-off=BITS]
 */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define CHUNK      100
#define TRACE_KEPT 400
#define SAFETY     (12 * RENT_HOUR)
#define LIVENESS   (96 * RENT_HOUR)

struct sim_params sim;
bool sim_faults;
struct sim_counts sim_counts;
static uint64_t state;
static bool trace_all;
static uint32_t sabotage;
static char (*kept)[256];
static size_t kept_count;

const char *const sim_fault_names[FAULT_COUNT] = {
	"not sent",
	"request lost",
	"reply lost",
	"late",
	"duplicate",
	"pending",
	"declined",
	"not executed",
	"part only",
	"HTTP 500",
	"database away",
	"commit in doubt, done",
	"commit in doubt, not done",
	"host dies",
	"eject refused",
	"wrong powerbank",
	"host paused",
	"key pruned",
	"hold expired",
	"operator edits",
};

uint64_t sim_random(void)
{
	uint64_t z = (state += UINT64_C(0x9e3779b97f4a7c15));

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

int64_t sim_between(int64_t low, int64_t high)
{
	return low + (int64_t)(sim_random() % (uint64_t)(high - low + 1));
}

bool sim_chance(int per_mille)
{
	return sim_between(0, 999) < per_mille;
}

bool sim_fault(enum sim_fault fault, int per_mille)
{
	if (!sim_faults || per_mille == 0 || !sim_chance(per_mille))
		return false;
	sim_counts.faults++;
	sim_counts.by_fault[fault]++;
	sim_trace("fault: %s", sim_fault_names[fault]);
	return true;
}

void sim_trace(const char *fmt, ...)
{
	char *line = kept[kept_count++ % TRACE_KEPT];
	va_list ap;
	int n = snprintf(line, 256, "%12.3f n%d ", (double)(sim_now - SIM_EPOCH) / 1e6,
	                 fiber_node());

	va_start(ap, fmt);
	(void)vsnprintf(line + n, 256 - (size_t)n, fmt, ap);
	va_end(ap);
	if (trace_all)
		(void)fprintf(stderr, "%s\n", line);
}

void sim_fail(const char *fmt, ...)
{
	va_list ap;
	size_t i;

	if (!trace_all) {
		size_t from = kept_count > 30 ? kept_count - 30 : 0;

		for (i = from; i < kept_count; i++)
			(void)fprintf(stderr, "  %s\n", kept[i % TRACE_KEPT]);
	}
	(void)fprintf(stderr, "seed %" PRIu64 " step %" PRIu64 ": ", sim.seed, sim_steps);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fprintf(stderr, "\n");
	_exit(3);
}

static int some(int per_mille)
{
	return sim_chance(400) ? 0 : (int)sim_between(1, per_mille);
}

static void draw_world(uint64_t seed)
{
	static const int64_t windows[] = { 0, 10 * RENT_MINUTE, RENT_HOUR, 24 * RENT_HOUR,
		                           24 * RENT_HOUR };

	state = seed * UINT64_C(0xd1342543de82ef95) + 1;
	sim = (struct sim_params){
		.seed = seed,
		.nodes = (int)sim_between(1, SIM_NODES),
		.clients = (int)sim_between(1, 5),
		.not_sent = some(100),
		.lost_request = some(60),
		.lost_reply = some(60),
		.late = some(60),
		.duplicate = some(60),
		.pending = some(100),
		.declined = some(200),
		.not_executed = some(100),
		.partial = some(60),
		.fail_500 = some(60),
		.storage_down = some(20),
		.storage_in_doubt_done = some(10),
		.storage_in_doubt_not = some(10),
		.crash = some(8),
		.refuse_eject = some(150),
		.wrong_powerbank = sim_chance(300) ? 200 : 0,
		.resend_us = windows[sim_between(0, 4)],
		.lookup_settle_us = RENT_MINUTE,
		.lookup = sim_chance(700),
		.lookup_final = sim_chance(700),
		.capture_releases = sim_chance(250),
		.refuse_policy = sim_chance(200),
		.hold_us = sim_chance(150) ? sim_between(1, 3) * RENT_HOUR : 0,
		.deposit = sim_chance(100) ? 0 : sim_between(1, 600),
		.price = sim_between(1, 3000),
		.operator_edits = sim_chance(200),
		.slow_tick = sim_chance(700),
	};
	sim.workers = (int)sim_between(1, sim.nodes);
}

static int64_t store_clock(void *arg)
{
	(void)arg;
	return sim_now;
}

static void run_seed(uint64_t seed)
{
	struct memstore *m;
	int node;

	draw_world(seed);
	kept_count = 0;
	sched_reset();
	world_reset();
	m = memstore_new(store_clock, NULL);
	memstore_sabotage(m, sabotage);
	nodes_reset(m);
	sim_faults = true;
	for (node = 0; node < sim.nodes; node++)
		node_start(node);
	actors_start();
	sched_run(SIM_EPOCH + SAFETY, actors_done);
	sim_trace("faults off");
	sim_faults = false;
	sched_run(sim_now + LIVENESS, all_settled);
	if (!actors_done())
		sim_fail("a client is still waiting");
	sim_trace("settled or given up after %" PRId64 " s",
	          (sim_now - SIM_EPOCH) / RENT_SECOND);
	check_final();
	memstore_free(m);
}

/* ---- many */

static struct {
	const char *plugins, *corpus;
	uint64_t first, seeds;
	int jobs;
} options = { "plugins", NULL, 1, 1000, 2 };

struct shared_counts {
	struct sim_counts counts;
	uint64_t steps, seeds;
};

static int run_chunk(uint64_t first, uint64_t n, int fd)
{
	struct shared_counts total = { .seeds = n };
	uint64_t seed;

	for (seed = first; seed < first + n; seed++) {
		run_seed(seed);
		total.steps += sim_steps;
	}
	total.counts = sim_counts;
	return write(fd, &total, sizeof(total)) == (ssize_t)sizeof(total) ? 0 : 1;
}

static void add_counts(struct shared_counts *sum, const struct shared_counts *one)
{
	size_t i;

	sum->steps += one->steps;
	sum->seeds += one->seeds;
	sum->counts.starts += one->counts.starts;
	sum->counts.stops += one->counts.stops;
	sum->counts.rentals += one->counts.rentals;
	sum->counts.charges += one->counts.charges;
	sum->counts.crashes += one->counts.crashes;
	sum->counts.faults += one->counts.faults;
	sum->counts.resumed += one->counts.resumed;
	sum->counts.in_doubt += one->counts.in_doubt;
	for (i = 0; i < FAULT_COUNT; i++)
		sum->counts.by_fault[i] += one->counts.by_fault[i];
}

static void report(const struct shared_counts *t, unsigned failures)
{
	size_t i;

	printf("seeds %" PRIu64 ", steps %" PRIu64 ", rentals %" PRIu64
	       ", charges %" PRIu64 ", host crashes %" PRIu64 ", faults %" PRIu64
	       ", violations %u\n",
	       t->seeds, t->steps, t->counts.rentals, t->counts.charges,
	       t->counts.crashes, t->counts.faults, failures);
	for (i = 0; i < FAULT_COUNT; i++) {
		if (t->counts.by_fault[i] > 0)
			printf("  %-26s %" PRIu64 "\n", sim_fault_names[i],
			       t->counts.by_fault[i]);
	}
}

/* A child has ended: its counts, or a failure. */
static unsigned gather(int status, int fd, struct shared_counts *total)
{
	struct shared_counts one;

	if (WIFSIGNALED(status))
		(void)fprintf(stderr, "a chunk died of signal %d\n", WTERMSIG(status));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return 1;
	if (read(fd, &one, sizeof(one)) != (ssize_t)sizeof(one))
		return 1;
	add_counts(total, &one);
	if (options.seeds > 5000 && total->seeds % 5000 < CHUNK)
		(void)fprintf(stderr, "%" PRIu64 " seeds\n", total->seeds);
	return 0;
}

static unsigned run_many(struct shared_counts *total)
{
	uint64_t next = options.first, end = options.first + options.seeds;
	unsigned failures = 0;
	int running = 0, fds[2], status;

	if (pipe(fds) != 0)
		abort();
	while (next < end || running > 0) {
		uint64_t n = end - next < CHUNK ? end - next : CHUNK;

		if (next < end && running < options.jobs) {
			if (fork() == 0)
				_exit(run_chunk(next, n, fds[1]));
			next += n;
			running++;
			continue;
		}
		if (wait(&status) < 0)
			abort();
		running--;
		failures += gather(status, fds[0], total);
	}
	return failures;
}

static unsigned run_corpus(void)
{
	FILE *f = options.corpus == NULL ? NULL : fopen(options.corpus, "r");
	char line[256];
	unsigned failures = 0;

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		uint64_t seed = strtoull(line, NULL, 10);
		int status;
		pid_t pid;

		if (seed == 0)
			continue;
		pid = fork();
		if (pid == 0) {
			run_seed(seed);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) < 0 || !WIFEXITED(status) ||
		    WEXITSTATUS(status) != 0)
			failures++;
	}
	if (f != NULL)
		(void)fclose(f);
	return failures;
}

static bool parse(const char *arg)
{
	const char *value = strchr(arg, '=');

	value = value == NULL ? "" : value + 1;
	if (strncmp(arg, "--plugins=", 10) == 0)
		options.plugins = value;
	else if (strncmp(arg, "--corpus=", 9) == 0)
		options.corpus = value;
	else if (strncmp(arg, "--seeds=", 8) == 0)
		options.seeds = strtoull(value, NULL, 10);
	else if (strncmp(arg, "--first=", 8) == 0)
		options.first = strtoull(value, NULL, 10);
	else if (strncmp(arg, "--jobs=", 7) == 0)
		options.jobs = (int)strtol(value, NULL, 10);
	else if (strncmp(arg, "--defences-off=", 15) == 0)
		sabotage = (uint32_t)strtoul(value, NULL, 0);
	else if (strcmp(arg, "--trace") == 0)
		trace_all = true;
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	static char lines[TRACE_KEPT][256];
	struct shared_counts total = { 0 };
	unsigned failures;
	int i;

	kept = lines;
	for (i = 1; i < argc; i++) {
		if (!parse(argv[i])) {
			(void)fprintf(stderr, "rent-sim: unknown argument '%s'\n",
			              argv[i]);
			return 64;
		}
	}
	sim_plugins_load(options.plugins);
	if (trace_all) {
		run_seed(options.first);
		return 0;
	}
	failures = run_corpus() + run_many(&total);
	report(&total, failures);
	return failures == 0 ? 0 : 1;
}
