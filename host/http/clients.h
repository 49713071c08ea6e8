/* SPDX-License-Identifier: MIT
 *
 * http/clients.h - how much one client may have of a listener: connections and waiting requests at once,
 * and requests in a time. A client is a principal where there is one, else an address; an IPv6 network of /64 counts as
 * one. Any thread.
 */
#ifndef HTTP_CLIENTS_H
#define HTTP_CLIENTS_H

#include "http/call.h"

#include <sys/socket.h>

struct clients;

/* NULL: no memory. */
struct clients *clients_new(const struct http_server *server);
void clients_free(struct clients *clients); /* NULL is fine */

/* Registers the metric of a server. */
void clients_setup(struct http_server *server);

/* Whether this address may have one connection more. Unix sockets and trusted proxies always may. */
bool clients_may_connect(struct http_server *server, const struct sockaddr *addr);
void clients_count(struct http_server *server, const struct sockaddr *addr, int change);

/* Whom the request comes from: sets peer.client to the last address of X-Forwarded-For that is not of a
 * trusted proxy itself, if a trusted proxy sent the request. Once the headers are read. */
void clients_see(struct call *call);

/* Takes one request of the client's allowance: of the principal's, once request.principal is set, else
 * of the address'. False: nothing is left, and the reply is 429. Fills in call->rate. The host's own
 * routes are free. */
bool clients_allow(struct call *call);

/* Before it is known who asks: whether its address has not sent too many bad credentials, of which it
 * may send as many as requests, and at least HTTP_TRIES_BURST. To check a signature is dear. False: the
 * reply is 429. */
bool clients_may_try(struct call *call);
void clients_note_bad(struct call *call);

/* A place for a request that may wait: whether its client may have one more, until clients_leave(), which
 * may be called without. False: the reply is 429. The host's own routes, unix sockets, and proxies for
 * themselves are not counted. */
bool clients_enter(struct call *call);
/* Once request.principal is set: the place is the principal's from now on, and no longer the address'. As
 * clients_enter(). */
bool clients_reenter(struct call *call);
void clients_leave(struct call *call);

/* For tests: takes of the allowance of key at the monotonic time now. The result as in call->rate. */
struct call_rate clients_take(struct clients *clients, uint64_t key, int64_t now);

#endif
