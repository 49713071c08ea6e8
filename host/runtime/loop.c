/* SPDX-License-Identifier: MIT
 *
 * loop.c - the thread of an event loop: libuv's turn, calls from other threads, then the tasks
 * that can go on.
 */
#include "runtime/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static _Thread_local struct loop *current;

struct loop *loop_current(void)
{
	return current;
}

uv_loop_t *loop_uv(struct loop *loop)
{
	return &loop->uv;
}

unsigned loop_index(const struct loop *loop)
{
	return loop->index;
}

/* Only the first call since the inbox was emptied rings: the loop takes all there are. */
void loop_post_chain(struct loop *loop, struct loop_call *first_new,
                     struct loop_call *last_new)
{
	struct loop_call *first = atomic_load(&loop->inbox);

	do
		last_new->next = first;
	while (!atomic_compare_exchange_weak(&loop->inbox, &first, first_new));
	if (first == NULL)
		(void)uv_async_send(&loop->bell);
}

void loop_post(struct loop *loop, struct loop_call *call)
{
	loop_post_chain(loop, call, call);
}

/* Calls are kept newest first, and run in the order they came. */
static void loop_take_inbox(struct loop *loop)
{
	struct loop_call *call = atomic_exchange(&loop->inbox, NULL), *ordered = NULL;

	while (call != NULL) {
		struct loop_call *next = call->next;

		call->next = ordered;
		ordered = call;
		call = next;
	}
	while (ordered != NULL) {
		struct loop_call *next = ordered->next;

		ordered->fn(ordered);
		ordered = next;
	}
}

static void on_bell(uv_async_t *bell)
{
	loop_take_inbox(bell->data);
}

/* ---- descriptors ------------------------------------------------------------------------ */

static bool loop_grow_fds(struct loop *loop, int fd)
{
	size_t room = loop->fd_room == 0 ? 256 : loop->fd_room;
	struct task **grown;

	while (room <= (size_t)fd)
		room *= 2;
	if (room == loop->fd_room)
		return true;
	grown = realloc(loop->fd_tasks, room * sizeof(struct task *));
	if (grown == NULL)
		return false;
	memset(grown + loop->fd_room, 0, (room - loop->fd_room) * sizeof(struct task *));
	loop->fd_tasks = grown;
	loop->fd_room = room;
	return true;
}

bool loop_watch(struct loop *loop, int fd, bool writing, struct task *task)
{
	struct epoll_event event = {
		.events = (writing ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT, .data.fd = fd
	};

	if (!loop_grow_fds(loop, fd))
		return false;
	assert(loop->fd_tasks[fd] == NULL);
	if (epoll_ctl(loop->fd_set, EPOLL_CTL_MOD, fd, &event) != 0 &&
	    (errno != ENOENT || epoll_ctl(loop->fd_set, EPOLL_CTL_ADD, fd, &event) != 0))
		return false;
	loop->fd_tasks[fd] = task;
	return true;
}

void loop_unwatch(struct loop *loop, int fd)
{
	if (loop->fd_tasks[fd] == NULL)
		return; /* its event came, and no further one will */
	loop->fd_tasks[fd] = NULL;
	(void)epoll_ctl(loop->fd_set, EPOLL_CTL_DEL, fd, NULL);
}

static void on_fds(uv_poll_t *poll, int status, int ready)
{
	struct loop *loop = poll->data;
	struct epoll_event events[64];
	int n = epoll_wait(loop->fd_set, events, 64, 0);

	(void)status;
	(void)ready;
	for (int i = 0; i < n; i++) {
		int fd = events[i].data.fd;
		struct task *task = loop->fd_tasks[fd];

		loop->fd_tasks[fd] = NULL;
		if (task != NULL)
			waiter_wake(&task->waiter);
	}
}

static int loop_init_fds(struct loop *loop)
{
	int r;

	loop->fd_set = epoll_create1(EPOLL_CLOEXEC);
	if (loop->fd_set < 0)
		return uv_translate_sys_error(errno);
	r = uv_poll_init(&loop->uv, &loop->fd_poll, loop->fd_set);
	if (r == 0) {
		loop->fd_poll.data = loop;
		r = uv_poll_start(&loop->fd_poll, UV_READABLE, on_fds);
	}
	return r;
}

/* ---- the thread -------------------------------------------------------------------------- */

static void *loop_main(void *arg)
{
	struct loop *loop = arg;

	current = loop;
	fiber_init_thread(&loop->fiber);
	while (!atomic_load(&loop->stopping)) {
		(void)uv_run(&loop->uv, UV_RUN_ONCE);
		loop_run_ready(loop);
	}
	current = NULL;
	return NULL;
}

int loop_init(struct loop *loop, struct tasks *tasks, unsigned index,
              struct rent_error *err)
{
	int r = uv_loop_init(&loop->uv);

	if (r == 0)
		r = uv_async_init(&loop->uv, &loop->bell, on_bell);
	if (r == 0)
		r = uv_idle_init(&loop->uv, &loop->impatience);
	if (r == 0)
		r = loop_init_fds(loop);
	if (r != 0)
		return rent_fail(err, RENT_EFAIL, "event loop %u: %s", index,
		                 uv_strerror(r));
	(void)pthread_mutex_init(&loop->idle_lock, NULL);
	loop->bell.data = loop;
	loop->tasks = tasks;
	loop->index = index;
	return 0;
}

int loop_start(struct loop *loop, struct rent_error *err)
{
	char name[16];
	int r = pthread_create(&loop->thread, NULL, loop_main, loop);

	if (r != 0)
		return rent_fail(err, RENT_EFAIL, "event loop %u: no thread: %s",
		                 loop->index, strerror(r));
	(void)snprintf(name, sizeof(name), "rentald-loop-%u", loop->index % 100);
	(void)pthread_setname_np(loop->thread, name);
	loop->started = true;
	return 0;
}

void loop_stop(struct loop *loop)
{
	if (!loop->started)
		return;
	atomic_store(&loop->stopping, true);
	(void)uv_async_send(&loop->bell);
	(void)pthread_join(loop->thread, NULL);
	loop->started = false;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void loop_done(struct loop *loop)
{
	if (loop->tasks == NULL)
		return;
	uv_walk(&loop->uv, close_handle, NULL);
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop->uv);
	(void)pthread_mutex_destroy(&loop->idle_lock);
	(void)close(loop->fd_set);
	free(loop->fd_tasks);
	for (struct task *t = loop->all, *next; t != NULL; t = next) {
		next = t->all_next;
		task_free(t);
	}
}
