/* SPDX-License-Identifier: MIT
 *
 * actors.c - the users of the system: clients that rent and insist on an answer.
 */
#include <jansson.h>
#include <stdlib.h>

#include "sim.h"

#define CLIENTS_MAX 8
#define TRIES_MAX   400

enum ask {
	ASK_QUOTE,
	ASK_START,
	ASK_STATUS,
	ASK_STOP,
	ASK_RETURNED
};

/* A request on its way to a host; outlives its sender. */
struct request {
	enum ask ask;
	int node;
	char id[RENT_ID_SIZE], key[RENT_KEY_SIZE], user[RENT_ID_SIZE];
	int64_t at; /* of a return; its powerbank is the key */
	bool done;
	int code;
	struct rent_quote_reply quote;
	struct rent_start_reply start;
	struct rent_view view;
	char json[1024];
};

static int clients_left;

bool actors_done(void)
{
	return clients_left == 0;
}

/* ---- asking */

static int report(const struct rent_rental_api *api, void *self, const struct request *rq)
{
	struct rent_inbound e = { .struct_size = sizeof(e),
		                  .id = "in",
		                  .kind = RENT_EVENT_RETURNED,
		                  .trust = RENT_EVENT_PROVEN,
		                  .station_id = "station",
		                  .at = rq->at,
		                  .received_at = rq->at };
	char said[RENT_NOTE_SIZE];
	struct rent_error err;

	rent_copy(e.powerbank_id, sizeof(e.powerbank_id), rq->key);
	return api->event(self, &e, said, &err);
}

static void serve(void *arg)
{
	struct request *rq = arg;
	struct rent_error err;
	void *self;
	const struct rent_rental_api *api = node_api(rq->node, &self);
	struct rent_arena *arena = sim_arena();
	struct rent_start_request start = { .struct_size = sizeof(start),
		                            .key = rq->key,
		                            .quote_id = rq->id,
		                            .request_id = "req",
		                            .arena = arena };

	switch (rq->ask) {
	case ASK_QUOTE:
		rq->code = api->quote(self, "station", rq->user, arena, &rq->quote, &err);
		break;
	case ASK_START:
		rq->code = api->start(self, &start, &rq->start, &err);
		if (rq->code == 0 && rq->start.json != NULL)
			rent_copy(rq->json, sizeof(rq->json), rq->start.json);
		break;
	case ASK_STATUS:
		rq->code = api->status(self, rq->id, &rq->view, &err);
		break;
	case ASK_STOP:
		rq->code = api->stop(self, rq->id, "station", &rq->view, &err);
		break;
	case ASK_RETURNED:
		break;
	}
	if (rq->ask == ASK_RETURNED)
		rq->code = report(api, self, rq);
	sim_arena_free(arena);
	rq->done = true;
}

static struct request *ask_begin(enum ask ask, const char *id, const char *key)
{
	struct request *rq = calloc(1, sizeof(*rq));
	int node = (int)sim_between(0, sim.nodes - 1), i;

	if (rq == NULL)
		abort();
	rq->ask = ask;
	rq->quote.struct_size = sizeof(rq->quote);
	rq->start.struct_size = sizeof(rq->start);
	rq->view.struct_size = sizeof(rq->view);
	rent_copy(rq->id, sizeof(rq->id), id);
	rent_copy(rq->key, sizeof(rq->key), key);
	rent_copy(rq->user, sizeof(rq->user), "user");
	for (i = 0; i < sim.nodes && !node_alive(node); i++)
		node = (node + 1) % sim.nodes;
	rq->node = node;
	if (node_alive(node))
		strand_start(node, serve, rq);
	return rq;
}

/* Waits for the answer; NULL: the host died or took too long. */
static struct request *ask_end(struct request *rq)
{
	uint64_t generation = node_generation(rq->node);
	int64_t until = sim_now + 30 * RENT_SECOND;

	while (!rq->done && sim_now < until && node_alive(rq->node) &&
	       node_generation(rq->node) == generation)
		strand_sleep(100000);
	/* Else left behind: it may still be written to. */
	return rq->done ? rq : NULL;
}

static struct request *ask(enum ask what, const char *id, const char *key)
{
	/* The host keeps what was not answered in time. */
	return ask_end(ask_begin(what, id, key)); /* NOLINT(clang-analyzer-unix.Malloc) */
}

/* ---- a ride */

static bool is_last_word(enum rent_verdict v)
{
	return v != RENT_KEY_RUNNING && v != RENT_IN_DOUBT;
}

static bool get_quote(char quote[RENT_ID_SIZE])
{
	int tries;

	for (tries = 0; tries < TRIES_MAX; tries++) {
		struct request *rq = ask(ASK_QUOTE, "", "");
		bool ok = rq != NULL && rq->code == 0 && rq->quote.verdict == RENT_DONE;

		if (ok)
			rent_copy(quote, RENT_ID_SIZE, rq->quote.quote.id);
		free(rq);
		if (ok)
			return true;
		strand_sleep(sim_between(100000, 2000000));
	}
	return false;
}

static void read_order(const char *json, char order[RENT_ID_SIZE])
{
	json_t *answer = json_loads(json, 0, NULL);
	const char *id = json_string_value(json_object_get(answer, "order_id"));

	if (id == NULL)
		sim_fail("a start was answered without an order: %s", json);
	rent_copy(order, RENT_ID_SIZE, id);
	json_decref(answer);
}

/* Insists with one key until there is a last word; sometimes sends it twice at once. */
static enum rent_verdict insist(const char *quote, const char *key,
                                char order[RENT_ID_SIZE])
{
	int tries;

	for (tries = 0; tries < TRIES_MAX; tries++) {
		struct request *twin =
			sim_chance(100) ? ask_begin(ASK_START, quote, key) : NULL;
		struct request *rq = ask(ASK_START, quote, key);
		enum rent_verdict verdict = RENT_IN_DOUBT;

		if (twin != NULL)
			(void)ask_end(twin);
		if (rq != NULL && rq->code == 0) {
			verdict = rq->start.verdict;
			sim_counts.resumed += rq->start.replayed;
			sim_counts.in_doubt += verdict == RENT_IN_DOUBT;
			if (verdict == RENT_DONE) {
				check_acked_start(key, rq->json);
				read_order(rq->json, order);
			}
		}
		free(rq);
		if (is_last_word(verdict))
			return verdict;
		strand_sleep(sim_between(100000, 8000000));
	}
	sim_fail("key %s got no last word", key);
}

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

	if (!get_quote(quote))
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

	if (!get_quote(another))
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
	if (!get_quote(quote))
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
	if (sim_chance(300))
		insist_on_return(order);
	insist_on_stop(order);
	if (!sim.short_memory && sim_chance(100))
		misuse_key(quote, key);
}

static void client(void *arg)
{
	int me = *(int *)arg, round, rounds = (int)sim_between(1, 3);

	strand_sleep(sim_between(0, 60 * RENT_SECOND));
	for (round = 0; round < rounds; round++)
		rent_once(me, round);
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
