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

struct clients;
struct door;
struct packed;
struct tls;

struct proven;

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
	char unix_path[108];   /* of its socket; "": none */
	uint64_t unix_inode;   /* another process may have put its own there */
	bool loopback;         /* with hosts_default: only this machine reaches it */
	struct tls *tls;       /* NULL: none */
	struct rent_http_route system[8]; /* those of the host's own that it serves */
	struct rent_http_access system_access[8]; /* their rows */
	struct rent_http_routes system_table;
	char address[160], others[256];
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
	struct rent_metric *limited;                          /* clients.c */
	struct clients *clients;
	struct proven *proven;
};

#endif
