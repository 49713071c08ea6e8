/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/origin.h - a small HTTP server that misbehaves as its path says. One
 * thread, thousands of connections.
 *
 *   /ok              200 {"ok":true}
 *   /echo            200 with the body that came; Content-Type text/x-echo
 *   /status/503      that status, body {}
 *   /seq/503,200/X   the first status the first time this target is asked, then the next, …
 *   /retry           503 with Retry-After: 7
 *   /never           nothing
 *   /close /rst      reads the request, then ends the connection
 *   /cut             Content-Length: 100 and ten bytes
 *   /chunkcut        a chunk that ends early
 *   /head            half a head
 *   /huge            more than 1 MiB
 *   /dienext         200; the next request on this connection ends it, unanswered
 *   /gather/N        answers when N requests are waiting here, all at once
 *   /after/MS        200 after so many milliseconds
 *   /bye             200, then ends the connection without having said so
 */
#ifndef HOST_B_ORIGIN_H
#define HOST_B_ORIGIN_H

#include <stddef.h>

struct origin;

struct origin *origin_new(unsigned port); /* 0: any; aborts on failure */
void origin_free(struct origin *o);
unsigned origin_port(const struct origin *o);
/* Requests for a target so far. */
int origin_hits(struct origin *o, const char *target);
int origin_connections(struct origin *o);
int origin_endings(struct origin *o);      /* connections it has ended itself */
int origin_most_waiting(struct origin *o); /* at once, of those asking /after */
/* The last request, head and body. */
void origin_last(struct origin *o, char *out, size_t size);
/* A port on which nobody listens. */
unsigned origin_free_port(void);

#endif
