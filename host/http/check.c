/* SPDX-License-Identifier: MIT
 *
 * http/check.c - see check.h. libmicrohttpd reads heads generously; what it lets pass and
 * two readers could understand differently (request smuggling) is refused here.
 */
#include "http/check.h"

#include "base/header.h"
#include "base/id.h"
#include "http/access.h"
#include "http/clients.h"
#include "http/cors.h"
#include "http/hosts.h"
#include "http/mhd/conn.h"
#include "http/sse/events.h"

#include <stdlib.h>
#include <strings.h>

static bool token_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

static bool is_token(const char *s)
{
	if (*s == '\0')
		return false;
	while (token_char(*s))
		s++;
	return *s == '\0';
}

static bool sane_id(const char *s)
{
	size_t n = s == NULL ? 0 : strnlen(s, RENT_REQUEST_ID_SIZE);

	if (n == 0 || n >= RENT_REQUEST_ID_SIZE)
		return false;
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	                 "0123456789._-") == n;
}

void check_identity(struct call *call)
{
	const char *id = call_header(call, "X-Request-Id");

	/* Where callers are strangers to each other none of them writes lines under an id of
	 * another: ours stays unique, and the client's is answered and noted beside it. */
	if (!sane_id(id) || call->server->config.auth_count > 0)
		id_uuid7(call->request_id);
	else
		(void)rent_copy(call->request_id, sizeof(call->request_id), id);
	if (sane_id(id) && call->server->config.auth_count > 0)
		call->client_request_id = id;
	(void)trace_begin(&call->trace, call_header(call, "traceparent"));
	call->trace.request_id = call->request_id;
}

static unsigned count_headers(const struct call *call, const char *name)
{
	unsigned n = 0;

	for (unsigned i = 0; i < call->header_count; i++)
		n += strcasecmp(call->headers[i].name, name) == 0;
	return n;
}

static void malformed(struct call *call, const char *detail)
{
	call->broken = true; /* where the next request begins is anybody's guess */
	call_refuse(call, 400, "malformed-request", detail);
}

/* Of two the one that a gateway in front has looked at may not be the one that counts here. */
static void check_credentials(struct call *call)
{
	static const char *const once[] = { "Authorization", "X-Auth-User", "X-Auth-Role",
		                            "X-Auth-Time", "X-Auth-Signature" };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++)
		if (count_headers(call, once[i]) > 1) {
			malformed(call, "the request says twice who asks");
			return;
		}
}

static void check_syntax(struct call *call)
{
	if (!is_token(call->method))
		malformed(call, "the method is not a token");
	else if (call->ambiguous)
		malformed(call, "a line of the head has a NUL byte, or does not end with "
		                "CR LF");
	for (unsigned i = 0; i < call->header_count && !call->answered_here; i++) {
		if (!is_token(call->headers[i].name))
			malformed(call, "a header's name is not a token");
		else if (!header_value_is_clean(call->headers[i].value))
			malformed(call, "a header's value contains control characters");
	}
	if (!call->answered_here && count_headers(call, "Host") > 1)
		malformed(call, "the request has more than one Host header");
	if (!call->answered_here)
		check_credentials(call);
}

static void check_framing(struct call *call)
{
	const char *length = call_header(call, "Content-Length");
	const char *coding = call_header(call, "Transfer-Encoding");
	const char *expect = call_header(call, "Expect");

	if (count_headers(call, "Content-Length") > 1 ||
	    count_headers(call, "Transfer-Encoding") > 1 ||
	    (length != NULL && coding != NULL)) {
		malformed(call, "the request says its length more than once");
		return;
	}
	if (coding != NULL && call->old) {
		malformed(call, "HTTP/1.0 has no transfer codings");
		return;
	}
	if (coding != NULL && strcasecmp(coding, "chunked") != 0) {
		malformed(call, "the only transfer coding understood is 'chunked'");
		return;
	}
	if (length != NULL) {
		if (*length == '\0' || strlen(length) > 18 ||
		    strspn(length, "0123456789") != strlen(length)) {
			malformed(call, "Content-Length is not a number of bytes");
			return;
		}
		call->length = strtoll(length, NULL, 10);
	}
	call->has_body = coding != NULL || call->length > 0;
	call->expects = expect != NULL && strcasecmp(expect, "100-continue") == 0;
}

static void check_length(struct call *call)
{
	if (call->length >= 0 && (uint64_t)call->length > call->server->config.body_max)
		call_refuse(call, 413, "body-too-large",
		            rent_printf(call->request.arena,
		                        "the body is larger than %zu bytes",
		                        call->server->config.body_max));
}

/* An OPTIONS request never reaches a handler. */
static void answer_options(struct call *call, const struct uri *uri)
{
	char allow[ROUTER_ALLOW_SIZE] = "GET, HEAD, OPTIONS";

	if (uri->segment_count > 0)
		router_allow(call->server->router, uri, allow);
	(void)router_match(call->server->router, call->method, uri, &call->route,
	                   call->request.params);
	if (allow[0] == '\0' && call->server->static_fd >= 0)
		(void)rent_copy(allow, sizeof(allow), "GET, HEAD, OPTIONS");
	if (allow[0] == '\0') {
		call_refuse(call, 404, "not-found", "there is nothing at this path");
		return;
	}
	call->allow = rent_strdup(call->request.arena, allow);
	call->preflight = call_header(call, "Access-Control-Request-Method") != NULL;
	call->answered_here = true;
	call->reply.status = 204;
}

