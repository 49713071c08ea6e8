/* SPDX-License-Identifier: MIT
 *
 * upstream/service.h - struct rent_upstream as the files of this folder see it: a service we
 * call, with what all loops share of it.
 */
#ifndef UPSTREAM_SERVICE_H
#define UPSTREAM_SERVICE_H

#include "upstream/breaker.h"
#include "upstream/limits.h"
#include "upstream/route.h"

#include <pthread.h>
#include <rent/upstream.h>

#define UPSTREAM_MAGIC 0x75707374u

struct admission;
struct reporting;

struct rent_upstream {
	uint32_t magic;
	struct rent_upstream *next; /* see struct upstreams */
	char *name, *base_url;
	bool needs_dns;
	struct upstream_route route; /* does not change after upstream_open() */
	const struct reporting *reporting;

	/* Of all below; held for a few instructions, never across a wait. */
	pthread_mutex_t lock;
	struct upstream_limits limits;
	struct breaker breaker;
	/* admission.c */
	unsigned in_flight, ramp;
	int64_t warm_until_us;
	struct admission *queue, *queue_last;
};

#endif
