/* SPDX-License-Identifier: MIT
 *
 * commands.c - runs the commands that plugins declare (rent/command.h) on the instances of the
 * configuration, and prints their results. The plugin decides what a command does.
 */
#include "app.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/clock.h"
#include "cli/command_args.h"
#include "conf/nearest.h"
#include "log/log.h"
#include "tools/tools.h"

/* Between two lines of progress, for a person and for a log. */
#define PROGRESS_TERMINAL (1 * RENT_SECOND)
#define PROGRESS_LOG      (10 * RENT_SECOND)
#define AUDIT             "audit"

/* A command on one instance. */
struct command_run {
	struct instance *instance;
	const struct rent_command *command;
	struct option_set args;
	int64_t told_at; /* monotonic, of the last line of progress */
};

static const struct rent_command *commands_of(const struct instance *instance)
{
	static const struct rent_command none = { .name = NULL };
	const struct rent_command *commands =
		instance->plugin == NULL ? NULL : instance->plugin->desc.commands;

	return commands == NULL ? &none : commands;
}

/* ---- what run() is given ------------------------------------------------------------------ */

static const struct conf_value *value_of(const struct rent_command_run *run,
                                         const char *name)
{
	const struct command_run *r = run->priv;

	if (option_find(&r->args, name) == NULL) {
		log_write(RENT_LOG_ERROR, r->instance->name, NULL,
		          "the command '%s' of the plugin '%s' asked for the argument "
		          "'%s', which its table does not declare",
		          r->command->name, r->instance->plugin->desc.name, name);
		abort();
	}
	return &option_get(&r->args, name)->value;
}

static const char *arg_str(const struct rent_command_run *run, const char *name)
{
	return value_of(run, name)->text;
}

static int64_t arg_int(const struct rent_command_run *run, const char *name)
{
	return value_of(run, name)->number;
}

static bool given(const struct rent_command_run *run, const char *name)
{
	const struct command_run *r = run->priv;

	(void)value_of(run, name);
	return option_get(&r->args, name)->origin == ORIGIN_SET;
}

static void result(const struct rent_command_run *run, const struct rent_value *fields,
                   const char *fmt, ...) RENT_PRINTF(3, 4);
static void result(const struct rent_command_run *run, const struct rent_value *fields,
                   const char *fmt, ...)
{
	va_list ap;

	if (run->json && fields != NULL)
		(void)tools_print(fields, stdout);
	if (!run->json && fmt != NULL) {
		va_start(ap, fmt);
		(void)vprintf(fmt, ap);
		va_end(ap);
		(void)fputc('\n', stdout);
	}
	(void)fflush(stdout);
}

static void progress(const struct rent_command_run *run, const char *fmt, ...)
	RENT_PRINTF(2, 3);