static void find_route(struct call *call, const struct uri *uri)
{
	char allow[ROUTER_ALLOW_SIZE];
	enum router_verdict verdict =
		router_match(call->server->router, call->method, uri, &call->route,
	                     call->request.params);

	if (verdict == ROUTER_FOUND)
		return;
	if (verdict == ROUTER_NO_PATH && call->server->static_fd >= 0) {
		call->route = &call->server->files;
		return;
	}
	if (verdict == ROUTER_NO_PATH) {
		call_refuse(call, 404, "not-found", "there is nothing at this path");
		return;
	}
	router_allow(call->server->router, uri, allow);
	call->allow = rent_strdup(call->request.arena, allow);
	call_refuse(call, 405, "method-not-allowed",
	            rent_printf(call->request.arena, "this path allows %s", allow));
}

static void check_target(struct call *call)
{
	struct uri uri;
	const char *wrong;

	if (strlen(call->target) > HTTP_TARGET_MAX) {
		call_refuse(call, 414, "target-too-long",
		            "the request target is longer than 4096 bytes");
		return;
	}
	wrong = uri_parse(call->request.arena, call->target, &uri);
	if (wrong != NULL) {
		call_refuse(call, 400, "malformed-target",
		            rent_printf(call->request.arena, "the request target: %s",
		                        wrong));
		return;
	}
	call->request.path = uri.path;
	call->request.query = uri.query;
	call->request.query_count = uri.query_count;
	if (strcmp(call->method, "OPTIONS") == 0)
		answer_options(call, &uri);
	else
		find_route(call, &uri);
}

/* Requests that have begun finish; no other begins. A stream of events would be ended at
 * once. */
static void check_draining(struct call *call)
{
	if (!atomic_load(&call->server->draining) ||
	    (call_is_system(call) && call->route->def->handle != events_get))
		return;
	call_refuse(call, 503, "draining",
	            "this process is ending; send the request again");
	call_retry_later(call);
}

static void check_origin(struct call *call)
{
	call->origin = cors_allowed(call->server, call_header(call, "Origin"));
}

/* A proxy may have put another name into Host than the page was loaded by. */
static bool is_listed(const struct call *call, const char *host)
{
	const char *const *names = call->server->config.hosts;

	for (; names != NULL && *names != NULL; names++)
		if (strcmp(*names, "*") != 0 &&
		    hosts_allow((const char *const[]){ *names, NULL }, false, host))
			return true;
	return false;
}

/* "https://rent.example:8443" and a Host of the same text. "null" and what is no origin are of nobody. */
static bool is_own_origin(const struct call *call, const char *origin)
{
	const char *host = call_header(call, "Host"), *at = strstr(origin, "://");

	return host != NULL && at != NULL &&
	       (strcasecmp(at + 3, host) == 0 || is_listed(call, at + 3));
}

/* Older browsers, and whatever stands between, leave Sec-Fetch-Site out; Origin is there all the same. */
static bool is_other_site(const struct call *call)
{
	const char *site = call_header(call, "Sec-Fetch-Site");
	const char *origin = call_header(call, "Origin");

	if (site != NULL)
		return strcasecmp(site, "same-origin") != 0 &&
		       strcasecmp(site, "none") != 0;
	return origin != NULL && !is_own_origin(call, origin);
}

/* What a page of another site sends without being allowed to, a form or an empty POST, a browser does
 * not ask us about first; but it says where it comes from, and no page can write that header. */
static void check_site(struct call *call)
{
	static const char *const harmless[] = { "GET", "HEAD", "OPTIONS" };

	if (call->origin != NULL || !is_other_site(call))
		return;
	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(call->method, harmless[i]) == 0)
			return;
	call_refuse(call, 403, "origin-not-allowed",
	            "pages of this origin may not call; the listener's option cors says "
	            "which may");
}

/* Routes that anybody may call; the others are counted by access_check(), when it is known who asks. */
static void check_allowance(struct call *call)
{
	if (access_is_open(call) && !clients_allow(call))
		call->answered_here = true;
}

/* A listener with an authority takes requests of its clients only. */
static void check_peer(struct call *call)
{
	const struct http_config *c = &call->server->config;

	if (c->tls_client_ca == NULL || c->tls_client_optional ||
	    (call->conn != NULL && call->conn->peer.sha256[0] != '\0'))
		return;
	call_refuse(call, 403, "certificate-required",
	            "this listener wants a client certificate of its authority");
}

void check_head(struct call *call)
{
	static void (*const checks[])(struct call *) = {
		check_syntax, check_framing,   hosts_check, check_origin,   check_site,
		check_target, check_allowance, check_peer,  check_draining, check_length,
	};

	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]) && !call->answered_here;
	     i++)
		checks[i](call);
}

/* "application/json", with whatever parameters. */
static bool is_json(const char *type)
{
	size_t n = strlen("application/json");

	return type != NULL && strncasecmp(type, "application/json", n) == 0 &&
	       (type[n] == '\0' || type[n] == ';' || type[n] == ' ' || type[n] == '\t');
}

void check_type(struct call *call)
{
	const char *coding = call_header(call, "Content-Encoding");

	if ((call->route->def->flags & RENT_HTTP_JSON) == 0 || call->body_size == 0)
		return;
	if (!is_json(call_header(call, "Content-Type")))
		call_refuse(call, 415, "unsupported-media-type",
		            "this path takes application/json");
	else if (coding != NULL && strcasecmp(coding, "identity") != 0)
		call_refuse(call, 415, "unsupported-media-type",
		            "this path takes bodies without a content coding");
}
