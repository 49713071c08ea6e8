/* SPDX-License-Identifier: MIT
 *
 * service_task.c - the table of rent/task.h. A run without tasks (--check-config) has only
 * threads that wait.
 */
#include "plugin/services.h"
#include "runtime/task.h"

static int spawn(const struct rent_host *host, const char *name, void (*fn)(void *arg),
                 void *arg)
{
	struct tasks *tasks = service_owner(host)->services->tasks;

	return tasks == NULL ? RENT_EUNAVAIL : task_spawn(tasks, NULL, name, fn, arg);
}

static int block(const struct rent_host *host, void (*fn)(void *arg), void *arg)
{
	return task_block(service_owner(host)->services->tasks, fn, arg);
}

const struct rent_task_api service_task = {
	.struct_size = sizeof(service_task),
	.self = waiter_self,
	.park = waiter_park,
	.wake = waiter_wake_all,
	.wait_fd = task_park_fd,
	.spawn = spawn,
	.block = block,
};
