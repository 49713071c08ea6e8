/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/support.h - what cmocka wants included before it, and two shorthands.
 */
#ifndef HOST_B_SUPPORT_H
#define HOST_B_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static inline void check_text(const char *text, const char *part, int wanted,
                              const char *file, int line)
{
	if ((strstr(text, part) != NULL) == wanted)
		return;
	print_error("\"%s\" is %s:\n%s\n", part, wanted ? "not in" : "in", text);
	_fail(file, line);
}

#define assert_contains(text, part) check_text((text), (part), 1, __FILE__, __LINE__)
#define assert_lacks(text, part)    check_text((text), (part), 0, __FILE__, __LINE__)

#endif
