/* SPDX-License-Identifier: MIT
 *
 * http/router.h - the table of routes of a listener: built and checked once, then read by
 * every thread. Literal parts win over {parameters}, whatever the order of the mounts.
 */
#ifndef HTTP_ROUTER_H
#define HTTP_ROUTER_H

#include "http/server.h"
#include "http/uri.h"

struct route {
	const struct http_mount *mount;
	const struct rent_http_route *def;
	const struct rent_http_access *access;   /* NULL: no row */
	char *text;                              /* the template cut into parts */
	const char *segments[HTTP_SEGMENTS_MAX]; /* NULL: a parameter */
	unsigned segment_count;
};

struct router;

#define ROUTER_ALLOW_SIZE 128

enum router_verdict {
	ROUTER_FOUND,
	ROUTER_NO_METHOD, /* the path is there, the method is not: 405 */
	ROUTER_NO_PATH,
};

/* Mounts are kept by pointer. RENT_EINVAL names the wrong route and its instance. */
int router_new(const struct http_mount *mounts, size_t count, struct router **ret,
               struct rent_error *err);
void router_free(struct router *router);

/* Finds the route of method and path; HEAD is looked up as GET. params receives the
 * parameters' values, which are uri's. With ROUTER_NO_METHOD *ret is a route of that path. */
enum router_verdict router_match(const struct router *router, const char *method,
                                 const struct uri *uri, const struct route **ret,
                                 const char *params[RENT_HTTP_PARAMS]);

/* "GET, HEAD, OPTIONS": what a path allows; "" when no route has the path. */
void router_allow(const struct router *router, const struct uri *uri,
                  char out[ROUTER_ALLOW_SIZE]);

#endif
