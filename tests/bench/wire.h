/* SPDX-License-Identifier: MIT
 *
 * wire.h - one keep-alive HTTP/1.1 connection of the load generator: a request is written in
 * one piece, its reply read until it is whole. As little work as will do, since what the
 * generator takes of the processor is missing where it is measured. For servers that answer
 * with a Content-Length and one request at a time; loopback only.
 */
#ifndef BENCH_WIRE_H
#define BENCH_WIRE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define WIRE_REQUEST_MAX 1024
#define WIRE_REPLY_MAX   16384

struct wire {
	int fd;
	int status; /* of the reply, once it is whole */
	const char *body;
	size_t got;
	char reply[WIRE_REPLY_MAX + 1];
};

enum wire_state {
	WIRE_MORE,  /* the reply is not whole yet */
	WIRE_WHOLE, /* status and body are set, until the next request */
	WIRE_BROKEN /* the connection is of no use any more */
};

/* "http://127.x.y.z:PORT". false: anything else. */
bool wire_address(const char *url, struct sockaddr_in *ret);

/* Connects and registers with an epoll set, with arg. false: errno says why. */
bool wire_open(struct wire *w, const struct sockaddr_in *to, int epoll_fd, void *arg);
void wire_close(struct wire *w);

/* false: broken. */
bool wire_send(struct wire *w, const char *request, size_t size);

/* There is something to read. */
enum wire_state wire_read(struct wire *w);

/* The text member `name` of a flat JSON object, without its quotes; false: there is none,
 * or it does not fit. */
bool wire_member(const struct wire *w, const char *name, char *ret, size_t size);

#endif
