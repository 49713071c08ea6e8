/* SPDX-License-Identifier: MIT
 *
 * own.h - what is a customer's own. On a listener with `auth` a customer reads and changes his own
 * rentals only; another's answers exactly as one that does not exist. Everybody else, and whoever
 * asks a listener without `auth`, is not restricted.
 */
#ifndef HTTP_API_OWN_H
#define HTTP_API_OWN_H

#include "api.h"

/* The user whose things alone the caller may see; NULL: everybody's. */
const char *own_user(const struct rent_http_request *req);

/* Whether the caller may act for user_id, as the request names him. False: the reply says 403. */
bool own_user_ok(const struct http_api *api, const struct rent_http_request *req,
                 struct rent_http_reply *reply, const char *user_id);

/* Whether a rental of user_id may be shown to the caller. */
bool own_visible(const struct rent_http_request *req, const char *user_id);

/* The same for a rental that has not been read yet; reads it where it matters. 1: it may be
 * shown. 0: the reply says that it does not exist. Negative: cannot tell. */
int own_rental(const struct http_api *api, const struct rent_http_request *req,
               struct rent_http_reply *reply, const char *order_id,
               struct rent_error *err);

/* The owner of the caller's idempotency keys; "" without identities, when all callers share
 * theirs. NULL: no memory. */
const char *own_keys(const struct http_api *api, const struct rent_http_request *req);

#endif
