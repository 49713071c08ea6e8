/* SPDX-License-Identifier: MIT
 *
 * operator.c - a person that resolves operations in MANUAL: looks each up at the provider
 * and tells a host, soon or late, once or twice. The operator has a separate source of
 * chance, so that a seed in which nothing is MANUAL is the same with and without.
 */
#include <stdlib.h>

#include "sim.h"

#define MANUAL_MAX 64

/* A request on its way to a host; outlives its sender. */
struct errand {
	int node;
	bool list, done;
	int code;
	char ops[MANUAL_MAX][RENT_ID_SIZE]; /* of a list */
	size_t n;
	struct rent_resolve resolve;
	char id[RENT_ID_SIZE], reference[RENT_ID_SIZE];
};

static uint64_t dice;

static int64_t roll(int64_t low, int64_t high)
{
	return low + (int64_t)(sim_random_of(&dice) % (uint64_t)(high - low + 1));
}

/* ---- at a host */

static int add_manual(void *arg, const struct rent_manual *item)
{
	struct errand *e = arg;

	if (item->rental == NULL)
		sim_fail("operation %s has no rental", item->op->id);
	if (e->n < MANUAL_MAX)
		rent_copy(e->ops[e->n++], RENT_ID_SIZE, item->op->id);
	return 0;
}

static void serve(void *arg)
{
	struct errand *e = arg;
	struct rent_error err;
	void *self;
	const struct rent_rental_api *api = node_api(e->node, &self);
	const struct rent_manual_reply reply = { sizeof(reply), e, add_manual };

	e->code = e->list ? api->manual(self, &reply, &err)
	                  : api->resolve(self, &e->resolve, &err);
	e->done = true;
}

/* False: the host died or did not answer; the errand is left behind then. */
static bool send_errand(struct errand *e)
{
	int64_t until = sim_now + 60 * RENT_SECOND;
	uint64_t generation;

	e->node = (int)roll(0, sim.nodes - 1);
	if (!node_alive(e->node))
		return false;
	generation = node_generation(e->node);
	strand_start(e->node, serve, e);
	while (!e->done && sim_now < until && node_alive(e->node) &&
	       node_generation(e->node) == generation)
		strand_sleep(200000);
	return e->done && e->code == 0;
}

static struct errand *errand_new(void)
{
	struct errand *e = calloc(1, sizeof(*e));

	if (e == NULL)
		abort();
	return e;
}

/* ---- what the provider says */

static bool ask_provider(struct errand *e, const char *id)
{
	const struct world_op *w = world_find(id);

	rent_copy(e->id, sizeof(e->id), id);
	e->resolve = (struct rent_resolve){ .struct_size = sizeof(e->resolve),
		                            .op_id = e->id,
		                            .reference = "",
		                            .reason = "as the provider said",
		                            .by = "operator" };
	if (w == NULL || w->state == WORLD_NONE) {
		e->resolve.as = RENT_OP_NOT_EXECUTED;
	} else if (w->state == WORLD_DECLINED) {
		e->resolve.as = RENT_OP_DECLINED;
	} else if (w->state == WORLD_DONE) {
		e->resolve.as = RENT_OP_SUCCEEDED;
		e->resolve.amount = w->processed;
		e->resolve.expires_at = w->expires_at;
		rent_copy(e->reference, sizeof(e->reference), w->powerbank);
		e->resolve.reference = e->reference;
	}
	return w == NULL || w->state != WORLD_PENDING;
}

static void check_verdict(const struct errand *e)
{
	const struct rent_op *op = memstore_op(sim_store, e->id);

	switch (e->resolve.verdict) {
	case RENT_RESOLVED:
		sim_counts.resolved++;
		sim_trace("operator: %s is %s", e->id,
		          rent_name_of(rent_op_state_names, (int)e->resolve.as));
		if (op == NULL || op->state != e->resolve.as)
			sim_fail("%s was resolved and is not", e->id);
		return;
	case RENT_RESOLVE_BUSY:
		return;
	case RENT_RESOLVE_NOT_MANUAL: /* a resolution whose answer was lost */
		if (op == NULL || op->state == RENT_OP_MANUAL)
			sim_fail("%s is MANUAL and cannot be resolved", e->id);
		return;
	case RENT_RESOLVE_NO_OPERATION:
	case RENT_RESOLVE_REFUSED:
		break;
	}
	sim_fail("the resolution of %s was refused: %s", e->id, e->resolve.detail);
}

/* An amount that cannot be, no reason: refused, and nothing changes. */
static void resolve_wrongly(const char *id)
{
	struct errand *e = errand_new();

	if (!ask_provider(e, id) || e->resolve.as != RENT_OP_SUCCEEDED ||
	    e->reference[0] != '\0') {
		free(e);
		return;
	}
	e->resolve.amount = INT64_MAX / 2;
	if (!send_errand(e))
		return; /* NOLINT(clang-analyzer-unix.Malloc) */
	if (e->resolve.verdict == RENT_RESOLVED)
		sim_fail("%s was resolved with an absurd amount", id);
	free(e);
}

static void resolve(const char *id)
{
	struct errand *e = errand_new();

	if (!ask_provider(e, id)) {
		free(e);
		return;
	}
	if (roll(0, 9) == 0)
		resolve_wrongly(id);
	/* The host keeps what was not answered in time. */
	if (!send_errand(e))
		return; /* NOLINT(clang-analyzer-unix.Malloc) */
	check_verdict(e);
	free(e);
}

static void look_after(void)
{
	struct errand *e = errand_new();
	size_t i;

	e->list = true;
	if (!send_errand(e))
		return; /* NOLINT(clang-analyzer-unix.Malloc) */
	for (i = 0; i < e->n; i++) {
		if (roll(0, 9) < 8)
			resolve(e->ops[i]);
	}
	free(e);
}

static void operator_strand(void *arg)
{
	(void)arg;
	for (;;) {
		bool late = roll(0, 9) == 0;

		strand_sleep(roll(1, late ? 600 : 20) * RENT_MINUTE);
		look_after();
	}
}

/* ---- for the seed */

bool operator_done(void)
{
	struct memory_op *ops;
	size_t n = memstore_ops(sim_store, &ops), i;

	for (i = 0; sim.resolver && i < n; i++) {
		if (ops[i].op.state == RENT_OP_MANUAL)
			return false;
	}
	return true;
}

void operator_start(void)
{
	void *self;
	const struct rent_rental_api *api = node_api(0, &self);

	sim.resolver =
		sim.resolver && api->struct_size == sizeof(*api) && api->resolve != NULL;
	dice = sim.seed;
	if (sim.resolver)
		strand_start(-1, operator_strand, NULL);
}
