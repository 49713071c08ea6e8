/* SPDX-License-Identifier: MIT
 *
 * runtime/fiber.h - a stack with a guard page, and the switch from one stack to another. The
 * switch is Boost.Context's; what is here tells the sanitizers and valgrind about it. A fiber
 * knows nothing of loops or waiting: see task.h.
 */
#ifndef HOST_RUNTIME_FIBER_H
#define HOST_RUNTIME_FIBER_H

#include <stdbool.h>
#include <stddef.h>

struct fiber {
	/* Where it goes on, unless it runs or has ended. */
	void *context;
	/* The fiber's function; returns the fiber to continue with at its end. */
	struct fiber *(*fn)(void *arg);
	void *arg;
	/* The lowest address of its stack, above the guard page, and its size. */
	char *stack;
	size_t stack_size;
	/* The stack was mapped here; else it is a thread's own. */
	bool mapped;
	/* fn has returned: only fiber_prepare() and fiber_done() are left. */
	bool ended;
	/* Where it switches to; set while it does. */
	struct fiber *to;
	/* The sanitizers' names for it, and valgrind's. */
	void *fake_stack, *tsan;
	unsigned valgrind;
};

/* Maps a stack of at least stack_size bytes. false: no memory. */
bool fiber_init(struct fiber *fiber, size_t stack_size);
/* Not while it is in the middle of something. NULL and a fiber without a stack are fine. */
void fiber_done(struct fiber *fiber);

/* The stack that the calling thread runs on, as a fiber to be switched back to. */
void fiber_init_thread(struct fiber *fiber);

/* Sets the function that the next switch to the fiber calls. fn runs on the fiber's stack
 * and returns the fiber that continues afterwards; then this one may be prepared
 * again. So may one that was left in the middle, which then never goes on. */
void fiber_prepare(struct fiber *fiber, struct fiber *(*fn)(void *arg), void *arg);

/* Leaves `from`, which is running, for `to`; returns when somebody switches back. Both belong
 * to the calling thread. */
void fiber_switch(struct fiber *from, struct fiber *to);

/* Gives the pages of an idle stack back to the system, except the topmost `keep` bytes. */
void fiber_trim(struct fiber *fiber, size_t keep);

#endif
