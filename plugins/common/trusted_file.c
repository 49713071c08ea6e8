/* SPDX-License-Identifier: MIT
 *
 * trusted_file.c - see trusted_file.h.
 */
#include "common/trusted_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int trusted_file_fail(struct rent_error *err, int code, const char *file,
                      const char *what, int error)
{
	char text[128];

	return rent_fail(err, code, "'%s': %s: %s", file, what,
	                 strerror_r(error, text, sizeof(text)));
}

static int check_owner(const char *file, const struct stat *st, mode_t forbidden,
                       struct rent_error *err)
{
	if (!S_ISREG(st->st_mode) || st->st_size > TRUSTED_FILE_MAX)
		return rent_fail(err, RENT_EINVAL,
		                 "'%s': is no regular file of at most 1 MiB", file);
	if (st->st_uid != 0 && st->st_uid != geteuid())
		return rent_fail(err, RENT_EPERM,
		                 "'%s': belongs to uid %u, who could make keys; it must "
		                 "belong to root or to uid %u",
		                 file, st->st_uid, geteuid());
	if ((st->st_mode & forbidden) != 0)
		return rent_fail(err, RENT_EPERM,
		                 "'%s': others may %s it (mode %04o); chmod %s", file,
		                 (forbidden & S_IROTH) != 0 ? "read or write" : "write",
		                 st->st_mode & 07777,
		                 (forbidden & S_IROTH) != 0 ? "0600 or 0640" : "0644");
	return 0;
}

static struct file_stamp stamp_of(const struct stat *st)
{
	return (struct file_stamp){ st->st_mtim.tv_sec * INT64_C(1000000000) +
		                            st->st_mtim.tv_nsec,
		                    st->st_size, (int64_t)st->st_ino };
}

static bool same(const struct file_stamp *a, const struct file_stamp *b)
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
		return trusted_file_fail(err, RENT_EIO, file, "cannot read", error);
	}
	text[n] = '\0';
	*ret = text;
	return 0;
}

static int read_open(const char *file, int fd, mode_t forbidden, struct file_stamp *stamp,
                     char **ret_text, struct rent_error *err)
{
	struct file_stamp now;
	struct stat st;
	int code;

	if (fstat(fd, &st) != 0)
		return trusted_file_fail(err, RENT_EIO, file, "cannot read", errno);
	code = check_owner(file, &st, forbidden, err);
	if (code != 0)
		return code;
	now = stamp_of(&st);
	if (same(&now, stamp))
		return TRUSTED_FILE_SAME;
	code = read_text(fd, file, st.st_size, ret_text, err);
	if (code == 0)
		*stamp = now;
	return code;
}

int trusted_file_read(const char *file, mode_t forbidden, struct file_stamp *stamp,
                      char **ret_text, struct rent_error *err)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	int code;

	if (fd < 0 && errno == ENOENT) {
		*stamp = (struct file_stamp){ 0, 0, 0 };
		return TRUSTED_FILE_MISSING;
	}
	if (fd < 0)
		return trusted_file_fail(err, RENT_EIO, file, "cannot open", errno);
	code = read_open(file, fd, forbidden, stamp, ret_text, err);
	(void)close(fd);
	return code;
}
