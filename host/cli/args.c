/* SPDX-License-Identifier: MIT
 *
 * args.c - see args.h.
 */
#include "cli/args.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "conf/nearest.h"

enum value_need {
	VALUE_NONE = 0,
	VALUE_MAY,
	VALUE_MUST
};

struct flag {
	const char *name;
	char letter;
	enum value_need value;
	enum args_mode mode; /* MODE_SERVE: not a mode */
	const char *shown, *help;
};

static const struct flag flags[] = {
	{ "--config", 0, VALUE_MUST, MODE_SERVE, "--config=FILE",
	  "configuration (" ARGS_CONFIG_DEFAULT ")" },
	{ "--set", 0, VALUE_MUST, MODE_SERVE, "--set=PATH=VALUE",
	  "one value of it, like instances.core.options.tick=5s" },
	{ "--check-config", 0, VALUE_NONE, MODE_CHECK_CONFIG, "--check-config",
	  "validate configuration and plugins; all problems at once" },
	{ "--check-connections", 0, VALUE_NONE, MODE_CHECK_CONNECTIONS,
	  "--check-connections", "… and reach storage and providers" },
	{ "--dump-config", 0, VALUE_NONE, MODE_DUMP_CONFIG, "--dump-config",
	  "the effective configuration with the origin of each value" },
	{ "--list-plugins", 0, VALUE_NONE, MODE_LIST_PLUGINS, "--list-plugins",
	  "what lies in the plugin folder" },
	{ "--list-options", 0, VALUE_MAY, MODE_LIST_OPTIONS, "--list-options[=PLUGIN]",
	  "what can be configured" },
	{ "--inspect", 0, VALUE_MUST, MODE_INSPECT, "--inspect=FILE.so",
	  "what a plugin says about itself" },
	{ "--migrate", 0, VALUE_MAY, MODE_MIGRATE, "--migrate[=dry-run]",
	  "bring the schema up to date" },
	{ "--audit", 0, VALUE_NONE, MODE_AUDIT, "--audit",
	  "check what must always hold, in every instance that can" },
	{ "--health", 0, VALUE_NONE, MODE_HEALTH, "--health",
	  "ask a running rentald; exit 0 or 1" },
	{ "--format", 0, VALUE_MUST, MODE_SERVE, "--format=text|json",
	  "of what is printed" },
	{ "--quiet", 'q', VALUE_NONE, MODE_SERVE, "-q", "errors only" },
	{ "--verbose", 'v', VALUE_NONE, MODE_SERVE, "-v", "debug lines too" },
	{ "--version", 'V', VALUE_NONE, MODE_VERSION, "-V, -VV",
	  "version; with compiler, flags and libraries" },
	{ "--help", 'h', VALUE_NONE, MODE_HELP, "-h", "this" },
};

#define FLAG_COUNT (sizeof(flags) / sizeof(flags[0]))

