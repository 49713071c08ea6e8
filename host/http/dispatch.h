/* SPDX-License-Identifier: MIT
 *
 * http/dispatch.h - from a complete request to its handler: as a task of this loop, on a worker
 * where the handler may block, or here and now.
 */
#ifndef HTTP_DISPATCH_H
#define HTTP_DISPATCH_H

#include "http/call.h"

/* On the loop, in no task. true: the reply is filled in. false: a task or a worker has the call
 * and gives it back with door_done(). */
bool dispatch(struct call *call);

#endif
