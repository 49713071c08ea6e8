/* SPDX-License-Identifier: MIT
 *
 * http/dispatch.c - see dispatch.h.
 */
#include "http/dispatch.h"

#include "http/access.h"
#include "http/clients.h"
#include "http/coding.h"
#include "http/limits.h"
#include "http/mhd/crowd.h"
#include "http/mhd/door.h"
#include "http/problem.h"
#include "http/static/packed.h"
#include "log/log.h"
#include "runtime/pool.h"
#include "runtime/task.h"
#include "runtime/task_lock.h"

/* Failures that pass. The same request may be sent again: what must not happen twice goes by
 * a key or by the state of what it changes. */
static const struct {
	int code;
	const char *slug, *detail;
} passing[] = {
	{ RENT_EUNAVAIL, "unavailable",
	  "a service this needs cannot be reached; try again" },
	{ RENT_EFULL, "unavailable", "a service this needs has no room; try again" },
	{ RENT_EINDOUBT, "outcome-unknown",
	  "the outcome is not known yet; repeat the same request" },
};

/* The log line with the same request id has the details that a client may not read. */
static void answer_failure(struct call *call, int rc, const struct rent_error *err)
{
	const struct rent_field fields[] = { { "request_id", call->request_id },
		                             { "trace_id", call->trace.trace_id },
		                             { "handler", call->route->def->path },
		                             { NULL, NULL } };

	log_write(RENT_LOG_ERROR, call->route->mount->instance, fields,
	          "handler failed: %s",
	          err->text[0] == '\0' ? "no reason given" : err->text);
	call->reply = (struct rent_http_reply){ .struct_size = sizeof(call->reply) };
	for (size_t i = 0; i < sizeof(passing) / sizeof(passing[0]); i++) {
		if (rc != passing[i].code)
			continue;
		problem_fill(&call->request, &call->reply, 503, passing[i].slug,
		             passing[i].detail, NULL);
		call_retry_later(call);
		return;
	}
	problem_fill(&call->request, &call->reply, 500, "internal",
	             "something went wrong here; the log has the request id", NULL);
}

static void handle_call(struct call *call)
{
	const struct http_mount *mount = call->route->mount;
	struct rent_error err = { .code = 0 };
	int rc;

	trace_enter(&call->trace);
	if (!access_check(call)) {
		trace_enter(NULL);
		return;
	}
	if (mount->serial != NULL)
		task_lock_acquire(mount->serial);
	rc = call->route->def->handle(mount->self, &call->request, &call->reply, &err);
	if (mount->serial != NULL)
		task_lock_release(mount->serial);
	trace_enter(NULL);
	if (rc == 0 && (call->reply.status < 200 || call->reply.status > 599)) {
		(void)rent_fail(&err, RENT_EFAIL, "it gave status %d",
		                (int)call->reply.status);
		rc = RENT_EFAIL;
	}
	if (rc != 0)
		answer_failure(call, rc, &err);
}

/* A file came packed already, or is better as it is. */
static bool is_packable(const struct call *call)
{
	const struct rent_http_reply *r = &call->reply;

	return call->etag == NULL && r->body != NULL &&
	       r->body_size >= HTTP_PACK_REPLY_MIN &&
	       (r->content_type == NULL || strncmp(r->content_type, "text/", 5) == 0 ||
	        strncmp(r->content_type, "application/json", 16) == 0);
}

static void pack(void *arg)
{
	struct call *call = arg;
	struct rent_http_reply *r = &call->reply;

	call->packed = packed_once(r->body, r->body_size);
	if (call->packed == NULL)
		return;
	r->body = call->packed->data;
	r->body_size = call->packed->size;
}

/* Packing a large reply takes a while: others of the loop do not wait for it. */
static void pack_reply(struct call *call)
{
	if (!is_packable(call))
		return;
	call->packable = true;
	if (!coding_gzip_wanted(call))
		return;
	if (call->reply.body_size <= HTTP_PACK_HERE_MAX)
		pack(call);
	else
		(void)task_block(call->server->config.tasks, pack, call);
}

/* As a task of the door's loop, or on a worker. */
static void answer_call(void *arg)
{
	struct call *call = arg;

	handle_call(call);
	pack_reply(call);
	clients_leave(call);
	door_done(call);
}

bool dispatch(struct call *call)
{
	const struct http_mount *mount = call->route->mount;
	const struct rent_http_route *route = call->route->def;
	bool here = (route->flags & RENT_HTTP_INLINE) != 0;
	bool on_worker = mount->workers != NULL && !here;
	int r = RENT_EFULL;

	/* A serial mount, and who asks, may have to be waited for, which takes a task. */
	if (here && mount->serial == NULL && access_is_open(call)) {
		handle_call(call);
		return true;
	}
	if (!clients_enter(call))
		return true;
	if (call_is_system(call) || !crowd_is_busy(call->door))
		r = on_worker ? pool_submit(mount->workers, answer_call, call)
		              : task_run(call->server->config.tasks, route->path,
		                         answer_call, call);
	if (r >= 0) /* a task that has ended filled the reply in */
		return r == 0 && !on_worker;
	clients_leave(call);
	problem_fill(&call->request, &call->reply, 503, "saturated",
	             "more requests are waiting than can be served; try again shortly",
	             NULL);
	call_retry_later(call);
	return true;
}
