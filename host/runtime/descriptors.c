/* SPDX-License-Identifier: MIT
 *
 * descriptors.c - see descriptors.h.
 */
#include "runtime/descriptors.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#define EVENTS 64

static bool descriptors_grow(struct descriptors *d, int fd)
{
	size_t room = d->room == 0 ? 256 : d->room;
	void **grown;

	while (room <= (size_t)fd)
		room *= 2;
	if (room == d->room)
		return true;
	grown = realloc(d->waiting, room * sizeof(void *));
	if (grown == NULL)
		return false;
	memset(grown + d->room, 0, (room - d->room) * sizeof(void *));
	d->waiting = grown;
	d->room = room;
	return true;
}

bool descriptors_watch(struct descriptors *d, int fd, bool writing, void *waiting)
{
	struct epoll_event event = {
		.events = (writing ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT, .data.fd = fd
	};

	if (fd < 0 || !descriptors_grow(d, fd))
		return false;
	assert(d->waiting[fd] == NULL);
	if (epoll_ctl(d->set, EPOLL_CTL_MOD, fd, &event) != 0 &&
	    (errno != ENOENT || epoll_ctl(d->set, EPOLL_CTL_ADD, fd, &event) != 0))
		return false;
	d->waiting[fd] = waiting;
	return true;
}

bool descriptors_waits(const struct descriptors *d, int fd)
{
	return d->waiting[fd] != NULL;
}

void descriptors_unwatch(struct descriptors *d, int fd)
{
	if (d->waiting[fd] == NULL)
		return; /* its event came, and no further one will */
	d->waiting[fd] = NULL;
	(void)epoll_ctl(d->set, EPOLL_CTL_DEL, fd, NULL);
}

static void on_events(uv_poll_t *poll, int status, int what)
{
	struct descriptors *d = poll->data;
	struct epoll_event events[EVENTS];
	int n = epoll_wait(d->set, events, EVENTS, 0);

	(void)status;
	(void)what;
	for (int i = 0; i < n; i++) {
		void *waiting = d->waiting[events[i].data.fd];

		d->waiting[events[i].data.fd] = NULL;
		if (waiting != NULL)
			d->ready(waiting);
	}
}

int descriptors_init(struct descriptors *d, uv_loop_t *uv, void (*ready)(void *waiting))
{
	int r;

	*d = (struct descriptors){ .set = epoll_create1(EPOLL_CLOEXEC), .ready = ready };
	if (d->set < 0)
		return uv_translate_sys_error(errno);
	r = uv_poll_init(uv, &d->poll, d->set);
	if (r == 0) {
		d->poll.data = d;
		r = uv_poll_start(&d->poll, UV_READABLE, on_events);
	}
	return r;
}

void descriptors_done(struct descriptors *d)
{
	if (d->ready == NULL)
		return;
	(void)close(d->set);
	free(d->waiting);
}
