/* SPDX-License-Identifier: MIT
 *
 * ring.c - letting racers go; see race.h.
 */
#include <crowd.h>
#include <stdio.h>
#include <string.h>

#include "race.h"

static void note(struct racer *r, const struct answer *a)
{
	const char *end = answer_str(a, "finished_at");
	const char *order = answer_str(a, "order_id");

	r->status = a->status;
	r->later = answer_header(a, "Retry-After") != NULL;
	(void)snprintf(r->body, sizeof(r->body), "%s", a->body);
	(void)snprintf(r->finished_at, sizeof(r->finished_at), "%s", end ? end : "");
	if (order != NULL)
		(void)snprintf(r->order_id, sizeof(r->order_id), "%s", order);
}

static void start_one(void *item)
{
	struct racer *r = item;
	struct client *c = client_new(r->url);

	note(r, ride_start(c, r->key, r->quote_id));
	client_free(c);
}

static void stop_one(void *item)
{
	struct racer *r = item;
	struct client *c = client_new(r->url);

	note(r, ride_stop(c, r->order_id, r->cabinet == NULL ? "minute" : r->cabinet));
	client_free(c);
}

static void put_one(struct racer *r)
{
	struct client *c = client_new(r->stubs);

	note(r, client_post(c, "/admin/return-powerbank",
	                    "{\"powerbank_id\": \"%s\", \"station_id\": \"%s\"}",
	                    r->powerbank, r->cabinet));
	client_free(c);
}

static void mixed_one(void *item)
{
	struct racer *r = item;

	if (r->quote_id[0] != '\0')
		start_one(r);
	else if (r->powerbank != NULL)
		put_one(r);
	else
		stop_one(r);
}

static void give_hosts(struct ring *ring, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ring->racers[i].url =
			ring->run.deployment
				->nodes[i % ring->hosts == 0 ? NODE_API : NODE_API2]
				.url;
}

void ring_start(struct ring *ring, unsigned n)
{
	give_hosts(ring, n);
	crowd_run(n, start_one, ring->racers, sizeof(ring->racers[0]));
}

void ring_stop(struct ring *ring, unsigned n)
{
	give_hosts(ring, n);
	crowd_run(n, stop_one, ring->racers, sizeof(ring->racers[0]));
}

void ring_mixed(struct ring *ring, unsigned n)
{
	give_hosts(ring, n);
	for (unsigned i = 0; i < n; i++)
		ring->racers[i].stubs = ring->run.deployment->nodes[NODE_STUBS].url;
	crowd_run(n, mixed_one, ring->racers, sizeof(ring->racers[0]));
}
