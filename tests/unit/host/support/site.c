/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host_b/site.c - see site.h.
 */
#include "site.h"

#include "base/clock.h"
#include "base/trace.h"
#include "metrics/metrics.h"
#include "runtime/task.h"
#include "upstream/upstream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int text(const struct rent_http_request *req, struct rent_http_reply *reply,
                const char *body)
{
	(void)req;
	reply->status = 200;
	reply->content_type = "text/plain";
	reply->body = body;
	reply->body_size = strlen(body);
	return 0;
}

static int hello(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	(void)self;
	(void)err;
	return text(req, reply, "hello");
}

static int echo(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	struct site *site = self;

	(void)err;
	(void)pthread_mutex_lock(&site->lock);
	site->called++;
	(void)pthread_mutex_unlock(&site->lock);
	reply->status = 201;
	reply->body = req->body;
	reply->body_size = req->body_size;
	rent_http_log(reply, "rental", "rental-7");
	rent_http_log(reply, "user", "user-9");
	reply->headers[0] = (struct rent_header){ "X-Own", "yes" };
	return req->body[req->body_size] == '\0' ? 0 : -1;
}

static int item(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	(void)self;
	(void)err;
	return text(req, reply, rent_printf(req->arena, "id=%s", req->params[0]));
}

static int who(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	const char *header = req->header(req, "x-tEST");
	const char *query = req->query_count > 0 ? req->query[0].value : "";

	(void)self;
	(void)err;
	return text(req, reply,
	            rent_printf(req->arena, "%s|%s|%s|%s|%s|%s", req->method, query,
	                        header == NULL ? "" : header, req->request_id,
	                        req->trace_id, trace_current()->trace_id));
}

static int gate(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	struct site *site = self;

	(void)err;
	(void)pthread_mutex_lock(&site->lock);
	site->waiters[site->inside++] = waiter_self();
	(void)pthread_cond_broadcast(&site->changed);
	while (!site->open) {
		(void)pthread_mutex_unlock(&site->lock);
		(void)waiter_park(RENT_NO_DEADLINE);
		(void)pthread_mutex_lock(&site->lock);
	}
	(void)pthread_mutex_unlock(&site->lock);
	return text(req, reply, "through");
}

static int failing(void *self, const struct rent_http_request *req,
                   struct rent_http_reply *reply, struct rent_error *err)
{
	int code = strcmp(req->path, "/fail") == 0    ? RENT_EFAIL
	           : strcmp(req->path, "/doubt") == 0 ? RENT_EINDOUBT
	           : strcmp(req->path, "/full") == 0  ? RENT_EFULL
	                                              : RENT_EUNAVAIL;

	(void)self;
	(void)reply;
	return rent_fail(err, code, "SELECT secret FROM nowhere");
}

static int no_status(void *self, const struct rent_http_request *req,
                     struct rent_http_reply *reply, struct rent_error *err)
{
	(void)self;
	(void)req;
	(void)reply;
	(void)err;
	return 0;
}

static int drop(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	(void)self;
	(void)req;
	(void)err;
	reply->status = RENT_HTTP_NO_ANSWER;
	return 0;
}

static int split(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	(void)self;
	(void)err;
	reply->headers[0] = (struct rent_header){ "X-Evil", "a\r\nX-Injected: b" };
	return text(req, reply, "ok");
}

