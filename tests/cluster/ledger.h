/* SPDX-License-Identifier: MIT
 *
 * ledger.h - the books of both sides, compared: what the stub wrote into its own file, and
 * what the database says. Both are read into a scratch SQLite database in memory, which is
 * neither of the two, and compared there by id. Anything that cannot be read fails the test.
 */
#ifndef TEST_LEDGER_H
#define TEST_LEDGER_H

#include <stdint.h>

struct ledger;

struct ledger *ledger_new(void);
void ledger_free(struct ledger *l);

/* Table book (seq, kind, key, order_id, amount, powerbank): what the file has gained since
 * it was read last. An unfinished last line is left for the next time. */
void ledger_read_book(struct ledger *l, const char *path);
/* Tables operations, rentals, attempts and keys, each as it is now. */
void ledger_read_database(struct ledger *l, const char *conninfo);

/* The provider knows no id that the database does not: an operation's row was durable before
 * the provider saw its id. Right at any moment, provided that the book was read before the
 * database. Returns how many are wrong, and tells which. */
int64_t ledger_unknown_ids(struct ledger *l);
/* Everything else there is to compare; only when all is settled. */
int64_t ledger_differences(struct ledger *l);

/* For other tests: a statement, and the first value of a query (0: none or null). */
void ledger_exec(struct ledger *l, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int64_t ledger_int(struct ledger *l, const char *sql);
/* Prints at most a dozen rows, the columns with blanks between; returns how many there are. */
int64_t ledger_show(struct ledger *l, const char *what, const char *sql);

#endif
