/* SPDX-License-Identifier: MIT
 *
 * fiber.c - see fiber.h.
 */
#include "runtime/fiber.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#ifdef FIBER_ASAN
#include <pthread.h>
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define VALGRIND_STACK_REGISTER(from, to) 0u
#define VALGRIND_STACK_DEREGISTER(id)     ((void)(id))
#endif

/* Boost.Context's C symbols; its headers are C++. */
struct transfer {
	void *context;
	void *data;
};
struct transfer jump_fcontext(void *to, void *data);
void *make_fcontext(void *top, size_t size, void (*fn)(struct transfer));

static size_t page_size(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

bool fiber_init(struct fiber *fiber, size_t stack_size)
{
	size_t page = page_size(), size = (stack_size + page - 1) / page * page;
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK;
	/* cppcheck-suppress invalidFunctionArg ; an anonymous mapping wants -1 */
	char *map = mmap(NULL, size + page, PROT_READ | PROT_WRITE, flags, -1, 0);

	*fiber = (struct fiber){ .mapped = false };
	if (map == MAP_FAILED)
		return false;
	if (mprotect(map, page, PROT_NONE) != 0) {
		(void)munmap(map, size + page);
		return false;
	}
	fiber->mapped = true;
	fiber->stack = map + page;
	fiber->stack_size = size;
	fiber->valgrind = VALGRIND_STACK_REGISTER(fiber->stack, fiber->stack + size);
#ifdef FIBER_TSAN
	fiber->tsan = __tsan_create_fiber(0);
#endif
	return true;
}

void fiber_done(struct fiber *fiber)
{
	size_t page = page_size();

	if (fiber == NULL || !fiber->mapped)
		return;
#ifdef FIBER_TSAN
	__tsan_destroy_fiber(fiber->tsan);
#endif
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(fiber->stack, fiber->stack_size);
#endif
	VALGRIND_STACK_DEREGISTER(fiber->valgrind);
	(void)munmap(fiber->stack - page, fiber->stack_size + page);
	*fiber = (struct fiber){ .mapped = false };
}

void fiber_init_thread(struct fiber *fiber)
{
	*fiber = (struct fiber){ .mapped = false };
#ifdef FIBER_ASAN
	pthread_attr_t attr;
	void *bottom = NULL;

	if (pthread_getattr_np(pthread_self(), &attr) == 0) {
		(void)pthread_attr_getstack(&attr, &bottom, &fiber->stack_size);
		(void)pthread_attr_destroy(&attr);
		fiber->stack = bottom;
	}
#endif
#ifdef FIBER_TSAN
	fiber->tsan = __tsan_get_current_fiber();
#endif
}

/* Before a switch. An ended fiber's record of variables (detect_stack_use_after_return) goes. */
static void fiber_depart(struct fiber *from, struct fiber *to)
{
#ifdef FIBER_ASAN
	__sanitizer_start_switch_fiber(from->ended ? NULL : &from->fake_stack, to->stack,
	                               to->stack_size);
#endif
#ifdef FIBER_TSAN
	__tsan_switch_to_fiber(to->tsan, 0);
#endif
	from->to = to;
}

/* After a switch, on the stack of the fiber that was switched to. */
static struct fiber *fiber_arrive(struct transfer t)
{
	struct fiber *from = t.data, *self = from->to;

#ifdef FIBER_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, NULL, NULL);
#endif
	from->context = t.context;
	return self;
}

static void fiber_main(struct transfer t)
{
	struct fiber *self = fiber_arrive(t);
	struct fiber *next = self->fn(self->arg);

	self->ended = true;
	fiber_depart(self, next);
	(void)jump_fcontext(next->context, self);
	abort(); /* an ended fiber was switched to */
}

/* The function on this stack was left in the middle, and its frames are gone. */
static void fiber_abandon(struct fiber *fiber)
{
#ifdef FIBER_ASAN
	__asan_unpoison_memory_region(fiber->stack, fiber->stack_size);
#endif
#ifdef FIBER_TSAN
	__tsan_destroy_fiber(fiber->tsan);
	fiber->tsan = __tsan_create_fiber(0);
#endif
	(void)fiber;
}

void fiber_prepare(struct fiber *fiber, struct fiber *(*fn)(void *arg), void *arg)
{
	assert(fiber->mapped);
	if (fiber->fn != NULL && !fiber->ended)
		fiber_abandon(fiber);
	fiber->fn = fn;
	fiber->arg = arg;
	fiber->fake_stack = NULL;
	fiber->ended = false;
	fiber->context = make_fcontext(fiber->stack + fiber->stack_size,
	                               fiber->stack_size, fiber_main);
}

void fiber_switch(struct fiber *from, struct fiber *to)
{
	fiber_depart(from, to);
	(void)fiber_arrive(jump_fcontext(to->context, from));
}

void fiber_trim(struct fiber *fiber, size_t keep)
{
	if (keep < fiber->stack_size)
		(void)madvise(fiber->stack, fiber->stack_size - keep, MADV_DONTNEED);
}
