/* SPDX-License-Identifier: MIT
 *
 * fake_task.c - the table of rent/task.h for tests of plugins: a task is a thread, and waiting
 * blocks it.
 */
#include <runtime/task.h>

#include "fake_internal.h"

static int spawn(const struct rent_host *host, const char *name, void (*fn)(void *arg),
                 void *arg)
{
	(void)name;
	return host->work(host, fn, arg);
}

static int block(const struct rent_host *host, void (*fn)(void *arg), void *arg)
{
	(void)host;
	fn(arg);
	return 0;
}

const struct rent_task_api fake_task = {
	.struct_size = sizeof(fake_task),
	.self = waiter_self,
	.park = waiter_park,
	.wake = waiter_wake_all,
	.wait_fd = task_park_fd,
	.spawn = spawn,
	.block = block,
};
