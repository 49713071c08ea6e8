/* SPDX-License-Identifier: MIT
 *
 * disk.h - file systems that are in a bad way: one that is small and can be filled (tmpfs,
 * needs root or user namespaces), and one whose writes fail with an errno of choice, EROFS for
 * instance, while files on it are open (a preloaded library, needs nothing). Main thread only;
 * what cannot be done aborts unless it returns something.
 */
#ifndef TEST_DISK_H
#define TEST_DISK_H

#include <stdbool.h>

/* Mounts of this process are no longer seen outside, nor those made outside from now on seen
 * here. Before any thread or server is started: they must see the same. Without the right to
 * do so disk_mount will fail. */
void disk_private(void);

/* An empty file system at this folder. */
bool disk_mount(const char *folder, unsigned kib);
void disk_unmount(const char *folder);
/* Nothing fits any more, until it is drained. */
void disk_fill(const char *folder);
void disk_drain(const char *folder);

struct disk_fault {
	char *vars[3];
	const char *env[4]; /* for the processes that are to meet it; ends with NULL */
	char *path;
	int *number;
};

/* Makes writes, syncs, opens for writing, renames and removals below `folder` fail in
 * processes with f->env. control: a folder that outlives them. */
void disk_fault_init(struct disk_fault *f, const char *control, const char *folder);
/* … with this errno; 0: all is well again. */
void disk_fault_set(struct disk_fault *f, int number);
void disk_fault_done(struct disk_fault *f);

#endif
