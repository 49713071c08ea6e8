/* SPDX-License-Identifier: MIT
 *
 * address.h - where Redis is, as text: the `url` option and the addresses of sentinels. Pure;
 * nothing is resolved or connected here.
 */
#ifndef STORAGE_REDIS_ADDRESS_H
#define STORAGE_REDIS_ADDRESS_H

#include <rent/base.h>

#define ADDRESS_HOST_SIZE 256
#define ADDRESS_TEXT_SIZE (ADDRESS_HOST_SIZE + 8)

struct address_host {
	char host[ADDRESS_HOST_SIZE];
	int port;
};

struct address {
	struct address_host at; /* host "" where sentinels know */
	char path[108];         /* of a socket, "" for TCP */
	char user[128], password[256];
	int64_t database;
};

/* "host", "host:port", "[v6]:port". */
int address_host(const char *text, int default_port, struct address_host *ret,
                 struct rent_error *err);

/* "redis://[[user]:password@]host[:port][/database]" or
 * "unix://[[user]:password@]/path[?db=database]"; what is reserved is percent-encoded. The
 * host may be missing. The text is a secret: no error repeats it. */
int address_url(const char *url, struct address *ret, struct rent_error *err);

/* "host:port" or the path: fit to be shown. */
void address_text(const struct address *address, char out[ADDRESS_TEXT_SIZE]);

#endif
