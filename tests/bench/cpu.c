/* SPDX-License-Identifier: MIT
 *
 * cpu.c - see cpu.h. The kernel counts in ticks of 10 ms, so phases should last seconds.
 */
#include "cpu.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Fields of /proc/PID/stat after the name, which may hold anything. */
enum field {
	PPID = 1,
	UTIME = 11,
	STIME,
	CUTIME,
	CSTIME,
	FIELDS
};

static bool read_fields(long pid, int64_t ret[FIELDS])
{
	char path[64], line[1024], *at, *save = NULL;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	at = fgets(line, sizeof(line), f) == NULL ? NULL : strrchr(line, ')');
	(void)fclose(f);
	if (at == NULL)
		return false;
	at = strtok_r(at + 1, " ", &save);
	for (int i = 0; i < FIELDS && at != NULL; i++) {
		ret[i] = strtoll(at, NULL, 10);
		at = strtok_r(NULL, " ", &save);
	}
	return at != NULL;
}

static int64_t ticks_us(int64_t ticks)
{
	return ticks * 1000000 / sysconf(_SC_CLK_TCK);
}

/* The process, what it has waited for, and the children it has. */
static int64_t used_by(long pid)
{
	int64_t f[FIELDS], sum = 0;
	struct dirent *entry;
	DIR *dir;

	if (read_fields(pid, f))
		sum = f[UTIME] + f[STIME] + f[CUTIME] + f[CSTIME];
	dir = opendir("/proc");
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		long child = strtol(entry->d_name, NULL, 10);

		if (child > 0 && read_fields(child, f) && f[PPID] == pid)
			sum += f[UTIME] + f[STIME];
	}
	if (dir != NULL)
		(void)closedir(dir);
	return ticks_us(sum);
}

int cpu_parse(const char *text, struct cpu list[CPU_MAX])
{
	int n = 0;

	while (*text != '\0') {
		const char *colon = strchr(text, ':');
		char *end;

		if (n == CPU_MAX || colon == NULL ||
		    (size_t)(colon - text) >= CPU_NAME_SIZE)
			return -1;
		list[n] = (struct cpu){ .pid = (pid_t)strtol(colon + 1, &end, 10) };
		memcpy(list[n].name, text, (size_t)(colon - text));
		if (list[n].pid <= 0 || (*end != ',' && *end != '\0'))
			return -1;
		text = *end == ',' ? end + 1 : end;
		n++;
	}
	return n;
}

void cpu_read(struct cpu *list, int n)
{
	for (int i = 0; i < n; i++)
		list[i].us = used_by(list[i].pid);
}
