/* SPDX-License-Identifier: MIT
 *
 * upstream/upstreams.h - struct upstreams as upstream.c and exchange.c see it: all upstreams
 * of a host and what serves them.
 */
#ifndef UPSTREAM_UPSTREAMS_H
#define UPSTREAM_UPSTREAMS_H

#include "upstream/engine.h"
#include "upstream/report.h"

struct upstreams {
	pthread_mutex_t lock;
	struct rent_upstream *first; /* by next; they are only added, at the end */
	struct engine *engine;
	struct reporting reporting;
};

#endif
