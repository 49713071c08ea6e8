/* SPDX-License-Identifier: MIT
 *
 * truth.h - a site's database as an operator meets it, SQLite or PostgreSQL, with statements
 * that both understand. fmt is that of sqlite3_mprintf (%Q quotes a text). Waits while the
 * server restarts. One thread.
 */
#ifndef FAULTS_TRUTH_H
#define FAULTS_TRUTH_H

#include "site.h"

#define TRUTH_COLUMNS 8

struct truth;

struct truth *truth_new(struct site *s);
void truth_free(struct truth *t);

void truth_exec(struct truth *t, const char *fmt, ...);
/* The first column of the first row; INT64_MIN when there is no row or it is null. */
int64_t truth_int(struct truth *t, const char *fmt, ...);
/* … as text, "" likewise; valid until the next call. */
const char *truth_text(struct truth *t, const char *fmt, ...);
/* Calls row with the columns as text (NULL: null) of every row; true: there is more work. */
void truth_each(struct truth *t, void (*row)(void *arg, const char **columns), void *arg,
                const char *fmt, ...);

/* Moves started_at of the user's rentals back, as an operator would. */
void truth_age(struct truth *t, const char *user, int64_t seconds);
/* SQLite: moves everything from the log into the file and empties the log. */
void truth_checkpoint(struct truth *t);

#endif
