/* SPDX-License-Identifier: MIT
 *
 * http/cors.h - which origins' pages may read our replies.
 */
#ifndef HTTP_CORS_H
#define HTTP_CORS_H

#include "http/listener.h"

#define CORS_ALLOW_HEADERS  "Content-Type, Idempotency-Key, Authorization"
#define CORS_EXPOSE_HEADERS "X-Request-Id, Idempotency-Replayed, Retry-After"

/* The value of Access-Control-Allow-Origin: "*", the origin, or NULL for no such header. */
const char *cors_allowed(const struct http_server *server, const char *origin);

/* Whether the listener has CORS at all: its replies then vary with the origin. */
bool cors_enabled(const struct http_server *server);

#endif
