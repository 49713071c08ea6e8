/* SPDX-License-Identifier: MIT
 *
 * http/mhd/crowd.h - a listener whose connections are all taken. Busy connections stay; of
 * the others, the listener ends those that have been quiet the longest, so that it can
 * serve the next ones in the kernel's queue, health probes among them. On the loop only.
 */
#ifndef HTTP_CROWD_H
#define HTTP_CROWD_H

#include "http/mhd/door.h"

void crowd_setup(struct http_server *server); /* registers the metric */

/* In every turn of the door: ends quiet connections if every door of the server is full. */
void crowd_turn(struct door *door, int64_t now);

/* Whether the calls and streams under way leave no more connections than are kept for the host's
 * own routes. Then nothing else may begin that keeps its connection busy. */
bool crowd_is_busy(const struct door *door);

#endif
