/* SPDX-License-Identifier: MIT
 *
 * ride.h - the calls of a customer and of the stubs' control side, in one line each; and what
 * the tests of money ask at the end: are all operations settled, is the audit clean, do the
 * books of both sides say the same.
 */
#ifndef TEST_RIDE_H
#define TEST_RIDE_H

#include "deployment.h"

struct ride {
	char quote_id[65], key[129], order_id[65], powerbank_id[65];
	int64_t price_per_hour, free_period_min, deposit;
};

/* A key that no test has used yet. Any thread. */
void ride_key(char out[129]);

/* ---- answers as they come; any thread with its client */
const struct answer *ride_quote(struct client *c, const char *station, const char *user);
const struct answer *ride_start(struct client *c, const char *key, const char *quote_id);
const struct answer *ride_status(struct client *c, const char *order_id);
const struct answer *ride_stop(struct client *c, const char *order_id,
                               const char *station);

/* ---- the same with everything expected to go well; main thread */
void ride_must_quote(struct deployment *d, const char *station, const char *user,
                     struct ride *ret);
/* Quote and start: ACTIVE. */
void ride_begin(struct deployment *d, const char *station, const char *user,
                struct ride *ret);
/* FINISHED. */
void ride_end(struct deployment *d, const struct ride *ride, const char *station);
/* Fails the test unless the answer has this status; for the message. */
void expect_status(const struct answer *a, long status);
/* … and is a problem document that says so too. */
void expect_problem(const struct answer *a, long status);

/* Moves started_at back, as an operator would. */
void ride_age(struct deployment *d, const char *order_id, int64_t seconds);

/* ---- the stubs */
void stub_disable(struct deployment *d, const char *endpoint, bool disabled);
void stub_settings(struct deployment *d, const char *json);
void stub_decline(struct deployment *d, const char *user, bool declined);

/* ---- at the end */
/* Waits until I7 holds: no open operation, no PENDING rental, nothing unsettled; MANUAL is
 * allowed. Fails the test when it does not come to that within this time. */
void expect_settled(struct deployment *d, int64_t timeout_ms);
/* `rentald --audit` ends with 0. */
void expect_audit(struct deployment *d);
/* The stub's book equals the operations table and payment_attempts, to the unit. */
void expect_books(struct deployment *d);
/* All three, in this order: settled within this time, the books agree, and once every process has
 * stopped the audit is clean. */
void expect_clean_end(struct deployment *d, int64_t timeout_ms);

#endif
