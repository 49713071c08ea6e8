/* SPDX-License-Identifier: MIT
 *
 * tests/support/pg/with_pg.c - with_pg COMMAND…: runs the command while there is a PostgreSQL, and
 * ends with its exit code. TEST_DSN tells it where the database is.
 */
#include "pg.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct pg *pg;
	char dsn[256];
	int status = 0;
	pid_t child;

	if (argc < 2)
		return 64;
	pg = pg_new(NULL);
	(void)snprintf(dsn, sizeof(dsn), "%s dbname=postgres", pg_conninfo(pg));
	if (setenv("TEST_DSN", dsn, 1) != 0)
		return 71;
	child = fork();
	if (child == 0) {
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		status = -1;
	pg_free(pg);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
