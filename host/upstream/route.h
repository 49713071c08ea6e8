/* SPDX-License-Identifier: MIT
 *
 * upstream/route.h - how a service is reached beside its address: whose certificates count, which
 * one we show, a proxy, and a unix socket.
 */
#ifndef UPSTREAM_ROUTE_H
#define UPSTREAM_ROUTE_H

#include <rent/base.h>

/* NULL and "": the system's authorities; no certificate; no proxy. Files are PEM; key "" is in
 * the file cert. insecure: plain http:// may leave this machine. */
struct upstream_route {
	char *ca, *cert, *key, *proxy;
	bool insecure;
	bool must_be_secure; /* for the message: there is no option that says otherwise */
	const char *unix_path; /* a literal or the caller's; NULL: the address itself */
};

/* Copies them. RENT_EINVAL: a file cannot be read, or a key without a certificate. name: the
 * upstream's. */
int route_init(struct upstream_route *route, const struct upstream_route *from,
               const char *name, struct rent_error *err);
void route_done(struct upstream_route *route);
bool route_same(const struct upstream_route *a, const struct upstream_route *b);

/* Sets a handle of libcurl up for it; whatever another route has set there before is gone. */
void route_apply(void *easy, const struct upstream_route *route);

#endif
