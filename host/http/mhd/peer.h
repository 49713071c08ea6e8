/* SPDX-License-Identifier: MIT
 *
 * http/mhd/peer.h - the other end of a connection: its address, or the process at the other end
 * of a unix socket.
 */
#ifndef HTTP_PEER_H
#define HTTP_PEER_H

#include "http/call.h"

/* Fills call->peer from its connection, whose strings it shares. On the loop. */
void peer_read(struct call *call);

#endif
