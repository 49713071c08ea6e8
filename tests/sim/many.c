/* SPDX-License-Identifier: MIT
 *
 * many.c - seeds in child processes, so that a crash of the code under test is a failure with
 * a number like any other. A failed seed is run once more by itself, and told from where it
 * began to go wrong. Children write what they count, and where they are, to shared memory.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim.h"

#define CHUNK      100
#define JOBS_MAX   64
#define CORPUS_MAX 10000
#define TOLD_LINES 25
#define FAILED     3 /* exit code of a child whose seed broke a rule */
#define MESSAGE    320

struct slot { /* shared with a child */
	pid_t pid;
	uint64_t seed, end, step;
	char message[MESSAGE];
	struct sim_counts counts;
};

static struct slot *slots, *mine;

__attribute__((format(printf, 1, 0))) static void put_message(const char *fmt, va_list ap,
                                                              char out[MESSAGE])
{
	(void)vsnprintf(out, MESSAGE, fmt, ap);
}

void sim_fail(const char *fmt, ...)
{
	char message[MESSAGE];
	va_list ap;

	va_start(ap, fmt);
	put_message(fmt, ap, message);
	va_end(ap);
	if (mine != NULL) {
		mine->step = sim_steps;
		rent_copy(mine->message, sizeof(mine->message), message);
	}
	if (sim_telling) {
		sim_tell("FAILED at step %" PRIu64 ": %s", sim_steps, message);
		(void)fflush(stdout);
	}
	_exit(FAILED);
}

/* ---- telling of a failure */

static void read_commit(char *out, size_t size)
{
	FILE *f = popen(
		"git -C '" SIM_SOURCE_DIR "' describe --always --dirty 2>/dev/null", "r");

	rent_copy(out, size, "unknown");
	if (f == NULL)
		return;
	if (fgets(out, (int)size, f) == NULL)
		rent_copy(out, size, "unknown");
	out[strcspn(out, "\n")] = '\0';
	(void)pclose(f);
}

/* Runs the seed again in a child and shows the end of what it tells. */
static void tell_again(uint64_t seed)
{
	static char lines[TOLD_LINES][512];
	unsigned long n = 0, i;
	int fds[2], status;
	pid_t pid;
	FILE *f;

	if (pipe(fds) != 0)
		abort();
	pid = fork();
	if (pid == 0) {
		if (dup2(fds[1], STDOUT_FILENO) < 0)
			_exit(1);
		(void)close(fds[0]);
		sim_telling = true;
		mine = NULL;
		seed_run(seed);
		printf("the second run did not fail: the seed does not decide everything\n");
		(void)fflush(stdout);
		_exit(0);
	}
	(void)close(fds[1]);
	f = fdopen(fds[0], "r");
	while (f != NULL && fgets(lines[n % TOLD_LINES], sizeof(lines[0]), f) != NULL)
		n++;
	for (i = n > TOLD_LINES ? n - TOLD_LINES : 0; i < n; i++)
		printf("  %.*s\n", (int)strcspn(lines[i % TOLD_LINES], "\n"),
		       lines[i % TOLD_LINES]);
	if (f != NULL)
		(void)fclose(f);
	(void)waitpid(pid, &status, 0);
}

