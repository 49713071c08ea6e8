/* SPDX-License-Identifier: MIT
 *
 * upstream/watch.h - the epoll set of the engine: which descriptors are in it, and for what.
 * A kept-alive connection stays in the set between two requests, which saves three system
 * calls a request. That is done only for sockets that are opened and closed here, so that a
 * number that is given out again is never taken for the one it was. The engine's thread only.
 */
#ifndef UPSTREAM_WATCH_H
#define UPSTREAM_WATCH_H

#include <curl/curl.h>
#include <stdbool.h>
#include <sys/epoll.h>

struct watch {
	int epoll_fd;
	unsigned *states; /* by descriptor */
	size_t size;
};

/* -1: no descriptors left. */
int watch_init(struct watch *w);
void watch_done(struct watch *w);

/* CURLOPT_OPENSOCKETFUNCTION and CURLOPT_CLOSESOCKETFUNCTION; arg is the watch. */
curl_socket_t watch_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address);
int watch_close(void *arg, curl_socket_t fd);

/* CURLMOPT_SOCKETFUNCTION; arg is the watch. */
int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg);

/* Call when fd has an event. false: nobody waits for it, so do not tell libcurl. */
bool watch_event(struct watch *w, int fd);

#endif
