/* SPDX-License-Identifier: MIT
 *
 * http/mhd/reply.h - a filled-in reply as a response of libmicrohttpd, with the headers that are
 * the host's. On the loop.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "http/call.h"

#include <microhttpd.h>

/* MHD_NO closes the connection: RENT_HTTP_NO_ANSWER, or no memory. */
enum MHD_Result reply_send(struct call *call);

#endif
