/* SPDX-License-Identifier: MIT
 *
 * upstream/upstreams.h - struct upstreams as upstream.c and exchange.c see it: all upstreams
 * of a host, and a client a loop, which calls them.
 */
#ifndef UPSTREAM_UPSTREAMS_H
#define UPSTREAM_UPSTREAMS_H

#include "upstream/client.h"
#include "upstream/names.h"
#include "upstream/report.h"

struct upstreams {
	pthread_mutex_t lock;
	struct rent_upstream *first; /* by next; they are only added, at the end */
	struct reporting reporting;
	struct names names;
	struct client **clients; /* by the index of the loop */
	unsigned client_count;
	_Atomic unsigned
		turn; /* whose client serves the next thread that is not a loop's */
	_Atomic bool stopped;
};

#endif
