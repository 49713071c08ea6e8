/* SPDX-License-Identifier: MIT
 *
 * armed_failpoints.c - see armed_failpoints.h.
 */
#include "armed_failpoints.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/stat.h>

static void add_name(struct failpoints *map, const char *name)
{
	uint32_t n = atomic_load(&map->count);

	for (uint32_t i = 0; i < n; i++) {
		if (strcmp(map->slots[i].name, name) == 0)
			return;
	}
	if (n == FAILPOINT_MAX || strlen(name) >= FAILPOINT_NAME)
		abort();
	(void)memcpy(map->slots[n].name, name, strlen(name) + 1);
	atomic_store(&map->count, n + 1);
}

/* Names stand behind the mark, as texts that end with a NUL. */
static void read_names(struct failpoints *map, const char *path)
{
	static const char mark[] = FAILPOINT_MARK;
	size_t size = sizeof(mark) - 1;
	FILE *f = fopen(path, "re");
	struct stat st;
	char *data;

	if (f == NULL || fstat(fileno(f), &st) != 0)
		abort();
	data = calloc(1, (size_t)st.st_size + 1);
	if (data == NULL || fread(data, 1, (size_t)st.st_size, f) != (size_t)st.st_size)
		abort();
	(void)fclose(f);
	for (char *at = data, *end = data + st.st_size;
	     (at = memmem(at, (size_t)(end - at), mark, size)) != NULL; at += size) {
		/* the bare mark of the macro is no name */
		if (at[size] >= 'a' && at[size] <= 'z')
			add_name(map, at + size);
	}
	free(data);
}

static void read_folder(struct failpoints *map)
{
	char folder[300], path[600];
	struct dirent *e;
	DIR *d;

	(void)snprintf(folder, sizeof(folder), "%s/plugins", build_dir());
	d = opendir(folder);
	if (d == NULL)
		abort();
	while ((e = readdir(d)) != NULL) {
		const char *dot = strrchr(e->d_name, '.');

		if (dot == NULL || strcmp(dot, ".so") != 0)
			continue;
		(void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
		read_names(map, path);
	}
	(void)closedir(d);
}

bool armed_new(struct armed_failpoints *a, const char *dir)
{
	int fd;

	(void)snprintf(a->path, sizeof(a->path), "@%s/failpoints", dir);
	fd = open(a->path + 1, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, sizeof(*a->map)) != 0)
		abort();
	a->map = mmap(NULL, sizeof(*a->map), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (a->map == MAP_FAILED)
		abort();
	read_folder(a->map);
	return atomic_load(&a->map->count) > 0;
}

void armed_free(struct armed_failpoints *a)
{
	if (a->map != NULL)
		(void)munmap(a->map, sizeof(*a->map));
	a->map = NULL;
}

int armed_find(const struct armed_failpoints *a, const char *name)
{
	for (uint32_t i = 0; i < atomic_load(&a->map->count); i++) {
		if (strcmp(a->map->slots[i].name, name) == 0)
			return (int)i;
	}
	return -1;
}

static void disarm(struct armed_failpoints *a)
{
	for (uint32_t i = 0; i < atomic_load(&a->map->count); i++)
		atomic_store(&a->map->slots[i].fuse, 0);
}

void armed_forget(struct armed_failpoints *a)
{
	for (uint32_t i = 0; i < atomic_load(&a->map->count); i++)
		atomic_store(&a->map->slots[i].hits, 0);
}

void armed_clear(struct armed_failpoints *a)
{
	disarm(a);
	armed_go_on(a);
	armed_forget(a);
}

void armed_set(struct armed_failpoints *a, int index, int nth,
               enum failpoint_action action, int pid)
{
	struct failpoint_slot *slot = &a->map->slots[index];

	atomic_store(&slot->action, (uint32_t)action);
	atomic_store(&slot->only, pid);
	atomic_store(&slot->fuse, nth);
}

void armed_unset(struct armed_failpoints *a, int index)
{
	atomic_store(&a->map->slots[index].fuse, 0);
}

const char *armed_reached(const struct armed_failpoints *a, int *ret_pid)
{
	uint32_t reached = atomic_load(&a->map->reached);

	if (reached == 0 || reached == UINT32_MAX)
		return NULL;
	*ret_pid = atomic_load(&a->map->pid);
	return a->map->slots[reached - 1].name;
}

void armed_go_on(struct armed_failpoints *a)
{
	atomic_store(&a->map->reached, 0);
	atomic_fetch_add(&a->map->turn, 1);
}
