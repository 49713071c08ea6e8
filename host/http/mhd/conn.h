/* SPDX-License-Identifier: MIT
 *
 * http/mhd/conn.h - one connection as its door knows it.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>

/* A connection, kept in the order in which they became quiet. */
struct conn {
	struct conn *prev, *next;
	int fd;
	int64_t since_us;  /* accepted, or the last reply finished */
	unsigned requests; /* finished ones */
	bool listed;       /* waits for (the rest of) a request */
	bool midway;       /* a request has begun */
};

#endif
