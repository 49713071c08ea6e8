/* SPDX-License-Identifier: MIT
 *
 * upstream/sockets.h - the sockets of a client and what they are watched for on its loop. A
 * kept-alive connection stays watched between two requests, which saves three system calls a
 * request. That is done only for sockets that are opened and closed here, so that a number that
 * is given out again is never taken for the one it was. The loop's thread only.
 */
#ifndef UPSTREAM_SOCKETS_H
#define UPSTREAM_SOCKETS_H

#include <curl/curl.h>
#include <stddef.h>
#include <uv.h>

struct socket_watch;

struct sockets {
	uv_loop_t *uv;
	/* A socket has what it is watched for: CURL_CSELECT_IN and _OUT. */
	void (*ready)(void *arg, curl_socket_t fd, int events);
	void *arg;
	struct socket_watch **by_fd; /* NULL: not watched */
	size_t size;
};

/* When all sockets are closed. */
void sockets_done(struct sockets *sockets);

/* CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION; arg is the sockets. */
curl_socket_t sockets_open(void *arg, curlsocktype purpose,
                           struct curl_sockaddr *address);
int sockets_close(void *arg, curl_socket_t fd);

/* CURLMOPT_SOCKETFUNCTION; arg is the sockets. */
int sockets_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg);

#endif
