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
	MODE_RECONCILE,
	MODE_LIST_MANUAL,
	MODE_RESOLVE,
	MODE_HEALTH,
	MODE_VERSION,
	MODE_BUILD,
	MODE_HELP,
};

struct args {
	enum args_mode mode;
	const char *mode_flag; /* "--audit"; NULL: none was given */
	const char *config;    /* NULL: not given */
	const char *subject;   /* of --list-options=, --inspect, --migrate=, --reconcile=,
	                        --resolve; may be NULL */
	/* of --resolve; NULL: not given */
	const char *as, *amount, *reference, *reason, *by, *expires;
	const char *sets[ARGS_SETS_MAX + 1];
	int set_count;
	bool json, quiet, verbose;
};

/* Returns false after one line on stderr that says what is wrong. Strings point into argv. */
bool args_parse(int argc, char **argv, struct args *ret);

void args_help(void);

#endif
