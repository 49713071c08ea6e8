/* SPDX-License-Identifier: MIT
 *
 * runners.c - see runners.h.
 */
#include "runners.h"

#include "common/wait.h"

struct runners {
	void (*fn)(void *arg);
	void *arg;
	struct lock lock; /* what follows */
	struct wait ended;
	unsigned busy; /* tasks that have not returned */
};

static void runner_main(void *arg)
{
	struct runners *r = arg;

	r->fn(r->arg);
	lock_acquire(&r->lock);
	if (--r->busy == 0)
		wait_wake_all(&r->ended);
	lock_release(&r->lock);
}

void runners_do(const struct rent_host *host, unsigned count, void (*fn)(void *arg),
                void *arg)
{
	struct runners r = { .fn = fn, .arg = arg, .busy = count };

	lock_init(&r.lock);
	wait_init(&r.ended, host->task);
	for (unsigned i = 1; i < count; i++) {
		if (host->task->spawn(host, "billing-runner", runner_main, &r) != 0) {
			lock_acquire(&r.lock);
			r.busy--;
			lock_release(&r.lock);
		}
	}
	fn(arg);
	lock_acquire(&r.lock);
	r.busy--;
	while (r.busy > 0)
		wait_forever(&r.ended, &r.lock);
	lock_release(&r.lock);
	lock_done(&r.lock);
}