static void failed(const struct many *many, const struct slot *s, int status)
{
	char commit[64], what[MESSAGE];
	FILE *f;

	read_commit(commit, sizeof(commit));
	if (WIFSIGNALED(status))
		(void)snprintf(what, sizeof(what), "died of signal %d (%s)",
		               WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		rent_copy(what, sizeof(what), s->message);
	tell_again(s->seed);
	printf("FAILED: seed %" PRIu64 ", commit %s, step %" PRIu64 ": %s\n"
	       "  replay: %s --first=%" PRIu64 " --trace\n",
	       s->seed, commit, s->step, what, many->replay, s->seed);
	(void)fflush(stdout);
	if (!many->keep || many->corpus == NULL)
		return;
	f = fopen(many->corpus, "a");
	if (f == NULL || fprintf(f, "%" PRIu64 "\t%s: %s\n", s->seed, commit, what) < 0)
		(void)fprintf(stderr, "rent-sim: cannot write %s: %s\n", many->corpus,
		              strerror(errno));
	if (f != NULL)
		(void)fclose(f);
}

/* ---- children */

static void child_run(struct slot *s)
{
	mine = s;
	for (; s->seed < s->end; s->seed++) {
		seed_run(s->seed);
		s->counts = sim_counts;
	}
	exit(0); /* not _exit(): a measured build writes down what was reached */
}

static void child_start(struct slot *s, uint64_t first, uint64_t end)
{
	pid_t pid;

	memset(s, 0, sizeof(*s));
	s->seed = first;
	s->end = end;
	(void)fflush(stdout);
	pid = fork();
	if (pid == 0) {
		memset(&sim_counts, 0, sizeof(sim_counts));
		child_run(s);
	}
	if (pid < 0)
		abort();
	s->pid = pid; /* the child has nothing to say about it */
}

/* All members are counts of the same type. */
static void add_counts(const struct sim_counts *one)
{
	const uint64_t *from = (const uint64_t *)one;
	uint64_t *to = (uint64_t *)&sim_counts;
	size_t i;

	for (i = 0; i < sizeof(*one) / sizeof(*to); i++)
		to[i] += from[i];
}

/* One child has ended. A failure ends a chunk early: its rest is begun again. */
static unsigned child_ended(const struct many *many, bool *ret_again)
{
	struct slot *s = slots;
	int status;
	pid_t pid = wait(&status);

	if (pid < 0)
		abort();
	while (s->pid != pid)
		s++;
	s->pid = 0;
	*ret_again = false;
	add_counts(&s->counts);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		if (sim_counts.seeds >= 5000 && sim_counts.seeds % 5000 < CHUNK)
			(void)fprintf(stderr, "%" PRIu64 " seeds\n", sim_counts.seeds);
		return 0;
	}
	failed(many, s, status);
	*ret_again = s->seed + 1 < s->end;
	return 1;
}

static struct slot *free_slot(int jobs)
{
	int i;

	for (i = 0; i < jobs; i++) {
		if (slots[i].pid == 0)
			return &slots[i];
	}
	return NULL;
}

static bool any_running(int jobs)
{
	int i;

	for (i = 0; i < jobs; i++) {
		if (slots[i].pid != 0)
			return true;
	}
	return false;
}

static unsigned run_range(const struct many *many, uint64_t first, uint64_t end)
{
	int jobs = many->jobs > JOBS_MAX ? JOBS_MAX : many->jobs;
	unsigned failures = 0;

	for (;;) {
		bool stop =
			many->stop_after > 0 && failures >= (unsigned)many->stop_after;
		struct slot *s = first < end && !stop ? free_slot(jobs) : NULL;
		bool again = false;
		uint64_t n = end - first < CHUNK ? end - first : CHUNK;

		if (s != NULL) {
			child_start(s, first, first + n);
			first += n;
			continue;
		}
		if (!any_running(jobs))
			return failures;
		failures += child_ended(many, &again);
		stop = many->stop_after > 0 && failures >= (unsigned)many->stop_after;
		s = again && !stop ? free_slot(jobs) : NULL;
		if (s != NULL)
			child_start(s, s->seed + 1, s->end);
	}
}

/* Read to its end before the first child: what a child closes when it exits moves the place in
 * a file that is open in both.
 */
static size_t read_corpus(const char *path, uint64_t seeds[CORPUS_MAX])
{
	FILE *f = fopen(path, "r");
	char line[512];
	size_t n = 0;

	while (f != NULL && n < CORPUS_MAX && fgets(line, sizeof(line), f) != NULL) {
		seeds[n] = strtoull(line, NULL, 10);
		n += seeds[n] != 0;
	}
	if (f != NULL)
		(void)fclose(f);
	return n;
}

static unsigned run_corpus(const struct many *many)
{
	static uint64_t seeds[CORPUS_MAX];
	unsigned failures = 0;
	size_t n, i;

	if (many->corpus == NULL)
		return 0;
	n = read_corpus(many->corpus, seeds);
	if (n == 0) {
		(void)fprintf(stderr, "rent-sim: no seeds in %s\n", many->corpus);
		return 1;
	}
	for (i = 0; i < n; i++)
		failures += run_range(many, seeds[i], seeds[i] + 1);
	return failures;
}

unsigned many_run(const struct many *many)
{
	unsigned failures;

	slots = mmap(NULL, sizeof(*slots) * JOBS_MAX, PROT_READ | PROT_WRITE,
	             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (slots == MAP_FAILED)
		abort();
	failures = run_corpus(many);
	return failures + run_range(many, many->first, many->first + many->seeds);
}
