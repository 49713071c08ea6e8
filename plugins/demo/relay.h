/* SPDX-License-Identifier: MIT
 *
 * relay.h - passing a request of the page on to the stubs' control side, and its answer back.
 */
#ifndef DEMO_RELAY_H
#define DEMO_RELAY_H

#include <rent/plugin.h>
#include <rent/scheduler.h>

struct demo {
	const struct rent_host *host;
	struct rent_upstream *stubs;
	struct rent_scheduler billing; /* as much as the bound one has; zeroes: none is */
	void *billing_self;
};

/* Handlers; of the type of rent_http_route.handle. */
int relay_overview(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err);
int relay_bill(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);
int relay_call(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);

#endif
