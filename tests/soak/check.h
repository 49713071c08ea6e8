/* SPDX-License-Identifier: MIT
 *
 * check.h - the offline checker: what the clients did and heard, against the database, the
 * provider's book and the cabinets, as they are after a soak. Reads the files of a folder and
 * nothing else:
 *
 *   history.jsonl   see history.h; its first line ("world") says what stations ask for
 *   database.jsonl  every row of every table, {"table":…}
 *   book.jsonl      the stubs' book: what the provider moved and the cabinets gave out
 *
 * The rules are in a table (check.c); each has a name, and a test that plants what it forbids.
 */
#ifndef SOAK_CHECK_H
#define SOAK_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct check {
	/* Arrays of objects. A call is its "invoke" line with what came of it: "result" ("ok",
	 * "fail", "unknown"), "t1" and "w1" (when; of calls without an end INT64_MAX),
	 * "status", "replayed", "retry", "body", "answer" (the body as JSON). */
	json_t *calls, *faults, *book, *rentals;
	json_t *world;
	/* Objects: by id, by key; arrays of objects by rental and by visit. */
	json_t *rental_by_id, *quote_by_id, *key_by_key, *operation_by_id,
		*debt_by_rental;
	json_t *book_by_key;
	json_t *operations_of, *attempts_of, *journal_of, *book_of, *calls_of;
	json_t *calls_of_visit, *calls_of_key, *rentals_of_quote, *visit_of;
	FILE *out;
	json_t *found; /* rule → how often */
	int64_t violations, shown;
	const char *rule; /* that is being checked */
};

/* False, with the reason on out, when a file is missing or unreadable. */
bool check_load(struct check *c, const char *dir, FILE *out);
void check_done(struct check *c);
/* Applies every rule; the number of violations, each of which has been printed. */
int64_t check_run(struct check *c);
/* The name of a rule, NULL after the last. */
const char *check_rule(size_t i);
/* The numbers: calls, faults, what became of those without an answer, latencies. */
void check_report(struct check *c);

/* ---- for the rules */

typedef void (*check_fn)(struct check *c);

/* Says that the rule being checked is broken, and shows all that is known of the rental or,
 * without one, of the visit; each may be NULL. */
void violation(struct check *c, const char *rental, const json_t *call, const char *fmt,
               ...) __attribute__((format(printf, 4, 5)));

/* Members; "" and 0 when they are missing or null. */
const char *str(const json_t *o, const char *name);
int64_t num(const json_t *o, const char *name);
bool is(const json_t *o, const char *name, const char *word);
/* An element of an object of arrays; NULL, over which json_array_foreach does nothing. */
json_t *of(const json_t *index, const char *id);

/* A start's or a stop's answer for good: see caller_is_final(). */
bool is_final(const json_t *call);
bool has_ended(const json_t *rental); /* FINISHED or BUYOUT */
/* An eject that only a person can judge, since another one at that cabinet may have given out what is gone. */
bool is_for_a_person(const json_t *op);
/* Whether a rental has one. */
bool is_left_to_a_person(const struct check *c, const char *rental);
int64_t due_of(const struct check *c, const json_t *rental);

/* check_answers.c */
void rule_start_kept(struct check *c);
void rule_one_answer(struct check *c);
void rule_one_rental(struct check *c);
void rule_price(struct check *c);
void rule_in_time(struct check *c);
void rule_no_ghost(struct check *c);
void rule_refusal(struct check *c);
/* check_views.c */
void rule_stop_kept(struct check *c);
void rule_stop_in_time(struct check *c);
void rule_monotonic(struct check *c);
void rule_answered(struct check *c);
/* check_money.c */
void rule_book(struct check *c);
void rule_sums(struct check *c);
void rule_final(struct check *c);
void rule_ceiling(struct check *c);
void rule_hold(struct check *c);
void rule_failed(struct check *c);
/* check_things.c */
void rule_powerbank(struct check *c);
void rule_street(struct check *c);
void rule_rest(struct check *c);
void rule_debt(struct check *c);
/* summary.c */
void summary_unknown(struct check *c);
void summary_latency(struct check *c);

#endif
