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

#define assert_contains(text, part)                                        \
	do {                                                               \
		if (strstr((text), (part)) == NULL)                        \
			fail_msg("\"%s\" is not in:\n%s", (part), (text)); \
	} while (0)

#define assert_lacks(text, part)                                       \
	do {                                                           \
		if (strstr((text), (part)) != NULL)                    \
			fail_msg("\"%s\" is in:\n%s", (part), (text)); \
	} while (0)

#endif
