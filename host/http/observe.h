/* SPDX-License-Identifier: MIT
 *
 * http/observe.h - what the host reports about requests: http_* metrics, the access line,
 * and an event for each request except those for the host itself (system routes, static
 * files).
 */
#ifndef HTTP_OBSERVE_H
#define HTTP_OBSERVE_H

#include "http/call.h"

void observe_setup(struct http_server *server); /* registers the metrics */
void observe_begin(struct call *call);

/* The call became a stream: it is neither in progress nor does it have a duration. */
void observe_stream(struct call *call);

/* complete: the whole reply went out. A request that never got a reply (the client went
 * away, or the library refused it) counts as status 499. */
void observe_end(struct call *call, bool complete);

#endif
