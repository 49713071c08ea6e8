/* SPDX-License-Identifier: MIT
 *
 * stubs/book_load.c - reads a book's file back at start. Its lines were written by book.c; a
 * last line without its end was never answered and is cut off, anything else that does not
 * read is an error for a person.
 */
#include "book.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *load_str(const json_t *line, const char *name)
{
	const char *s = json_string_value(json_object_get(line, name));

	return s == NULL ? "" : s;
}

static int load_kind(const char *name)
{
	for (int k = 1; k < KINDS; k++) {
		if (strcmp(kind_names[k], name) == 0)
			return k;
	}
	return 0;
}

/* Gives the entry a place as if it had just happened. Nothing is written: fd is not set. */
static int load_line(struct book *b, const json_t *line, struct entry **ret)
{
	const json_t *amount = json_object_get(line, "amount");
	const json_t *asked = json_object_get(line, "asked");
	struct order o = { .key = load_str(line, "key"),
		           .order_id = load_str(line, "order_id"),
		           .user_id = load_str(line, "user_id"),
		           .powerbank_id = load_str(line, "powerbank_id"),
		           .station_id = load_str(line, "station_id"),
		           .target = load_str(line, "target") };
	int kind = load_kind(load_str(line, "kind"));
	int64_t ts = 0;

	if (kind == 0 || !json_is_integer(amount) ||
	    !rent_time_parse(load_str(line, "ts"), &ts) ||
	    json_integer_value(json_object_get(line, "seq")) != (json_int_t)b->n + 1)
		return RENT_ECORRUPT;
	o.kind = (enum kind)kind;
	o.asked = json_integer_value(json_is_integer(asked) ? asked : amount);
	return book_add(b, &o, json_integer_value(amount), NULL, ts, ret);
}

static int load_text(struct book *b, const char *text, size_t n, book_load_fn fn,
                     void *arg)
{
	json_t *line = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
	struct entry *e = NULL;
	int ret = line == NULL ? RENT_ECORRUPT : load_line(b, line, &e);

	json_decref(line);
	return ret < 0 ? ret : fn(arg, e);
}

static int load_file(struct book *b, FILE *file, const char *path, book_load_fn fn,
                     void *arg, off_t *ret_end, struct rent_error *err)
{
	char *text = NULL;
	size_t cap = 0;
	ssize_t n;
	off_t end = 0;
	int64_t lineno = 0;
	int ret = 0;

	while (ret == 0 && (n = getline(&text, &cap, file)) > 0) {
		lineno++;
		if (text[n - 1] != '\n')
			break;
		ret = load_text(b, text, (size_t)n - 1, fn, arg);
		if (ret < 0)
			(void)rent_fail(err, ret,
			                "%s:%" PRId64 ": book line does not follow from "
			                "the ones before it; move the file away",
			                path, lineno);
		end += n;
	}
	free(text);
	*ret_end = end;
	return ret;
}

/* The folders above the book, as a first start finds them. If one cannot be made, opening
 * the book fails. */
static void make_folders(const char *path)
{
	char *part = strdup(path), *slash;

	for (slash = part == NULL ? NULL : strchr(part + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		(void)mkdir(part, 0750);
		*slash = '/';
	}
	free(part);
}

static int load_open(const char *path, int *ret_fd, struct rent_error *err)
{
	int fd;

	make_folders(path);
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
	if (fd < 0)
		return rent_fail(
			err, errno == EACCES || errno == EPERM ? RENT_EPERM : RENT_EIO,
			"book '%s' cannot be opened: %s", path, strerrordesc_np(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
		(void)close(fd);
		return rent_fail(
			err, RENT_EUNAVAIL,
			"book '%s' is in use by another process; give each its own",
			path);
	}
	*ret_fd = fd;
	return 0;
}

int book_open(struct book *b, const char *path, bool sync, book_load_fn fn, void *arg,
              bool *ret_cut, struct rent_error *err)
{
	off_t end = 0, size;
	FILE *file;
	int fd = -1, copy, ret = load_open(path, &fd, err);

	if (ret < 0)
		return ret;
	copy = dup(fd);
	file = copy < 0 ? NULL : fdopen(copy, "r");
	if (file == NULL) {
		if (copy >= 0)
			(void)close(copy);
		(void)close(fd);
		return rent_fail(err, RENT_ENOMEM, "book '%s' cannot be read", path);
	}
	ret = load_file(b, file, path, fn, arg, &end, err);
	(void)fclose(file);
	size = lseek(fd, 0, SEEK_END);
	if (ret == 0 && size > end && ftruncate(fd, end) != 0)
		ret = rent_fail(err, RENT_EIO, "book '%s' cannot be cut: %s", path,
		                strerrordesc_np(errno));
	if (ret < 0) {
		(void)close(fd);
		return ret;
	}
	*ret_cut = size > end;
	b->fd = fd;
	b->sync = sync;
	return 0;
}
