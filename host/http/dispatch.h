/* SPDX-License-Identifier: MIT
 *
 * http/dispatch.h - from a complete request to its handler: on a worker, or here and now.
 */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/call.h"

/* Event thread. true: the reply is filled in (inline handler, or no room in the queue).
 * false: a worker has the call and gives it back with door_done(). */
bool dispatch(struct call *call);

#endif
