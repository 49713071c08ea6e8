/* SPDX-License-Identifier: MIT
 *
 * http/mhd/bind.h - an address of the configuration as a listening socket.
 */
#ifndef HTTP_BIND_H
#define HTTP_BIND_H

#include <rent/base.h>

struct bound {
	int fd;            /* non-blocking, listens */
	unsigned port;     /* 0 of a unix socket */
	bool loopback;     /* only this machine reaches it */
	uint64_t inode;    /* of a unix socket's file */
	char path[108];    /* of a unix socket, else "" */
	char address[160]; /* as text: "127.0.0.1:8000", "unix:/run/x" */
	char others
		[256]; /* further addresses of the name, which are not listened on, or "" */
};

/* "127.0.0.1:8000", "[::1]:80", "localhost:8000", ":8000" (every address), "unix:/path" with the
 * given mode: a file that a dead process left there is replaced. RENT_EINVAL: malformed;
 * RENT_EUNAVAIL: taken, or not an address of this machine; RENT_EFAIL else, errno kept. */
int bind_listen(const char *address, unsigned mode, struct bound *ret,
                struct rent_error *err);

/* Removes the file of a unix socket, unless another process has put its own there; "" is fine. */
void bind_remove(const char *path, uint64_t inode);

#endif
