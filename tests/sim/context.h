/* SPDX-License-Identifier: MIT
 *
 * context.h - switching between stacks. On x86-64 by hand, since swapcontext() asks the kernel
 * for the signal mask each time, which was half of the simulator's time; elsewhere by
 * swapcontext().
 */
#ifndef SIM_CONTEXT_H
#define SIM_CONTEXT_H

#include <stddef.h>
#include <ucontext.h>

struct context {
#ifdef __x86_64__
	void *sp;
#else
	ucontext_t uc;
#endif
};

/* The first switch to it calls entry() on the stack; entry() never returns. */
void context_make(struct context *c, void *stack, size_t size, void (*entry)(void));
/* Goes on with `to`; returns when somebody switches to `from`. */
void context_switch(struct context *from, struct context *to);

#endif
