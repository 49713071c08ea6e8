/* SPDX-License-Identifier: MIT
 *
 * tests/unit/host/plugin/test_two_hosts.c - two hosts in one process: what a plugin of one
 * counts, tells and calls is not seen at the other.
 */
#include "base/arena.h"
#include "calls.h"
#include "plugin/services.h"
#include "raw.h"
#include "site.h"
#include "support.h"
#include "upstream/upstream.h"

/* A host, with one instance and one listener. */
struct host {
	struct site site;
	struct tasks *tasks;
	struct upstreams *upstreams;
	struct services services;
	struct instance instance;
};

static struct host here, there;

static void host_begin(struct host *host, const char *name)
{
	struct upstreams_config config;

	site_init(&host->site);
	host->tasks = calls_tasks(1);
	config = (struct upstreams_config){ .metrics = host->site.metrics,
		                            .events = host->site.events,
		                            .tasks = host->tasks };
	assert_int_equal(upstreams_new(&config, &host->upstreams, NULL), 0);
	services_init(&host->services);
	host->services.arena_max = ARENA_MAX_DEFAULT;
	host->services.metrics = host->site.metrics;
	host->services.events = host->site.events;
	host->services.upstreams = host->upstreams;
	host->instance = (struct instance){ .magic = INSTANCE_MAGIC,
		                            .name = name,
		                            .services = &host->services };
	services_table(&host->instance, name);
	host->site.config.upstreams = host->upstreams;
	site_start(&host->site);
}

static void host_end(struct host *host)
{
	site_stop(&host->site);
	upstreams_free(host->upstreams);
	tasks_free(host->tasks);
	services_done(&host->services);
}

static int setup(void **state)
{
	(void)state;
	host_begin(&here, "here");
	host_begin(&there, "there");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_end(&here);
	host_end(&there);
	return 0;
}

static const char *get(struct host *host, const char *target)
{
	static struct raw_reply reply;
	char line[128];

	(void)snprintf(line, sizeof(line), "GET %s", target);
	raw_get(host->site.port, line, "", &reply);
	assert_int_equal(reply.status, 200);
	return reply.body;
}

static void a_metric_is_counted_where_it_was_registered(void **state)
{
	static const struct rent_metric_def def = { .struct_size = sizeof(def),
		                                    .type = RENT_COUNTER,
		                                    .name = "test_rides_total",
		                                    .help = "Rides." };
	const struct rent_host *a = &here.instance.host, *b = &there.instance.host;
	struct rent_metric *rides = a->metric(a, &def);

	(void)state;
	a->metric_add(rides, 7, NULL);
	assert_contains(get(&here, "/metrics"), "test_rides_total 7\n");
	assert_lacks(get(&there, "/metrics"), "test_rides_total");
	b->metric_add(b->metric(b, &def), 1, NULL);
	assert_contains(get(&here, "/metrics"), "test_rides_total 7\n");
	assert_contains(get(&there, "/metrics"), "test_rides_total 1\n");
}

static void a_request_is_counted_where_it_came_in(void **state)
{
	(void)state;
	(void)get(&here, "/hello");
	assert_contains(get(&here, "/metrics"), "handler=\"/hello\"");
	assert_lacks(get(&there, "/metrics"), "handler=\"/hello\"");
}

static void ignore(void *arg)
{
	(void)arg;
}

static void an_event_is_told_where_it_happened(void **state)
{
	const struct rent_host *a = &here.instance.host;
	struct events_cursor ours = { .next = 0 }, theirs = { .next = 0 };
	struct events_listener listener = { .wake = ignore };
	struct event *event = NULL;
	char id[EVENT_ID_SIZE];
	uint64_t missed;

	(void)state;
	events_listen(here.site.events, &listener); /* before, none is kept */
	assert_true(events_seek(here.site.events, &ours, NULL));
	assert_true(events_seek(there.site.events, &theirs, NULL));
	a->event(a, "ride", "{\"n\":1}");
	assert_false(events_pending(there.site.events, &theirs));
	assert_int_equal(events_next(here.site.events, &ours, &event, &missed),
	                 EVENTS_ONE);
	assert_string_equal(event->type, "ride");
	event_unref(event);
	/* The position at one host is none of the other's. */
	events_position(here.site.events, &ours, id);
	assert_false(events_seek(there.site.events, &theirs, id));
	events_unlisten(here.site.events, &listener);
}

static void an_upstream_belongs_to_one_host(void **state)
{
	static const char breakers[] = "/api/v1/health/circuit-breakers";
	static const struct upstream_limits limits = { .timeout_us = RENT_SECOND,
		                                       .tries = 1,
		                                       .breaker_failures = 1,
		                                       .breaker_reset_us = RENT_HOUR,
		                                       .max_in_flight = 1 };
	const struct rent_host *a = &here.instance.host;
	struct rent_exchange x = { .struct_size = sizeof(x) }, *list[] = { &x };
	struct rent_upstream *u = NULL, *same = NULL;

	(void)state;
	/* A port at which nobody listens: one call opens the breaker. */
	assert_int_equal(upstream_open(here.upstreams, "bank", "http://127.0.0.1:1",
	                               &limits, &u, NULL),
	                 0);
	assert_lacks(get(&there, breakers), "bank");
	x.arena = a->arena_new(a);
	assert_non_null(x.arena);
	x.request = (struct rent_upstream_request){ .struct_size = sizeof(x.request),
		                                    .upstream = u,
		                                    .method = "GET",
		                                    .target = "/" };
	a->exchange(a, list, 1);
	assert_int_equal(x.transport, RENT_NOT_SENT);
	a->arena_free(a, x.arena);
	assert_contains(get(&here, breakers), "\"state\":\"open\"");
	assert_contains(get(&here, "/metrics"), "api_service=\"bank\"");
	assert_lacks(get(&there, "/metrics"), "bank");
	/* The same name and address at the other host: another upstream, with a breaker
	 * that nothing has opened. */
	assert_int_equal(upstream_open(there.upstreams, "bank", "http://127.0.0.1:1",
	                               &limits, &same, NULL),
	                 0);
	assert_ptr_not_equal(same, u);
	assert_contains(get(&there, breakers), "\"state\":\"closed\"");
}

static void one_host_ends_and_the_other_serves_on(void **state)
{
	const struct rent_host *b = &there.instance.host;
	struct events_cursor cursor = { .next = 0 };

	(void)state;
	host_end(&here);
	assert_true(events_seek(there.site.events, &cursor, NULL));
	b->event(b, "ride", "{}");
	assert_true(events_pending(there.site.events, &cursor));
	assert_string_equal(get(&there, "/hello"), "hello");
	host_begin(&here, "here");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_metric_is_counted_where_it_was_registered, setup, teardown),
		cmocka_unit_test_setup_teardown(a_request_is_counted_where_it_came_in,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(an_event_is_told_where_it_happened, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(an_upstream_belongs_to_one_host, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(one_host_ends_and_the_other_serves_on,
		                                setup, teardown),
	};

	return cmocka_run_group_tests_name("two_hosts", tests, NULL, NULL);
}
