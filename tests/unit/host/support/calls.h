/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/calls.h - exchanges of a test: made, sent and freed in a line or two.
 */
#ifndef HOST_B_CALLS_H
#define HOST_B_CALLS_H

#include "base/arena.h"
#include "runtime/task.h"
#include "support.h"
#include "upstream/upstream.h"

struct calls {
	size_t n;
	struct rent_exchange **x;
};

/* Loops that carry exchanges. */
static inline struct tasks *calls_tasks(unsigned loops)
{
	const struct tasks_options options = { .loops = loops,
		                               .tasks_max = 5000,
		                               .stack_size = (size_t)256 * 1024,
		                               .blocking_threads = 1,
		                               .blocking_queue = 10 };
	struct tasks *tasks = NULL;

	assert_int_equal(tasks_new(&options, &tasks, NULL), 0);
	assert_int_equal(tasks_start(tasks, NULL), 0);
	return tasks;
}

static inline struct calls calls_new(struct rent_upstream *u, size_t n,
                                     const char *method, const char *target,
                                     uint32_t flags)
{
	struct calls c = { .n = n, .x = calloc(n, sizeof(struct rent_exchange *)) };

	assert_non_null(c.x);
	for (size_t i = 0; i < n; i++) {
		struct rent_exchange *x = calloc(1, sizeof(*x));

		assert_non_null(x);
		x->struct_size = sizeof(*x);
		x->arena = arena_new(2 * ARENA_MAX_DEFAULT);
		x->request =
			(struct rent_upstream_request){ .struct_size = sizeof(x->request),
			                                .flags = flags,
			                                .upstream = u,
			                                .method = method,
			                                .target = target,
			                                .endpoint = "test" };
		if (strcmp(method, "POST") == 0) {
			x->request.body = "{\"amount\":1}";
			x->request.body_size = 12;
			x->request.headers[0] =
				(struct rent_header){ "Content-Type",
				                      "application/json" };
		}
		c.x[i] = x;
	}
	return c;
}

static inline void calls_free(struct calls *c)
{
	for (size_t i = 0; i < c->n; i++) {
		arena_free(c->x[i]->arena);
		free(c->x[i]);
	}
	free(c->x);
}

static inline struct rent_upstream *calls_open(struct upstreams *upstreams,
                                               const char *name, unsigned port,
                                               const struct upstream_limits *limits)
{
	struct rent_upstream *u = NULL;
	struct rent_error err = { .code = 0 };
	char url[64];

	(void)snprintf(url, sizeof(url), "http://127.0.0.1:%u", port);
	if (upstream_open(upstreams, name, url, limits, &u, &err) != 0)
		fail_msg("%s", err.text);
	return u;
}

#endif
