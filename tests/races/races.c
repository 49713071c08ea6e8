/* SPDX-License-Identifier: MIT
 *
 * races.c - the races; see race.h. Each round has a new customer, and ends with the
 * books of all sides compared id by id.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "race.h"

#define MINUTES(n) ((n)*INT64_C(60) - 30) /* costs n for the next half minute */
#define STOPS      16
#define RIDES      12

static void paid_between(struct ring *ring, int64_t least, int64_t most)
{
	int64_t off = records_int(ring->run.records,
	                          "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND "
	                          "(status <> 'FINISHED' OR total_amount < %lld OR "
	                          "total_amount > %lld)",
	                          ring->run.user, (long long)least, (long long)most);

	if (off != 0)
		run_fail(&ring->run, "%" PRId64 " rentals did not end with %" PRId64, off,
		         least);
}

/* One rental for each of n racers. */
static void begin(struct ring *ring, unsigned n)
{
	struct run *r = &ring->run;

	for (unsigned i = 0; i < n; i++) {
		ride_key(r->ride.key);
		run_quote(r, "minute");
		if (run_start(r) != 200)
			run_fail(r, "a rental does not begin");
		(void)snprintf(ring->racers[i].order_id, sizeof(ring->racers[i].order_id),
		               "%s", r->ride.order_id);
	}
	r->rentals = r->ejects = n;
}

/* All for one rental. */
static void same_order(struct ring *ring, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		(void)snprintf(ring->racers[i].order_id, sizeof(ring->racers[i].order_id),
		               "%s", ring->run.ride.order_id);
}

static void same_quote(struct ring *ring, bool same_key)
{
	run_quote(&ring->run, "minute");
	for (unsigned i = 0; i < RACERS; i++) {
		struct racer *r = &ring->racers[i];

		(void)snprintf(r->quote_id, sizeof(r->quote_id), "%s",
		               ring->run.ride.quote_id);
		(void)snprintf(r->key, sizeof(r->key), "%s", ring->run.ride.key);
		if (!same_key)
			ride_key(r->key);
	}
}

/* Every 200 carries the same answer; the others must wait, or have lost. */
static void expect_one(struct ring *ring, bool same_key)
{
	const struct racer *first = NULL;
	unsigned won = 0;

	for (unsigned i = 0; i < RACERS; i++) {
		const struct racer *r = &ring->racers[i];

		if (r->status == 200) {
			first = first == NULL ? r : first;
			won++;
			if (strcmp(first->body, r->body) != 0)
				run_fail(&ring->run, "two answers: %s, %s", first->body,
				         r->body);
		} else if (r->status != 409 || r->later != same_key) {
			run_fail(&ring->run, "got %ld %.200s", r->status, r->body);
		}
	}
	if (won == 0 || (won > 1 && !same_key))
		run_fail(&ring->run, "%u of %d won", won, RACERS);
}

static void one_key(struct ring *ring)
{
	ring->run.ejects = 1;
	same_quote(ring, true);
	ring_start(ring, RACERS);
	expect_one(ring, true);
}

static void one_quote(struct ring *ring)
{
	ring->run.ejects = 1;
	same_quote(ring, false);
	ring_start(ring, RACERS);
	expect_one(ring, false);
}

/* The tick of two workers and the stops of all rides, all for the same 200. */
static void stop_and_tick(struct ring *ring)
{
	begin(ring, RIDES);
	records_age(ring->run.records, ring->run.user, MINUTES(200));
	ring_stop(ring, RIDES);
	(void)run_wait(&ring->run, run_rests, "rest");
	paid_between(ring, 200, 201);
}

static void expect_one_end(struct ring *ring, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct racer *r = &ring->racers[i];

		if (r->status != 200)
			run_fail(&ring->run, "a stop got %ld %.200s", r->status, r->body);
		else if (strcmp(r->finished_at, ring->racers[0].finished_at) != 0)
			run_fail(&ring->run, "two ends: %s, %s", r->finished_at,
			         ring->racers[0].finished_at);
	}
}

