/* SPDX-License-Identifier: MIT
 *
 * api.h - an instance of http_api and its handlers. A handler reads the request, asks the
 * bound "rental" once and writes the answer; it keeps nothing and decides no rule.
 */
#ifndef HTTP_API_API_H
#define HTTP_API_API_H

#include <rent/http.h>
#include <rent/plugin.h>
#include <rent/rental.h>

struct http_api {
	const struct rent_host *host;
	struct rent_rental_api rental; /* as much of it as the bound instance has */
	void *core;                    /* the bound instance */
	const char *currency;          /* ISO 4217; NULL: not said */
};

/* The handlers of the route table in plugin.c; all of the type of rent_http_route.handle. */
int quotes_post(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err);
int rentals_start(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err);
int rentals_status(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err);
int rentals_stop(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int rentals_pay(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err);
int listing_rentals(void *self, const struct rent_http_request *req,
                    struct rent_http_reply *reply, struct rent_error *err);
int listing_payments(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err);
int users_balance(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err);
int stations_get(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int me_get(void *self, const struct rent_http_request *req, struct rent_http_reply *reply,
           struct rent_error *err);
int docs_openapi(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err);
int docs_page(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err);
int docs_style(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err);
int docs_script(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err);

#endif
