/* SPDX-License-Identifier: MIT
 *
 * keys_file.c - the file of the keys: read as a whole, written beside itself and then renamed.
 * Anybody who may write it can make himself an operator: a file that others may write is not read.
 */
#include "keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MAX ((off_t)1024 * 1024)
/* The group may read, so that root can own the file. */
#define FORBIDDEN (S_IWGRP | S_IRWXO)

static int fail_file(struct rent_error *err, int code, const char *file, const char *what,
                     int error)
{
	char text[128];

	return rent_fail(err, code, "'%s': %s: %s", file, what,
	                 strerror_r(error, text, sizeof(text)));
}

static int check_owner(const char *file, const struct stat *st, struct rent_error *err)
{
	if (!S_ISREG(st->st_mode) || st->st_size > FILE_MAX)
		return rent_fail(err, RENT_EINVAL, "'%s': is no file of keys", file);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return rent_fail(err, RENT_EPERM,
		                 "'%s': belongs to uid %u, who could make keys; it must "
		                 "belong to root or to uid %u",
		                 file, st->st_uid, geteuid());
	if ((st->st_mode & FORBIDDEN) != 0)
		return rent_fail(err, RENT_EPERM,
		                 "'%s': others may read or write it (mode %04o); chmod "
		                 "0600 or 0640",
		                 file, st->st_mode & 07777);
	return 0;
}

static struct key_stamp stamp_of(const struct stat *st)
{
	return (struct key_stamp){ st->st_mtim.tv_sec * INT64_C(1000000000) +
		                           st->st_mtim.tv_nsec,
		                   st->st_size, (int64_t)st->st_ino };
}

static bool same(const struct key_stamp *a, const struct key_stamp *b)
{
	return a->modified_ns == b->modified_ns && a->size == b->size &&
	       a->inode == b->inode;
}

static int read_text(int fd, const char *file, off_t size, char **ret,
                     struct rent_error *err)
{
	char *text = calloc(1, (size_t)size + 1);
	ssize_t n = text == NULL ? 0 : pread(fd, text, (size_t)size, 0);

	if (text == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	if (n < 0) {
		int error = errno;

		free(text);
		return fail_file(err, RENT_EIO, file, "cannot read", error);
	}
	text[n] = '\0';
	*ret = text;
	return 0;
}

static int read_open(const struct rent_host *host, const char *file, int fd,
                     struct key_stamp *stamp, struct key_table *ret,
                     struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	struct key_stamp now;
	struct stat st;
	char *text = NULL;
	int code;

	if (fstat(fd, &st) != 0)
		return fail_file(err, RENT_EIO, file, "cannot read", errno);
	code = check_owner(file, &st, err);
	if (code != 0)
		return code;
	now = stamp_of(&st);
	if (same(&now, stamp))
		return 1;
	code = read_text(fd, file, st.st_size, &text, err);
	if (code != 0)
		return code;
	code = keys_parse(host, text, ret, &why);
	free(text);
	if (code != 0)
		return rent_fail(err, code, "'%s': %s", file, why.text);
	*stamp = now;
	return 0;
}

int keys_read(const struct rent_host *host, const char *file, struct key_stamp *stamp,
              struct key_table *ret, struct rent_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int code;

	*ret = (struct key_table){ NULL, 0 };
	if (fd < 0 && errno == ENOENT) {
		*stamp = (struct key_stamp){ 0, 0, 0 };
		return 0;
	}
	if (fd < 0)
		return fail_file(err, RENT_EIO, file, "cannot open", errno);
	code = read_open(host, file, fd, stamp, ret, err);
	(void)close(fd);
	return code;
}

/* A file that root made for a service stays the service's to read. */
static void keep_owner(int fd, const char *file)
{
	struct stat st;

	if (stat(file, &st) != 0 || fchown(fd, st.st_uid, st.st_gid) != 0)
		return;
	(void)fchmod(fd, st.st_mode & 0640);
}

static int write_all(int fd, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		ssize_t n = write(fd, text, left);

		if (n < 0)
			return -1;
		text += n;
		left -= (size_t)n;
	}
	return fsync(fd);
}

int keys_write(const struct rent_host *host, const char *file,
               const struct key_table *table, struct rent_error *err)
{
	char new[4096];
	char *text;
	int fd, error = 0;

	if ((size_t)snprintf(new, sizeof(new), "%s.new", file) >= sizeof(new))
		return rent_fail(err, RENT_EINVAL, "'%s': is too long a name", file);
	text = keys_text(host, table);
	if (text == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	/* Also the lock: two commands at once must not lose a key of each other. */
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd >= 0) {
		keep_owner(fd, file);
		error = write_all(fd, text) == 0 ? 0 : errno;
		(void)close(fd);
		if (error == 0 && rename(new, file) != 0)
			error = errno;
		if (error != 0)
			(void)unlink(new);
	} else {
		error = errno;
	}
	free(text);
	if (error == EEXIST)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "'%s' is there: another command writes the keys, or one "
		                 "was interrupted; try again, or remove that file",
		                 new);
	return error == 0 ? 0 : fail_file(err, RENT_EIO, new, "cannot write", error);
}
