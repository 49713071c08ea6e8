/* SPDX-License-Identifier: MIT
 *
 * sched.c - fibers on a virtual clock. Which runnable fiber goes next is drawn from the seed;
 * when none can run, the clock moves to the next thing that is due.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>

#include "sim.h"

#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define SIM_ASAN 1
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SIM_ASAN 1
#endif

#ifdef SIM_ASAN
#include <sanitizer/common_interface_defs.h>
#define SWITCH_BEGIN(save, bottom, size) \
	__sanitizer_start_switch_fiber(save, bottom, size)
#define SWITCH_END(save) __sanitizer_finish_switch_fiber(save, NULL, NULL)
#else
#define SWITCH_BEGIN(save, bottom, size) ((void)(save), (void)(bottom), (void)(size))
#define SWITCH_END(save)                 ((void)(save))
#endif

#define STACK_SIZE ((size_t)256 * 1024)
#define EVENTS_MAX 8192

struct fiber {
	ucontext_t context;
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
static ucontext_t scheduler;
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
	swapcontext(&me->context, &scheduler);
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
		f->used = true;
		f->node = node;
		f->fn = fn;
		f->arg = arg;
		f->wake = sim_now;
		getcontext(&f->context);
		f->context.uc_stack.ss_sp = f->stack;
		f->context.uc_stack.ss_size = STACK_SIZE;
		makecontext(&f->context, fiber_main, 0);
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

void event_at(int64_t when, void (*fn)(void *arg), void *arg)
{
	assert(event_count < EVENTS_MAX);
	events[event_count++] = (struct event){ when, event_order++, fn, arg };
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

static int64_t pause_of(const struct fiber *f)
{
	return f->node < 0 ? 0 : paused_until[f->node];
}

static bool is_ready(const struct fiber *f)
{
	if (!f->used || pause_of(f) > sim_now)
		return false;
	return f->flag != NULL ? *f->flag : f->wake <= sim_now;
}

static struct fiber *pick(void)
{
	size_t ready[SIM_FIBERS], i, n = 0;

	for (i = 0; i < fiber_top; i++) {
		if (is_ready(&fibers[i]))
			ready[n++] = i;
	}
	return n == 0 ? NULL : &fibers[ready[(size_t)sim_between(0, (int64_t)n - 1)]];
}

static struct event *due_event(void)
{
	struct event *best = NULL;
	size_t i;

	for (i = 0; i < event_count; i++) {
		if (best == NULL || events[i].when < best->when ||
		    (events[i].when == best->when && events[i].order < best->order))
			best = &events[i];
	}
	return best;
}

static void run_fiber(struct fiber *f)
{
	running = f;
	SWITCH_BEGIN(&scheduler_asan, f->stack, STACK_SIZE);
	swapcontext(&scheduler, &f->context);
	SWITCH_END(scheduler_asan);
	running = NULL;
	if (f->dead)
		f->used = f->dead = false;
	while (fiber_top > 0 && !fibers[fiber_top - 1].used)
		fiber_top--;
}

/* Moves the clock to the next thing that is due; false: there is nothing. */
static bool next_moment(void)
{
	const struct event *e = due_event();
	int64_t when = e == NULL ? INT64_MAX : e->when;
	size_t i;

	for (i = 0; i < fiber_top; i++) {
		const struct fiber *f = &fibers[i];
		int64_t wake = f->flag != NULL && !*f->flag ? INT64_MAX : f->wake;

		if (f->used && wake != INT64_MAX && pause_of(f) > wake)
			wake = pause_of(f);
		if (f->used && wake < when)
			when = wake;
	}
	if (when == INT64_MAX)
		return false;
	if (when > sim_now)
		sim_now = when;
	return true;
}

void sched_run(int64_t until, bool (*done)(void))
{
	while (sim_now < until && !(done != NULL && done())) {
		struct event *e = due_event();
		struct fiber *f;

		sim_steps++;
		if (e != NULL && e->when <= sim_now) {
			struct event now = *e;

			*e = events[--event_count];
			now.fn(now.arg);
			continue;
		}
		f = pick();
		if (f != NULL)
			run_fiber(f);
		else if (!next_moment())
			return;
	}
}