static void stop_and_stop(struct ring *ring)
{
	begin(ring, 1);
	records_age(ring->run.records, ring->run.user, MINUTES(140));
	same_order(ring, STOPS);
	ring_stop(ring, STOPS);
	expect_one_end(ring, STOPS);
	(void)run_wait(&ring->run, run_rests, "rest");
	paid_between(ring, 140, 141);
}

static bool paid_200(struct run *r)
{
	return run_value(r, "total_amount") >= 200;
}

/* 200 are paid and nothing is due: every stop, and recovery beside them, would give it back. */
static void refund_and_refund(struct ring *ring)
{
	begin(ring, 1);
	records_age(ring->run.records, ring->run.user, MINUTES(200));
	(void)run_wait(&ring->run, paid_200, "the charge");
	records_age(ring->run.records, ring->run.user, -MINUTES(200));
	run_setting(&ring->run,
	            "{\"endpoint\": \"refund-money-for-order\", \"lose_reply_next\": 3}");
	same_order(ring, STOPS);
	ring_stop(ring, STOPS);
	expect_one_end(ring, STOPS);
	(void)run_wait(&ring->run, run_rests, "rest");
	paid_between(ring, 0, 1);
}

static bool owes_200(struct run *r)
{
	return run_debt(r) >= 200;
}

static bool owes_nothing(struct run *r)
{
	return run_debt(r) == 0 && run_rests(r);
}

/* The debt of a live rental is being collected when its settlement wants the same money. */
static void debt_and_settlement(struct ring *ring)
{
	begin(ring, 1);
	run_decline(&ring->run, true);
	records_age(ring->run.records, ring->run.user, MINUTES(200));
	(void)run_wait(&ring->run, owes_200, "the debt");
	same_order(ring, 2);
	run_decline(&ring->run, false);
	ring_stop(ring, 2);
	expect_one_end(ring, 2);
	(void)run_wait(&ring->run, owes_nothing, "the collection");
	paid_between(ring, 200, 201);
}

static bool is_charging(struct run *r)
{
	return records_int(r->records,
	                   "SELECT COUNT(*) FROM operations o JOIN rentals r ON r.id = "
	                   "o.rental_id WHERE r.user_id = %Q AND o.kind = 'charge'",
	                   r->user) > 0;
}

struct stopped {
	struct run *run;
	int64_t since;
};

static bool is_past_lease(void *arg)
{
	const struct stopped *s = arg;
	int64_t past = now_ms() - s->since;

	return past > INT64_C(2) * LEASE_MS &&
	       (past > INT64_C(8) * LEASE_MS || run_rests(s->run));
}

/* Both charge slowly; one is stopped in the middle of it until long past its lease. */
static void past_the_lease(struct ring *ring)
{
	static unsigned turn;
	struct proc *worker =
		ring->run.deployment->nodes[++turn % 2 == 0 ? NODE_WORKER : NODE_WORKER2]
			.proc;
	struct stopped s = { .run = &ring->run };

	begin(ring, 4);
	run_setting(&ring->run,
	            "{\"endpoint\": \"clear-money-for-order\", \"latency_ms\": 100}");
	records_age(ring->run.records, ring->run.user, MINUTES(200));
	(void)run_wait(&ring->run, is_charging, "a charge");
	s.since = now_ms();
	proc_signal(worker, SIGSTOP);
	(void)wait_until(is_past_lease, &s, INT64_C(10) * LEASE_MS);
	proc_signal(worker, SIGCONT);
	run_setting(&ring->run,
	            "{\"endpoint\": \"clear-money-for-order\", \"latency_ms\": 0}");
	ring_stop(ring, 4);
	(void)run_wait(&ring->run, run_rests, "rest");
	paid_between(ring, 200, 201);
}

const struct race races[] = {
	{ "one-key", one_key },
	{ "one-quote", one_quote },
	{ "stop-and-tick", stop_and_tick },
	{ "stop-and-stop", stop_and_stop },
	{ "refund-and-refund", refund_and_refund },
	{ "debt-and-settlement", debt_and_settlement },
	{ "past-the-lease", past_the_lease },
};

const size_t race_count = sizeof(races) / sizeof(races[0]);
