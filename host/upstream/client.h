/* SPDX-License-Identifier: MIT
 *
 * upstream/client.h - HTTP out on one loop: multi handles of libcurl, and attempts that are used
 * again. It carries attempts; what follows from the end of one is its owner's. The loop's thread only, except where it says otherwise.
 */
#ifndef UPSTREAM_CLIENT_H
#define UPSTREAM_CLIENT_H

#include "runtime/loop.h"
#include "upstream/attempt.h"

struct client;

/* Calls to the owners of attempts, on the loop's own stack. */
struct client_events {
	/* The attempt of client_send() ended. */
	void (*ended)(void *owner, CURLcode code);
	/* The time of client_wait() has come. */
	void (*due)(void *owner);
	/* The client closes. sending: the attempt was on the wire, else it waited. The owner gives
	 * the attempt back. */
	void (*closing)(void *owner, bool sending);
};

struct client_config {
	struct loop *loop;
	const struct client_events *events;
	CURLSH *share;
	/* Connections open at once, idle ones included; 0: no limit. */
	unsigned connections_max;
	/* Idle connections that are kept, and attempts. */
	unsigned connections_kept;
};

/* Any thread. The client opens at its first use. NULL on ENOMEM. */
struct client *client_new(const struct client_config *config);
/* Any thread, once it is closed or if it was never used. NULL is fine. */
void client_free(struct client *client);

/* Any thread. */
struct loop *client_loop(const struct client *client);

/* Any thread: from now on it takes no further owner. */
void client_shut(struct client *client);
/* Shuts it, ends all attempts, closes the connections. Also on another thread, if the loop does not
 * run. */
void client_close(struct client *client);
bool client_is_shut(const struct client *client);

/* An attempt for the owner. NULL: no memory or descriptors left, or the client is shut. */
struct attempt *client_take(struct client *client, void *owner);
void client_give_back(struct client *client, struct attempt *attempt);

/* Sends what attempt_prepare() set up; events->ended follows. false: no memory. */
bool client_send(struct client *client, struct attempt *attempt);
/* Keeps the attempt until then; events->due follows. */
void client_wait(struct client *client, struct attempt *attempt, int64_t due_us);

#endif
