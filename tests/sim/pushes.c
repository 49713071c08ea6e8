/* SPDX-License-Identifier: MIT
 *
 * pushes.c - reports of services on their way: lost, late, a day old, twice, to any host, and
 * again until one has taken them.
 */
#include "cabinets.h"

#include <rent/http.h>
#include <stdlib.h>

#define TRIES 60

/* A report on its way to a host; outlives its sender. */
struct delivery {
	struct push push;
	int node, status;
	bool done;
};

static int64_t stopped_until[VENDORS];

void pushes_reset(void)
{
	memset(stopped_until, 0, sizeof(stopped_until));
}

void pushes_stop(enum vendor vendor, int64_t until)
{
	stopped_until[vendor] = until;
}

/* ---- at a host */

static const char *no_header(const struct rent_http_request *req, const char *name)
{
	(void)req;
	(void)name;
	return NULL;
}

static void serve(void *arg)
{
	struct delivery *d = arg;
	struct rent_arena *arena = sim_arena();
	const struct rent_http_request req = {
		.struct_size = sizeof(req),
		.method = "POST",
		.path = "/hooks",
		.params = { vendor_instance(d->push.vendor) },
		.body = rent_strndup(arena, (const char *)&d->push, sizeof(d->push)),
		.body_size = sizeof(d->push),
		.request_id = "push",
		.trace_id = "",
		.arena = arena,
		.header = no_header,
	};
	struct rent_http_reply reply = { .struct_size = sizeof(reply) };
	struct rent_error err;

	if (node_hook(d->node, &req, &reply, &err) == 0)
		d->status = reply.status;
	sim_arena_free(arena);
	d->done = true;
}

/* 0: it got no answer, and does not know whether it was taken. */
static int try_once(const struct push *push)
{
	struct delivery *d = calloc(1, sizeof(*d));
	int64_t until = sim_now + 10 * RENT_SECOND;
	uint64_t generation;
	int status = 0;

	if (d == NULL)
		abort();
	d->push = *push;
	d->node = (int)sim_between(0, sim.nodes - 1);
	if (!node_alive(d->node)) {
		free(d);
		return 0;
	}
	generation = node_generation(d->node);
	strand_start(d->node, serve, d);
	while (!d->done && sim_now < until && node_alive(d->node) &&
	       node_generation(d->node) == generation)
		strand_sleep(100000);
	if (d->done) {
		status = d->status;
		free(d);
	}
	/* Else the host has it still. */
	return status; /* NOLINT(clang-analyzer-unix.Malloc) */
}

/* Services give up some time. */
static void deliver(void *arg)
{
	struct push *push = arg;

	for (int i = 0; i < TRIES; i++) {
		int status = try_once(push);

		check_push(push, status);
		if (status == 200 || status == 401)
			break;
		strand_sleep(sim_between(1, 120) * RENT_SECOND);
	}
	free(push);
}

static void leaves(void *arg)
{
	strand_start(-1, deliver, arg);
}

static void leaves_at(const struct push *push, int64_t when)
{
	struct push *copy = malloc(sizeof(*copy));

	if (copy == NULL)
		abort();
	*copy = *push;
	event_at(when, leaves, copy);
}

/* ---- on the way */

void pushes_send(const struct push *push, int64_t when)
{
	int64_t at = when + sim_between(1000, 2000000);

	if (sim_faults && when < stopped_until[push->vendor])
		return;
	if (sim_fault(FAULT_PUSH_LOST, sim.push_lost))
		return;
	if (sim_fault(FAULT_PUSH_LATE, sim.push_late))
		at += sim_between(1, 90) * RENT_MINUTE;
	else if (sim_fault(FAULT_PUSH_DAY_OLD, sim.push_day_old))
		at += sim_between(20, 30) * RENT_HOUR;
	leaves_at(push, at);
	if (sim_fault(FAULT_PUSH_DOUBLE, sim.push_double))
		leaves_at(push, when + sim_between(1000, 20 * RENT_SECOND));
	if (sim_fault(FAULT_REPLAY, sim.push_double))
		leaves_at(push, when + sim_between(1, 600) * RENT_MINUTE);
}
