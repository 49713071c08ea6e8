/* SPDX-License-Identifier: MIT
 *
 * loop.c - see loop.h.
 */
#include "runtime/loop.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct loop *current;

struct loop *loop_current(void)
{
	return current;
}

/* Only the first call since the inbox was emptied rings: the loop takes all there are. */
void loop_post_chain(struct loop *loop, struct loop_call *newest,
                     struct loop_call *oldest)
{
	struct loop_call *first = atomic_load(&loop->inbox);

	do
		oldest->next = first;
	while (!atomic_compare_exchange_weak(&loop->inbox, &first, newest));
	if (first == NULL)
		(void)uv_async_send(&loop->bell);
}

void loop_post(struct loop *loop, struct loop_call *call)
{
	loop_post_chain(loop, call, call);
}

/* Calls are kept newest first, and run in the order they came. */
static void on_bell(uv_async_t *bell)
{
	struct loop *loop = bell->data;
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

static void on_idle(uv_idle_t *impatience)
{
	(void)impatience;
}

/* An idle handle keeps libuv from waiting, whichever of its callbacks starts it. */
void loop_hurry(struct loop *loop, bool hurry)
{
	if (hurry)
		(void)uv_idle_start(&loop->impatience, on_idle);
	else
		(void)uv_idle_stop(&loop->impatience);
}

void loop_timer_start(uv_timer_t *timer, uv_timer_cb fn, int64_t due_us)
{
	uint64_t now = uv_now(timer->loop), due = ((uint64_t)due_us + 999) / 1000;

	(void)uv_timer_start(timer, fn, due > now ? due - now : 0, 0);
}

/* A task that ran out of stack has none left for a handler of signals. */
static void *loop_main(void *arg)
{
	struct loop *loop = arg;
	stack_t mine = { .ss_sp = loop->signal_stack,
		         .ss_size = sizeof(loop->signal_stack) };
	stack_t before;

	(void)sigaltstack(&mine, &before);
	current = loop;
	while (!atomic_load(&loop->stopping)) {
		(void)uv_run(&loop->uv, UV_RUN_ONCE);
		loop->turn(loop);
	}
	current = NULL;
	(void)sigaltstack(&before, NULL); /* a sanitizer's */
	return NULL;
}

int loop_init(struct loop *loop, unsigned index, void (*turn)(struct loop *loop),
              struct rent_error *err)
{
	int r = uv_loop_init(&loop->uv);

	loop->open = r == 0;
	if (r == 0)
		r = uv_async_init(&loop->uv, &loop->bell, on_bell);
	if (r == 0)
		r = uv_idle_init(&loop->uv, &loop->impatience);
	if (r != 0)
		return rent_fail(err, RENT_EFAIL, "event loop %u: %s", index,
		                 uv_strerror(r));
	loop->bell.data = loop;
	loop->index = index;
	loop->turn = turn;
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

bool loop_runs(const struct loop *loop)
{
	return loop->started;
}

static void close_handle(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void loop_done(struct loop *loop)
{
	if (!loop->open)
		return;
	uv_walk(&loop->uv, close_handle, NULL);
	(void)uv_run(&loop->uv, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop->uv);
	loop->open = false;
}
