/* SPDX-License-Identifier: MIT
 *
 * http/mhd/reply.c - see reply.h.
 */
#include "http/mhd/reply.h"

#include "base/unconst.h"
#include "http/cors.h"
#include "http/mhd/conn.h"
#include "http/mhd/tls.h"
#include "http/sse/stream.h"
#include "log/log.h"

#include <strings.h>

/* Scripts, styles and calls from our own origin and nothing inline. */
#define STATIC_POLICY                                                                  \
	"default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; " \
	"frame-ancestors 'none'"

#define STREAM_BLOCK 4096 /* for HTTP/1.0; else the connection's own pool is filled */

static void add_header(struct MHD_Response *response, const char *name, const char *value)
{
	if (value != NULL)
		(void)MHD_add_response_header(response, name, value);
}

static void add_own(const struct call *call, struct MHD_Response *response, bool *cached)
{
	const struct rent_http_reply *r = &call->reply;

	for (size_t i = 0; i < RENT_HTTP_HEADERS && r->headers[i].name != NULL; i++) {
		const struct rent_header *h = &r->headers[i];

		*cached = *cached || strcasecmp(h->name, "Cache-Control") == 0;
		/* the library refuses names and values that would split the head */
		if (h->value == NULL ||
		    MHD_add_response_header(response, h->name, h->value) != MHD_YES)
			log_write(RENT_LOG_WARN, "http", NULL,
			          "header not sent: name or value of a handler's header "
			          "is malformed");
	}
}

static void add_cors(const struct call *call, struct MHD_Response *response)
{
	if (!cors_enabled(call->server))
		return;
	if (!call->server->cors_any)
		add_header(response, "Vary", "Origin");
	if (call->origin == NULL)
		return;
	add_header(response, "Access-Control-Allow-Origin", call->origin);
	add_header(response, "Access-Control-Expose-Headers", CORS_EXPOSE_HEADERS);
	if (!call->preflight)
		return;
	add_header(response, "Access-Control-Allow-Methods", call->allow);
	add_header(response, "Access-Control-Allow-Headers", CORS_ALLOW_HEADERS);
	add_header(response, "Access-Control-Max-Age", HTTP_CORS_MAX_AGE);
}

static void add_static(const struct call *call, struct MHD_Response *response)
{
	add_header(response, "ETag", call->etag);
	add_header(response, "Cache-Control",
	           "no-cache"); /* ask again, mostly for a 304 */
	add_header(response, "Content-Security-Policy", STATIC_POLICY);
	add_header(response, "Referrer-Policy", "no-referrer");
	add_header(response, "X-Frame-Options", "DENY");
	add_header(response, "Cross-Origin-Opener-Policy", "same-origin");
}

/* draft-ietf-httpapi-ratelimit-headers: requests, and whole seconds. */
static void add_rate(const struct call *call, struct MHD_Response *response)
{
	const struct call_rate *rate = &call->rate;
	char text[24];

	if (rate->limit == 0)
		return;
	(void)snprintf(text, sizeof(text), "%u", rate->limit);
	add_header(response, "RateLimit-Limit", text);
	(void)snprintf(text, sizeof(text), "%u", rate->refused ? 0 : rate->remaining);
	add_header(response, "RateLimit-Remaining", text);
	(void)snprintf(text, sizeof(text), "%" PRId64,
	               (rate->reset_us + RENT_SECOND - 1) / RENT_SECOND);
	add_header(response, "RateLimit-Reset", text);
	(void)snprintf(text, sizeof(text), "%" PRId64,
	               (rate->retry_us + RENT_SECOND - 1) / RENT_SECOND);
	if (rate->refused)
		add_header(response, "Retry-After", text);
}

/* The client comes back to the certificate that is in force now. One that says nothing more ends with the
 * idle time. */
static bool is_outdated(const struct call *call)
{
	return call->conn != NULL && tls_is_old(call->server->tls, call->conn->tls);
}

static void add_headers(const struct call *call, struct MHD_Response *response)
{
	const struct rent_http_reply *r = &call->reply;
	bool cached = call->etag != NULL;

	if (r->body_size > 0 || call->file_fd >= 0)
		add_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
		           r->content_type == NULL ? "application/json"
		                                   : r->content_type);
	add_header(response, "X-Request-Id",
	           call->client_request_id != NULL ? call->client_request_id
	                                           : call->request_id);
	add_rate(call, response);
	add_header(response, "X-Content-Type-Options", "nosniff");
	add_own(call, response, &cached);
	if (call->packable)
		add_header(response, "Vary", "Accept-Encoding");
	if (call->packed != NULL && r->body_size > 0)
		add_header(response, "Content-Encoding", "gzip");
	if (call->etag != NULL)
		add_static(call, response);
	if (!cached)
		add_header(response, "Cache-Control", "no-store");
	add_cors(call, response);
	if (call->allow != NULL && !call->preflight)
		add_header(response, MHD_HTTP_HEADER_ALLOW, call->allow);
	if (call->broken || atomic_load(&call->server->draining) || is_outdated(call))
		add_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
}

/* Its own clock ends a stream that stalls: the library would end one that has nothing to say
 * for a while. */
static struct MHD_Response *make_stream(struct call *call)
{
	(void)MHD_set_connection_option(call->mhd, MHD_CONNECTION_OPTION_TIMEOUT, 0u);
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
	                                         stream_read, call->stream, NULL);
}

/* The body stays in the arena, which lives until the library has let go of the response. */
static struct MHD_Response *make(struct call *call)
{
	struct rent_http_reply *r = &call->reply;
	struct MHD_Response *response;

	if (call->stream != NULL)
		return make_stream(call);
	if (call->file_fd >= 0) {
		response = MHD_create_response_from_fd(call->file_size, call->file_fd);
		if (response != NULL)
			r->body_size = call->file_size;
		return response;
	}
	if (r->body == NULL || r->status == 204 || r->status == 304)
		r->body_size = 0;
	return MHD_create_response_from_buffer(r->body_size,
	                                       unconst(r->body_size == 0 ? "" : r->body),
	                                       MHD_RESPMEM_PERSISTENT);
}

enum MHD_Result reply_send(struct call *call)
{
	struct MHD_Response *response;
	enum MHD_Result rc;

	call->answered = true;
	if (call->reply.status == RENT_HTTP_NO_ANSWER)
		return MHD_NO;
	response = make(call);
	if (response == NULL)
		return MHD_NO;
	add_headers(call, response);
	call->file_fd = -1; /* the response closes it */
	rc = MHD_queue_response(call->mhd, (unsigned)call->reply.status, response);
	MHD_destroy_response(response);
	return rc;
}
