/* SPDX-License-Identifier: MIT
 *
 * http/mhd/bind.h - an address of the configuration as a listening socket.
 */
#ifndef HTTP_BIND_H
#define HTTP_BIND_H

#include <rent/base.h>

#define BIND_ADDRESS_SIZE 80
#define BIND_OTHERS_SIZE  256

/* "127.0.0.1:8000", "[::1]:80", "localhost:8000", ":8000" (every address). Gives a
 * non-blocking socket that listens and the address it got; others: further addresses of the
 * name, which are not listened on, or "". RENT_EINVAL: malformed;
 * RENT_EUNAVAIL: taken, or not an address of this machine; RENT_EFAIL else, errno kept. */
int bind_listen(const char *address, int *ret_fd, char ret_address[BIND_ADDRESS_SIZE],
                char ret_others[BIND_OTHERS_SIZE], unsigned *ret_port,
                struct rent_error *err);

#endif
