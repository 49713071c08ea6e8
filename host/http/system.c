/* SPDX-License-Identifier: MIT
 *
 * http/system.c - see system.h. Liveness asks nobody; readiness asks the application, on a
 * worker, since an instance may look into its database.
 */
#include "http/system.h"

#include "base/cleanup.h"
#include "base/clock.h"
#include "http/call.h"
#include "http/problem.h"
#include "http/sse/events.h"
#include "metrics/metrics.h"
#include "upstream/upstream.h"

#include <jansson.h>
#include <rent/time.h>
#include <stdlib.h>

#define FAMILY_NAME_MAX 100

struct http_ready {
	json_t *components;
};

/* Takes doc over. */
static int answer_json(const struct rent_http_request *req, struct rent_http_reply *reply,
                       int status, json_t *doc, struct rent_error *err)
{
	cleanup_free char *text = json_dumps(doc, JSON_COMPACT);

	json_decref(doc);
	reply->body = text == NULL ? NULL : rent_strdup(req->arena, text);
	if (reply->body == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	reply->status = status;
	reply->body_size = strlen(reply->body);
	return 0;
}

static bool is_family_name(const char *name)
{
	size_t n = strspn(
		name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");

	return n > 0 && n <= FAMILY_NAME_MAX && name[n] == '\0';
}

/* All of "?family=NAME", as often as wanted: a page asks for a few of them every second. Returns
 * how many there were, negative for want of memory; 0 with the reply filled in for a bad name. */
static int render_families(struct metrics *metrics, const struct rent_http_request *req,
                           struct rent_http_reply *reply, struct dynbuf *text)
{
	int n = 0;

	for (uint32_t i = 0; i < req->query_count; i++) {
		const struct rent_http_query *q = &req->query[i];

		if (strcmp(q->name, "family") != 0)
			continue;
		if (!is_family_name(q->value)) {
			problem_fill(req, reply, 422, "invalid-request",
			             "family must be the name of a family of metrics",
			             NULL);
			return 0;
		}
		if (metrics_render_one(metrics, text, q->value) != 0)
			return -1;
		n++;
	}
	if (n > 0 && text->size == 0 &&
	    dynbuf_puts(text, "# there is no such family\n") != 0)
		return -1;
	return n;
}

static int get_metrics(void *self, const struct rent_http_request *req,
                       struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_server *server = self;
	struct dynbuf text;
	int r;

	dynbuf_init(&text, METRICS_TEXT_MAX);
	r = render_families(server->config.metrics, req, reply, &text);
	if (reply->status != 0) {
		dynbuf_done(&text);
		return 0;
	}
	if (r == 0 && metrics_render(server->config.metrics, &text) != 0)
		r = -1;
	if (r < 0) {
		dynbuf_done(&text);
		return rent_fail(err, RENT_ENOMEM, "the metrics take too much memory");
	}
	reply->body_size = text.size;
	reply->body = call_of(req)->heap_body = dynbuf_steal(&text);
	reply->status = 200;
	reply->content_type = "text/plain; version=0.0.4; charset=utf-8";
	return 0;
}

static int get_live(void *self, const struct rent_http_request *req,
                    struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_server *server = self;
	const struct http_probe *probe = server->config.probe;
	int64_t up = (clock_mono_us() - server->began_us) / RENT_SECOND;

	return answer_json(req, reply, 200,
	                   json_pack("{s:b, s:s, s:s, s:I}", "ok", 1, "service",
	                             probe->service, "version", probe->version,
	                             "uptime_sec", (json_int_t)up),
	                   err);
}

void http_ready_add(struct http_ready *report, const char *name, const char *plugin,
                    const char *state, const char *why)
{
	if (report == NULL)
		return;
	(void)json_array_append_new(report->components,
	                            json_pack("{s:s, s:s, s:s, s:s?}", "name", name,
	                                      "plugin", plugin == NULL ? "" : plugin,
	                                      "state", state, "why", why));
}

static json_t *tasks_json(const struct http_probe *probe)
{
	struct http_task_counts t = probe->tasks(probe->arg);

	return json_pack("{s:i, s:i, s:i, s:i}", "alive", (int)t.alive, "waiting",
	                 (int)t.waiting, "stuck", (int)t.stuck, "most", (int)t.most);
}

static int get_ready(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_server *server = self;
	const struct http_probe *probe = server->config.probe;
	struct http_ready report = { .components = json_array() };
	bool ready = false;
	json_t *doc;

	if (probe->draining != NULL && probe->draining(probe->arg))
		http_ready_add(&report, "host", "", "draining", "the process is ending");
	else
		ready = probe->ready == NULL || probe->ready(probe->arg, &report);
	doc = json_pack("{s:b, s:o}", "ready", ready ? 1 : 0, "components",
	                report.components);
	if (probe->tasks != NULL)
		(void)json_object_set_new(doc, "tasks", tasks_json(probe));
	return answer_json(req, reply, ready ? 200 : 503, doc, err);
}

/* What is wrong names databases and services: that is not for strangers. */
static int get_readiness(void *self, const struct rent_http_request *req,
                         struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_server *server = self;
	const struct http_probe *probe = server->config.probe;
	bool ready = (probe->draining == NULL || !probe->draining(probe->arg)) &&
	             (probe->ready == NULL || probe->ready(probe->arg, NULL));

	return answer_json(req, reply, ready ? 200 : 503,
	                   json_pack("{s:b}", "ready", ready ? 1 : 0), err);
}

static void add_breaker(void *arg, const struct upstream_report *r)
{
	char when[RENT_TIME_SIZE];
	json_t *breakers = arg;

	if (r->last_failure_us != 0)
		rent_time_text(r->last_failure_us, 'T', when);
	(void)json_object_set_new(
		breakers, r->name,
		json_pack("{s:s, s:i, s:i, s:I, s:s?}", "state", r->state, "fail_counter",
	                  (int)r->fail_counter, "fail_max", (int)r->fail_max,
	                  "reset_timeout",
	                  (json_int_t)((r->reset_us + RENT_SECOND - 1) / RENT_SECOND),
	                  "last_failure", r->last_failure_us == 0 ? NULL : when));
}

static int get_breakers(void *self, const struct rent_http_request *req,
                        struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_server *server = self;
	json_t *breakers = json_object();

	if (server->config.upstreams != NULL)
		upstream_each(server->config.upstreams, add_breaker, breakers);
	return answer_json(
		req, reply, 200,
		json_pack("{s:o, s:s}", "circuit_breakers", breakers, "status", "ok"),
		err);
}

static int get_system(void *self, const struct rent_http_request *req,
                      struct rent_http_reply *reply, struct rent_error *err)
{
	const struct http_server *server = self;
	const struct http_probe *probe = server->config.probe;
	char *text;

	if (probe->describe == NULL)
		return answer_json(req, reply, 200,
		                   json_pack("{s:s, s:s}", "service", probe->service,
		                             "version", probe->version),
		                   err);
	text = probe->describe(probe->arg);
	if (text == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	reply->body = call_of(req)->heap_body = text;
	reply->body_size = strlen(text);
	reply->status = 200;
	return 0;
}

static const struct {
	enum http_system_route which;
	struct rent_http_route route;
	uint32_t may;
	const char *scope;
} routes[] = {
	{ HTTP_SYSTEM_METRICS,
	  { "GET", "/metrics", 0, get_metrics },
	  RENT_MAY_READ,
	  "metrics:read" },
	{ HTTP_SYSTEM_LIVE,
	  { "GET", "/api/v1/health", RENT_HTTP_INLINE, get_live },
	  RENT_MAY_ANYBODY,
	  NULL },
	{ HTTP_SYSTEM_READY,
	  { "GET", "/api/v1/health/ready", 0, get_ready },
	  RENT_MAY_READ,
	  "metrics:read" },
	{ HTTP_SYSTEM_READINESS,
	  { "GET", "/api/v1/health/ready", 0, get_readiness },
	  RENT_MAY_ANYBODY,
	  NULL },
	{ HTTP_SYSTEM_BREAKERS,
	  { "GET", "/api/v1/health/circuit-breakers", RENT_HTTP_INLINE, get_breakers },
	  RENT_MAY_READ,
	  "metrics:read" },
	{ HTTP_SYSTEM_SYSTEM,
	  { "GET", "/api/v1/system", 0, get_system },
	  RENT_MAY_VIEWER | RENT_MAY_OPERATOR,
	  "system:read" },
	{ HTTP_SYSTEM_EVENTS,
	  { "GET", "/api/v1/events", RENT_HTTP_INLINE, events_get },
	  RENT_MAY_OWN | RENT_MAY_READ,
	  "events:read" },
};

static bool is_shown(unsigned shown, enum http_system_route which)
{
	if (which == HTTP_SYSTEM_READINESS && (shown & HTTP_SYSTEM_READY) != 0)
		return false;
	return (shown & which) != 0;
}

void system_setup(struct http_server *server)
{
	size_t n = 0;

	_Static_assert(sizeof(routes) / sizeof(routes[0]) <
	                       sizeof(server->system) / sizeof(server->system[0]),
	               "room for all and the end");
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (is_shown(server->config.system_routes, routes[i].which)) {
			server->system[n] = routes[i].route;
			server->system_access[n++] = (struct rent_http_access){
				routes[i].route.method, routes[i].route.path,
				routes[i].may, routes[i].scope
			};
		}
	server->system_table =
		(struct rent_http_routes){ .struct_size = sizeof(server->system_table),
		                           .routes = server->system,
		                           .access = server->system_access };
}
