/* SPDX-License-Identifier: MIT
 *
 * http/listener.h - struct http_server as the files of this folder see it.
 */
#ifndef HTTP_LISTENER_H
#define HTTP_LISTENER_H

#include "http/router.h"
#include "http/server.h"

#include <rent/host.h>
#include <stdatomic.h>

struct door;
struct packed;

struct http_server {
	struct http_config config; /* defaults filled in */
	struct http_mount *mounts; /* the configured ones and the host's own */
	size_t mount_count;
	struct router *router;
	struct route files; /* for paths without a route, when there is a static root */
	struct http_mount files_mount;
	int static_fd;         /* -1: none */
	struct packed *packed; /* with static_fd */
	int listen_fd;         /* until start; then each door has its own */
	char address[80], others[256];
	unsigned port;
	bool cors_any;
	struct door *doors; /* config.event_threads */
	bool started;
	atomic_bool draining; /* new requests are refused */
	atomic_uint underway; /* accepted ones, except on the host's own routes */
	atomic_uint streams;  /* open ones, of all doors */
	int64_t began_us;     /* monotonic */
	struct rent_metric *requests, *duration, *inprogress; /* observe.c */
	struct rent_metric *ended;                            /* crowd.c */
};

#endif
