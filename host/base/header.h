/* SPDX-License-Identifier: MIT
 *
 * base/header.h - what may stand in an HTTP header, of a request that comes in or goes out.
 */
#ifndef BASE_HEADER_H
#define BASE_HEADER_H

#include <stdbool.h>

/* No control characters but the tab: a line break would begin another header. */
bool header_value_is_clean(const char *value);

#endif
