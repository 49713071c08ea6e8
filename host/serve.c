/* SPDX-License-Identifier: MIT
 *
 * serve.c - the service itself: bind, migrate and start, serve until told to end, drain.
 * Order matters: ports are bound before anything is changed in a database, and accept only
 * once everything has started.
 */
#include "app.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "plugin/crash.h"
#include "plugin/services.h"
#include "runtime/notify.h"
#include "runtime/signals.h"
#include "runtime/task.h"
#include "runtime/timer.h"

static bool draining(void *arg)
{
	const struct app *app = arg;

	return app->draining;
}

static int mount(struct app *app, struct listener *listener, size_t *ret_count)
{
	const char *const *routes =
		option_get(&listener->conf->options, "routes")->value.list;
	size_t n = 0;

	while (routes[n] != NULL)
		n++;
	*ret_count = n;
	listener->mounts = calloc(n + 1, sizeof(*listener->mounts));
	if (listener->mounts == NULL)
		return RENT_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct instance *instance = instances_find(app->instances, routes[i]);

		listener->mounts[i] = (struct http_mount){
			.routes = instance->plugin->desc.api,
			.self = instance->self,
			.instance = instance->name,
			.serial = instance_parallel(instance) ? NULL : &instance->serial,
		};
	}
	return 0;
}

static bool is_auth(const char *name)
{
	return name[0] != '\0' && strcmp(name, "none") != 0;
}

static int bind_auths(struct app *app, struct listener *listener, size_t *ret_count)
{
	const char *const *names =
		option_get(&listener->conf->options, "auth")->value.list;
	size_t n = 0;

	while (names[n] != NULL)
		n++;
	listener->auths = calloc(n + 1, sizeof(*listener->auths));
	if (listener->auths == NULL)
		return RENT_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct instance *instance;
		struct http_auth *auth = &listener->auths[*ret_count];
		const struct rent_auth *api;

		if (!is_auth(names[i]))
			continue;
		instance = instances_find(app->instances, names[i]);
		api = instance->plugin->desc.api;
		rent_adopt(&auth->api, sizeof(auth->api), api, api->struct_size);
		auth->self = instance->self;
		auth->instance = instance->name;
		auth->serial = instance_parallel(instance) ? NULL : &instance->serial;
		*ret_count += 1;
	}
	return 0;
}

/* The text names the listener already. */
static int bind_failed(int r, int error, const struct rent_error *err)
{
	log_write(RENT_LOG_ERROR, "http", NULL, "%s", err->text);
	if (error == EACCES || error == EPERM)
		return EXIT_PERMISSION;
	return r == RENT_EFAIL ? EXIT_IO : app_exit_code(r);
}

/* What one client may have of most, with the option that says so: 0: a half. */
static unsigned per_client(const struct option_set *options, const char *option,
                           unsigned most)
{
	unsigned asked = (unsigned)option_int(options, option);

	return asked > 0 ? asked : most / 2 + 1;
}

