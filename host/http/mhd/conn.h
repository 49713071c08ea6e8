/* SPDX-License-Identifier: MIT
 *
 * http/mhd/conn.h - one connection as its door knows it.
 */
#ifndef HTTP_CONN_H
#define HTTP_CONN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct tls_files;

/* The other end of the connection, as far as the host itself can tell. */
struct http_peer {
	char address[48];  /* "192.0.2.1", "2001:db8::1"; "unix" of a unix socket */
	int64_t uid;       /* of a unix socket, else -1 */
	char subject[256]; /* RFC 4514; of a verified client certificate, else "" */
	char sha256[65];   /* of the same, lower-case hex, else "" */
};

/* A connection, kept in the order in which they became quiet. */
struct conn {
	struct conn *prev, *next;
	int fd;
	struct http_peer peer; /* of TLS: the certificate after the first head */
	struct tls_files *tls; /* NULL: none */
	struct sockaddr_storage addr;
	int64_t since_us;  /* accepted, or the last reply finished */
	unsigned requests; /* finished ones */
	bool listed;       /* waits for (the rest of) a request */
	bool midway;       /* a request has begun */
	bool headed;       /* … and its head is complete */
};

#endif
