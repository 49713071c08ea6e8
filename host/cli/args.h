/* SPDX-License-Identifier: MIT
 *
 * cli/args.h - the command line as values. One table feeds the parser, the help and the
 * "did you mean".
 */
#ifndef HOST_CLI_ARGS_H
#define HOST_CLI_ARGS_H

#include <stdbool.h>

#define ARGS_CONFIG_DEFAULT "/etc/rentald/rentald.conf"
#define ARGS_SETS_MAX       64
#define ARGS_WORDS_MAX      64

enum args_mode {
	MODE_SERVE = 0,
	MODE_CHECK_CONFIG,
	MODE_CHECK_CONNECTIONS,
	MODE_DUMP_CONFIG,
	MODE_LIST_PLUGINS,
	MODE_LIST_OPTIONS,
	MODE_INSPECT,
	MODE_MIGRATE,
	MODE_AUDIT,
	MODE_COMMAND, /* words has what plugins may know */
	MODE_HEALTH,
	MODE_VERSION,
	MODE_BUILD,
	MODE_HELP,
};

struct args {
	enum args_mode mode;
	/* "--audit"; NULL: none was given */
	const char *mode_flag;
	/* NULL: not given */
	const char *config;
	/* Of --list-options=, --inspect and --migrate=; may be NULL. */
	const char *subject;
	/* Words that the host does not know: a command of a plugin and its arguments. */
	const char *words[ARGS_WORDS_MAX + 1];
	int word_count;
	const char *sets[ARGS_SETS_MAX + 1];
	int set_count;
	bool json, quiet, verbose;
};

/* Returns false after one line on stderr that says what is wrong. Strings point into argv. */
bool args_parse(int argc, char **argv, struct args *ret);

/* The host's own part of --help. */
void args_help(void);

/* Offers the name of every flag of the host as what could have been meant. */
struct nearest;
void args_nearest(struct nearest *nearest);

#endif
