/* SPDX-License-Identifier: MIT
 *
 * upstream/multi.h - a multi handle of libcurl with its connections; a loop serves their sockets
 * and the timer. The loop's thread only.
 */
#ifndef UPSTREAM_MULTI_H
#define UPSTREAM_MULTI_H

#include "upstream/attempt.h"
#include "upstream/sockets.h"

struct multi_config {
	uv_loop_t *uv;
	/* An attempt has ended, and is no longer in the handle. On the loop's own stack. */
	void (*ended)(struct attempt *attempt, CURLcode code);
	/* Connections open at once, idle ones included; 0: no limit. */
	unsigned connections_max;
	/* Idle connections that are kept. */
	unsigned connections_kept;
};

struct multi {
	const struct multi_config *config;
	CURLM *handle;
	uv_timer_t *timer; /* libcurl's */
	struct sockets sockets;
	unsigned sending;      /* attempts in the handle */
	int64_t idle_since_us; /* while there are none; monotonic */
};

/* RENT_ENOMEM. config stays. The struct must not move. */
int multi_init(struct multi *multi, const struct multi_config *config);
/* Closes the connections. No attempt may be in it. */
void multi_done(struct multi *multi);

/* RENT_ENOMEM */
int multi_add(struct multi *multi, struct attempt *attempt);
/* Before its end. */
void multi_remove(struct multi *multi, struct attempt *attempt);

#endif
