/* SPDX-License-Identifier: MIT
 *
 * failpoint.h - named places at which a test build dies as if the power had gone:
 * RENT_FAILPOINT=start.held in the environment of a build with -DRENT_FAILPOINTS=ON.
 * In other builds there is nothing here.
 */
#ifndef CORE_FAILPOINT_H
#define CORE_FAILPOINT_H

#ifdef RENT_FAILPOINTS
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline void failpoint(const char *name)
{
	const char *want = getenv("RENT_FAILPOINT");

	if (want != NULL && strcmp(want, name) == 0)
		_exit(137);
}
#else
static inline void failpoint(const char *name)
{
	(void)name;
}
#endif

#endif
