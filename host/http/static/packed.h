/* SPDX-License-Identifier: MIT
 *
 * http/static/packed.h - static files as gzip, compressed once for each version of a file and
 * kept in memory. files.c chooses the form for a client. Replies of handlers are packed
 * for themselves alone, by dispatch.c.
 *
 * A version is a device, an inode, a time of change and a size: a rewritten file gets a
 * new form, and the old one is dropped when its room is needed.
 */
#ifndef HTTP_PACKED_H
#define HTTP_PACKED_H

#include <stdatomic.h>
#include <stddef.h>
#include <sys/stat.h>

struct packed;

/* Shared: size and data stay as they are until packed_drop(). */
struct packed_form {
	atomic_uint holders; /* packed.c's */
	size_t size;
	char data[];
};

/* NULL on ENOMEM. */
struct packed *packed_new(void);

/* Forms that are still held outlive it. Accepts NULL. */
void packed_free(struct packed *packed);

/* The gzip form of the open file. NULL: the file is to be sent as it is, since gzip is not
 * smaller, the file is larger than HTTP_PACK_FILE_MAX or changes just now, or memory is short.
 * Reads fd by offset. Any thread. */
struct packed_form *packed_get(struct packed *packed, int fd, const struct stat *st);

/* The gzip form of bytes in memory, made for this once and quickly. NULL: gzip is not smaller,
 * or memory is short. Any thread. */
struct packed_form *packed_once(const char *data, size_t size);

/* Accepts NULL. Any thread. */
void packed_drop(struct packed_form *form);

/* Bytes of the forms kept. */
size_t packed_bytes(struct packed *packed);

#endif
