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

/* The group may read, so that root can own the file. */
#define FORBIDDEN (S_IWGRP | S_IRWXO)

int keys_read(const struct rent_host *host, const char *file, struct file_stamp *stamp,
              struct key_table *ret, struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	struct file_stamp now = *stamp;
	char *text = NULL;
	int code = trusted_file_read(file, FORBIDDEN, &now, &text, err);

	*ret = (struct key_table){ NULL, 0 };
	if (code != TRUSTED_FILE_READ && code != TRUSTED_FILE_MISSING)
		return code;
	if (code == TRUSTED_FILE_READ) {
		code = keys_parse(host, text, ret, &why);
		free(text);
		if (code != 0)
			return rent_fail(err, code, "'%s': %s", file, why.text);
	}
	*stamp = now;
	return 0;
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

int keys_begin(const char *file, struct keys_change *ret, struct rent_error *err)
{
	int n = snprintf(ret->new, sizeof(ret->new), "%s.new", file);

	ret->file = file;
	if (n < 0 || (size_t)n >= sizeof(ret->new))
		return rent_fail(err, RENT_EINVAL, "'%s': is too long a name", file);
	ret->fd = open(ret->new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	               0600);
	if (ret->fd >= 0)
		return 0;
	if (errno == EEXIST)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "'%s' is there: another command writes the keys, or one "
		                 "was interrupted; try again, or remove that file",
		                 ret->new);
	return trusted_file_fail(err, RENT_EIO, ret->new, "cannot write", errno);
}

void keys_cancel(struct keys_change *c)
{
	(void)close(c->fd);
	(void)unlink(c->new);
}

int keys_write(const struct rent_host *host, struct keys_change *c,
               const struct key_table *table, struct rent_error *err)
{
	char *text = keys_text(host, table);
	int error = 0;

	if (text == NULL) {
		keys_cancel(c);
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	}
	keep_owner(c->fd, c->file);
	if (write_all(c->fd, text) != 0 || rename(c->new, c->file) != 0)
		error = errno;
	free(text);
	if (error != 0)
		keys_cancel(c);
	else
		(void)close(c->fd);
	return error == 0
	               ? 0
	               : trusted_file_fail(err, RENT_EIO, c->new, "cannot write", error);
}
