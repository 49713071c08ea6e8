/* SPDX-License-Identifier: MIT
 *
 * actor.h - who sent a request, for the books.
 */
#ifndef HTTP_API_ACTOR_H
#define HTTP_API_ACTOR_H

#include "api.h"

/* The texts live as long as the request. */
struct rent_actor actor_of(const struct rent_http_request *req);

#endif
