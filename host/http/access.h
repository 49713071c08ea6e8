/* SPDX-License-Identifier: MIT
 *
 * http/access.h - who asks, and whether he may: the auth instances of a listener are asked for a
 * principal, which is compared with the row of the route in its table of access.
 */
#ifndef HTTP_ACCESS_H
#define HTTP_ACCESS_H

#include "http/call.h"

/* Whether the route can be answered without asking who is there. */
bool access_is_open(const struct call *call);

/* Sets request.principal, and takes one request of its allowance. False: the reply says 401, 403, 429
 * or 503. In the task or on the worker of the handler; may park. */
bool access_check(struct call *call);

#endif
