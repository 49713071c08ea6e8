/* SPDX-License-Identifier: MIT
 *
 * connect.h - a connection to the Redis that takes writes: found (by sentinels, if there are any),
 * connected, logged in, asked whether it is there. Blocks for at most connect_us a step; runs
 * on the link's thread, never on a caller's.
 */
#ifndef STORAGE_REDIS_CONNECT_H
#define STORAGE_REDIS_CONNECT_H

#include <hiredis.h>

#include "address.h"

#define CONNECT_SENTINELS 16

struct connect_options {
	struct address address; /* with sentinels: login and database only */
	struct address_host sentinels[CONNECT_SENTINELS];
	size_t sentinel_count;
	const char *master;            /* what the sentinels call it */
	const char *sentinel_password; /* NULL: none */
	int64_t connect_us;
};

/* *ret does not block from now on. where is filled with what was tried last, also on failure:
 * fit to be shown. */
int dial(const struct connect_options *options, redisContext **ret,
         char where[ADDRESS_TEXT_SIZE], struct rent_error *err);

#endif