static int bind_one(struct app *app, const struct config_listener *conf)
{
	struct listener *listener = &app->listeners[app->listener_count++];
	const struct option_set *options = &conf->options, *host = &app->config->host;
	unsigned tasks = (unsigned)option_int(host, "runtime.tasks");
	unsigned connections =
		app_capacity_share(app, (unsigned)option_int(options, "max_connections"));
	struct rent_error err = { 0 };
	struct http_config http = {
		.name = conf->name,
		.listen = conf->listen,
		.cors_origins = option_get(options, "cors")->value.list,
		.body_max = (size_t)option_int(options, "body_max"),
		.arena_max = (size_t)option_int(host, "runtime.arena_max"),
		.max_connections = connections,
		.connections_per_client =
			per_client(options, "connections_per_client", connections),
		.connections_of_others =
			option_int(options, "connections_per_client") == 0,
		/* One connection has one request at a time. */
		.waiting_per_client =
			per_client(options, "waiting_per_client",
		                   tasks < connections ? tasks : connections),
		.waiting_of_others = option_int(options, "waiting_per_client") == 0,
		.limit_rate = (unsigned)option_int(options, "limit.rate"),
		.limit_burst = (unsigned)option_int(options, "limit.burst"),
		.trusted_proxies = option_get(options, "trusted_proxies")->value.list,
		.header_timeout_us = option_int(options, "header_timeout"),
		.idle_timeout_us = option_int(options, "idle_timeout"),
		.event_threads = (unsigned)option_int(host, "runtime.event_threads"),
		.static_root = app_static_root(app, conf),
		.system_routes = conf->system,
		.hosts = option_get(options, "hosts")->value.list,
		.hosts_default = true,
		.mode = conf->mode,
		.tls_certificate = option_text(options, "tls.certificate"),
		.tls_key = option_text(options, "tls.key"),
		.tls_client_ca = option_text(options, "tls.client_ca"),
		.tls_client_optional = option_bool(options, "tls.client_optional"),
		.streams_max = (unsigned)option_int(host, "events.max_streams"),
		.heartbeat_us = option_int(host, "events.heartbeat"),
		.stall_us = option_int(host, "events.stall"),
		.tasks = app->tasks,
		.pool = tasks_workers(app->tasks),
		.system_pool = app->system_pool,
		.probe = &app->probe,
		.metrics = app->metrics,
		.events = app->events,
		.upstreams = app->upstreams,
	};
	int r;

	listener->conf = conf;
	r = mount(app, listener, &http.mount_count);
	http.mounts = listener->mounts;
	if (r == 0)
		r = bind_auths(app, listener, &http.auth_count);
	http.auths = listener->auths;
	errno = 0;
	if (r == 0)
		r = http_server_new(&http, &listener->server, &err);
	if (r == 0)
		(void)rent_copy(listener->address, sizeof(listener->address),
		                http_server_address(listener->server));
	return r == 0 ? EXIT_OK : bind_failed(r, errno, &err);
}

static int bind_all(struct app *app)
{
	int code = EXIT_OK;

	app->probe = (struct http_probe){ .arg = app,
		                          .service = option_text(&app->config->host,
		                                                 "service"),
		                          .version = RENT_VERSION,
		                          .ready = app_ready,
		                          .draining = draining,
		                          .describe = app_describe,
		                          .tasks = app_task_counts };
	for (size_t i = 0; i < app->config->listener_count && code == EXIT_OK; i++)
		code = bind_one(app, &app->config->listeners[i]);
	return code;
}

static void log_migration(void *arg, bool breach, const char *subject, const char *text)
{
	(void)arg;
	log_write(breach ? RENT_LOG_WARN : RENT_LOG_INFO, "migrate", NULL, "%s: %s",
	          subject, text);
}

static int start_all(struct app *app)
{
	const struct rent_report report = { .struct_size = (uint32_t)sizeof(report),
		                            .line = log_migration };
	struct rent_error err = { 0 };
	struct instance *failed = NULL;
	int r = lifecycle_start(app->instances, true, &report, &failed, &err);

	if (r != 0)
		return app_failed(failed, "start", r, &err);
	r = app_capacity_watch(app, &err);
	if (r == 0)
		r = app_task_watch(app, &err);
	if (r == 0)
		r = timers_start(app->timers, &err);
	for (size_t i = 0; i < app->listener_count && r == 0; i++)
		r = http_server_start(app->listeners[i].server, &err);
	if (r == 0)
		return EXIT_OK;
	log_write(RENT_LOG_ERROR, "host", NULL, "cannot start: %s", err.text);
	return app_exit_code(r);
}

static void register_info(const struct app *app)
{
	static const struct rent_metric_def def = {
		.struct_size = (uint32_t)sizeof(def),
		.type = RENT_GAUGE,
		.name = RENT_METRIC_PREFIX "app_info",
		.flags = RENT_METRIC_SERVICE,
		.help = "Version of what serves; always 1.",
		.labels = { "version", "component" },
	};

	metrics_set(metrics_register(app->metrics, &def), 1,
	            (const char *const[]){ RENT_VERSION, "rentald" });
}

