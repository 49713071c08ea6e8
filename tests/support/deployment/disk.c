/* SPDX-License-Identifier: MIT
 *
 * disk.c - see disk.h.
 */
#include "disk.h"

#include "proc.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <unistd.h>

void disk_private(void)
{
	uid_t uid = geteuid();
	char map[64];

	if (unshare(CLONE_NEWNS) != 0) {
		if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
			return;
		(void)snprintf(map, sizeof(map), "%u %u 1", uid, uid);
		file_write("/proc/self/uid_map", map);
	}
	(void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

bool disk_mount(const char *folder, unsigned kib)
{
	char size[32];

	(void)snprintf(size, sizeof(size), "size=%uk", kib);
	return mount("tmpfs", folder, "tmpfs", 0, size) == 0;
}

void disk_unmount(const char *folder)
{
	(void)umount2(folder, MNT_DETACH);
}

static char *filler_of(const char *folder)
{
	char *path = NULL;

	if (asprintf(&path, "%s/filler", folder) < 0)
		abort();
	return path;
}

void disk_fill(const char *folder)
{
	static const char block[4096] = "full";
	char *path = filler_of(folder);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	while (write(fd, block, sizeof(block)) > 0)
		;
	while (write(fd, block, 1) > 0)
		;
	(void)close(fd);
	free(path);
}

void disk_drain(const char *folder)
{
	char *path = filler_of(folder);

	(void)unlink(path);
	free(path);
}

/* ---- a file system that fails; the other side is in disk_fault.c */

/* A sanitizer wants to be loaded first, and is content with less when asked. */
static char *sanitizer_options(void)
{
	const char *now = getenv("ASAN_OPTIONS");
	char *text = NULL;

	if (asprintf(&text, "ASAN_OPTIONS=verify_asan_link_order=0%s%s",
	             now != NULL ? ":" : "", now != NULL ? now : "") < 0)
		abort();
	return text;
}

void disk_fault_init(struct disk_fault *f, const char *control, const char *folder)
{
	void *at;
	int fd;

	memset(f, 0, sizeof(*f));
	if (asprintf(&f->path, "%s/disk-fault", control) < 0 ||
	    asprintf(&f->vars[0], "LD_PRELOAD=%s/libtest_disk_fault.so", build_dir()) <
	            0 ||
	    asprintf(&f->vars[1], "TEST_DISK_FAULT=%s:%s", f->path, folder) < 0)
		abort();
	f->vars[2] = sanitizer_options();
	for (size_t i = 0; i < 3; i++)
		f->env[i] = f->vars[i];
	fd = open(f->path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || ftruncate(fd, (off_t)sizeof(*f->number)) != 0)
		abort();
	at = mmap(NULL, sizeof(*f->number), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at == MAP_FAILED)
		abort();
	f->number = at;
}

void disk_fault_set(struct disk_fault *f, int number)
{
	__atomic_store_n(f->number, number, __ATOMIC_SEQ_CST);
}

void disk_fault_done(struct disk_fault *f)
{
	if (f->number != NULL)
		(void)munmap(f->number, sizeof(*f->number));
	for (size_t i = 0; i < 3; i++)
		free(f->vars[i]);
	free(f->path);
	memset(f, 0, sizeof(*f));
}
