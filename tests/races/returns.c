/* SPDX-License-Identifier: MIT
 *
 * returns.c - races of powerbanks that come back: the cabinet's report, the customer's stop, the
 * tick and the next customer, all at once. Where a cabinet says the same twice, it does so in
 * every round.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "race.h"

#define MINUTES(n) ((n)*INT64_C(60) - 30) /* costs n for the next half minute */
#define RIDES      3
#define STOPS      3 /* of each */

static char banks[RIDES][65]; /* one race at a time */

static void begin(struct ring *ring, const char *cabinet, unsigned n)
{
	struct run *r = &ring->run;

	for (unsigned i = 0; i < n; i++) {
		ride_key(r->ride.key);
		run_quote(r, cabinet);
		if (run_start(r) != 200)
			run_fail(r, "a rental does not begin");
		(void)snprintf(ring->racers[i].order_id, sizeof(ring->racers[i].order_id),
		               "%s", r->ride.order_id);
		(void)snprintf(banks[i], sizeof(banks[i]), "%s",
		               records_text(r->records,
		                            "SELECT powerbank_id FROM rentals WHERE id "
		                            "= %Q",
		                            r->ride.order_id));
	}
	r->rentals = r->ejects = n;
}

/* The first n put their powerbanks in; behind them STOPS say stop for each. */
static unsigned line_up(struct ring *ring, const char *cabinet, unsigned n,
                        unsigned stops)
{
	unsigned all = n + n * stops;

	for (unsigned i = 0; i < all; i++) {
		struct racer *r = &ring->racers[i];

		r->cabinet = cabinet;
		if (i < n)
			r->powerbank = banks[i];
		else
			(void)snprintf(r->order_id, sizeof(r->order_id), "%s",
			               ring->racers[i % n].order_id);
	}
	return all;
}

static bool all_ended(struct run *r)
{
	return records_int(r->records,
	                   "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND status "
	                   "IN ('PENDING', 'ACTIVE')",
	                   r->user) == 0 &&
	       run_rests(r);
}

static void paid_between(struct ring *ring, int64_t least, int64_t most)
{
	int64_t off = records_int(ring->run.records,
	                          "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND "
	                          "(status NOT IN ('FINISHED', 'BUYOUT') OR total_amount "
	                          "< %lld OR total_amount > %lld)",
	                          ring->run.user, (long long)least, (long long)most);

	if (off != 0)
		run_fail(&ring->run, "%" PRId64 " rentals did not end with %" PRId64, off,
		         least);
}

/* Those who were told so were all told the same. */
static void expect_one_end_each(struct ring *ring, unsigned n, unsigned all)
{
	const char *ends[RIDES] = { 0 };

	for (unsigned i = n; i < all; i++) {
		const struct racer *r = &ring->racers[i];

		if (r->status != 200 && r->status != 409)
			run_fail(&ring->run, "a stop got %ld %.200s", r->status, r->body);
		if (r->status != 200)
			continue;
		if (ends[i % n] != NULL && strcmp(ends[i % n], r->finished_at) != 0)
			run_fail(&ring->run, "two ends: %s, %s", ends[i % n],
			         r->finished_at);
		ends[i % n] = r->finished_at;
	}
}

/* Before it is in, a stop is refused; the report ends what no stop did. */
static void return_and_stop(struct ring *ring)
{
	unsigned all;

	begin(ring, "cabinet", RIDES);
	records_age(ring->run.records, ring->run.user, MINUTES(40));
	all = line_up(ring, "cabinet", RIDES, STOPS);
	ring_mixed(ring, all);
	expect_one_end_each(ring, RIDES, all);
	(void)run_wait(&ring->run, all_ended, "the end");
	paid_between(ring, 40, 41);
}

/* Every callback comes twice, and the push beside them. */
static void return_and_return(struct ring *ring)
{
	begin(ring, "cabinet", RIDES);
	records_age(ring->run.records, ring->run.user, MINUTES(40));
	run_reports(&ring->run, 2);
	ring_mixed(ring, line_up(ring, "cabinet", RIDES, 0));
	(void)run_wait(&ring->run, all_ended, "the end");
	run_reports(&ring->run, 1);
	paid_between(ring, 40, 41);
}

/* The ticks of two workers sell what just comes back: either way it costs the same. */
static void return_and_buyout(struct ring *ring)
{
	begin(ring, "cabinet", RIDES);
	records_age(ring->run.records, ring->run.user, MINUTES(6000));
	ring_mixed(ring, line_up(ring, "cabinet", RIDES, 0));
	(void)run_wait(&ring->run, all_ended, "the end");
	paid_between(ring, 5000, 5000);
}

static void return_and_tick(struct ring *ring)
{
	begin(ring, "cabinet", RIDES);
	records_age(ring->run.records, ring->run.user, MINUTES(200));
	ring_mixed(ring, line_up(ring, "cabinet", RIDES, 0));
	(void)run_wait(&ring->run, all_ended, "the end");
	paid_between(ring, 200, 201);
}

/* It came back and nobody said so: the next customer gets it while the last one says stop. */
static void reissue_and_stop(struct ring *ring)
{
	struct run *r = &ring->run;
	char old[65];

	begin(ring, "one-slot", 1);
	(void)snprintf(old, sizeof(old), "%s", r->ride.order_id);
	records_age(r->records, r->user, MINUTES(40));
	run_reports(r, 0);
	run_put_back(r, old, "one-slot");
	ride_key(r->ride.key);
	run_quote(r, "one-slot");
	for (unsigned i = 0; i < 4; i++) {
		struct racer *racer = &ring->racers[i];

		racer->cabinet = "one-slot";
		(void)snprintf(racer->order_id, sizeof(racer->order_id), "%s", old);
	}
	(void)snprintf(ring->racers[0].quote_id, sizeof(ring->racers[0].quote_id), "%s",
	               r->ride.quote_id);
	(void)snprintf(ring->racers[0].key, sizeof(ring->racers[0].key), "%s",
	               r->ride.key);
	ring_mixed(ring, 4);
	run_reports(r, 1);
	r->rentals = r->ejects = 2;
	if (run_start(r) != 200)
		run_fail(r, "the next customer has it, and his rental did not begin");
	if (records_int(r->records,
	                "SELECT COUNT(*) FROM rentals WHERE id = %Q AND status = "
	                "'FINISHED' AND final_amount BETWEEN 40 AND 41",
	                old) != 1)
		run_fail(r, "the old rental did not end with 40");
	run_put_back(r, r->ride.order_id, "one-slot");
	(void)run_wait(r, all_ended, "the end");
}

const struct race races_of_returns[] = {
	{ "return-and-stop", return_and_stop },
	{ "return-and-return", return_and_return },
	{ "return-and-tick", return_and_tick },
	{ "return-and-buyout", return_and_buyout },
	{ "reissue-and-stop", reissue_and_stop },
};

const size_t race_of_returns_count =
	sizeof(races_of_returns) / sizeof(races_of_returns[0]);
