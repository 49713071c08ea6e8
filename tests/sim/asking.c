/* SPDX-License-Identifier: MIT
 *
 * asking.c - see asking.h.
 */
#include "asking.h"

#include <jansson.h>
#include <stdlib.h>

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
		                            .payment_method =
		                                    sim.acts > 0 ? "card-1" : NULL,
		                            .arena = arena };

	switch (rq->ask) {
	case ASK_QUOTE:
		rq->code =
			api->quote(self, rq->station, rq->user, arena, &rq->quote, &err);
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
		rq->code = api->stop(self, rq->id, rq->station, &rq->view, &err);
		break;
	case ASK_RETURNED:
		break;
	}
	if (rq->ask == ASK_RETURNED)
		rq->code = report(api, self, rq);
	sim_arena_free(arena);
	rq->done = true;
}

static struct request *begin(enum ask ask, const char *id, const char *key,
                             const char *station)
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
	rent_copy(rq->station, sizeof(rq->station), station);
	for (i = 0; i < sim.nodes && !node_alive(node); i++)
		node = (node + 1) % sim.nodes;
	rq->node = node;
	if (node_alive(node))
		strand_start(node, serve, rq);
	return rq;
}

struct request *ask_begin(enum ask ask, const char *id, const char *key)
{
	return begin(ask, id, key, "station");
}

struct request *ask_begin_at(enum ask ask, const char *id, const char *station)
{
	return begin(ask, id, "", station);
}

struct request *ask_end(struct request *rq)
{
	uint64_t generation = node_generation(rq->node);
	int64_t until = sim_now + 30 * RENT_SECOND;

	while (!rq->done && sim_now < until && node_alive(rq->node) &&
	       node_generation(rq->node) == generation)
		strand_sleep(100000);
	/* Else left behind: it may still be written to. */
	return rq->done ? rq : NULL;
}

struct request *ask(enum ask what, const char *id, const char *key)
{
	/* The host keeps what was not answered in time. */
	return ask_end(ask_begin(what, id, key)); /* NOLINT(clang-analyzer-unix.Malloc) */
}

struct request *ask_at(enum ask what, const char *id, const char *station)
{
	/* The host keeps what was not answered in time. */
	return ask_end(ask_begin_at(/* NOLINT(clang-analyzer-unix.Malloc) */
	                            what, id, station));
}

static bool is_last_word(enum rent_verdict v)
{
	return v != RENT_KEY_RUNNING && v != RENT_IN_DOUBT && v != RENT_ACTION_NEEDED;
}

bool get_quote(const char *station, char quote[RENT_ID_SIZE])
{
	int tries;

	for (tries = 0; tries < TRIES_MAX; tries++) {
		struct request *rq = ask_at(ASK_QUOTE, "", station);
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

/* What a cabinet does not say takes long to find out. */
static int64_t patience(int tries)
{
	return sim.cabinets && tries > 60 ? sim_between(1, 240) * RENT_SECOND
	                                  : sim_between(100000, 8000000);
}

/* With reissue = "manual" a start whose powerbank another rental has is open until a person decides. */
static bool waits_for_a_person(void)
{
	struct memory_op *ops;
	size_t n = memstore_ops(sim_store, &ops);

	for (size_t i = 0; sim.reissue_manual && i < n; i++) {
		if (ops[i].op.kind == RENT_OP_EJECT &&
		    ops[i].op.state == RENT_OP_MANUAL &&
		    memory_rental(sim_store, ops[i].op.rental_id)->r.status ==
		            RENT_STATUS_PENDING)
			return true;
	}
	return false;
}

enum rent_verdict insist(const char *quote, const char *key, char order[RENT_ID_SIZE])
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
		strand_sleep(patience(tries));
	}
	if (waits_for_a_person())
		return RENT_IN_DOUBT;
	sim_fail("key %s got no last word", key);
}
