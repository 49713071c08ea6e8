/* SPDX-License-Identifier: MIT
 *
 * metrics/process.c - the process_* family as the Prometheus client libraries define it,
 * read from /proc at each scrape. Values that cannot be read are left out. The number of
 * lost log lines is here, too.
 */
#include "base/cleanup.h"
#include "base/descriptors.h"
#include "log/log.h"
#include "metrics/registry.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

static void sample(struct dynbuf *out, const char *name, const char *type,
                   const char *help, int64_t v, int64_t scale)
{
	(void)dynbuf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s ", name, help, name,
	                    type, name);
	render_number(out, v, scale);
	(void)dynbuf_append(out, "\n", 1);
}

static bool read_text(const char *path, char *buf, size_t size)
{
	cleanup_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		return false;
	buf[n] = '\0';
	return true;
}

static void memory(struct dynbuf *out)
{
	int64_t page = sysconf(_SC_PAGESIZE), total, resident;
	char text[256], *end;

	if (!read_text("/proc/self/statm", text, sizeof(text)))
		return;
	total = strtoll(text, &end, 10);
	resident = strtoll(end, NULL, 10);
	sample(out, "process_virtual_memory_bytes", "gauge",
	       "Virtual memory size in bytes.", total * page, 1);
	sample(out, "process_resident_memory_bytes", "gauge",
	       "Resident memory size in bytes.", resident * page, 1);
}

static void descriptors(struct dynbuf *out)
{
	struct rlimit limit;
	unsigned n = descriptors_open();

	if (n > 0)
		sample(out, "process_open_fds", "gauge",
		       "Number of open file descriptors.", n, 1);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		sample(out, "process_max_fds", "gauge",
		       "Maximum number of open file descriptors.",
		       (int64_t)limit.rlim_cur, 1);
}

/* Boot time plus field 22 of /proc/self/stat, which counts clock ticks since then. */
static void start_time(struct dynbuf *out)
{
	char text[1024], *p;
	int64_t hz = sysconf(_SC_CLK_TCK), ticks, since_boot, now;
	struct timespec boot, wall;

	if (hz <= 0 || !read_text("/proc/self/stat", text, sizeof(text)))
		return;
	p = strrchr(text, ')'); /* the name before may hold anything */
	for (int field = 2; p != NULL && field < 22; field++)
		p = strchr(p + 1, ' ');
	if (p == NULL || clock_gettime(CLOCK_BOOTTIME, &boot) != 0 ||
	    clock_gettime(CLOCK_REALTIME, &wall) != 0)
		return;
	ticks = strtoll(p + 1, NULL, 10);
	since_boot = (int64_t)boot.tv_sec * 100 + boot.tv_nsec / 10000000;
	now = (int64_t)wall.tv_sec * 100 + wall.tv_nsec / 10000000;
	sample(out, "process_start_time_seconds", "gauge",
	       "Start time of the process since unix epoch in seconds.",
	       now - since_boot + ticks * 100 / hz, 100);
}

void process_render(struct dynbuf *out)
{
	struct rusage use;

	if (getrusage(RUSAGE_SELF, &use) == 0)
		sample(out, "process_cpu_seconds_total", "counter",
		       "Total user and system CPU time spent in seconds.",
		       (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * RENT_SECOND +
		               use.ru_utime.tv_usec + use.ru_stime.tv_usec,
		       RENT_SECOND);
	memory(out);
	descriptors(out);
	sample(out, "rentald_log_lines_dropped_total", "counter",
	       "Log lines that were dropped because nobody took them in time.",
	       (int64_t)log_dropped(), 1);
	start_time(out);
}
