/* SPDX-License-Identifier: MIT
 *
 * base/cleanup.h - one owner a resource: attributes that free a variable when its scope
 * ends, and steal() to hand it on.
 *
 *     cleanup_free char *text = strdup(name);
 *     ...
 *     *ret = steal(&text);
 */
#ifndef BASE_CLEANUP_H
#define BASE_CLEANUP_H

#include <stdlib.h>
#include <unistd.h>

#define cleanup_with(fn) __attribute__((cleanup(fn)))

static inline void cleanup_free_ptr(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close_fd(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

#define cleanup_free  cleanup_with(cleanup_free_ptr)
#define cleanup_close cleanup_with(cleanup_close_fd) /* an int that is -1 while empty */

#define steal(p)                                \
	({                                      \
		__auto_type steal_value = *(p); \
		*(p) = NULL;                    \
		steal_value;                    \
	})

static inline int steal_fd(int *fd)
{
	int value = *fd;

	*fd = -1;
	return value;
}

#endif
