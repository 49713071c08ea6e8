/* SPDX-License-Identifier: MIT
 *
 * payer.c - customers who pay what they owe: at any host, twice at once, again under the same key when no
 * answer came. A key has one answer; what was paid is the checks' to compare.
 */
#include <stdlib.h>

#include "sim.h"

#define TRIES_MAX 60

/* On its way to a host; outlives its sender. */
struct payment {
	int node;
	char order[RENT_ID_SIZE], key[RENT_KEY_SIZE];
	const char *method; /* NULL: what he has paid with before */
	bool done;
	int code;
	enum rent_verdict verdict;
	char json[256];
};

static void serve(void *arg)
{
	struct payment *p = arg;
	struct rent_error err;
	void *self;
	const struct rent_rental_api *api = node_api(p->node, &self);
	struct rent_arena *arena = sim_arena();
	struct rent_pay_request ask = { .struct_size = sizeof(ask),
		                        .order_id = p->order,
		                        .key = p->key,
		                        .payment_method = p->method,
		                        .arena = arena };
	struct rent_pay_reply reply = { .struct_size = sizeof(reply) };

	p->code = api->pay(self, &ask, &reply, &err);
	p->verdict = reply.verdict;
	if (p->code == 0 && reply.json != NULL)
		rent_copy(p->json, sizeof(p->json), reply.json);
	sim_arena_free(arena);
	p->done = true;
}

static struct payment *begin(const char *order, const char *key, const char *method)
{
	struct payment *p = calloc(1, sizeof(*p));

	if (p == NULL)
		abort();
	rent_copy(p->order, sizeof(p->order), order);
	rent_copy(p->key, sizeof(p->key), key);
	p->method = method;
	p->node = (int)sim_between(0, sim.nodes - 1);
	for (int i = 0; i < sim.nodes && !node_alive(p->node); i++)
		p->node = (p->node + 1) % sim.nodes;
	if (node_alive(p->node))
		strand_start(p->node, serve, p);
	return p;
}

/* False: the host died, took too long, or could not tell. It keeps what it may still write to. */
static bool pay(const char *order, const char *key, const char *method,
                struct payment *ret)
{
	struct payment *p = begin(order, key, method);
	uint64_t generation = node_generation(p->node);
	int64_t until = sim_now + 30 * RENT_SECOND;

	while (!p->done && sim_now < until && node_alive(p->node) &&
	       node_generation(p->node) == generation)
		strand_sleep(100000);
	if (!p->done)
		return false; /* NOLINT(clang-analyzer-unix.Malloc) */
	*ret = *p;
	free(p);
	return ret->code == 0;
}

static bool is_final(enum rent_verdict v)
{
	return v == RENT_DONE || v == RENT_PAYMENT_DECLINED ||
	       v == RENT_PAYMENT_UNAVAILABLE;
}

static void check_verdict(const struct payment *p)
{
	if (!is_final(p->verdict) && p->verdict != RENT_PAYMENT_RUNNING &&
	    p->verdict != RENT_IN_DOUBT && p->verdict != RENT_NOT_PAYABLE &&
	    (p->verdict != RENT_ACTION_NEEDED || sim.acts == 0))
		sim_fail("a payment of %s said %d", p->order, (int)p->verdict);
}

void payer_pays(const char *order, const char *key)
{
	struct payment first = { .code = 0 }, again;
	const char *method = sim.acts > 0 && sim_chance(400) ? SIM_OTHER_CARD : NULL;
	void *self;
	bool final = false;

	if (node_api(0, &self)->pay == NULL)
		return;
	if (sim_chance(200)) /* at another host meanwhile; its answer is lost */
		(void)begin(order, key, method);
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): the host keeps what is not answered */
	for (int tries = 0; !final && tries < TRIES_MAX; tries++) {
		if (pay(order, key, method, &first)) {
			check_verdict(&first);
			final = is_final(first.verdict);
		}
		strand_sleep(sim_between(100000, 8000000));
	}
	if (!final || sim.short_memory || !pay(order, key, method, &again))
		return;
	if (again.verdict != first.verdict || strcmp(again.json, first.json) != 0)
		sim_fail("two answers for key %s: %d %s, %d %s", key, (int)first.verdict,
		         first.json, (int)again.verdict, again.json);
}
