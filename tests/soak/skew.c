/* SPDX-License-Identifier: MIT
 *
 * skew.c - a wall clock that can be set for one process: preloaded (LD_PRELOAD), it adds to
 * CLOCK_REALTIME the value in the file $SOAK_SKEW (eight bytes, microseconds). The monotonic
 * clock is left alone, and so are sleeps and waits.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static const volatile int64_t *skew;

__attribute__((constructor)) static void skew_open(void)
{
	const char *path = getenv("SOAK_SKEW");
	int fd = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
	void *at;

	if (fd < 0)
		return;
	at = mmap(NULL, sizeof(*skew), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at != MAP_FAILED)
		skew = at;
}

EXPORT int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
	int ret = (int)syscall(SYS_clock_gettime, clock_id, tp);
	int64_t us = skew == NULL ? 0 : *skew, ns;

	if (ret != 0 || us == 0 ||
	    (clock_id != CLOCK_REALTIME && clock_id != CLOCK_REALTIME_COARSE))
		return ret;
	ns = tp->tv_nsec + us % 1000000 * 1000;
	tp->tv_sec += us / 1000000;
	if (ns < 0) {
		ns += 1000000000;
		tp->tv_sec--;
	} else if (ns >= 1000000000) {
		ns -= 1000000000;
		tp->tv_sec++;
	}
	tp->tv_nsec = ns;
	return 0;
}

EXPORT int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec now;
	int ret = clock_gettime(CLOCK_REALTIME, &now);

	(void)tz;
	tv->tv_sec = now.tv_sec;
	tv->tv_usec = now.tv_nsec / 1000;
	return ret;
}

EXPORT time_t time(time_t *timer)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (timer != NULL)
		*timer = now.tv_sec;
	return now.tv_sec;
}
