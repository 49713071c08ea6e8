/* SPDX-License-Identifier: MIT
 *
 * http/call.c - see call.h. Its life, and what a reply is refused with.
 */
#include "http/call.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/unconst.h"
#include "http/limits.h"
#include "http/problem.h"
#include "http/static/packed.h"

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

struct call *call_new(struct http_server *server, struct door *door, struct conn *conn,
                      struct MHD_Connection *mhd, const char *target)
{
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
	call->door = door;
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
	call->answered_here = true;
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
	return call->route != NULL && call->server->config.system_routes != 0 &&
	       call->route->mount == &call->server->mounts[0];
}
