/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/raw.h - an HTTP client that sends exactly the given bytes, and
 * reads one reply. Aborts the test when the server says nothing for ten seconds.
 */
#ifndef HOST_B_RAW_H
#define HOST_B_RAW_H

#include <stdbool.h>
#include <stddef.h>

struct raw_reply {
	int status;      /* 0: the connection ended without one */
	char head[8192]; /* status line and headers */
	char body[262144];
	size_t body_size;
};

int raw_connect(unsigned port);
bool raw_try_connect(unsigned port); /* whether somebody listens */
void raw_send(int fd, const char *text);
/* head_only: the reply has no body whatever its headers say (HEAD). */
void raw_read(int fd, struct raw_reply *ret, bool head_only);
bool raw_is_readable(int fd); /* now: data or the end of the stream is there */
bool raw_is_closed(int fd);   /* waits for the end of the stream; false: data came */

/* Connect, send, read, close. */
void raw_ask(unsigned port, const char *text, struct raw_reply *ret);
/* "METHOD target", the usual headers, and extra ones ("A: b\r\n", may be ""). */
void raw_get(unsigned port, const char *line, const char *headers, struct raw_reply *ret);
void raw_post(unsigned port, const char *target, const char *type, const char *body,
              struct raw_reply *ret);
/* The value of a header in ret->head, copied to out; false: it is not there. */
bool raw_header(const struct raw_reply *reply, const char *name, char *out, size_t size);

#endif
