/* SPDX-License-Identifier: MIT
 *
 * file.h - whether the file that is open is the file under the path. SQLite goes on with a file
 * that was moved, deleted or copied over, and what it writes there is gone at the next start.
 */
#ifndef STORAGE_SQLITE_FILE_H
#define STORAGE_SQLITE_FILE_H

#include <rent/base.h>

#include <sys/types.h>

struct file_id {
	dev_t device;
	ino_t inode;
};

/* Bytes that must be free on the disk before a storage that was full is well again. */
#define FILE_ROOM ((int64_t)1024 * 1024)

struct file {
	const char *path;
	struct file_id database;
	struct file_id log; /* the -wal; inode 0: none yet. The writer's thread only */
};

/* Takes the file that is there now, which is about to be opened or was just opened. */
void file_know(struct file *file, const char *path);

/* RENT_EUNAVAIL with what to do: another file, or none, is under the path. Any thread. */
int file_check(const struct file *file, struct rent_error *err);
/* The same for the log of changes, which is known from when it is first seen. */
int file_check_log(struct file *file, struct rent_error *err);

/* Bytes that may still be written to its disk; INT64_MAX when that is not known. */
int64_t file_room(const struct file *file);

#endif
