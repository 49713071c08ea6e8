/* SPDX-License-Identifier: MIT
 *
 * http/call.c - see call.h. Life, headers, and body of a request; check.c checks its head.
 */
#include "http/call.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/unconst.h"
#include "http/check.h"
#include "http/loop.h"
#include "http/packed.h"
#include "http/problem.h"
#include "http/system.h"

#include <assert.h>
#include <microhttpd.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

struct call *call_of(const struct rent_http_request *request)
{
	return unconst(request); /* its first member */
}

static const char *header_slot(const struct rent_http_request *req, const char *name)
{
	return call_header(call_of(req), name);
}

const char *call_header(const struct call *call, const char *name)
{
	for (unsigned i = 0; i < call->header_count; i++)
		if (strcasecmp(call->headers[i].name, name) == 0)
			return call->headers[i].value;
	return NULL;
}

struct call *call_new(struct loop *loop, struct conn *conn, struct MHD_Connection *mhd,
                      const char *target)
{
	struct http_server *server = loop->server;
	struct rent_arena *arena = arena_new(server->config.arena_max);
	struct call *call = arena == NULL ? NULL : rent_alloc(arena, sizeof(*call));

	if (call == NULL) {
		arena_free(arena);
		return NULL;
	}
	call->request = (struct rent_http_request){ .struct_size = sizeof(call->request),
		                                    .method = "",
		                                    .path = "",
		                                    .body = "",
		                                    .request_id = call->request_id,
		                                    .trace_id = call->trace.trace_id,
		                                    .arena = arena,
		                                    .header = header_slot };
	call->reply.struct_size = sizeof(call->reply);
	call->server = server;
	call->loop = loop;
	call->conn = conn;
	call->mhd = mhd;
	call->method = "";
	/* An overlong target is cut; it is refused by its length before it is read. */
	call->target = rent_strndup(arena, target, strnlen(target, HTTP_TARGET_MAX + 1));
	call->began_us = clock_mono_us();
	call->length = -1;
	call->file_fd = -1;
	if (call->target == NULL) {
		arena_free(arena);
		return NULL;
	}
	return call;
}

void call_free(struct call *call)
{
	if (call == NULL)
		return;
	if (call->file_fd >= 0)
		(void)close(call->file_fd);
	packed_drop(call->packed);
	free(call->heap_body);
	arena_free(call->request.arena);
}

void call_refuse(struct call *call, int status, const char *slug, const char *detail)
{
	call->refused = true;
	problem_fill(&call->request, &call->reply, status, slug, detail, NULL);
}

void call_retry_later(struct call *call)
{
	for (size_t i = 0; i < RENT_HTTP_HEADERS; i++) {
		if (call->reply.headers[i].name != NULL)
			continue;
		call->reply.headers[i] =
			(struct rent_header){ "Retry-After", HTTP_RETRY_AFTER };
		return;
	}
}

bool call_is_system(const struct call *call)
{
	return call->route != NULL && call->route->mount->routes == &system_routes;
}

static enum MHD_Result count_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                    const char *value)
{
	struct call *call = arg;

	(void)kind;
	call->header_count++;
	call->header_bytes += strlen(name) + (value == NULL ? 0 : strlen(value)) + 4;
	return MHD_YES;
}

static enum MHD_Result keep_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   const char *value)
{
	struct call *call = arg;

	(void)kind;
	call->headers[call->header_count++] =
		(struct rent_header){ name, value == NULL ? "" : value };
	return MHD_YES;
}

/* The strings stay with the library, which keeps them until the reply has been sent. */
static bool read_headers(struct call *call)
{
	unsigned n;

	(void)MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, count_header, call);
	n = call->header_count;
	call->header_count = 0;
	if (n > HTTP_HEADERS_MAX || call->header_bytes > HTTP_HEADER_BYTES)
		return false;
	call->headers =
		rent_alloc(call->request.arena, (n + (n == 0)) * sizeof(*call->headers));
	if (call->headers == NULL)
		return false;
	(void)MHD_get_connection_values(call->mhd, MHD_HEADER_KIND, keep_header, call);
	return true;
}

void call_open(struct call *call, const char *method)
{
	const char *copy = rent_strndup(call->request.arena, method, strnlen(method, 32));
	bool fits = read_headers(call);

	call->stage = CALL_BODY;
	if (copy != NULL)
		call->method = copy;
	call->request.method = strcmp(call->method, "HEAD") == 0 ? "GET" : call->method;
	check_identity(call);
	if (!fits) {
		call->broken = true; /* the framing headers were not read */
		call_refuse(call, 431, "headers-too-large",
		            "the request has too many headers, or they are too long");
		return;
	}
	check_head(call);
}

static bool grow(struct call *call, size_t need)
{
	size_t cap = call->body_cap == 0 ? 512 : call->body_cap;
	char *body;

	if (call->length >= 0 && (uint64_t)call->length >= need)
		cap = (size_t)call->length;
	while (cap < need)
		cap *= 2;
	body = rent_alloc(call->request.arena, cap + 1);
	if (body == NULL)
		return false;
	if (call->body_size > 0)
		memcpy(body, call->body, call->body_size);
	call->body = body;
	call->body_cap = cap;
	return true;
}

bool call_take(struct call *call, const char *data, size_t size)
{
	size_t max = call->server->config.body_max;

	if (!call->refused && size > max - call->body_size)
		call_refuse(call, 413, "body-too-large",
		            rent_printf(call->request.arena,
		                        "the body is larger than %zu bytes", max));
	if (call->refused) {
		call->discarded += size;
		return call->discarded + call->body_size <= HTTP_DISCARD_MAX;
	}
	if (call->body_cap - call->body_size < size &&
	    !grow(call, call->body_size + size)) {
		call_refuse(call, 413, "body-too-large",
		            "the body takes too much memory");
		return true;
	}
	memcpy(call->body + call->body_size, data, size);
	call->body_size += size;
	return true;
}

void call_complete(struct call *call)
{
	if (call->body_size > 0) {
		assert(call->body_size <= call->body_cap);
		call->body[call->body_size] = '\0';
		call->request.body = call->body;
		call->request.body_size = call->body_size;
	}
	if (!call->refused)
		check_type(call);
}
