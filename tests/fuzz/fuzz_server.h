/* SPDX-License-Identifier: MIT
 *
 * fuzz_server.h - a real listener in the target's own process: http_api with rules that answer anything
 * (fuzz_rental.h), and connections to it.
 */
#ifndef TEST_FUZZ_SERVER_H
#define TEST_FUZZ_SERVER_H

#include "http/server.h"

/* Begins one, on a free port of the loopback; what config leaves open is filled in. config is static. */
void fuzz_server_begin(struct http_config *config);

/* A connection to it; ends the target when there is none. */
int fuzz_server_connect(void);
/* Resets it: ports would run out. */
void fuzz_server_leave(int fd);

/* Until all is sent, or the other end has heard enough. */
void fuzz_server_send(int fd, const char *text, size_t n);

#endif
