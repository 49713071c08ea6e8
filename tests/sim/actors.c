/* SPDX-License-Identifier: MIT
 *
 * actors.c - the users of the system: clients that rent and insist on an answer.
 */
#include <stdlib.h>

#include "asking.h"
#include "cabinets.h"

#define CLIENTS_MAX 8

static int clients_left;

bool actors_done(void)
{
	return clients_left == 0;
}

/* ---- a ride */

/* A customer's view while riding: never less than before, unless it ended by a report of earlier. */
static void ride(const char *order, int64_t how_long)
{
	int64_t seen = 0;

	while (how_long > 0) {
		int64_t step = sim_between(1, how_long);
		struct request *rq;

		strand_sleep(step);
		how_long -= step;
		rq = sim_chance(300) ? ask(ASK_STATUS, order, "") : NULL;
		if (rq == NULL)
			continue;
		if (rq->code == 0 && rq->view.verdict != RENT_DONE)
			sim_fail("rental %s, which was begun, is not to be seen", order);
		if (rq->code == 0 && rq->view.accrued < seen && !sim.clocks &&
		    rq->view.rental.status == RENT_STATUS_ACTIVE)
			sim_fail("rental %s cost %" PRId64 " and now %" PRId64, order,
			         seen, rq->view.accrued);
		if (rq->code == 0)
			seen = rq->view.accrued;
		free(rq);
	}
}

static bool stop_once(const char *order, struct rent_view *ret)
{
	struct request *rq = ask(ASK_STOP, order, "");
	bool ok = rq != NULL && rq->code == 0;

	if (ok)
		*ret = rq->view;
	free(rq);
	return ok;
}

static void insist_on_stop(const char *order)
{
	struct rent_view first, again;
	int tries;

	if (sim_chance(150)) /* at another host meanwhile; its answer is lost */
		(void)ask_begin(ASK_STOP, order, "");
	for (tries = 0; !stop_once(order, &first); tries++) {
		if (tries == TRIES_MAX)
			sim_fail("rental %s cannot be stopped", order);
		strand_sleep(sim_between(100000, 5000000));
	}
	if (first.verdict != RENT_DONE)
		sim_fail("stop of a running rental said %d", (int)first.verdict);
	sim_counts.stops++;
	sim_counts.buyouts += first.rental.status == RENT_STATUS_BUYOUT;
	if (!sim_chance(300) || !stop_once(order, &again))
		return;
	if (again.rental.finished_at != first.rental.finished_at ||
	    again.accrued != first.accrued)
		sim_fail("two stops of %s disagree", order);
}

/* The cabinet says so, late, twice and to any host, until one has acted on it. Rules that take
 * no reports have no such cabinet. Where a powerbank may be given out to two, a report of one
 * customer's may end the other's rental, at a time that this one knows nothing of. */
static void insist_on_return(const char *order)
{
	struct request *rq;
	char powerbank[RENT_ID_SIZE];
	void *self;
	int64_t at;
	int tries, heard = 0;

	if (node_api(0, &self)->event == NULL)
		return;
	rq = ask(ASK_STATUS, order, "");
	if (rq == NULL || rq->code != 0)
		return;
	rent_copy(powerbank, sizeof(powerbank), rq->view.rental.powerbank_id);
	at = rq->view.rental.now;
	free(rq);
	strand_sleep(sim_between(0, 300) * RENT_SECOND);
	for (tries = 0; heard < 2 && tries < TRIES_MAX; tries++) {
		rq = ask_begin(ASK_RETURNED, order, powerbank);
		rq->at = at;
		rq = ask_end(rq);
		heard += rq != NULL && rq->code == 0;
		free(rq);
		strand_sleep(sim_between(100000, 5000000));
	}
	rq = ask(ASK_STATUS, order, "");
	if (rq != NULL && rq->code == 0 && !sim.clocks && !sim.operator_edits &&
	    sim.wrong_powerbank == 0 &&
	    rq->view.rental.ended_by == RENT_ENDED_BY_CABINET &&
	    rq->view.rental.finished_at > at)
		sim_fail("rental %s ended %" PRId64 " us after its return", order,
		         rq->view.rental.finished_at - at);
	if (rq != NULL && rq->code == 0 && heard == 2 &&
	    rq->view.rental.status == RENT_STATUS_ACTIVE && !sim.clocks &&
	    !sim.operator_edits)
		sim_fail("rental %s goes on after the return of %s", order, powerbank);
	free(rq);
}

