/* SPDX-License-Identifier: MIT
 *
 * http/static/files.c - see files.h. On a worker, since a disk may be slow; the file itself is sent
 * by the kernel.
 */
#include "http/static/files.h"

#include "base/cleanup.h"
#include "http/call.h"
#include "http/coding.h"
#include "http/static/packed.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct file_type {
	const char *suffix, *type;
	bool text; /* worth compressing */
} types[] = {
	{ ".html", "text/html; charset=utf-8", true },
	{ ".css", "text/css; charset=utf-8", true },
	{ ".js", "text/javascript; charset=utf-8", true },
	{ ".mjs", "text/javascript; charset=utf-8", true },
	{ ".json", "application/json", true },
	{ ".map", "application/json", true },
	{ ".webmanifest", "application/manifest+json", true },
	{ ".svg", "image/svg+xml", true },
	{ ".png", "image/png", false },
	{ ".jpg", "image/jpeg", false },
	{ ".webp", "image/webp", false },
	{ ".ico", "image/x-icon", false },
	{ ".woff2", "font/woff2", false },
	{ ".txt", "text/plain; charset=utf-8", true },
	{ ".yaml", "application/yaml", true },
};

int files_open_root(const char *path, int *ret_fd, struct rent_error *err)
{
	char text[128];
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return rent_fail(err, RENT_EINVAL, "static folder '%s': %s", path,
		                 strerror_r(errno, text, sizeof(text)));
	*ret_fd = fd;
	return 0;
}

/* For kernels and sandboxes without openat2: part by part, following no link at all. */
static int open_by_parts(int root, const char *path)
{
	cleanup_close int at = fcntl(root, F_DUPFD_CLOEXEC, 3);
	char part[256];

	while (at >= 0) {
		size_t n = strcspn(path, "/");
		bool last = path[n] == '\0';
		int next;

		if (n == 0 || n >= sizeof(part))
			return -1;
		memcpy(part, path, n);
		part[n] = '\0';
		next = openat(at, part,
		              O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
		                      (last ? O_RDONLY : O_PATH | O_DIRECTORY));
		if (last || next < 0)
			return next;
		(void)close(at);
		at = next;
		path += n + 1;
	}
	return -1;
}

static int open_beneath(int root, const char *path)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK,
		                .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	long fd = syscall(SYS_openat2, root, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		return open_by_parts(root, path);
	return (int)fd;
}

/* No part of the path is empty, hidden, ".", ".." or holds an encoded slash. */
static bool path_ok(const char *path)
{
	for (const char *p = path; p != NULL; p = strchr(p, '/')) {
		p += *p == '/';
		if (*p == '\0' || *p == '/' || *p == '.')
			return false;
	}
	return strchr(path, '\\') == NULL;
}

static const struct file_type *type_of(const char *path)
{
	static const struct file_type other = { "", "application/octet-stream", false };
	size_t n = strlen(path);

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		size_t k = strlen(types[i].suffix);

		if (n > k && strcmp(path + n - k, types[i].suffix) == 0)
			return &types[i];
	}
	return &other;
}

/* Whether If-None-Match names the tag; weak comparison (RFC 9110, 13.1.2). */
static bool tag_known(const char *header, const char *etag)
{
	const char *at = header;

	if (header == NULL)
		return false;
	if (strcmp(header, "*") == 0)
		return true;
	at = strstr(header, etag); /* our tags are quoted and cannot be part of another */
	return at != NULL;
}

static int find_file(struct call *call, const char *path, struct stat *st)
{
	cleanup_close int fd = -1;
	const struct file_type *type;
	char index[HTTP_TARGET_MAX + 16];
	size_t n = strlen(path);

	if (n == 0 || path[n - 1] == '/') {
		(void)snprintf(index, sizeof(index), "%sindex.html", path);
		path = index;
	}
	if (!path_ok(path))
		return -1;
	fd = open_beneath(call->server->static_fd, path);
	if (fd < 0 || fstat(fd, st) != 0 || !S_ISREG(st->st_mode))
		return -1;
	type = type_of(path);
	call->reply.content_type = type->type;
	call->packable = type->text;
	return steal_fd(&fd);
}

/* A tag each form: what a cache keeps of one must not answer for the other. */
static const char *tag_of(struct call *call, const struct stat *st)
{
	return rent_printf(call->request.arena, "\"%llx-%llx-%lx%s\"",
	                   (unsigned long long)st->st_ino,
	                   (unsigned long long)st->st_mtim.tv_sec * 1000000000ull +
	                           (unsigned long long)st->st_mtim.tv_nsec,
	                   (unsigned long)st->st_size,
	                   call->packed == NULL ? "" : "-gzip");
}

static int serve(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	struct call *call = call_of(req);
	cleanup_close int fd = -1;
	struct stat st;

	(void)self;
	fd = find_file(call, req->path + (req->path[0] == '/'), &st);
	if (fd < 0) {
		call_refuse(call, 404, "not-found", "there is nothing at this path");
		return 0;
	}
	if (strcmp(req->method, "GET") != 0) {
		call->allow = "GET, HEAD, OPTIONS";
		call_refuse(call, 405, "method-not-allowed",
		            "this path allows GET, HEAD, OPTIONS");
		return 0;
	}
	if (call->packable && coding_gzip_wanted(call))
		call->packed = packed_get(call->server->packed, fd, &st);
	call->etag = tag_of(call, &st);
	if (call->etag == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	reply->status = 200;
	if (tag_known(req->header(req, "If-None-Match"), call->etag)) {
		reply->status = 304;
	} else if (call->packed != NULL) {
		reply->body = call->packed->data;
		reply->body_size = call->packed->size;
	} else {
		call->file_size = (size_t)st.st_size;
		call->file_fd = steal_fd(&fd);
	}
	return 0;
}

const struct rent_http_route files_route[] = {
	{ "GET", "static", 0, serve },
	{ NULL, NULL, 0, NULL },
};

const struct rent_http_access files_access = { "GET", "static", RENT_MAY_ANYBODY, NULL };
