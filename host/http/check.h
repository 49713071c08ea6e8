/* SPDX-License-Identifier: MIT
 *
 * http/check.h - what the host checks before a handler sees a request: a table of checks of
 * the head, run in order until one refuses, and that of the content type.
 */
#ifndef HTTP_CHECK_H
#define HTTP_CHECK_H

#include "http/call.h"

/* Request id and trace, taken over or made. Needs no check to have passed. */
void check_identity(struct call *call);

/* Framing, header syntax, target, route, announced length. May call call_refuse(). */
void check_head(struct call *call);

/* RENT_HTTP_JSON, once it is known whether there is a body. */
void check_type(struct call *call);

#endif
