/* SPDX-License-Identifier: MIT
 *
 * sched.c - strands on a virtual clock, each on a fiber of host/runtime. Which runnable strand goes
 * next is drawn from the seed;
 * when none can run, the clock moves to the next thing that is due.
 */
#include <assert.h>
#include <stdlib.h>

#include <runtime/fiber.h>

#include "sim.h"

#define STACK_SIZE ((size_t)256 * 1024)
#define EVENTS_MAX 65536

struct strand {
	struct fiber fiber;
	void (*fn)(void *arg);
	void *arg;
	int node;
	bool used, dead;
	int64_t wake;
	const bool *flag;
	int64_t until; /* it does not wait for its flag any longer than this */
	struct rent_waiter *waiter;
};

/* The one of a strand's place; it outlives strands. */
struct rent_waiter {
	bool woken;
};

struct event {
	int64_t when;
	uint64_t order;
	void (*fn)(void *arg);
	void *arg;
};

int64_t sim_now = SIM_EPOCH;
uint64_t sim_steps;

static struct strand strands[SIM_STRANDS];
static struct rent_waiter waiters[SIM_STRANDS];
static struct rent_waiter outside; /* of the thread that runs no strand */
static size_t strand_top;          /* none is in use from here on */
static struct strand *running;
static struct fiber scheduler;
static struct event events[EVENTS_MAX];
static size_t event_count;
static uint64_t event_order;
static int64_t paused_until[SIM_NODES];

static void back_to_scheduler(void)
{
	fiber_switch(&running->fiber, &scheduler);
}

static struct fiber *strand_main(void *arg)
{
	struct strand *me = arg;

	me->fn(me->arg);
	me->dead = true;
	return &scheduler;
}

void strand_exit(void)
{
	running->dead = true;
	back_to_scheduler();
	abort();
}

static struct strand *strand_free(void)
{
	size_t i = 0;

	while (i < SIM_STRANDS && strands[i].used)
		i++;
	if (i == SIM_STRANDS)
		sim_fail("more than %d strands", SIM_STRANDS);
	if (i >= strand_top)
		strand_top = i + 1;
	return &strands[i];
}

void strand_start(int node, void (*fn)(void *arg), void *arg)
{
	struct strand *s = strand_free();
	struct fiber fiber = s->fiber;

	if (!fiber.mapped && !fiber_init(&fiber, STACK_SIZE))
		sim_fail("no memory for a stack");
	*s = (struct strand){ .fiber = fiber,
		              .waiter = &waiters[s - strands],
		              .fn = fn,
		              .arg = arg,
		              .node = node,
		              .used = true,
		              .wake = sim_now };
	fiber_prepare(&s->fiber, strand_main, s);
}

int strand_node(void)
{
	return running == NULL ? -1 : running->node;
}

void strand_sleep(int64_t us)
{
	running->wake = sim_now + us;
	back_to_scheduler();
}

void strand_yield(void)
{
	strand_sleep(sim_chance(200) ? sim_between(1, 20000) : 0);
}

void strand_wait(const bool *flag)
{
	running->flag = flag;
	running->until = INT64_MAX;
	running->wake = sim_now;
	back_to_scheduler();
	running->flag = NULL;
}

void strands_kill(int node)
{
	size_t i;

	for (i = 0; i < SIM_STRANDS; i++) {
		if (strands[i].used && strands[i].node == node && &strands[i] != running)
			strands[i].used = false;
	}
}

/* ---- rent/task.h */

static struct rent_waiter *task_self(void)
{
	return running == NULL ? &outside : running->waiter;
}

static bool task_park(int64_t deadline_us)
{
	struct rent_waiter *me = task_self();
	bool in_time;

	if (running != NULL && !me->woken && deadline_us > sim_now) {
		running->flag = &me->woken;
		running->until = deadline_us;
		running->wake = sim_now;
		back_to_scheduler();
		running->flag = NULL;
	}
	in_time = me->woken;
	me->woken = false;
	return in_time || sim_now < deadline_us;
}

static void task_wake(struct rent_waiter *const *woken, size_t n)
{
	for (size_t i = 0; i < n; i++)
		woken[i]->woken = true;
}

static bool task_wait_fd(int fd, bool writing, int64_t deadline_us)
{
	(void)writing;
	(void)deadline_us;
	sim_fail("a task waits for descriptor %d", fd);
}

static int task_spawn(const struct rent_host *host, const char *name,
                      void (*fn)(void *arg), void *arg)
{
	(void)host;
	(void)name;
	strand_start(strand_node(), fn, arg);
	return 0;
}

static int task_block(const struct rent_host *host, void (*fn)(void *arg), void *arg)
{
	(void)host;
	fn(arg);
	return 0;
}

const struct rent_task_api sim_tasks = {
	.struct_size = sizeof(sim_tasks),
	.self = task_self,
	.park = task_park,
	.wake = task_wake,
	.wait_fd = task_wait_fd,
	.spawn = task_spawn,
	.block = task_block,
};

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

	for (i = 0; i < SIM_STRANDS; i++)
		strands[i].used = false;
	strand_top = 0;
	event_count = 0;
	event_order = 0;
	sim_now = SIM_EPOCH;
	sim_steps = 0;
	running = NULL;
	memset(waiters, 0, sizeof(waiters));
	fiber_init_thread(&scheduler);
	memset(paused_until, 0, sizeof(paused_until));
}

void strands_pause(int node, int64_t until)
{
	paused_until[node] = until;
}

/* When a strand can go on; INT64_MAX: not known. */
static int64_t wake_of(const struct strand *s)
{
	int64_t pause = s->node < 0 ? 0 : paused_until[s->node];
	int64_t wake = s->wake;

	if (!s->used)
		return INT64_MAX;
	if (s->flag != NULL && !*s->flag)
		wake = s->until;
	return wake > pause ? wake : pause;
}

/* One of those that can run, or NULL and the moment when the first one can. */
static struct strand *pick(int64_t *ret_next)
{
	static size_t ready[SIM_STRANDS]; /* not on the stack: that is made empty first */
	size_t i, n = 0;

	*ret_next = INT64_MAX;
	for (i = 0; i < strand_top; i++) {
		int64_t wake = wake_of(&strands[i]);

		if (wake <= sim_now)
			ready[n++] = i;
		else if (wake < *ret_next)
			*ret_next = wake;
	}
	if (n == 0)
		return NULL;
	return &strands[ready[n == 1 ? 0 : (size_t)sim_between(0, (int64_t)n - 1)]];
}

static void run_strand(struct strand *s)
{
	running = s;
	fiber_switch(&scheduler, &s->fiber);
	running = NULL;
	if (s->dead)
		s->used = s->dead = false;
	while (strand_top > 0 && !strands[strand_top - 1].used)
		strand_top--;
}

void sched_run(int64_t until, bool (*done)(void))
{
	while (sim_now < until) {
		struct strand *s;
		int64_t next;

		sim_steps++;
		if (event_count > 0 && events[0].when <= sim_now) {
			struct event now = event_take();

			now.fn(now.arg);
			continue;
		}
		s = pick(&next);
		if (s != NULL) {
			run_strand(s);
			continue;
		}
		if (event_count > 0 && events[0].when < next)
			next = events[0].when;
		if (next == INT64_MAX || (done != NULL && done()))
			return;
		sim_now = next;
	}
}
