/* SPDX-License-Identifier: MIT
 *
 * context.c - see context.h.
 */
#include "context.h"

#include <stdint.h>
#include <string.h>

#ifdef __x86_64__

/* What a call must preserve goes onto the stack, whose pointer is all that is kept. The
 * floating point control words are nobody's to change here. */
void context_swap(void **save, void *load);
__asm__(".text\n"
        ".globl context_swap\n"
        ".hidden context_swap\n"
        ".type context_swap, @function\n"
        "context_swap:\n"
        "	pushq %rbp\n"
        "	pushq %rbx\n"
        "	pushq %r12\n"
        "	pushq %r13\n"
        "	pushq %r14\n"
        "	pushq %r15\n"
        "	movq %rsp, (%rdi)\n"
        "	movq %rsi, %rsp\n"
        "	popq %r15\n"
        "	popq %r14\n"
        "	popq %r13\n"
        "	popq %r12\n"
        "	popq %rbx\n"
        "	popq %rbp\n"
        "	ret\n"
        ".size context_swap, .-context_swap\n");

#define SAVED 6 /* registers above */

void context_make(struct context *c, void *stack, size_t size, void (*entry)(void))
{
	/* As a call leaves it: 8 below a multiple of 16, with no one to return to. */
	uintptr_t *top = (uintptr_t *)stack + size / sizeof(uintptr_t);

	*--top = 0;
	*--top = (uintptr_t)entry;
	top -= SAVED;
	memset(top, 0, SAVED * sizeof(*top));
	c->sp = top;
}

void context_switch(struct context *from, struct context *to)
{
	context_swap(&from->sp, to->sp);
}

#else

void context_make(struct context *c, void *stack, size_t size, void (*entry)(void))
{
	getcontext(&c->uc);
	c->uc.uc_stack.ss_sp = stack;
	c->uc.uc_stack.ss_size = size;
	makecontext(&c->uc, entry, 0);
}

void context_switch(struct context *from, struct context *to)
{
	swapcontext(&from->uc, &to->uc);
}

#endif
