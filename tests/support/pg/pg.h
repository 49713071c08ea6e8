/* SPDX-License-Identifier: MIT
 *
 * tests/support/pg/pg.h - a PostgreSQL server of a test's own: in a temporary folder, on a
 * free loopback port, run as an unprivileged user also when the test is root. It ends, and
 * its folder goes, when the test frees it or dies. Anything that fails aborts with a message.
 */
#ifndef TEST_PG_H
#define TEST_PG_H

#include <stdbool.h>

struct pg;

/* settings: "name=value" …, ended by NULL; NULL for none. fsync is off unless they say
 * otherwise. The user "rent" needs no password. */
struct pg *pg_new(const char *const *settings);
void pg_free(struct pg *pg);

int pg_port(const struct pg *pg);
/* "host=127.0.0.1 port=… user=rent" */
const char *pg_conninfo(const struct pg *pg);
const char *pg_folder(const struct pg *pg);

/* SIGINT ends it cleanly, SIGQUIT at once (as a crash would: it recovers when it starts
 * again), SIGSTOP and SIGCONT are passed on to the postmaster only. */
void pg_signal(struct pg *pg, int sig);
/* SIGINT or SIGQUIT, and waits for its end. */
void pg_stop(struct pg *pg, int sig);
/* On the same port. Waits until it answers. */
void pg_start(struct pg *pg);

/* A statement of an operator's in the database `name`; the first value as a number, -1 for
 * null or nothing. */
void pg_sql(const char *conninfo, const char *text);
long long pg_int(const char *conninfo, const char *text);

#endif
