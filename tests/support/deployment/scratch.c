/* SPDX-License-Identifier: MIT
 *
 * scratch.c - the part of proc.h that is not about processes: scratch folders, files, ports,
 * waiting, where things are.
 */
#include "proc.h"

#include <arpa/inet.h>
#include <ftw.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define WAIT_STEP_NS 5000000L /* between two questions of wait_until */

char *scratch_new(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = NULL;

	if (asprintf(&dir, "%s/rentald-test.XXXXXX", tmp != NULL ? tmp : "/tmp") < 0 ||
	    mkdtemp(dir) == NULL) {
		perror("scratch_new");
		abort();
	}
	return dir;
}

static int remove_entry(const char *path, const struct stat *st, int type,
                        struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	(void)remove(path);
	return 0;
}

void scratch_free(char *dir)
{
	if (dir == NULL)
		return;
	(void)nftw(dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(dir);
}

char *file_read(const char *path)
{
	FILE *f = fopen(path, "re");
	size_t size = 0, room = 65536;
	char *text = malloc(room + 1);

	if (f == NULL || text == NULL) {
		free(text);
		if (f != NULL)
			(void)fclose(f);
		return NULL;
	}
	for (;;) {
		size_t n = fread(text + size, 1, room - size, f);

		size += n;
		if (n == 0)
			break;
		if (size == room) {
			char *more = realloc(text, 2 * room + 1);

			if (more == NULL)
				abort();
			text = more;
			room *= 2;
		}
	}
	(void)fclose(f);
	text[size] = '\0';
	return text;
}

void file_write(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0) {
		perror(path);
		abort();
	}
}

int port_reserve(unsigned *ret_port)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t size = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) != 0 ||
	    bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &size) != 0) {
		perror("port_reserve");
		abort();
	}
	*ret_port = ntohs(a.sin_port);
	return fd;
}

unsigned port_free(void)
{
	unsigned port = 0;

	(void)close(port_reserve(&port));
	return port;
}

int64_t now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool wait_until(bool (*done)(void *arg), void *arg, int64_t timeout_ms)
{
	const struct timespec step = { .tv_nsec = WAIT_STEP_NS };
	int64_t end = now_ms() + timeout_ms;

	while (!done(arg)) {
		if (now_ms() >= end)
			return false;
		(void)nanosleep(&step, NULL);
	}
	return true;
}

const char *build_dir(void)
{
	const char *dir = getenv("RENT_BUILD_DIR");

	return dir != NULL && *dir != '\0' ? dir : TEST_BUILD_DIR;
}

const char *source_dir(void)
{
	return TEST_SOURCE_DIR;
}
