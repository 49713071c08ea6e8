/* SPDX-License-Identifier: MIT
 *
 * app.c - see app.h: from arguments to created instances, and back.
 */
#include "app.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events/events.h"
#include "http/static/files.h"
#include "log/log.h"
#include "metrics/metrics.h"
#include "plugin/crash.h"
#include "plugin/instances.h"
#include "runtime/pool.h"
#include "runtime/task.h"
#include "runtime/timer.h"
#include "upstream/upstream.h"

/* Readiness may have to wait for a database; metrics do not wait for readiness then. */
#define SYSTEM_WORKERS 2u
#define SYSTEM_QUEUE   ((size_t)32)

int app_exit_code(int code)
{
	switch (code) {
	case 0:
		return EXIT_OK;
	case RENT_EUNAVAIL:
	case RENT_ETIMEOUT:
		return EXIT_UNAVAILABLE;
	case RENT_EINVAL:
		return EXIT_CONFIGURATION;
	case RENT_EPERM:
		return EXIT_PERMISSION;
	case RENT_EFULL:
	case RENT_EIO:
		return EXIT_IO;
	default:
		return EXIT_INTERNAL;
	}
}

int app_failed(const struct instance *instance, const char *step, int code,
               const struct rent_error *err)
{
	log_write(RENT_LOG_ERROR, instance->name, NULL,
	          "%s of the plugin '%s' failed: %s", step, instance->plugin->desc.name,
	          err->text);
	return app_exit_code(code);
}

/* Finds `relative` next to the executable's folder; false if nothing is there. */
static bool beside(const char *relative, char out[PATH_MAX])
{
	char exe[PATH_MAX - 256], path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (n <= 0)
		return false;
	exe[n] = '\0';
	*strrchr(exe, '/') = '\0';
	(void)snprintf(path, sizeof(path), "%s/%s", exe, relative);
	return access(path, X_OK) == 0 && realpath(path, out) != NULL;
}

/* plugins/ beside the executable is a build tree; an installed one may have been moved. */
const char *app_plugin_dir(struct app *app)
{
	const char *set = app->config == NULL
	                          ? NULL
	                          : option_text(&app->config->host, "plugin_dir");

	if (set != NULL)
		return set;
	if (beside("plugins", app->plugin_dir) ||
	    beside(RENT_PLUGIN_RELATIVE, app->plugin_dir))
		return app->plugin_dir;
	return RENT_PLUGIN_ABSOLUTE;
}

const char *app_data_dir(struct app *app)
{
	const char *set = option_text(&app->config->host, "data_dir");

	if (set != NULL)
		return set;
	if (beside(RENT_DATA_RELATIVE, app->data_dir))
		return app->data_dir;
	return RENT_DATA_DIR;
}

/* A relative folder that is not here may be among the installed data. */
const char *app_static_root(struct app *app, const struct config_listener *conf)
{
	const char *set = option_text(&conf->options, "static");
	struct stat st;
	char *there;

	if (set == NULL || set[0] == '/' || stat(set, &st) == 0)
		return set;
	there = rent_printf(app->config->arena, "%s/%s", app_data_dir(app), set);
	return there != NULL && stat(there, &st) == 0 ? there : set;
}

void app_log_setup(const struct app *app)
{
	const struct option_set *host = &app->config->host;
	enum rent_log_level level =
		(enum rent_log_level)(option_int(host, "log.level") + RENT_LOG_ERROR);

	if (app->args->quiet)
		level = RENT_LOG_ERROR;
	if (app->args->verbose)
		level = RENT_LOG_DEBUG;
	log_setup(level, (enum log_format)option_int(host, "log.format"));
}

static int report_problems(const struct app *app)
{
	const struct report *report = &app->config->report;

	if (report->count == 0)
		return EXIT_OK;
	report_print(report, app->args->json ? stdout : stderr, app->args->json);
	if (!app->args->json)
		(void)fprintf(stderr, "rentald: %zu problem%s in %s\n", report->count,
		              report->count == 1 ? "" : "s", app->config->file);
	return EXIT_CONFIGURATION;
}

static int configure(struct app *app)
{
	const char *file =
		app->args->config == NULL ? ARGS_CONFIG_DEFAULT : app->args->config;
	int error = 0, r = config_load(file, app->args->sets, &app->config, &error);

	if (r == RENT_ENOMEM) {
		(void)fprintf(stderr, "rentald: %s: out of memory\n", file);
		return EXIT_INTERNAL;
	}
	if (r == 0)
		return EXIT_OK;
	(void)report_problems(app);
	if (error == EACCES || error == EPERM)
		return EXIT_PERMISSION;
	return error == EIO ? EXIT_IO : EXIT_CONFIGURATION;
}

int app_configure(struct app *app)
{
	int code = configure(app);

	return code == EXIT_OK ? report_problems(app) : code;
}

/* They run at once: what a plugin opens in create() may be driven by a loop. A command needs
 * them for its calls only. */
