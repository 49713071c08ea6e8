/* SPDX-License-Identifier: MIT
 *
 * base/header.c - see header.h.
 */
#include "base/header.h"

bool header_value_is_clean(const char *value)
{
	for (; *value != '\0'; value++)
		if (((unsigned char)*value < 0x20 && *value != '\t') || *value == 0x7f)
			return false;
	return true;
}
