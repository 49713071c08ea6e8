/* SPDX-License-Identifier: MIT
 *
 * http/dispatch.c - see dispatch.h.
 */
#include "http/dispatch.h"
#include "http/coding.h"

#include "http/crowd.h"
#include "http/door.h"
#include "http/limits.h"
#include "http/packed.h"
#include "http/problem.h"
#include "log/log.h"
#include "runtime/pool.h"

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

static void handle(struct call *call)
{
	const struct http_mount *mount = call->route->mount;
	struct rent_error err = { .code = 0 };
	int rc;

	trace_enter(&call->trace);
	if (mount->serial != NULL)
		(void)pthread_mutex_lock(mount->serial);
	rc = call->route->def->handle(mount->self, &call->request, &call->reply, &err);
	if (mount->serial != NULL)
		(void)pthread_mutex_unlock(mount->serial);
	trace_enter(NULL);
	if (rc == 0 && (call->reply.status < 200 || call->reply.status > 599)) {
		(void)rent_fail(&err, RENT_EFAIL, "it gave status %d",
		                (int)call->reply.status);
		rc = RENT_EFAIL;
	}
	if (rc != 0)
		answer_failure(call, rc, &err);
}

/* On the worker, never on an event thread: packing takes a while. */
static void pack_reply(struct call *call)
{
	struct rent_http_reply *r = &call->reply;
	const char *type = r->content_type;

	/* A file came packed already, or is better as it is. */
	if (call->etag != NULL || r->body == NULL || r->body_size < HTTP_PACK_REPLY_MIN ||
	    (type != NULL && strncmp(type, "text/", 5) != 0 &&
	     strncmp(type, "application/json", 16) != 0))
		return;
	call->packable = true;
	if (!coding_gzip_wanted(call))
		return;
	call->packed = packed_once(r->body, r->body_size);
	if (call->packed == NULL)
		return;
	r->body = call->packed->data;
	r->body_size = call->packed->size;
}

static void work(void *arg)
{
	struct call *call = arg;

	handle(call);
	pack_reply(call);
	door_done(call);
}

/* Health and metrics have their own workers, so that a full request queue cannot make a
 * probe fail. */
static struct pool *pool_of(const struct call *call)
{
	const struct http_config *c = &call->server->config;

	return call_is_system(call) && c->system_pool != NULL ? c->system_pool : c->pool;
}

bool dispatch(struct call *call)
{
	/* A serial mount may have to be waited for, which an event thread must not. */
	if ((call->route->def->flags & RENT_HTTP_INLINE) != 0 &&
	    call->route->mount->serial == NULL) {
		handle(call);
		return true;
	}
	if ((call_is_system(call) || !crowd_is_busy(call->door)) &&
	    pool_submit(pool_of(call), work, call) == 0)
		return false;
	problem_fill(&call->request, &call->reply, 503, "saturated",
	             "more requests are waiting than can be served; try again shortly",
	             NULL);
	call_retry_later(call);
	return true;
}