static int start_tasks(struct app *app, bool serves, struct rent_error *err)
{
	const struct option_set *host = &app->config->host;
	int64_t loops = serves ? option_int(host, "runtime.loops") : 1;
	struct tasks_options options = {
		.tasks_max = (size_t)option_int(host, "runtime.tasks"),
		.stack_size = (size_t)option_int(host, "runtime.task_stack"),
		.blocking_threads =
			serves ? (unsigned)option_int(host, "runtime.workers") : 1,
		.blocking_queue = (size_t)option_int(host, "runtime.queue"),
	};
	int r;

	if (loops == 0)
		loops = sysconf(_SC_NPROCESSORS_ONLN);
	if (loops < 1)
		loops = 1;
	options.loops = loops > TASKS_LOOPS_MAX ? TASKS_LOOPS_MAX : (unsigned)loops;
	r = tasks_new(&options, &app->tasks, err);
	return r == 0 ? tasks_start(app->tasks, err) : r;
}

int app_outbound(struct app *app, bool serves, struct rent_error *err)
{
	const struct option_set *host = &app->config->host;
	const struct events_config events = {
		.ring = (size_t)option_int(host, "events.ring"),
		.bytes = (size_t)option_int(host, "events.bytes"),
		.linger_us = EVENTS_LINGER_US,
	};
	struct upstreams_config upstreams = { .connections_max =
		                                      app->upstream_connections };
	int r;

	app->metrics = metrics_new(option_text(host, "service"),
	                           (unsigned)option_int(host, "metrics.max_series"));
	if (app->metrics == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	app->events = events_new(&events, app->metrics);
	if (app->events == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	upstreams.metrics = app->metrics;
	upstreams.events = app->events;
	r = start_tasks(app, serves, err);
	if (r != 0)
		return r;
	upstreams.tasks = app->tasks;
	return upstreams_new(&upstreams, &app->upstreams, err);
}

/* Services that create() may use must exist before the first instance is created. */
static int prepare_services(struct app *app, bool with_pool)
{
	const struct option_set *host = &app->config->host;
	struct rent_error err = { 0 };
	int r;

	if (app->args->mode == MODE_SERVE)
		app_capacity_setup(app);
	r = app_outbound(app, with_pool, &err);
	if (r == 0 && with_pool)
		r = pool_new(SYSTEM_WORKERS, SYSTEM_QUEUE, &app->system_pool, &err);
	if (r == 0 && with_pool && timers_new(app->tasks, &app->timers) != 0)
		r = rent_fail(&err, RENT_ENOMEM, "out of memory");
	if (r != 0) {
		log_write(RENT_LOG_ERROR, "host", NULL, "cannot start: %s", err.text);
		return app_exit_code(r);
	}
	app->services.tasks = with_pool ? app->tasks : NULL;
	app->services.timers = app->timers;
	app->services.metrics = app->metrics;
	app->services.events = app->events;
	app->services.upstreams = app->upstreams;
	app->services.arena_max = (size_t)option_int(host, "runtime.arena_max");
	return EXIT_OK;
}

/* Folders of static files must exist before anything starts. */
static void check_folders(struct app *app)
{
	struct config *config = app->config;

	for (size_t i = 0; i < config->listener_count; i++) {
		const struct config_listener *l = &config->listeners[i];
		const char *root = app_static_root(app, l);
		struct rent_error err = { 0 };
		int fd = -1;

		if (root == NULL)
			continue;
		if (files_open_root(root, &fd, &err) == 0)
			(void)close(fd);
		else
			report_add(
				&config->report,
				&option_get(&l->options, "static")->node->place,
				rent_printf(config->arena, "%s.static", l->options.path),
				"%s", err.text);
	}
}

/* With a problem in the host's own settings there is nothing to create in; with one in an
 * instance the others are still tried, so that all shows in one run. */
int app_open(struct app *app)
{
	int code = configure(app);

	if (code != EXIT_OK)
		return code;
	app->host_sound = app->config->report.count == 0;
	if (app->args->mode == MODE_SERVE || app->args->mode == MODE_CHECK_CONFIG)
		check_folders(app);
	crash_setup();
	if (instances_new(app->config, app_plugin_dir(app), &app->plugins, &app->services,
	                  &app->instances) != 0) {
		(void)fprintf(stderr, "rentald: out of memory\n");
		return EXIT_INTERNAL;
	}
	return EXIT_OK;
}

int app_create(struct app *app, bool with_pool)
{
	int code;

	if (!app->host_sound)
		return report_problems(app);
	app_log_setup(app);
	code = prepare_services(app, with_pool && app->config->report.count == 0);
	if (code != EXIT_OK)
		return code;
	(void)lifecycle_create(app->instances, &app->config->report);
	return report_problems(app);
}

int app_load(struct app *app, bool (*select)(const struct instance *instance),
             bool with_pool)
{
	int code = app_open(app);

	if (code == EXIT_OK && select != NULL)
		instances_want(app->instances, select);
	return code == EXIT_OK ? app_create(app, with_pool) : code;
}

void app_done(struct app *app)
{
	if (app->instances != NULL)
		lifecycle_end(app->instances);
	for (size_t i = 0; i < app->listener_count; i++) {
		free(app->listeners[i].mounts);
		free(app->listeners[i].auths);
	}
	timers_free(app->timers);
	if (app->upstreams != NULL)
		upstreams_stop(app->upstreams);
	if (app->tasks != NULL)
		tasks_stop(app->tasks);
	pool_free(app->system_pool);
	upstreams_free(app->upstreams);
	tasks_free(app->tasks);
	instances_free(app->instances);
	events_free(app->events);
	metrics_free(app->metrics);
	config_free(app->config);
	loader_done(&app->plugins);
	services_done(&app->services);
	log_stop();
}
