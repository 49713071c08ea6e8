/* SPDX-License-Identifier: MIT
 *
 * http/observe.c - see observe.h.
 */
#include "http/observe.h"

#include "base/clock.h"
#include "events/events.h"
#include "http/mhd/conn.h"
#include "log/log.h"
#include "metrics/metrics.h"

#define STATUS_NO_REPLY 499

void observe_setup(struct http_server *server)
{
	static const int64_t buckets[] = { 1000,    2500,    5000,    10000,  25000,
		                           50000,   100000,  250000,  500000, 1000000,
		                           2500000, 5000000, 10000000 };
	const struct rent_metric_def defs[] = {
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_COUNTER,
		  .name = "http_requests_total",
		  .help = "Requests answered, by route template.",
		  .labels = { "handler", "method", "status" } },
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_HISTOGRAM,
		  .name = "http_request_duration_seconds",
		  .help = "Time from the request line to the end of the reply.",
		  .labels = { "handler", "method" },
		  .buckets = buckets,
		  .bucket_count = sizeof(buckets) / sizeof(buckets[0]),
		  .scale = RENT_SECOND },
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_GAUGE,
		  .name = "http_requests_inprogress",
		  .help = "Requests being received, worked on or answered.",
		  .labels = { "handler", "method" } },
	};

	server->requests = metrics_register(server->config.metrics, &defs[0]);
	server->duration = metrics_register(server->config.metrics, &defs[1]);
	server->inprogress = metrics_register(server->config.metrics, &defs[2]);
}

/* What a client can choose must not use up the series of a family: a method that its route does not
 * take is "other", and what was refused before the route was asked, or never answered, is "4xx". */
static const char *find_method_label(const struct call *call)
{
	static const char *const known[] = { "GET", "POST",   "HEAD", "OPTIONS",
		                             "PUT", "DELETE", "PATCH" };

	if (call->route == NULL || (call->allow != NULL && !call->preflight &&
	                            strcmp(call->method, "OPTIONS") != 0))
		return "other";
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(call->method, known[i]) == 0)
			return known[i];
	return "other";
}

/* The same from begin to end, whatever the handler finds: a gauge goes up and down by it. */
static const char *method_label(struct call *call)
{
	if (call->method_label == NULL)
		call->method_label = find_method_label(call);
	return call->method_label;
}

static const char *status_label(const struct call *call, int status, const char *text)
{
	bool early = call->answered_here || !call->answered;

	return early && status >= 400 && status < 500 ? "4xx" : text;
}

static const char *handler_label(const struct call *call)
{
	return call->route == NULL ? "unmatched" : call->route->def->path;
}

void observe_begin(struct call *call)
{
	const char *labels[] = { handler_label(call), method_label(call) };

	call->counted = true;
	metrics_add(call->server->inprogress, 1, labels);
}

void observe_stream(struct call *call)
{
	const char *labels[] = { handler_label(call), method_label(call) };

	if (call->counted)
		metrics_add(call->server->inprogress, -1, labels);
	call->counted = false;
}

static const char *path_of(const struct call *call)
{
	return call->request.path[0] != '\0' ? call->request.path : call->target;
}

static bool is_ours(const struct call *call)
{
	return call->preflight || call->route == &call->server->files ||
	       call_is_system(call);
}

/* Whose request it was, for the streams of customers. A name of staff may be a customer's id. */
static const char *customer_of(const struct call *call)
{
	const struct rent_principal *who = call->request.principal;

	return who != NULL && who->role == RENT_ROLE_CUSTOMER ? who->subject : NULL;
}

static void publish_request(const struct call *call, int status, int64_t took)
{
	events_publish_own(call->server->config.events, customer_of(call), "request",
	                   (const struct event_member[]){
				   { "method", call->method, 0 },
				   { "path", path_of(call), 0 },
				   { "handler", handler_label(call), 0 },
				   { "status", NULL, status },
				   { "duration_us", NULL, took },
				   { "request_id", call->request_id, 0 },
				   { "listener", call->server->config.name, 0 },
				   { NULL, NULL, 0 },
			   });
}

static const char *peer_text(const struct call *call, char *text, size_t size)
{
	const struct http_peer *peer = call->conn == NULL ? NULL : &call->conn->peer;

	if (peer == NULL)
		return NULL;
	if (peer->uid < 0)
		return peer->address;
	(void)snprintf(text, size, "uid:%" PRId64, peer->uid);
	return text;
}

static void write_line(const struct call *call, const char *status, int64_t took,
                       bool complete)
{
	const struct rent_principal *who = call->request.principal;
	char bytes[24], us[24], peer[48];
	struct rent_field fields[RENT_HTTP_LOG_FIELDS + 17] = {
		{ "request_id", call->request_id },
		{ "trace_id", call->trace.trace_id },
	};
	const struct rent_field own[] = {
		{ "method", call->method },
		{ "path", path_of(call) },
		{ "status", status },
		{ "bytes", bytes },
		{ "duration_us", us },
		{ "handler", handler_label(call) },
		{ "peer", peer_text(call, peer, sizeof(peer)) },
		{ "client",
		  call->peer.client == call->peer.address ? NULL : call->peer.client },
		{ "principal", who == NULL ? NULL : who->subject },
		{ "role",
		  who == NULL ? NULL : rent_name_of(rent_role_names, (int)who->role) },
		{ "key_id", who == NULL || who->key_id[0] == '\0' ? NULL : who->key_id },
		{ "client_request_id", call->client_request_id },
		{ "end", complete ? NULL : "incomplete" },
		{ NULL, NULL },
	};
	size_t n = 2;

	(void)snprintf(bytes, sizeof(bytes), "%zu", call->reply.body_size);
	(void)snprintf(us, sizeof(us), "%" PRId64, took);
	for (size_t i = 0; i < RENT_HTTP_LOG_FIELDS && call->reply.log[i].key != NULL;
	     i++)
		fields[n++] = call->reply.log[i];
	memcpy(&fields[n], own, sizeof(own));
	log_access("http", fields, "request");
}

void observe_end(struct call *call, bool complete)
{
	int64_t took = clock_mono_us() - call->began_us;
	int status = call->answered ? call->reply.status : STATUS_NO_REPLY;
	char text[12];
	const char *labels[] = { handler_label(call), method_label(call),
		                 status_label(call, status, text) };

	(void)snprintf(text, sizeof(text), "%d", status);
	if (!call->answered)
		call->reply.body_size = 0;
	if (call->counted)
		metrics_add(call->server->inprogress, -1, labels);
	metrics_add(call->server->requests, 1, labels);
	if (call->stream == NULL)
		metrics_observe(call->server->duration, took, labels);
	if (!is_ours(call))
		publish_request(call, status, took);
	if (log_enabled(RENT_LOG_INFO))
		write_line(call, text, took, complete);
}