static void say_started(const struct app *app)
{
	char plugins[1024] = "";
	size_t n = 0;

	for (size_t i = 0; i < app->instances->count && n < sizeof(plugins); i++) {
		const struct instance *in = &app->instances->all[i];
		int more = snprintf(plugins + n, sizeof(plugins) - n, "%s%s=%s-%s",
		                    i == 0 ? "" : " ", in->name, in->plugin->desc.name,
		                    in->plugin->desc.version);

		n += more > 0 ? (size_t)more : 0;
	}
	for (size_t i = 0; i < app->listener_count; i++) {
		const struct http_server *server = app->listeners[i].server;
		const char *others = http_server_others(server);
		char port[16];

		(void)snprintf(port, sizeof(port), "%u", http_server_port(server));
		log_write(RENT_LOG_INFO, "host",
		          (const struct rent_field[]){
				  { "name", app->listeners[i].conf->name },
				  { "addr", http_server_address(server) },
				  { "port", port },
				  { "not_on", others[0] == '\0' ? NULL : others },
				  { NULL, NULL } },
		          "listening");
	}
	log_write(RENT_LOG_INFO, "host",
	          (const struct rent_field[]){
			  { "service", option_text(&app->config->host, "service") },
			  { "version", RENT_VERSION },
			  { "config", app->config->file },
			  { "plugins", plugins },
			  { NULL, NULL } },
	          "started");
}

/* Returns when the end was asked for. */
static void wait_for_end(struct app *app)
{
	int64_t watchdog_us = notify_watchdog_us();

	for (;;) {
		enum signal_event event = signals_wait(watchdog_us);

		if (event == SIGNAL_END)
			return;
		if (event == SIGNAL_RELOAD)
			app_reload(app);
		if (watchdog_us >= 0)
			notify_send("WATCHDOG=1");
	}
}

/* drain_timeout has passed and something still hangs; whatever it is cannot be ended in
 * order any more. */
static void too_late(int sig)
{
	(void)sig;
	log_last_words("rentald: not drained within runtime.drain_timeout; ");
	crash_say("was still busy");
	log_last_words("\n");
	_exit(EXIT_INTERNAL);
}

/* Requests may take four fifths of the time, all listeners together; then their connections
 * are cut, so that instances have the rest to end in order. */
static void drain_listeners(struct app *app, int64_t until_us)
{
	for (size_t i = 0; i < app->listener_count; i++) {
		struct listener *l = &app->listeners[i];
		int64_t left = until_us - clock_mono_us();

		if (l->server != NULL &&
		    http_server_drain(l->server, left > 0 ? left : 0) == RENT_ETIMEOUT)
			log_write(
				RENT_LOG_WARN, "http", NULL,
				"listener '%s': requests were still running at the end of the "
				"drain",
				l->conf->name);
	}
}

static void free_listeners(struct app *app)
{
	for (size_t i = 0; i < app->listener_count; i++) {
		http_server_free(app->listeners[i].server);
		app->listeners[i].server = NULL;
	}
}

static void drain(struct app *app)
{
	int64_t timeout_us = option_int(&app->config->host, "runtime.drain_timeout");

	app->draining = true;
	notify_send("STOPPING=1");
	signals_last_call(timeout_us, too_late);
	log_write(RENT_LOG_INFO, "host", NULL, "draining");
	services_drain(&app->services);
	/* Instances first: their timers hear that this batch is the last, and find the
	 * listeners they may depend on (a demo's stubs) still there. */
	lifecycle_drain(app->instances);
	timers_stop(app->timers);
	drain_listeners(app, clock_mono_us() + timeout_us / 5 * 4);
	free_listeners(app);
	services_settle(&app->services);
	lifecycle_end(app->instances);
	log_write(RENT_LOG_INFO, "host", NULL, "ended");
}

int app_serve(struct app *app)
{
	int code;

	signals_setup();
	log_start();
	code = app_load(app, NULL, true);
	if (code == EXIT_OK)
		code = bind_all(app);
	app->started_us = clock_wall_us(); /* before anybody can ask */
	if (code == EXIT_OK) {
		register_info(app);
		code = start_all(app);
	}
	if (code != EXIT_OK) {
		free_listeners(app);
		if (app->timers != NULL)
			timers_stop(app->timers);
		return code;
	}
	say_started(app);
	notify_send("READY=1");
	wait_for_end(app);
	drain(app);
	return EXIT_OK;
}
