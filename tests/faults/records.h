/* SPDX-License-Identifier: MIT
 *
 * records.h - a deployment's database as an operator meets it, SQLite or PostgreSQL, with statements
 * that both understand. fmt is that of sqlite3_mprintf (%Q quotes a text). Waits while the
 * server restarts. One thread.
 */
#ifndef FAULTS_RECORDS_H
#define FAULTS_RECORDS_H

#include "fault_deployment.h"

#define RECORDS_COLUMNS 8

struct records;

struct records *records_new(struct deployment *d);
void records_free(struct records *t);

void records_exec(struct records *t, const char *fmt, ...);
/* The first column of the first row; INT64_MIN when there is no row or it is null. */
int64_t records_int(struct records *t, const char *fmt, ...);
/* … as text, "" likewise; valid until the next call. */
const char *records_text(struct records *t, const char *fmt, ...);
/* Calls row with the columns as text (NULL: null) of every row; true: there is more work. */
void records_each(struct records *t, void (*row)(void *arg, const char **columns),
                  void *arg, const char *fmt, ...);

/* Moves started_at of the user's rentals back, as an operator would. */
void records_age(struct records *t, const char *user, int64_t seconds);
/* SQLite: moves everything from the log into the file and empties the log. */
void records_checkpoint(struct records *t);

#endif
