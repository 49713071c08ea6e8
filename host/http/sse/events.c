/* SPDX-License-Identifier: MIT
 *
 * http/sse/events.c - see events.h. Last-Event-ID says where to go on; a browser cannot set it on
 * its first request, so ?last_event_id= says the same, and the header, being newer, wins.
 */
#include "http/sse/events.h"

#include "http/mhd/crowd.h"
#include "http/mhd/door.h"
#include "http/observe.h"
#include "http/problem.h"

#define RETRY_AFTER "5"

static const char *query(const struct rent_http_request *req, const char *name)
{
	for (uint32_t i = 0; i < req->query_count; i++)
		if (strcmp(req->query[i].name, name) == 0)
			return req->query[i].value;
	return NULL;
}

static const char *last_id(const struct rent_http_request *req)
{
	const char *id = req->header(req, "Last-Event-ID");

	if (id == NULL || *id == '\0')
		id = query(req, "last_event_id");
	return id == NULL || *id == '\0' ? NULL : id;
}

/* "one,another" into the arena. false: not a list of types. */
static bool read_types(const struct rent_http_request *req, struct events_cursor *ret)
{
	const char *text = query(req, "types");
	size_t n = 0;

	while (text != NULL && *text != '\0') {
		size_t size = strcspn(text, ",");

		if (n == EVENTS_TYPES || !event_type_ok(text, size))
			return false;
		ret->types[n] = rent_strndup(req->arena, text, size);
		if (ret->types[n++] == NULL)
			return false;
		text += size;
		text += *text == ',';
	}
	return true;
}

static void refuse_types(const struct rent_http_request *req,
                         struct rent_http_reply *reply)
{
	const struct rent_field_error errors[] = {
		{ "types", "at most 16 names of [a-z_]{1,32}, with commas between them" },
		{ NULL, NULL },
	};

	problem_fill(req, reply, 422, "validation", "the request has a malformed field",
	             errors);
}

static bool take_place(struct http_server *server, const struct door *door)
{
	if (crowd_is_busy(door))
		return false;
	if (atomic_fetch_add(&server->streams, 1) < server->config.streams_max)
		return true;
	(void)atomic_fetch_sub(&server->streams, 1);
	return false;
}

static int begin_stream(struct call *call, const struct events_cursor *wanted,
                        struct rent_error *err)
{
	struct rent_http_reply *reply = &call->reply;

	if (!take_place(call->server, call->door)) {
		reply->headers[0] = (struct rent_header){ "Retry-After", RETRY_AFTER };
		problem_fill(&call->request, reply, 503, "too-many-streams",
		             "as many listen to events already as may; try again later",
		             NULL);
		return 0;
	}
	call->stream = stream_new(call, wanted, last_id(&call->request));
	if (call->stream == NULL) {
		(void)atomic_fetch_sub(&call->server->streams, 1);
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	}
	streams_add(&call->door->streams, call->stream);
	observe_stream(call);
	reply->status = 200;
	reply->headers[0] = (struct rent_header){ "Content-Type", "text/event-stream" };
	/* A proxy in front must pass on each event at once. */
	reply->headers[1] = (struct rent_header){ "X-Accel-Buffering", "no" };
	return 0;
}

int events_get(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	struct events_cursor wanted = { .next = 0 };
	struct call *call = call_of(req);

	(void)self;
	if (!read_types(req, &wanted)) {
		refuse_types(req, reply);
		return 0;
	}
	if (req->principal != NULL && req->principal->role == RENT_ROLE_CUSTOMER)
		wanted.subject = req->principal->subject;
	if (strcmp(call->method, "HEAD") != 0)
		return begin_stream(call, &wanted, err);
	reply->status = 200;
	reply->headers[0] = (struct rent_header){ "Content-Type", "text/event-stream" };
	return 0;
}