static bool refuse_args(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static bool refuse_args(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("rentald: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return false;
}

static const struct flag *find_flag(const char *arg, size_t n)
{
	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (strlen(flags[i].name) == n && strncmp(flags[i].name, arg, n) == 0)
			return &flags[i];
	return NULL;
}

void args_nearest(struct nearest *nearest)
{
	for (size_t i = 0; i < FLAG_COUNT; i++)
		nearest_try(nearest, flags[i].name);
}

/* Whether a plugin knows it shows when the configuration has been read. */
static bool add_word(struct args *args, const char *word)
{
	if (args->word_count == ARGS_WORDS_MAX)
		return refuse_args("more than %d words", ARGS_WORDS_MAX);
	args->words[args->word_count++] = word;
	return true;
}

static bool set_mode(struct args *args, const struct flag *flag, const char *value)
{
	if (args->mode_flag != NULL && args->mode != flag->mode)
		return refuse_args("'%s' and '%s' do not go together", args->mode_flag,
		                   flag->name);
	if (flag->mode == MODE_VERSION && args->mode_flag != NULL)
		args->mode = MODE_BUILD;
	else
		args->mode = flag->mode;
	args->mode_flag = flag->name;
	args->subject = value;
	if (flag->mode == MODE_MIGRATE && value != NULL && strcmp(value, "dry-run") != 0)
		return refuse_args(
			"%s=%s is not known; allowed: --migrate, --migrate=dry-run",
			flag->name, value);
	return true;
}

static bool set_format(struct args *args, const char *value)
{
	args->json = strcmp(value, "json") == 0;
	if (!args->json && strcmp(value, "text") != 0)
		return refuse_args("--format=%s is not known; allowed: %s", value,
		                   "text, json");
	return true;
}

static bool add_set(struct args *args, const char *value)
{
	if (args->set_count == ARGS_SETS_MAX)
		return refuse_args("more than %d times --set", ARGS_SETS_MAX);
	if (*value == '=' || strchr(value, '=') == NULL)
		return refuse_args("'--set=%s' names no %s; it is --set=PATH=VALUE",
		                   value, *value == '=' ? "option" : "value");
	args->sets[args->set_count++] = value;
	return true;
}

static bool apply_flag(struct args *args, const struct flag *flag, const char *value)
{
	if (flag->mode != MODE_SERVE)
		return set_mode(args, flag, value);
	if (value == NULL)
		value = "";
	if (strcmp(flag->name, "--config") == 0)
		args->config = value;
	else if (strcmp(flag->name, "--set") == 0)
		return add_set(args, value);
	else if (strcmp(flag->name, "--format") == 0)
		return set_format(args, value);
	else if (flag->letter == 'q')
		args->quiet = true;
	else
		args->verbose = true;
	return true;
}

static bool parse_long(struct args *args, char **argv, int *i)
{
	const char *arg = argv[*i], *equals = strchr(arg, '=');
	size_t n = equals == NULL ? strlen(arg) : (size_t)(equals - arg);
	const struct flag *flag = find_flag(arg, n);
	const char *value = equals == NULL ? NULL : equals + 1;

	if (flag == NULL)
		return add_word(args, arg);
	if (value != NULL && flag->value == VALUE_NONE)
		return refuse_args("'%s' takes no value", flag->name);
	if (value == NULL && flag->value == VALUE_MUST && argv[*i + 1] != NULL)
		value = argv[++*i];
	if (flag->value == VALUE_MUST && (value == NULL || *value == '\0'))
		return refuse_args("'%s' needs a value: %s", flag->name, flag->shown);
	return apply_flag(args, flag, value);
}

static bool parse_letters(struct args *args, const char *arg)
{
	for (const char *s = arg + 1; *s != '\0'; s++) {
		const struct flag *flag = NULL;

		for (size_t i = 0; i < FLAG_COUNT; i++)
			if (flags[i].letter == *s)
				flag = &flags[i];
		if (flag == NULL)
			return refuse_args("unknown option '%s'; see rentald -h", arg);
		/* The second V asks for more of the same. */
		if (*s == 'V' && args->mode == MODE_BUILD)
			continue;
		if (!apply_flag(args, flag, NULL))
			return false;
	}
	return true;
}

static bool is_file(const char *word)
{
	size_t n = strlen(word);

	return strchr(word, '/') != NULL || (n > 5 && strcmp(word + n - 5, ".conf") == 0);
}

/* A mode of the host has no words of a plugin; without one the words are a command. */
static bool check_words(struct args *args)
{
	struct nearest nearest;
	char hint[120];

	if (args->word_count == 0 || args->mode == MODE_AUDIT)
		return true;
	if (args->mode_flag == NULL) {
		args->mode = MODE_COMMAND;
		return true;
	}
	nearest_init(&nearest, args->words[0]);
	args_nearest(&nearest);
	if (*nearest_hint(&nearest, hint, sizeof(hint)) != '\0')
		return refuse_args("unknown option '%s'%s", args->words[0], hint);
	return refuse_args("'%s' does not go with '%s'", args->words[0], args->mode_flag);
}

bool args_parse(int argc, char **argv, struct args *ret)
{
	*ret = (struct args){ .mode = MODE_SERVE };
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i];
		bool ok;

		if (strncmp(arg, "--", 2) == 0 && arg[2] != '\0')
			ok = parse_long(ret, argv, &i);
		else if (arg[0] == '-' && arg[1] != '\0' && arg[1] != '-')
			ok = parse_letters(ret, arg);
		else if (is_file(arg) && ret->word_count == 0)
			ok = refuse_args(
				"'%s' is not an option; did you mean \"--config=%s\"?",
				arg, arg);
		else
			ok = add_word(ret, arg);
		if (!ok)
			return false;
	}
	return check_words(ret);
}

void args_help(void)
{
	(void)puts(
		"rentald [--config=FILE] [MODE | COMMAND] [OPTIONS]    a service made of plugins");
	for (size_t i = 0; i < FLAG_COUNT; i++)
		(void)printf("  %-24s %s\n", flags[i].shown, flags[i].help);
}
