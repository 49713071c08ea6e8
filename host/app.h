/* SPDX-License-Identifier: MIT
 *
 * app.h - rentald as a whole: what a run has, and what is done with it. app.c builds and
 * takes down, serve.c serves, reload.c answers SIGHUP, describe.c tells what runs, task_watch.c what waits, admin.c has
 * the modes that end by themselves, commands.c runs the commands of plugins. Everything here is
 * called on the main thread unless its comment says otherwise.
 */
#ifndef HOST_APP_H
#define HOST_APP_H

#include <limits.h>
#include <stdio.h>

#include "cli/args.h"
#include "cli/exit.h"
#include "conf/config.h"
#include "http/server.h"
#include "plugin/instance.h"
#include "plugin/services.h"

struct events;
struct metrics;
struct pool;
struct tasks;
struct timers;
struct upstreams;

struct listener {
	const struct config_listener *conf;
	struct http_mount *mounts;
	struct http_auth *auths;
	struct http_server *server;
	char address[80]; /* as bound; readable while other listeners end */
};

struct app {
	const struct args *args;
	struct config *config;
	bool host_sound; /* nothing is wrong with the host's own settings */
	struct instances *instances;
	struct plugins plugins;
	struct services services;
	struct tasks *tasks;
	struct pool *system_pool; /* health and metrics, of all listeners */
	struct timers *timers;
	struct metrics *metrics;
	struct rent_metric *tasks_gauge;
	struct events *events;
	struct upstreams *upstreams;
	struct listener listeners[CONFIG_LISTENERS];
	size_t listener_count;
	struct http_probe probe;
	_Atomic bool draining;
	int64_t started_us; /* wall time */
	char plugin_dir[PATH_MAX], data_dir[PATH_MAX];
	unsigned descriptors;          /* the limit; 0: not looked at */
	unsigned connections_share;    /* of all listeners together, as far as they fit */
	unsigned upstream_connections; /* of all upstreams together; 0: no limit */
	bool descriptors_short;        /* the watch's */
};

/* ---- app.c: all return exit codes and have said why. */

/* Reads configuration and plugins, and calls create() of those that select() wants (NULL:
 * all; those they use come along). Everything wrong has been printed. app_done() in any
 * case. with_pool: workers and timers. */
int app_load(struct app *app, bool (*select)(const struct instance *instance),
             bool with_pool);
/* The two halves of it. After the first one problems of the configuration may be unprinted in
 * its report: the second prints them. */
int app_open(struct app *app);
int app_create(struct app *app, bool with_pool);
void app_done(struct app *app);

/* Only the configuration; its problems printed. */
int app_configure(struct app *app);
/* Metrics, events, tasks and upstreams, after the configuration has been read. serves: for more
 * than a few calls of a command. */
int app_outbound(struct app *app, bool serves, struct rent_error *err);
const char *app_plugin_dir(struct app *app);
const char *app_data_dir(struct app *app);
/* The folder a listener serves files from; NULL: none. */
const char *app_static_root(struct app *app, const struct config_listener *conf);
void app_log_setup(const struct app *app);

/* "rentald: instances.main: …" for what a plugin returned; the exit code that it means. */
int app_failed(const struct instance *instance, const char *step, int code,
               const struct rent_error *err);
int app_exit_code(int code);

/* ---- the modes */
int app_serve(struct app *app);
int app_check_config(struct app *app);
int app_check_connections(struct app *app);
int app_dump_config(struct app *app);
int app_migrate(struct app *app);
int app_health(struct app *app);

/* ---- commands.c: what plugins let an operator do */
int app_command(struct app *app);
/* The commands of the configuration that was named, if it can be read. */
void app_command_help(struct app *app);

/* ---- describe.c */

/* The effective configuration in libconfig's language, secrets masked. Any thread. */
void app_dump_text(const struct app *app, FILE *out);

/* Slots of struct http_probe; arg is the app. Any thread. */
bool app_ready(void *arg, struct http_ready *report);
char *app_describe(void *arg);

/* ---- capacity.c */

/* Before anything is opened. */
void app_capacity_setup(struct app *app);
/* The share of a listener that wants max_connections. */
unsigned app_capacity_share(const struct app *app, unsigned max_connections);
/* The timer that warns. */
int app_capacity_watch(struct app *app, struct rent_error *err);
/* Whether descriptors run out, and how many are left. Any thread. */
bool app_capacity_is_short(const struct app *app, char *ret_why, size_t size);

/* ---- task_watch.c */

/* The timer that counts tasks and tells which are stuck. */
int app_task_watch(struct app *app, struct rent_error *err);
/* Slot of struct http_probe. */
struct http_task_counts app_task_counts(void *arg);

/* ---- reload.c: keeps what there is and says why, or swaps and says what. */
void app_reload(struct app *app);

#endif
