/* SPDX-License-Identifier: MIT
 *
 * test_benchmarks.c - the statements that the benchmarks compare the product with
 * (tests/bench/sql) run as they stand against a migrated schema. A migration that they do not
 * follow would otherwise show only when somebody measures.
 */
#include "backend_postgres.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHELL                                \
	"set -eu; cd '" RENT_BENCH_SQL "'; " \
	"psql() { command psql -qAtX -v ON_ERROR_STOP=1 -d \"$place\" \"$@\"; }; "

/* Two transactions each; a cycle makes its quotes itself, under another name. */
#define CYCLES                                                                    \
	SHELL                                                                     \
	"psql -v run=1 -v clients=1 -v quotes=20 -v made=20 -f fill.sql; run=1; " \
	"for op in quote start status stop cycle; do "                            \
	"test $op != cycle || run=c; "                                            \
	"pgbench -n -M prepared -f $op.sql -c 1 -t 2 -D n=0 -D run=$run "         \
	"-D clients=1 -D made=20 \"$place\" 2>&1; done"

#define TICKS                                                  \
	SHELL                                                  \
	"for tick in tick tick_twice; do "                     \
	"psql -v rentals=5 -v price=60 -v free=0 -f due.sql; " \
	"psql -f $tick.sql; done"

static void run_shell(struct fixture *f, const char *text)
{
	const pid_t pid = fork();
	int status = 0;

	assert_true(pid >= 0);
	if (pid == 0) {
		(void)setenv("place", f->place, 1);
		(void)execlp("sh", "sh", "-c", text, (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_cycle_runs(void **state)
{
	struct fixture *f = *state;

	run_shell(f, CYCLES);
	assert_int_equal(pg_int(f->place, "SELECT count(*) FROM rentals WHERE id LIKE "
	                                  "'rq-1-%' AND status = 'ACTIVE'"),
	                 2);
	assert_int_equal(pg_int(f->place, "SELECT count(*) FROM rentals WHERE id LIKE "
	                                  "'rm-1-%' AND settlement = 'DONE'"),
	                 2);
	assert_int_equal(pg_int(f->place, "SELECT count(*) FROM rentals WHERE id LIKE "
	                                  "'rq-c-%' AND settlement = 'DONE'"),
	                 2);
}

static void a_tick_runs(void **state)
{
	struct fixture *f = *state;

	run_shell(f, TICKS);
	assert_int_equal(pg_int(f->place, "SELECT count(*) FROM payment_attempts"), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_cycle_runs, fixture_setup,
		                                fixture_teardown),
		cmocka_unit_test_setup_teardown(a_tick_runs, fixture_setup,
		                                fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
