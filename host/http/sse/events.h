/* SPDX-License-Identifier: MIT
 *
 * http/sse/events.h - GET /api/v1/events: a request becomes a stream, or is refused.
 */
#ifndef HTTP_EVENTS_H
#define HTTP_EVENTS_H

#include <rent/http.h>

/* self is the server. On a loop. */
int events_get(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);

#endif
