/* SPDX-License-Identifier: MIT
 *
 * descriptors.c - see descriptors.h.
 */
#include "base/descriptors.h"

#include <dirent.h>
#include <stddef.h>
#include <sys/resource.h>

/* More than any table of ours or of a library should be made for. */
#define LIMIT_MAX 1048576u

unsigned descriptors_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > LIMIT_MAX)
		return LIMIT_MAX;
	return (unsigned)limit.rlim_cur;
}

unsigned descriptors_raise(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max &&
	    limit.rlim_cur < LIMIT_MAX) {
		limit.rlim_cur = limit.rlim_max < LIMIT_MAX ? limit.rlim_max : LIMIT_MAX;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
	return descriptors_limit();
}

unsigned descriptors_open(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned n = 0;

	if (dir == NULL)
		return 0;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n - 3; /* without ".", ".." and the directory itself */
}
