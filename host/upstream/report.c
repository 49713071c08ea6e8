/* SPDX-License-Identifier: MIT
 *
 * upstream/report.c - see report.h. The one file of this folder that logs.
 */
#include "upstream/report.h"

#include "base/trace.h"
#include "events/events.h"
#include "log/log.h"
#include "metrics/metrics.h"

void report_setup(struct reporting *ret, struct metrics *metrics, struct events *events)
{
	static const int64_t buckets[] = { 1000,    5000,    10000,  25000,
		                           50000,   100000,  250000, 500000,
		                           1000000, 2500000, 5000000 };
	const struct rent_metric_def defs[] = {
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_COUNTER,
		  .name = RENT_METRIC_PREFIX "external_api_requests_total",
		  .flags = RENT_METRIC_SERVICE,
		  .help = "Exchanges with external services, by HTTP status, not_sent, "
		          "no_answer or breaker_open.",
		  .labels = { "api_service", "endpoint", "status" } },
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_HISTOGRAM,
		  .name = RENT_METRIC_PREFIX "external_api_duration_seconds",
		  .flags = RENT_METRIC_SERVICE,
		  .help = "Duration of exchanges that were let through, all tries included.",
		  .labels = { "api_service", "endpoint" },
		  .buckets = buckets,
		  .bucket_count = sizeof(buckets) / sizeof(buckets[0]),
		  .scale = RENT_SECOND },
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_COUNTER,
		  .name = RENT_METRIC_PREFIX "external_api_retries_total",
		  .flags = RENT_METRIC_SERVICE,
		  .help = "Tries after the first one.",
		  .labels = { "api_service", "endpoint" } },
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_COUNTER,
		  .name = RENT_METRIC_PREFIX "circuit_breaker_failures_total",
		  .flags = RENT_METRIC_SERVICE,
		  .help = "Exchanges that counted as a failure.",
		  .labels = { "circuit_name" } },
		{ .struct_size = sizeof(defs[0]),
		  .type = RENT_GAUGE,
		  .name = RENT_METRIC_PREFIX "circuit_breaker_state",
		  .flags = RENT_METRIC_SERVICE,
		  .help = "0 closed, 1 open, 2 half-open.",
		  .labels = { "circuit_name" } },
	};

	*ret = (struct reporting){ .events = events };
	ret->requests = metrics_register(metrics, &defs[0]);
	ret->duration = metrics_register(metrics, &defs[1]);
	ret->retries = metrics_register(metrics, &defs[2]);
	ret->failures = metrics_register(metrics, &defs[3]);
	ret->breaker_state = metrics_register(metrics, &defs[4]);
}

void report_opened(const struct rent_upstream *u)
{
	const char *labels[] = { u->name };

	metrics_set(u->reporting->breaker_state, BREAKER_CLOSED, labels);
	metrics_add(u->reporting->failures, 0, labels);
}

static const char *endpoint(const struct rent_exchange *x)
{
	return x->request.endpoint == NULL ? "" : x->request.endpoint;
}

#define STATUS_SIZE 16

static void status_text(const struct rent_exchange *x, char out[STATUS_SIZE])
{
	if (x->transport == RENT_REPLIED)
		(void)snprintf(out, STATUS_SIZE, "%d", (int)x->reply.status);
	else if (x->transport == RENT_NOT_SENT)
		(void)rent_copy(out, STATUS_SIZE,
		                x->breaker_open ? "breaker_open" : "not_sent");
	else
		(void)rent_copy(out, STATUS_SIZE, "no_answer");
}

void report_exchange_failed(const struct rent_exchange *x, const struct trace *trace)
{
	char status[STATUS_SIZE];
	const struct rent_field fields[] = {
		{ "request_id", trace == NULL ? NULL : trace->request_id },
		{ "trace_id", trace == NULL ? NULL : trace->trace_id },
		{ "upstream", x->request.upstream->name },
		{ "method", x->request.method },
		{ "endpoint", endpoint(x) },
		{ "status", status },
		{ "why", x->error[0] == '\0' ? NULL : x->error },
		{ NULL, NULL },
	};

	status_text(x, status);
	if (x->breaker_open) /* not to use up what the limit leaves for the others */
		log_write(RENT_LOG_WARN, "upstream", fields, "call refused");
	else
		log_write(RENT_LOG_WARN, "upstream", fields, "call failed");
}

void report_no_answer_of_the_service(const struct rent_exchange *x)
{
	const struct trace *trace = trace_current();
	char status[STATUS_SIZE];
	const struct rent_field fields[] = {
		{ "request_id", trace == NULL ? NULL : trace->request_id },
		{ "trace_id", trace == NULL ? NULL : trace->trace_id },
		{ "upstream", x->request.upstream->name },
		{ "method", x->request.method },
		{ "endpoint", endpoint(x) },
		{ "status", status },
		{ "content_type", x->reply.content_type },
		{ "location", x->reply.location[0] == '\0' ? NULL : x->reply.location },
		{ NULL, NULL },
	};

	status_text(x, status);
	log_write(
		RENT_LOG_WARN, "upstream", fields,
		"the reply is not an answer of the service; check the address, and what "
		"stands between");
}

void report_exchange(const struct rent_exchange *x)
{
	const struct rent_upstream *u = x->request.upstream;
	char status[STATUS_SIZE];
	const char *labels[] = { u->name, endpoint(x), status };

	status_text(x, status);
	metrics_add(u->reporting->requests, 1, labels);
	if (!x->breaker_open)
		metrics_observe(u->reporting->duration, x->took_us, labels);
}

void report_retry(const struct rent_exchange *x)
{
	const struct rent_upstream *u = x->request.upstream;
	const char *labels[] = { u->name, endpoint(x) };

	metrics_add(u->reporting->retries, 1, labels);
}

void report_failure(const struct rent_upstream *u)
{
	const char *labels[] = { u->name };

	metrics_add(u->reporting->failures, 1, labels);
}

void report_breaker(const struct rent_upstream *u, enum breaker_state state,
                    const char *why)
{
	const char *labels[] = { u->name };
	const struct rent_field fields[] = { { "circuit", u->name },
		                             { "state", breaker_name(state) },
		                             { "why", why },
		                             { NULL, NULL } };

	metrics_set(u->reporting->breaker_state, (int64_t)state, labels);
	events_publish_own(u->reporting->events, NULL, "breaker",
	                   (const struct event_member[]){
				   { "name", u->name, 0 },
				   { "state", breaker_name(state), 0 },
				   { NULL, NULL, 0 },
			   });
	if (state == BREAKER_OPEN)
		log_write(RENT_LOG_WARN, "upstream", fields,
		          "breaker opened: calls are refused until it lets one try");
	else
		log_write(RENT_LOG_INFO, "upstream", fields, "breaker changed");
}