static int64_t ride_time(void)
{
	if (sim_chance(300))
		return sim_between(0, 60 * RENT_SECOND);
	if (sim_chance(200))
		return sim_between(RENT_HOUR, 4 * RENT_HOUR);
	return sim_between(60 * RENT_SECOND, 30 * RENT_MINUTE);
}

/* One request with an answer; RENT_IN_DOUBT: there was none. */
static enum rent_verdict start_once(const char *quote, const char *key)
{
	struct request *rq = ask(ASK_START, quote, key);
	enum rent_verdict verdict = RENT_IN_DOUBT;

	if (rq != NULL && rq->code == 0)
		verdict = rq->start.verdict;
	if (verdict == RENT_DONE)
		check_acked_start(key, rq->json);
	free(rq);
	return verdict;
}

/* A quote that is surely too old, whatever the clocks say. */
static void try_old_offer(const char *key)
{
	char quote[RENT_ID_SIZE];

	if (!get_quote("station", quote))
		return;
	strand_sleep(sim_between(75, 200) * RENT_SECOND);
	if (start_once(quote, key) == RENT_DONE)
		sim_fail("quote %s had expired and was used", quote);
}

/* The key of a rental with another quote, and once more with its own. */
static void misuse_key(const char *quote, const char *key)
{
	char another[RENT_ID_SIZE];
	enum rent_verdict verdict;

	if (!get_quote("station", another))
		return;
	verdict = start_once(another, key);
	if (verdict != RENT_KEY_MISMATCH && verdict != RENT_IN_DOUBT)
		sim_fail("key %s with another quote said %d", key, (int)verdict);
	verdict = start_once(quote, key);
	if (verdict != RENT_DONE && verdict != RENT_IN_DOUBT)
		sim_fail("key %s, answered before, said %d", key, (int)verdict);
}

static void rent_once(int client, int round)
{
	char quote[RENT_ID_SIZE], key[64], other[64], late[64], order[RENT_ID_SIZE] = "";

	(void)snprintf(late, sizeof(late), "late-%d-%d", client, round);
	(void)snprintf(key, sizeof(key), "key-%d-%d", client, round);
	(void)snprintf(other, sizeof(other), "other-%d-%d", client, round);
	if (sim_chance(50))
		try_old_offer(late);
	if (!get_quote("station", quote))
		return;
	if (sim_chance(100)) { /* the same quote under another key, meanwhile */
		struct request *rq = ask_begin(ASK_START, quote, other);

		strand_yield();
		(void)rq;
	}
	sim_counts.starts++;
	if (insist(quote, key, order) != RENT_DONE)
		return;
	sim_counts.rentals++;
	if (sim_chance(50))
		misuse_key(quote, key);
	ride(order, ride_time());
	(void)snprintf(other, sizeof(other), "pay-%d-%d", client, round);
	if (sim_chance(150))
		payer_pays(order, other);
	if (sim_chance(300))
		insist_on_return(order);
	insist_on_stop(order);
	if (sim_chance(150)) {
		(void)snprintf(other, sizeof(other), "pay-after-%d-%d", client, round);
		payer_pays(order, other);
	}
	if (!sim.short_memory && sim_chance(100))
		misuse_key(quote, key);
}

static void client(void *arg)
{
	int me = *(int *)arg, round, rounds = (int)sim_between(1, 3);

	strand_sleep(sim_between(0, 60 * RENT_SECOND));
	for (round = 0; round < rounds; round++) {
		if (sim.cabinets)
			rider_once(me, round);
		else
			rent_once(me, round);
	}
	clients_left--;
}

void actors_start(void)
{
	static int numbers[CLIENTS_MAX];
	int i;

	clients_left = sim.clients;
	for (i = 0; i < sim.clients; i++) {
		numbers[i] = i;
		strand_start(-1, client, &numbers[i]);
	}
}
