/* SPDX-License-Identifier: MIT
 *
 * upstream/watch.c - see watch.h.
 */
#include "upstream/watch.h"

#include "base/cleanup.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* Bits of a state: what the set has (CURL_POLL_IN and _OUT), and these. */
#define KNOWN 0x100u /* opened here */
#define QUIET 0x200u /* no request is on it */

int watch_init(struct watch *w)
{
	*w = (struct watch){ .epoll_fd = epoll_create1(EPOLL_CLOEXEC) };
	return w->epoll_fd < 0 ? -1 : 0;
}

void watch_done(struct watch *w)
{
	if (w->epoll_fd >= 0)
		(void)close(w->epoll_fd);
	free(w->states);
	*w = (struct watch){ .epoll_fd = -1 };
}

/* Without memory the descriptor is not known, which costs system calls only. */
static void know(struct watch *w, int fd)
{
	size_t size = w->size == 0 ? 256 : w->size;
	unsigned *states;

	while (size <= (size_t)fd)
		size *= 2;
	if (size != w->size) {
		states = realloc(w->states, size * sizeof(*states));
		if (states == NULL)
			return;
		memset(states + w->size, 0, (size - w->size) * sizeof(*states));
		w->states = states;
		w->size = size;
	}
	w->states[fd] = KNOWN;
}

/* NULL: not opened here. */
static unsigned *state_of(struct watch *w, int fd)
{
	if ((size_t)fd >= w->size || (w->states[fd] & KNOWN) == 0)
		return NULL;
	return &w->states[fd];
}

curl_socket_t watch_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC,
	                address->protocol);

	(void)purpose;
	if (fd < 0)
		return CURL_SOCKET_BAD;
	know(arg, fd);
	return fd;
}

int watch_close(void *arg, curl_socket_t fd)
{
	unsigned *state = state_of(arg, fd);

	if (state != NULL)
		*state = 0;
	return close(fd); /* which also takes it out of the set */
}

static void enter(struct watch *w, int fd, unsigned what)
{
	struct epoll_event ev = { .data = { .fd = fd } };

	if ((what & CURL_POLL_IN) != 0)
		ev.events |= EPOLLIN;
	if ((what & CURL_POLL_OUT) != 0)
		ev.events |= EPOLLOUT;
	/* A number that was closed and given out again is no longer in the set. */
	if (epoll_ctl(w->epoll_fd, EPOLL_CTL_MOD, fd, &ev) != 0 && errno == ENOENT)
		(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

int watch_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct watch *w = arg;
	unsigned *state = state_of(w, fd), wanted = (unsigned)what;

	(void)easy;
	(void)socket_arg;
	if (wanted == CURL_POLL_REMOVE) {
		if (state != NULL)
			*state |= QUIET;
		else
			(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
		return 0;
	}
	if (state == NULL || (*state & CURL_POLL_INOUT) != wanted)
		enter(w, fd, wanted);
	if (state != NULL)
		*state = KNOWN | wanted;
	return 0;
}

bool watch_event(struct watch *w, int fd)
{
	unsigned *state = state_of(w, fd);

	if (state == NULL || (*state & QUIET) == 0)
		return true;
	/* Most likely its end: libcurl sees that when it wants to use it again. */
	(void)epoll_ctl(w->epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	*state = KNOWN;
	return false;
}
