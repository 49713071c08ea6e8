/* SPDX-License-Identifier: MIT
 *
 * main.c - rentald: picks the mode. The only place from which the process ends.
 */
#define RENT_EXIT_ALLOWED
#include "app.h"

#include <stdlib.h>

#include "cli/list.h"
#include "cli/version.h"
#include "plugin/crash.h"
#include "runtime/signals.h"

/* Where plugins lie is known without a configuration too; one that was named must load. */
static int run_list(struct app *app)
{
	const struct args *args = app->args;
	int code = args->config == NULL ? EXIT_OK : app_configure(app);

	crash_setup();
	if (code != EXIT_OK)
		return code;
	if (args->mode == MODE_LIST_PLUGINS)
		return list_plugins(app_plugin_dir(app), args->json);
	return list_options(app_plugin_dir(app), args->subject, args->json);
}

static int run_mode(struct app *app)
{
	const struct args *args = app->args;

	switch (args->mode) {
	case MODE_SERVE:
		return app_serve(app);
	case MODE_CHECK_CONFIG:
		return app_check_config(app);
	case MODE_CHECK_CONNECTIONS:
		return app_check_connections(app);
	case MODE_DUMP_CONFIG:
		return app_dump_config(app);
	case MODE_LIST_PLUGINS:
	case MODE_LIST_OPTIONS:
		return run_list(app);
	case MODE_INSPECT:
		crash_setup();
		return list_inspect(args->subject, args->json);
	case MODE_MIGRATE:
		return app_migrate(app);
	case MODE_AUDIT:
	case MODE_COMMAND:
		return app_command(app);
	case MODE_HEALTH:
		return app_health(app);
	case MODE_VERSION:
	case MODE_BUILD:
		version_print(args->mode == MODE_BUILD, args->json);
		return EXIT_OK;
	case MODE_HELP:
	default:
		args_help();
		app_command_help(app);
		return EXIT_OK;
	}
}

int main(int argc, char **argv)
{
	static struct app app;
	struct args args;
	int code;

	if (!args_parse(argc, argv, &args))
		return EXIT_USAGE;
	app.args = &args;
	services_init(&app.services);
	signals_ignore_pipe();
	code = run_mode(&app);
	app_done(&app);
	/* A result that nobody got is no result. */
	if (fflush(stdout) != 0 && code == EXIT_OK)
		code = EXIT_IO;
	return code;
}
