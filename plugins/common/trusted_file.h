/* SPDX-License-Identifier: MIT
 *
 * trusted_file.h - a file that decides who may do what: read as a whole when it has changed, and only
 * if nobody else could have written it. Blocks.
 */
#ifndef COMMON_TRUSTED_FILE_H
#define COMMON_TRUSTED_FILE_H

#include <rent/base.h>
#include <sys/stat.h>

#define TRUSTED_FILE_MAX ((off_t)1024 * 1024)

/* What tells one content of a file from another; zeroed: none was read. */
struct file_stamp {
	int64_t modified_ns, size, inode;
};

enum trusted_file_verdict {
	TRUSTED_FILE_READ = 0,
	TRUSTED_FILE_SAME = 1,    /* as *stamp says */
	TRUSTED_FILE_MISSING = 2, /* there is none */
};

/* Reads file into *ret_text, which ends with NUL and is to be freed. Sets *stamp to what was found,
 * unless it fails. forbidden: bits of the mode that must not be set. RENT_EPERM: it belongs to
 * neither root nor the user of this process, or has a forbidden bit; err names the cure. A symbolic
 * link is not followed. */
int trusted_file_read(const char *file, mode_t forbidden, struct file_stamp *stamp,
                      char **ret_text, struct rent_error *err);

/* "'FILE': WHAT: the system's words for error". Returns code. */
int trusted_file_fail(struct rent_error *err, int code, const char *file,
                      const char *what, int error);

#endif
