/* SPDX-License-Identifier: MIT
 *
 * http/limits.h - the ceilings of a listener that are not configured, by name, with what
 * happens when one is reached.
 */
#ifndef HTTP_LIMITS_H
#define HTTP_LIMITS_H

#include <stddef.h>

/* Memory libmicrohttpd keeps a connection; a head that does not fit is answered by the
 * library itself (414 or 431 as a page, closed; just below it is closed without a word). More
 * of it would be cleared for each request, so the exception is documented instead. */
#define HTTP_POOL_BYTES   ((size_t)16 * 1024)

#define HTTP_TARGET_MAX   ((size_t)4096) /* bytes of the request target: 414 */
#define HTTP_HEADERS_MAX  64u            /* header fields: 431 */
#define HTTP_HEADER_BYTES ((size_t)8192) /* bytes of all of them: 431 */
#define HTTP_SEGMENTS_MAX 16u            /* parts of a path: 404 */
#define HTTP_QUERY_MAX    32u            /* query parameters: 400 */

/* A body over body_max is read and thrown away up to this, so that the client reads its
 * 413 instead of a reset; beyond, the connection is closed. */
#define HTTP_DISCARD_MAX ((size_t)4 * 1024 * 1024)

/* Static files as gzip, a listener. Larger files are sent as they are; beyond the others, the
 * form that was used the longest ago is forgotten and made again when it is asked for. */
#define HTTP_PACK_FILE_MAX ((size_t)1024 * 1024)     /* bytes of a file */
#define HTTP_PACK_BYTES    ((size_t)4 * 1024 * 1024) /* bytes of all forms kept */
#define HTTP_PACK_FILES    256u                      /* files whose form is known */

/* Replies of handlers as gzip: smaller ones gain nothing, larger ones take too long. */
#define HTTP_PACK_REPLY_MIN ((size_t)1024)
#define HTTP_PACK_HERE_MAX  ((size_t)64 * 1024) /* larger ones go to a worker for it */
#define HTTP_PACK_REPLY_MAX ((size_t)32 * 1024 * 1024)

/* When every connection of a listener is taken. */
#define HTTP_FULL_FRESH_US  25000    /* without a request so long: may be ended */
#define HTTP_FULL_QUIET_US  1000000  /* … since its last reply */
#define HTTP_FULL_MIDWAY_US 5000000  /* … with a request half sent */
#define HTTP_FULL_SAID_US   60000000 /* the log says so once in this time */
/* The kernel's queue may be long: after it ended some, the door looks around more often. */
#define HTTP_FULL_BRISK_US 1000000
/* Calls and streams leave a part of the connections free, for the host's own routes. */
#define HTTP_SPARE_PART 16u
#define HTTP_SPARE_FROM 8u /* connections of a door; below there is no part */

/* Clients that a listener counts, in sets; in a full set the least missed client makes room. */
#define HTTP_CLIENTS     16384u
#define HTTP_CLIENTS_SET 8u

/* Bad credentials of an address, where requests are counted: at once, and a second in the long run. Many
 * people may have one address. */
#define HTTP_TRIES_BURST 200u
#define HTTP_TRIES_RATE  10u

/* Credentials that were good, of one listener, and for how long they pass by that count. */
#define HTTP_PROVEN        4096u
#define HTTP_PROVEN_US     INT64_C(600000000)

#define HTTP_BACKLOG       1024 /* connections the kernel keeps for us */
#define HTTP_RETRY_AFTER   "1"  /* seconds, with 503 when all tasks are taken */
#define HTTP_CORS_MAX_AGE  "600"
#define HTTP_TICK_MS       500 /* a door looks around at least this often */
#define HTTP_DRAIN_TICK_MS 20  /* … while it drains, or is crowded */
/* Microseconds that a drained listener leaves to a new connection for its first request, and to
 * streams to end. */
#define HTTP_DRAIN_FRESH_US 1000000

#endif
