/* SPDX-License-Identifier: MIT
 *
 * database.h - a database, and a Redis, for each deployment of a test process. The servers
 * behind them are started once, at the first deployment that needs one, and end with the
 * process. Main thread only; what cannot be had aborts.
 */
#ifndef TEST_DATABASE_H
#define TEST_DATABASE_H

#include "variant.h"

struct pg;

struct database {
	char where[256];        /* for dbfile.h */
	char vars[2][320];      /* DATABASE_URL, REDIS_URL */
	const char *env[3 + 1]; /* those of them that count, and the secret; NULL */
	char space[32];         /* the tablespace, when there is one */
};

/* folder: where a SQLite file goes. disk: a folder that PostgreSQL shall keep the data in, or
 * NULL for the server's own. */
void database_open(struct database *db, const struct variant *v, const char *folder,
                   const char *disk);
/* Needed only for a database on a disk that is about to go. */
void database_close(struct database *db);

/* The PostgreSQL server. The first call starts it with these settings, see pg_new; NULL: what
 * is quickest for data that need not outlive the process. */
struct pg *database_server(const char *const *settings);

#endif
