/* SPDX-License-Identifier: MIT
 *
 * test_durability.c - a process is killed in the middle of its work, again and again: what
 * a call had returned is there, and no change is there by half. The killed one is this
 * program, called with "write PLACE".
 */
#include "fixture.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define WRITERS 8
#define ROUNDS  4
#define LINE    48 /* bytes of a report: the rental's id, padded */

/* ---- the one that is killed */
static void must(bool good)
{
	if (!good)
		abort();
}

/* Says that the rental's calls have returned. One write, so that lines do not mix. */
static void report(const char *rental, int64_t paid)
{
	char line[LINE + 1];

	(void)snprintf(line, sizeof(line), "%-40.40s%-7" PRId64 "\n", rental, paid);
	must(write(STDOUT_FILENO, line, LINE) == LINE);
}

static void begin_rental(struct fixture *f, const char *id, struct start *s)
{
	struct rent_quote q = { .struct_size = sizeof(q),
		                .price_per_hour = 1,
		                .deposit = 5 };

	(void)rent_copy(q.id, sizeof(q.id), id);
	must(f->api->quote_put(f->self, &q, RENT_HOUR, NULL) == 0);
	start_init(NULL, s, id, id, id);
	must(f->api->start_begin(f->self, &s->s, NULL) == 0 &&
	     s->s.ret == RENT_START_NEW);
	report(id, 0);
}

static void writer(void *arg, int i)
{
	struct fixture *f = arg;
	struct start *s = calloc(1, sizeof(*s));
	char id[RENT_ID_SIZE];

	(void)i;
	must(s != NULL);
	for (;;) {
		struct rent_change c = { .struct_size = sizeof(c),
			                 .rental_id = id,
			                 .expect_version = 1,
			                 .paid_delta = 1,
			                 .debt_delta = 1,
			                 .debt_reason = "test",
			                 .work_in_us = RENT_NO_WORK };
		struct rent_change *one[] = { &c };

		f->host->uuid7(f->host, id);
		begin_rental(f, id, s);
		for (int64_t paid = 1; paid <= 3; paid++) {
			must(f->api->advance(f->self, one, 1, NULL) == 0);
			must(c.ret == RENT_CHANGE_APPLIED);
			c.expect_version = c.ret_version;
			report(id, paid);
		}
	}
}

/* ---- the one that looks afterwards */
static pid_t spawn(const char *place, int *ret_fd)
{
	int fds[2];
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char self[] = "/proc/self/exe", mode[] = "write", where[256];
		char *argv[] = { self, mode, where, NULL };

		(void)rent_copy(where, sizeof(where), place);
		(void)dup2(fds[1], STDOUT_FILENO);
		(void)close(fds[0]);
		(void)close(fds[1]);
		(void)execv(self, argv);
		_exit(127);
	}
	(void)close(fds[1]);
	*ret_fd = fds[0];
	return pid;
}

static bool read_line(int fd, char line[LINE + 1])
{
	size_t have = 0;

	while (have < LINE) {
		ssize_t n = read(fd, line + have, LINE - have);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		have += (size_t)n;
	}
	line[LINE] = '\0';
	return true;
}

/* Reads reports, kills after `count` of them, and keeps all that came. */
static size_t run_and_kill(const char *place, size_t count, char (*lines)[LINE + 1],
                           size_t max)
{
	int fd, status;
	pid_t pid = spawn(place, &fd);
	size_t n = 0;

	while (n < max && read_line(fd, lines[n])) {
		if (++n == count)
			(void)kill(pid, SIGKILL);
	}
	(void)close(fd);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	return n;
}

static void check_reports(struct fixture *f, char (*lines)[LINE + 1], size_t n)
{
	struct shown *shown = calloc(1, sizeof(*shown));

	assert_non_null(shown);
	for (size_t i = 0; i < n; i++) {
		char id[RENT_ID_SIZE];

		(void)rent_copy(id, strcspn(lines[i], " ") + 1, lines[i]);
		get(f, id, shown);
		assert_true(shown->there);
		assert_true(shown->rental.paid >= strtoll(lines[i] + 40, NULL, 10));
	}
	free(shown);
}

/* Whole changes only: the parts of each agree. One statement each, since a server may end what
 * the killed one had sent while we look.
 */
static void check_whole(struct fixture *f)
{
	assert_true(fixture_int(f, "SELECT count(*) FROM rentals") > 0);
	assert_int_equal(fixture_int(f,
	                             "SELECT (SELECT count(*) FROM idempotency_keys) - "
	                             "(SELECT count(*) FROM rentals)"),
	                 0);
	assert_int_equal(fixture_int(f, "SELECT (SELECT count(*) FROM operations) - "
	                                "2 * (SELECT count(*) FROM rentals)"),
	                 0);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM rentals r WHERE total_amount <> "
	                       "coalesce((SELECT amount_total FROM debts d WHERE "
	                       "d.rental_id = r.id), 0)"),
		0);
	assert_int_equal(
		fixture_int(f, "SELECT count(*) FROM rentals r WHERE total_amount <> "
	                       "(SELECT count(*) FROM debt_journal j WHERE j.rental_id "
	                       "= r.id)"),
		0);
	assert_int_equal(
		fixture_int(
			f,
			"SELECT count(*) FROM rentals WHERE version <> total_amount + 1"),
		0);
}

static void killed(void **state)
{
	struct fixture *f = fixture_open(NULL, true);
	size_t max = 20000, n;
	char(*lines)[LINE + 1] = calloc(max, sizeof(*lines));
	char place[256];

	(void)state;
	assert_non_null(lines);
	(void)rent_copy(place, sizeof(place), f->place);
	for (size_t round = 0; round < ROUNDS; round++) {
		fixture_close(f, false);
		n = run_and_kill(place, 40 + round * 170, lines, max);
		f = fixture_open(place, true);
		check_reports(f, lines, n);
		check_whole(f);
	}
	fixture_close(f, true);
	free(lines);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(killed) };

	if (argc == 3 && strcmp(argv[1], "write") == 0)
		run_threads(WRITERS, writer, fixture_open(argv[2], true));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