static int big(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	char *body = rent_alloc(req->arena, 200001);

	(void)self;
	if (body == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	memset(body, 'b', 200000);
	return text(req, reply, body);
}

static int serial(void *self, const struct rent_http_request *req,
                  struct rent_http_reply *reply, struct rent_error *err)
{
	struct site *site = self;

	(void)err;
	(void)pthread_mutex_lock(&site->lock);
	site->overlaps += site->in_serial++ > 0;
	(void)pthread_mutex_unlock(&site->lock);
	task_sleep_until(clock_mono_us() + 2000);
	(void)pthread_mutex_lock(&site->lock);
	site->in_serial--;
	(void)pthread_mutex_unlock(&site->lock);
	return text(req, reply, "ok");
}

static const struct rent_http_route routes[] = {
	{ "GET", "/hello", RENT_HTTP_INLINE, hello },
	{ "POST", "/echo", RENT_HTTP_JSON, echo },
	{ "GET", "/items/{id}", 0, item },
	{ "GET", "/who", 0, who },
	{ "GET", "/gate", 0, gate },
	{ "GET", "/gate-inline", RENT_HTTP_INLINE, gate },
	{ "GET", "/fail", 0, failing },
	{ "GET", "/unavailable", 0, failing },
	{ "GET", "/doubt", 0, failing },
	{ "GET", "/full", 0, failing },
	{ "GET", "/no-status", 0, no_status },
	{ "GET", "/drop", 0, drop },
	{ "GET", "/split", 0, split },
	{ "GET", "/big", 0, big },
	{ NULL, NULL, 0, NULL },
};
static const struct rent_http_route serial_routes[] = {
	{ "GET", "/serial", RENT_HTTP_INLINE, serial },
	{ NULL, NULL, 0, NULL },
};
/* On a listener with auth: /hello for anybody, /items and /gate for customers, the rest for nobody. */
static const struct rent_http_access rows[] = {
	{ "GET", "/hello", RENT_MAY_ANYBODY, NULL },
	{ "GET", "/items/{id}", RENT_MAY_CUSTOMER, NULL },
	{ "GET", "/gate", RENT_MAY_CUSTOMER, NULL },
	{ NULL, NULL, 0, NULL },
};
static const struct rent_http_routes table = { .struct_size = sizeof(table),
	                                       .routes = routes,
	                                       .access = rows };
static const struct rent_http_routes serial_table = { .struct_size = sizeof(serial_table),
	                                              .routes = serial_routes };

static bool probe_ready(void *arg, struct http_ready *report)
{
	struct site *site = arg;

	http_ready_add(report, "main", "storage_sqlite", "ok", NULL);
	if (!site->ready)
		http_ready_add(report, "configs", "catalog_http", "failed",
		               "not loaded yet");
	return site->ready;
}

static bool probe_draining(void *arg)
{
	struct site *site = arg;

	return site->draining;
}

void site_init(struct site *site)
{
	*site = (struct site){
		.workers = 4, .queue = 1024, .tasks_max = 1000, .ready = true
	};
	task_lock_init(&site->serial);
	(void)pthread_mutex_init(&site->lock, NULL);
	(void)pthread_cond_init(&site->changed, NULL);
	site->mounts[0] =
		(struct http_mount){ .routes = &table, .self = site, .instance = "site" };
	site->mounts[1] = (struct http_mount){ .routes = &serial_table,
		                               .self = site,
		                               .instance = "slow",
		                               .serial = &site->serial };
	site->probe = (struct http_probe){ .arg = site,
		                           .service = "test",
		                           .version = "1.2.3",
		                           .ready = probe_ready,
		                           .draining = probe_draining };
	site->config = (struct http_config){ .name = "test",
		                             .listen = "127.0.0.1:0",
		                             .mounts = site->mounts,
		                             .mount_count = 2,
		                             .system_routes = HTTP_SYSTEM_ALL,
		                             .probe = &site->probe };
	site->metrics = metrics_new("test", 0);
	if (site->metrics == NULL)
		abort();
	site->config.metrics = site->metrics;
	site_events(site, NULL);
}

void site_events(struct site *site, const struct events_config *config)
{
	events_free(site->events);
	site->events = events_new(config, site->metrics);
	if (site->events == NULL)
		abort();
	site->config.events = site->events;
}

void site_start(struct site *site)
{
	struct rent_error err = { .code = 0 };
	const struct tasks_options options = { .loops = 2,
		                               .tasks_max = site->tasks_max,
		                               .stack_size = (size_t)256 * 1024,
		                               .blocking_threads = site->workers,
		                               .blocking_queue = site->queue };
	int rc = tasks_new(&options, &site->tasks, &err);

	if (rc == 0)
		rc = tasks_start(site->tasks, &err);
	if (rc == 0) {
		site->config.tasks = site->tasks;
		site->config.pool = tasks_workers(site->tasks);
		rc = http_server_new(&site->config, &site->server, &err);
	}
	if (rc == 0)
		rc = http_server_start(site->server, &err);
	if (rc != 0) {
		(void)fprintf(stderr, "site: %s\n", err.text);
		abort();
	}
	site->port = http_server_port(site->server);
}

void site_stop(struct site *site)
{
	site_open_gate(site);
	http_server_free(site->server);
	tasks_free(site->tasks);
	events_free(site->events);
	metrics_free(site->metrics);
	task_lock_done(&site->serial);
	(void)pthread_mutex_destroy(&site->lock);
	(void)pthread_cond_destroy(&site->changed);
}

void site_wait_inside(struct site *site, int n)
{
	(void)pthread_mutex_lock(&site->lock);
	while (site->inside < n)
		(void)pthread_cond_wait(&site->changed, &site->lock);
	(void)pthread_mutex_unlock(&site->lock);
}

void site_open_gate(struct site *site)
{
	(void)pthread_mutex_lock(&site->lock);
	site->open = true;
	for (int i = 0; i < site->inside; i++)
		waiter_wake(site->waiters[i]);
	(void)pthread_mutex_unlock(&site->lock);
}
