/* SPDX-License-Identifier: MIT
 *
 * upstream/sockets.c - see sockets.h.
 */
#include "upstream/sockets.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct socket_watch {
	uv_poll_t poll; /* first */
	struct sockets *sockets;
	curl_socket_t fd;
	int wanted; /* CURL_POLL_IN and _OUT, which poll is started for */
	bool ours;  /* opened here */
	bool quiet; /* no request is on it */
};

void sockets_done(struct sockets *sockets)
{
	free(sockets->by_fd);
	sockets->by_fd = NULL;
	sockets->size = 0;
}

static struct socket_watch *watch_of(const struct sockets *sockets, curl_socket_t fd)
{
	return (size_t)fd < sockets->size ? sockets->by_fd[fd] : NULL;
}

static bool sockets_grow(struct sockets *sockets, curl_socket_t fd)
{
	size_t size = sockets->size == 0 ? 256 : sockets->size;
	struct socket_watch **grown;

	while (size <= (size_t)fd)
		size *= 2;
	if (size == sockets->size)
		return true;
	grown = realloc(sockets->by_fd, size * sizeof(struct socket_watch *));
	if (grown == NULL)
		return false;
	memset(grown + sockets->size, 0,
	       (size - sockets->size) * sizeof(struct socket_watch *));
	sockets->by_fd = grown;
	sockets->size = size;
	return true;
}

/* NULL: no memory. */
static struct socket_watch *watch_new(struct sockets *sockets, curl_socket_t fd,
                                      bool ours)
{
	struct socket_watch *w = NULL;

	if (sockets_grow(sockets, fd))
		w = calloc(1, sizeof(*w));
	if (w == NULL || uv_poll_init_socket(sockets->uv, &w->poll, fd) != 0) {
		free(w);
		return NULL;
	}
	w->sockets = sockets;
	w->fd = fd;
	w->ours = ours;
	sockets->by_fd[fd] = w;
	return w;
}

static void on_watch_closed(uv_handle_t *handle)
{
	free(handle); /* the watch: its handle is its first member */
}

static void watch_end(struct socket_watch *w)
{
	w->sockets->by_fd[w->fd] = NULL;
	uv_close((uv_handle_t *)&w->poll, on_watch_closed);
}

static void on_poll(uv_poll_t *poll, int status, int events);

static void watch_start(struct socket_watch *w, int wanted)
{
	int events = 0;

	if ((wanted & CURL_POLL_IN) != 0)
		events |= UV_READABLE;
	if ((wanted & CURL_POLL_OUT) != 0)
		events |= UV_WRITABLE;
	(void)uv_poll_start(&w->poll, events, on_poll);
	w->wanted = wanted;
}

static void on_poll(uv_poll_t *poll, int status, int events)
{
	struct socket_watch *w = (struct socket_watch *)poll;
	int mask = 0;

	if (w->quiet) {
		/* Most likely its end: libcurl sees that when it wants to use it again. */
		(void)uv_poll_stop(poll);
		w->wanted = 0;
		return;
	}
	if (status < 0) {
		/* libuv has stopped watching. libcurl learns of the error by its next call. */
		watch_start(w, w->wanted);
		events = UV_READABLE | UV_WRITABLE;
	}
	if ((events & UV_READABLE) != 0)
		mask |= CURL_CSELECT_IN;
	if ((events & UV_WRITABLE) != 0)
		mask |= CURL_CSELECT_OUT;
	w->sockets->ready(w->sockets->arg, w->fd, mask);
}

curl_socket_t sockets_open(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	int fd = socket(address->family, address->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
	                address->protocol);

	(void)purpose;
	if (fd >= 0 && watch_new(arg, fd, true) != NULL)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return CURL_SOCKET_BAD;
}

int sockets_close(void *arg, curl_socket_t fd)
{
	struct socket_watch *w = watch_of(arg, fd);

	if (w != NULL)
		watch_end(w);
	return close(fd);
}

int sockets_watch(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg)
{
	struct sockets *sockets = arg;
	struct socket_watch *w = watch_of(sockets, fd);

	(void)easy;
	(void)socket_arg;
	if (what == CURL_POLL_REMOVE) {
		if (w != NULL && w->ours)
			w->quiet = true;
		else if (w != NULL)
			watch_end(w);
		return 0;
	}
	if (w == NULL)
		w = watch_new(sockets, fd, false);
	if (w == NULL)
		return -1;
	w->quiet = false;
	if (w->wanted != what)
		watch_start(w, what);
	return 0;
}
