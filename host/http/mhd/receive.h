/* SPDX-License-Identifier: MIT
 *
 * http/mhd/receive.h - a request as it arrives: its headers, and its body piece by piece.
 */
#ifndef HTTP_RECEIVE_H
#define HTTP_RECEIVE_H

#include "http/call.h"

/* The head is complete: reads headers, checks them, finds the route. Either the request is
 * fine so far, or `answered_here` is set with the reply filled in. */
void receive_head(struct call *call, const char *method);

/* A piece of the body. false: enough, close the connection. */
bool receive_body(struct call *call, const char *data, size_t size);

/* The request is complete: last checks. */
void receive_end(struct call *call);

#endif
