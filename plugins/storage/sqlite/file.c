/* SPDX-License-Identifier: MIT
 *
 * file.c - see file.h.
 */
#include "file.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define PATH_SIZE 4096

/* inode 0: there is none. */
static struct file_id id_of_path(const char *path)
{
	struct file_id id = { 0 };
	struct stat st;

	if (stat(path, &st) == 0)
		id = (struct file_id){ .device = st.st_dev, .inode = st.st_ino };
	return id;
}

static bool is_same(struct file_id a, struct file_id b)
{
	return a.device == b.device && a.inode == b.inode;
}

void file_know(struct file *file, const char *path)
{
	*file = (struct file){ .path = path, .database = id_of_path(path) };
}

static int complain(const char *path, const char *suffix, bool missing,
                    struct rent_error *err)
{
	return rent_fail(
		err, RENT_EUNAVAIL,
		missing ? "database \"%s%s\" was moved or deleted while it is open: what is "
			  "written now would be lost; put it back, or stop rentald and restore "
			  "it"
			: "database \"%s%s\": another file is there than the one that is open, "
			  "and what is written now would be lost; put that back, or stop "
			  "rentald and restore it",
		path, suffix);
}

int file_check(const struct file *file, struct rent_error *err)
{
	struct file_id now = id_of_path(file->path);

	if (is_same(now, file->database))
		return 0;
	return complain(file->path, "", now.inode == 0, err);
}

int file_check_log(struct file *file, struct rent_error *err)
{
	char path[PATH_SIZE];
	struct file_id now;

	(void)snprintf(path, sizeof(path), "%s-wal", file->path);
	now = id_of_path(path);
	if (file->log.inode == 0)
		file->log = now;
	if (is_same(now, file->log))
		return 0;
	return complain(file->path, "-wal", now.inode == 0, err);
}

int64_t file_room(const struct file *file)
{
	struct statvfs st;

	if (statvfs(file->path, &st) != 0)
		return INT64_MAX;
	return (int64_t)st.f_bavail * (int64_t)st.f_frsize;
}
