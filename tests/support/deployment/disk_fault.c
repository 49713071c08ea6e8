/* SPDX-License-Identifier: MIT
 *
 * disk_fault.c - preloaded into a process whose disk is to fail (see disk.h): calls that would
 * change something below a folder fail with the errno that the test has put into a shared
 * file; calls that read fail instead if it is negative. Real file systems turn read-only under open files, too (ext4 after an I/O error), but
 * need a block device for that.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static const int *number; /* NULL: there is no fault to come */
static char folder[PATH_MAX];

static void *next_of(const char *name)
{
	void *found = dlsym(RTLD_NEXT, name);

	if (found == NULL)
		abort();
	return found;
}

__attribute__((constructor)) static void begin(void)
{
	const char *text = getenv("TEST_DISK_FAULT");
	const char *colon = text != NULL ? strchr(text, ':') : NULL;
	char path[PATH_MAX];
	void *at;
	int fd;

	if (colon == NULL)
		return;
	(void)snprintf(path, sizeof(path), "%.*s", (int)(colon - text), text);
	(void)snprintf(folder, sizeof(folder), "%s/", colon + 1);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	at = mmap(NULL, sizeof(*number), PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at == MAP_FAILED)
		abort();
	number = at;
}

static int fault(void)
{
	return number != NULL ? __atomic_load_n(number, __ATOMIC_SEQ_CST) : 0;
}

static bool is_inside(const char *path)
{
	return strncmp(path, folder, strlen(folder)) == 0;
}

/* The errno to fail with; 0: go on. */
static int fault_at(const char *path)
{
	int is = fault();

	return is > 0 && is_inside(path) ? is : 0;
}

static bool is_open_inside(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < 0)
		return false;
	path[n] = '\0';
	return is_inside(path);
}

static int fault_in(int fd)
{
	int is = fault();

	return is > 0 && is_open_inside(fd) ? is : 0;
}

static int fault_reading(int fd)
{
	int is = fault();

	return is < 0 && is_open_inside(fd) ? -is : 0;
}

/* The linker must find the following functions in place of the C library's. */
#pragma GCC visibility push(default)

#define FAIL_IF(what)                \
	do {                         \
		int is_ = (what);    \
		if (is_ != 0) {      \
			errno = is_; \
			return -1;   \
		}                    \
	} while (0)

/* Names, types and lists of parameters cannot stand in parentheses.
 * NOLINTBEGIN(bugprone-macro-parentheses) */
/* FAILING(result, name, what fails it, parameters, arguments) */
#define FAILING(type, name, what, parameters, arguments)  \
	type name parameters;                             \
	type name parameters                              \
	{                                                 \
		static type(*next) parameters;            \
		if (next == NULL)                         \
			*(void **)&next = next_of(#name); \
		FAIL_IF(what);                            \
		return next arguments;                    \
	}

FAILING(ssize_t, write, fault_in(fd), (int fd, const void *data, size_t size),
        (fd, data, size))
FAILING(ssize_t, pwrite, fault_in(fd), (int fd, const void *data, size_t size, off_t at),
        (fd, data, size, at))
FAILING(ssize_t, pwrite64, fault_in(fd),
        (int fd, const void *data, size_t size, off64_t at), (fd, data, size, at))
FAILING(ssize_t, read, fault_reading(fd), (int fd, void *data, size_t size),
        (fd, data, size))
FAILING(ssize_t, pread, fault_reading(fd), (int fd, void *data, size_t size, off_t at),
        (fd, data, size, at))
FAILING(ssize_t, pread64, fault_reading(fd),
        (int fd, void *data, size_t size, off64_t at), (fd, data, size, at))
FAILING(int, ftruncate, fault_in(fd), (int fd, off_t size), (fd, size))
FAILING(int, ftruncate64, fault_in(fd), (int fd, off64_t size), (fd, size))
FAILING(int, fallocate, fault_in(fd), (int fd, int mode, off_t at, off_t size),
        (fd, mode, at, size))
FAILING(int, fsync, fault_in(fd), (int fd), (fd))
FAILING(int, fdatasync, fault_in(fd), (int fd), (fd))
FAILING(int, unlink, fault_at(path), (const char *path), (path))
FAILING(int, mkdir, fault_at(path), (const char *path, mode_t mode), (path, mode))
FAILING(int, rename, fault_at(to), (const char *from, const char *to), (from, to))

#define OPENING(name)                                                   \
	int name(const char *path, int flags, ...);                     \
	int name(const char *path, int flags, ...)                      \
	{                                                               \
		static int (*next)(const char *, int, ...);             \
		mode_t mode;                                            \
		va_list ap;                                             \
		if (next == NULL)                                       \
			*(void **)&next = next_of(#name);               \
		va_start(ap, flags);                                    \
		mode = (flags & O_CREAT) != 0 ? va_arg(ap, mode_t) : 0; \
		va_end(ap);                                             \
		if ((flags & O_ACCMODE) != O_RDONLY)                    \
			FAIL_IF(fault_at(path));                        \
		return next(path, flags, mode);                         \
	}

OPENING(open)
OPENING(open64)
/* NOLINTEND(bugprone-macro-parentheses) */
