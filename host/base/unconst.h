/* SPDX-License-Identifier: MIT
 *
 * base/unconst.h - for the few interfaces that take or hand out a pointer without the const
 * it deserves. The caller promises not to write, or owns the memory.
 */
#ifndef BASE_UNCONST_H
#define BASE_UNCONST_H

#include <string.h>

static inline void *unconst(const void *p)
{
	void *q;

	memcpy(&q, &p, sizeof(q));
	return q;
}

#endif
