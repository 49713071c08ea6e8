/* SPDX-License-Identifier: MIT
 *
 * below.c - see below.h.
 */
#include "below.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static ssize_t read_proc(const char *pid, const char *name, char *out, size_t size)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%.20s/%s", pid, name);
	if (strcmp(name, "cwd") == 0) {
		n = readlink(path, out, size - 1);
	} else if ((fd = open(path, O_RDONLY | O_CLOEXEC)) >= 0) {
		n = read(fd, out, size - 1);
		(void)close(fd);
	}
	out[n < 0 ? 0 : n] = '\0';
	return n;
}

/* The command line has NULs between its words. */
static bool is_spared(const char *pid, const char *except)
{
	char text[1024];
	ssize_t n = read_proc(pid, "cmdline", text, sizeof(text));

	for (ssize_t i = 0; i < n - 1; i++) {
		if (text[i] == '\0')
			text[i] = ' ';
	}
	return except != NULL && n > 0 && strstr(text, except) != NULL;
}

int below_signal(const char *folder, int sig, const char *except)
{
	DIR *dir = opendir("/proc");
	size_t size = strlen(folder);
	struct dirent *entry;
	int n = 0;

	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);
		char cwd[512];

		if (pid <= 1 || pid == getpid() ||
		    read_proc(entry->d_name, "cwd", cwd, sizeof(cwd)) <= 0)
			continue;
		if (strncmp(cwd, folder, size) != 0 ||
		    (cwd[size] != '\0' && cwd[size] != '/' && cwd[size] != ' ') ||
		    is_spared(entry->d_name, except))
			continue;
		n += kill((pid_t)pid, sig) == 0;
	}
	if (dir != NULL)
		(void)closedir(dir);
	return n;
}

void below_kill(const char *folder, const char *except)
{
	for (int i = 0; i < 1000 && below_signal(folder, SIGKILL, except) > 0; i++)
		(void)usleep(10000);
}
