/* SPDX-License-Identifier: MIT
 *
 * sched.c - fibers on a virtual clock. Which runnable fiber goes next is drawn from the seed;
 * when none can run, the clock moves to the next thing that is due.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "context.h"
#include "sim.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#endif

#ifdef SIM_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGIN(save, bottom, size) \
	__sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_END(save) __sanitizer_finish_switch_fiber(save, NULL, NULL)
#else
#define SWITCH_BEGIN(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#define SWITCH_END(save)                 ((void)(save))
#endif

#define STACK_SIZE ((size_t)256 * 1024)
#define EVENTS_MAX 65536

struct fiber {
	struct context context;
	void *stack, *asan;
	void (*fn)(void *arg);
	void *arg;
	int node;
	bool used, dead;
	int64_t wake;
	const bool *flag;
};

struct event {
	int64_t when;
	uint64_t order;
	void (*fn)(void *arg);
	void *arg;
};

int64_t sim_now = SIM_EPOCH;
uint64_t sim_steps;

static struct fiber fibers[SIM_FIBERS];
static size_t fiber_top; /* none is in use from here on */
static struct fiber *running;
static struct context scheduler;
static void *scheduler_asan;
static const void *scheduler_stack;
static size_t scheduler_size;
static struct event events[EVENTS_MAX];
static size_t event_count;
static uint64_t event_order;
static int64_t paused_until[SIM_NODES];

static void back_to_scheduler(bool forget)
{
	struct fiber *me = running;

	SWITCH_BEGIN(forget ? NULL : &me->asan, scheduler_stack, scheduler_size);
	context_switch(&me->context, &scheduler);
	SWITCH_END(me->asan);
}

static void fiber_main(void)
{
#ifdef SIM_ASAN
	__sanitizer_finish_switch_fiber(NULL, &scheduler_stack, &scheduler_size);
#endif
	running->fn(running->arg);
	fiber_exit();
}

void fiber_exit(void)
{
	running->dead = true;
	back_to_scheduler(true);
	abort();
}

struct fiber *fiber_start(int node, void (*fn)(void *arg), void *arg)
{
	size_t i;

	for (i = 0; i < SIM_FIBERS; i++) {
		struct fiber *f = &fibers[i];
		void *stack = f->stack;

		if (f->used)
			continue;
		if (i >= fiber_top)
			fiber_top = i + 1;
		memset(f, 0, sizeof(*f));
		f->stack = stack;
		if (stack == NULL)
			f->stack = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE,
			                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		assert(f->stack != MAP_FAILED);
#ifdef SIM_ASAN
		/* A fiber that died there has left the marks of its frames. */
		__asan_unpoison_memory_region(f->stack, STACK_SIZE);
#endif
		f->used = true;
		f->node = node;
		f->fn = fn;
		f->arg = arg;
		f->wake = sim_now;
		context_make(&f->context, f->stack, STACK_SIZE, fiber_main);
		return f;
	}
	sim_fail("more than %d fibers", SIM_FIBERS);
}

int fiber_node(void)
{
	return running == NULL ? -1 : running->node;
}

void fiber_sleep(int64_t us)
{
	running->wake = sim_now + us;
	back_to_scheduler(false);
}

void fiber_yield(void)
{
	fiber_sleep(sim_chance(200) ? sim_between(1, 20000) : 0);
}

void fiber_wait(const bool *flag)
{
	running->flag = flag;
	running->wake = sim_now;
	back_to_scheduler(false);
	running->flag = NULL;
}

void fibers_kill(int node)
{
	size_t i;

	for (i = 0; i < SIM_FIBERS; i++) {
		if (fibers[i].used && fibers[i].node == node && &fibers[i] != running)
			fibers[i].used = false;
	}
}

/* ---- events: a heap, the earliest on top; of the same moment, the first made */

static bool is_earlier(const struct event *a, const struct event *b)
{
	return a->when != b->when ? a->when < b->when : a->order < b->order;
}

void event_at(int64_t when, void (*fn)(void *arg), void *arg)
{
	struct event e = { when, event_order++, fn, arg };
	size_t i = event_count++;

	assert(i < EVENTS_MAX);
	for (; i > 0 && is_earlier(&e, &events[(i - 1) / 2]); i = (i - 1) / 2)
		events[i] = events[(i - 1) / 2];
	events[i] = e;
}

static struct event event_take(void)
{
	struct event first = events[0], last = events[--event_count];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < event_count) {
		if (child + 1 < event_count &&
		    is_earlier(&events[child + 1], &events[child]))
			child++;
		if (!is_earlier(&events[child], &last))
			break;
		events[i] = events[child];
		i = child;
	}
	events[i] = last;
	return first;
}

void sched_reset(void)
{
	size_t i;

	for (i = 0; i < SIM_FIBERS; i++)
		fibers[i].used = false;
	fiber_top = 0;
	event_count = 0;
	event_order = 0;
	sim_now = SIM_EPOCH;
	sim_steps = 0;
	running = NULL;
	memset(paused_until, 0, sizeof(paused_until));
}

void fibers_pause(int node, int64_t until)
{
	paused_until[node] = until;
}

/* When a fiber can go on; INT64_MAX: not known. */
static int64_t wake_of(const struct fiber *f)
{
	int64_t pause = f->node < 0 ? 0 : paused_until[f->node];
	int64_t wake = f->wake;

	if (!f->used || (f->flag != NULL && !*f->flag))
		return INT64_MAX;
	return wake > pause ? wake : pause;
}

/* One of those that can run, or NULL and the moment when the first one can. */
static struct fiber *pick(int64_t *ret_next)
{
	size_t ready[SIM_FIBERS], i, n = 0;

	*ret_next = INT64_MAX;
	for (i = 0; i < fiber_top; i++) {
		int64_t wake = wake_of(&fibers[i]);

		if (wake <= sim_now)
			ready[n++] = i;
		else if (wake < *ret_next)
			*ret_next = wake;
	}
	if (n == 0)
		return NULL;
	return &fibers[ready[n == 1 ? 0 : (size_t)sim_between(0, (int64_t)n - 1)]];
}

static void run_fiber(struct fiber *f)
{
	running = f;
	SWITCH_BEGIN(&scheduler_asan, f->stack, STACK_SIZE);
	context_switch(&scheduler, &f->context);
	SWITCH_END(scheduler_asan);
	running = NULL;
	if (f->dead)
		f->used = f->dead = false;
	while (fiber_top > 0 && !fibers[fiber_top - 1].used)
		fiber_top--;
}

void sched_run(int64_t until, bool (*done)(void))
{
	while (sim_now < until) {
		struct fiber *f;
		int64_t next;

		sim_steps++;
		if (event_count > 0 && events[0].when <= sim_now) {
			struct event now = event_take();

			now.fn(now.arg);
			continue;
		}
		f = pick(&next);
		if (f != NULL) {
			run_fiber(f);
			continue;
		}
		if (event_count > 0 && events[0].when < next)
			next = events[0].when;
		if (next == INT64_MAX || (done != NULL && done()))
			return;
		sim_now = next;
	}
}
