/* SPDX-License-Identifier: MIT
 *
 * http/static/packed.c - see packed.h. Forms count their holders: a slow client may still read one
 * that had to make room.
 */
#include "http/static/packed.h"

#include "base/cleanup.h"
#include "http/limits.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define ZLIB_CONST /* zlib only reads what it is given */
#include <zlib.h>

#define PACK_QUICKLY 3 /* zlib's level for a reply that somebody waits for */
#define GZIP_WINDOW  (MAX_WBITS + 16) /* zlib's way to say gzip */

struct version {
	dev_t device;
	ino_t inode;
	struct timespec changed;
	off_t size;
};

/* One file; the one used last stands first. */
struct entry {
	struct entry *next;
	struct version version;
	struct packed_form *form; /* NULL: gzip is not smaller */
};

struct packed {
	pthread_mutex_t lock;
	struct entry *entries;
};

static size_t bytes_of(const struct entry *entry)
{
	return entry->form == NULL ? 0 : entry->form->size;
}

struct packed *packed_new(void)
{
	struct packed *packed = calloc(1, sizeof(*packed));

	if (packed != NULL)
		(void)pthread_mutex_init(&packed->lock, NULL);
	return packed;
}

void packed_drop(struct packed_form *form)
{
	if (form != NULL && atomic_fetch_sub(&form->holders, 1) == 1)
		free(form);
}

static struct packed_form *hold(struct packed_form *form)
{
	if (form != NULL)
		(void)atomic_fetch_add(&form->holders, 1);
	return form;
}

static void drop_entries(struct entry *entry)
{
	struct entry *next;

	for (; entry != NULL; entry = next) {
		next = entry->next;
		packed_drop(entry->form);
		free(entry);
	}
}

void packed_free(struct packed *packed)
{
	if (packed == NULL)
		return;
	drop_entries(packed->entries);
	(void)pthread_mutex_destroy(&packed->lock);
	free(packed);
}

static struct version version_of(const struct stat *st)
{
	return (struct version){ st->st_dev, st->st_ino, st->st_mtim, st->st_size };
}

static bool same(const struct version *a, const struct version *b)
{
	return a->device == b->device && a->inode == b->inode && a->size == b->size &&
	       a->changed.tv_sec == b->changed.tv_sec &&
	       a->changed.tv_nsec == b->changed.tv_nsec;
}

/* The caller has the lock. */
static struct entry *find_packed(struct packed *packed, const struct version *version)
{
	struct entry **at = &packed->entries, *entry;

	while (*at != NULL && !same(&(*at)->version, version))
		at = &(*at)->next;
	entry = *at;
	if (entry == NULL)
		return NULL;
	*at = entry->next;
	entry->next = packed->entries;
	packed->entries = entry;
	return entry;
}

/* The first entry stays, whatever it takes. The caller has the lock. */
static void make_room(struct packed *packed)
{
	struct entry *last = packed->entries;
	size_t bytes = bytes_of(last);
	unsigned n = 1;

	for (; last->next != NULL; last = last->next) {
		bytes += bytes_of(last->next);
		if (++n > HTTP_PACK_FILES || bytes > HTTP_PACK_BYTES)
			break;
	}
	drop_entries(last->next);
	last->next = NULL;
}

size_t packed_bytes(struct packed *packed)
{
	size_t bytes = 0;

	(void)pthread_mutex_lock(&packed->lock);
	for (const struct entry *e = packed->entries; e != NULL; e = e->next)
		bytes += bytes_of(e);
	(void)pthread_mutex_unlock(&packed->lock);
	return bytes;
}

/* Whether the file was read as the version it says it is. */
static bool read_whole(int fd, const struct version *version, char *ret)
{
	size_t size = (size_t)version->size, got = 0;
	struct version after;
	struct stat st;

	while (got < size) {
		ssize_t n = pread(fd, ret + got, size - got, (off_t)got);

		if (n == 0 || (n < 0 && errno != EINTR))
			return false;
		got += n > 0 ? (size_t)n : 0;
	}
	if (fstat(fd, &st) != 0)
		return false;
	after = version_of(&st);
	return same(&after, version);
}

/* 1: *ret is smaller than the file; 0: it would not be; negative: there is no telling. */
static int squeeze(const char *data, size_t size, int level, struct packed_form **ret)
{
	z_stream z = { .next_in = (const Bytef *)data, .avail_in = (uInt)size };
	struct packed_form *form = malloc(sizeof(*form) + size), *fitted;
	int rc;

	if (form == NULL || deflateInit2(&z, level, Z_DEFLATED, GZIP_WINDOW,
	                                 MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
		free(form);
		return -1;
	}
	z.next_out = (Bytef *)form->data;
	z.avail_out = (uInt)(size - 1); /* so it either fits and is smaller, or not */
	rc = deflate(&z, Z_FINISH);
	size = z.total_out;
	(void)deflateEnd(&z);
	if (rc != Z_STREAM_END) {
		free(form);
		return 0;
	}
	fitted = realloc(form, sizeof(*form) + size);
	if (fitted != NULL)
		form = fitted;
	form->size = size;
	atomic_init(&form->holders, 1);
	*ret = form;
	return 1;
}

static bool pack(int fd, const struct version *version, struct packed_form **ret)
{
	cleanup_free char *data = malloc((size_t)version->size);

	*ret = NULL;
	return data != NULL && read_whole(fd, version, data) &&
	       squeeze(data, (size_t)version->size, Z_BEST_COMPRESSION, ret) >= 0;
}

struct packed_form *packed_once(const char *data, size_t size)
{
	struct packed_form *form = NULL;

	if (size == 0 || size > HTTP_PACK_REPLY_MAX)
		return NULL;
	(void)squeeze(data, size, PACK_QUICKLY, &form);
	return form;
}

/* Another thread may have put one meanwhile, which is as good. The caller has the lock. */
static void put_packed(struct packed *packed, const struct version *version,
                       struct packed_form *form)
{
	struct entry *entry =
		find_packed(packed, version) != NULL ? NULL : calloc(1, sizeof(*entry));

	if (entry == NULL)
		return;
	*entry = (struct entry){ packed->entries, *version, hold(form) };
	packed->entries = entry;
	make_room(packed);
}

struct packed_form *packed_get(struct packed *packed, int fd, const struct stat *st)
{
	const struct version version = version_of(st);
	struct packed_form *form = NULL;
	struct entry *entry;

	if (st->st_size <= 0 || (uint64_t)st->st_size > HTTP_PACK_FILE_MAX)
		return NULL;
	(void)pthread_mutex_lock(&packed->lock);
	entry = find_packed(packed, &version);
	if (entry != NULL)
		form = hold(entry->form);
	(void)pthread_mutex_unlock(&packed->lock);
	/* Not under the lock: others are served while this one is made. */
	if (entry != NULL || !pack(fd, &version, &form))
		return form;
	(void)pthread_mutex_lock(&packed->lock);
	put_packed(packed, &version, form);
	(void)pthread_mutex_unlock(&packed->lock);
	return form;
}