static void progress(const struct rent_command_run *run, const char *fmt, ...)
{
	struct command_run *r = run->priv;
	int64_t now = clock_mono_us();
	int64_t every = isatty(STDERR_FILENO) != 0 ? PROGRESS_TERMINAL : PROGRESS_LOG;
	va_list ap;

	if (run->quiet || now - r->told_at < every)
		return;
	r->told_at = now;
	(void)fprintf(stderr, "rentald: %s: ", r->command->name);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

#define LOGIN_SIZE   1024
#define MACHINE_SIZE 256

/* The caller's login; "" when the uid has none. */
static const char *login(char buffer[LOGIN_SIZE])
{
	struct passwd entry, *found = NULL;

	if (getpwuid_r(getuid(), &entry, buffer, LOGIN_SIZE, &found) != 0 ||
	    found == NULL)
		return "";
	return found->pw_name;
}

/* ---- running ------------------------------------------------------------------------------ */

static int exit_code(enum rent_command_end end)
{
	switch (end) {
	case RENT_COMMAND_DONE:
		return EXIT_OK;
	case RENT_COMMAND_USAGE:
		return EXIT_USAGE;
	case RENT_COMMAND_UNAVAILABLE:
		return EXIT_UNAVAILABLE;
	case RENT_COMMAND_UNSUPPORTED:
		return EXIT_CONFIGURATION;
	case RENT_COMMAND_BREACH:
	default:
		return EXIT_INTERNAL;
	}
}

static int run_one(const struct app *app, struct command_run *r)
{
	char buffer[LOGIN_SIZE], machine[MACHINE_SIZE] = "";
	const struct rent_command_run run = {
		.struct_size = (uint32_t)sizeof(run),
		.priv = r,
		.json = app->args->json,
		.quiet = app->args->quiet,
		.login = login(buffer),
		.uid = (int64_t)getuid(),
		.arg_str = arg_str,
		.arg_int = arg_int,
		.given = given,
		.result = result,
		.progress = progress,
		.machine = machine,
	};
	struct rent_error err = { 0 };
	int end;

	if (gethostname(machine, sizeof(machine) - 1) != 0)
		machine[0] = '\0';
	r->told_at = clock_mono_us();
	end = lifecycle_command(r->instance, r->command, &run, &err);
	if (end < 0)
		return app_failed(r->instance, r->command->name, end, &err);
	if (err.text[0] != '\0')
		(void)fprintf(stderr, "rentald: %s\n", err.text);
	return exit_code((enum rent_command_end)end);
}

/* A breach in one instance does not hide those in others; any other failure ends the run. */
static int run_all(const struct app *app, struct command_run *runs, size_t n)
{
	int worst = EXIT_OK;

	for (size_t i = 0; i < app->instances->ordered; i++) {
		for (size_t j = 0; j < n; j++) {
			int code;

			if (runs[j].instance != app->instances->order[i])
				continue;
			code = run_one(app, &runs[j]);
			worst = code > worst ? code : worst;
			if (code != EXIT_OK && code != EXIT_INTERNAL)
				return worst;
		}
	}
	return worst;
}

/* ---- finding ------------------------------------------------------------------------------ */

static bool is_asked_for(const struct app *app, const struct rent_command *command)
{
	return app->args->mode == MODE_AUDIT ? strcmp(command->name, AUDIT) == 0
	                                     : command_is(command, app->args->words);
}

static int refuse_usage(const char *text)
{
	(void)fprintf(stderr, "rentald: %s\n", text);
	return EXIT_USAGE;
}

/* The command that takes this argument; NULL: none does. */
static const struct rent_command *command_taking(const struct app *app, const char *word)
{
	for (size_t i = 0; i < app->instances->count; i++) {
		const struct rent_command *c = commands_of(&app->instances->all[i]);

		for (; c->name != NULL; c++)
			if (command_has_argument(c, word))
				return c;
	}
	return NULL;
}

static int refuse_argument(const struct app *app, const char *word,
                           const struct rent_error *err)
{
	const struct rent_command *other =
		word == NULL ? NULL : command_taking(app, word);
	char shown[160];

	if (other == NULL)
		return refuse_usage(err->text);
	(void)fprintf(stderr, "rentald: '%.*s' goes with %s only\n",
	              (int)strcspn(word, "="), word,
	              command_shown(other, other->flag != NULL, shown, sizeof(shown)));
	return EXIT_USAGE;
}

struct elsewhere {
	const struct app *app;
	struct plugins plugins;
	char plugin[64];
};

static void look_elsewhere(void *arg, const char *file)
{
	struct elsewhere *e = arg;
	struct plugin *plugin;

	if (e->plugin[0] != '\0' || loader_open(&e->plugins, file, &plugin, NULL) != 0 ||
	    plugin->desc.commands == NULL)
		return;
	for (const struct rent_command *c = plugin->desc.commands; c->name != NULL; c++)
		if (is_asked_for(e->app, c))
			(void)rent_copy(e->plugin, sizeof(e->plugin), plugin->desc.name);
}

static void nearest_command(const struct app *app, struct nearest *nearest)
{
	for (size_t i = 0; i < app->instances->count; i++) {
		const struct rent_command *c = commands_of(&app->instances->all[i]);

		for (; c->name != NULL; c++) {
			char *flag = rent_printf(app->config->arena, "--%s",
			                         c->flag == NULL ? "" : c->flag);

			nearest_try(nearest, c->name);
			if (flag != NULL)
				nearest_try(nearest, flag);
		}
	}
}

/* Suggests the command that was probably meant, in one line. */
static int refuse_words(struct app *app)
{
	const char *word = app->args->words[0];
	struct elsewhere elsewhere = { .app = app };
	struct nearest nearest;
	char wrong[80], hint[120];

	if (app->config != NULL)
		(void)loader_each(app_plugin_dir(app), look_elsewhere, &elsewhere, NULL);
	loader_done(&elsewhere.plugins);
	if (elsewhere.plugin[0] != '\0') {
		(void)fprintf(stderr,
		              "rentald: %s: no instance offers '%s', the plugin '%s' "
		              "would; name a configuration that has one\n",
		              app->config->file, word, elsewhere.plugin);
		return EXIT_CONFIGURATION;
	}
	(void)snprintf(wrong, sizeof(wrong), "%.*s", (int)strcspn(word, "="), word);
	nearest_init(&nearest, wrong);
	args_nearest(&nearest);
	if (app->config != NULL)
		nearest_command(app, &nearest);
	(void)fprintf(stderr, "rentald: unknown %s '%s'%s\n",
	              word[0] == '-' ? "option" : "command", wrong,
	              *nearest_hint(&nearest, hint, sizeof(hint)) == '\0'
	                      ? "; see rentald -h"
	                      : hint);
	return EXIT_USAGE;
}

static int find_commands(struct app *app, struct command_run *runs, size_t *ret_count)
{
	*ret_count = 0;
	for (size_t i = 0; i < app->instances->count; i++) {
		struct instance *instance = &app->instances->all[i];
		const struct rent_command *c = commands_of(instance);
		struct rent_error err = { 0 };
		const char *unknown;

		while (c->name != NULL && !is_asked_for(app, c))
			c++;
		if (c->name == NULL)
			continue;
		runs[*ret_count] =
			(struct command_run){ .instance = instance, .command = c };
		if (command_args_parse(c, app->args->words, app->config->arena,
		                       &runs[(*ret_count)++].args, &unknown, &err) != 0)
			return refuse_argument(app, unknown, &err);
	}
	if (*ret_count > 0 || app->args->mode == MODE_AUDIT)
		return EXIT_OK;
	return refuse_words(app);
}

/* With no configuration to look into, a word that the host does not know is a mistake. */
static bool is_lost(const struct app *app)
{
	return app->args->mode == MODE_COMMAND && app->args->config == NULL &&
	       access(ARGS_CONFIG_DEFAULT, F_OK) != 0;
}

int app_command(struct app *app)
{
	struct command_run *runs;
	struct rent_error err = { 0 };
	struct instance *failed = NULL;
	size_t n = 0;
	int code, r;

	if (is_lost(app))
		return refuse_words(app);
	code = app_open(app);
	if (code != EXIT_OK)
		return code;
	/* With a broken configuration nobody knows what it would offer. */
	if (app->config->report.count > 0)
		return app_create(app, false);
	runs = rent_alloc(app->config->arena,
	                  (app->instances->count + 1) * sizeof(*runs));
	if (runs == NULL)
		return refuse_usage("out of memory");
	code = find_commands(app, runs, &n);
	if (code != EXIT_OK)
		return code;
	for (size_t i = 0; i < app->instances->count; i++)
		app->instances->all[i].wanted = false;
	for (size_t i = 0; i < n; i++)
		instance_want(runs[i].instance);
	code = app_create(app, true);
	if (code != EXIT_OK)
		return code;
	r = lifecycle_start(app->instances, false, NULL, &failed, &err);
	if (r != 0)
		return app_failed(failed, "start", r, &err);
	if (n == 0 && !app->args->quiet)
		(void)fprintf(stderr,
		              "rentald: %s: nothing to audit: none of its instances "
		              "has an audit\n",
		              app->config->file);
	return run_all(app, runs, n);
}

/* ---- help --------------------------------------------------------------------------------- */

static bool is_shown(const struct instances *set, const struct instance *instance)
{
	for (size_t i = 0; &set->all[i] != instance; i++)
		if (set->all[i].plugin == instance->plugin)
			return true;
	return false;
}

void app_command_help(struct app *app)
{
	const char *file =
		app->args->config == NULL ? ARGS_CONFIG_DEFAULT : app->args->config;
	bool first = true;

	if (access(file, R_OK) != 0 || app_open(app) != EXIT_OK)
		return;
	if (app->config->report.count > 0)
		(void)printf("%s has problems, see --check-config\n", file);
	for (size_t i = 0; i < app->instances->count; i++) {
		const struct instance *instance = &app->instances->all[i];
		const struct rent_command *c = commands_of(instance);

		if (is_shown(app->instances, instance))
			continue;
		if (first && c->name != NULL)
			(void)printf("commands of %s\n", file);
		first &= c->name == NULL;
		for (; c->name != NULL; c++)
			command_help(c);
	}
}
