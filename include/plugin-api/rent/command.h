/* SPDX-License-Identifier: MIT
 *
 * rent/command.h - what a plugin lets an operator do on the command line:
 *
 *     rentald --config=FILE audit
 *     rentald --config=FILE resolve OPERATION --as=succeeded --reason="bank statement"
 *
 * A plugin names its commands in its descriptor (rent/plugin.h). The host parses the
 * arguments by their table, creates and starts the instances that the command's instance
 * needs, calls run() and prints what it reports: text for a person, or with --format=json
 * one object a line. The host knows nothing of what a command does.
 *
 * If several instances offer a command of the same name, the host runs it on each, in the
 * order of the bindings, until one cannot; the highest exit code counts.
 *
 * "audit" is the name of the command that checks what must always hold. It takes no arguments,
 * and `rentald --audit` runs it; where no instance offers it there is nothing to check.
 */
#ifndef RENT_COMMAND_H
#define RENT_COMMAND_H

#include "base.h"
#include "options.h"
#include "value.h"

RENT_EXTERN_C_BEGIN

/* How a command ended, as run() returns it; negative values are enum rent_code. */
enum rent_command_end {
	RENT_COMMAND_DONE = 0,    /* exit 0 */
	RENT_COMMAND_BREACH,      /* it looked, and what must hold does not: exit 70 */
	RENT_COMMAND_USAGE,       /* what was asked for cannot be: exit 64 */
	RENT_COMMAND_UNAVAILABLE, /* not now; the same again in a while: exit 69 */
	RENT_COMMAND_UNSUPPORTED, /* this configuration cannot do that: exit 78 */
};

/* One run of a command. Given by the host, valid during run(), used by its thread only. */
struct rent_command_run {
	uint32_t struct_size;
	/* The host's. */
	void *priv;
	/* --format=json. A result is printed either way by result(). */
	bool json;
	/* -q: print what was asked for, leave out what only accompanies it. */
	bool quiet;
	/* The caller as the system knows it: the login, "" when the uid has none. */
	const char *login;
	int64_t uid;

	/* Arguments, by the names of the command's table. Asking for a name that is not in it
	 * is a bug of the plugin and aborts. arg_str: NULL when it was neither given nor has a
	 * default. */
	const char *(*arg_str)(const struct rent_command_run *run, const char *name);
	/* All number types; an ENUM's index in its choices. given: whether it was said. */
	int64_t (*arg_int)(const struct rent_command_run *run, const char *name);
	bool (*given)(const struct rent_command_run *run, const char *name);

	/* Prints one result: the fields, up to RENT_VALUES_END, as a JSON object, or the text,
	 * which may have several lines; the host adds the last line break. fields NULL: nothing
	 * in JSON. fmt NULL: nothing as text. Where the instance matters, the command
	 * says it. */
	void (*result)(const struct rent_command_run *run,
	               const struct rent_value *fields, const char *fmt, ...)
		RENT_PRINTF(3, 4);
	/* Says how far a long command is: on stderr, at most once a second on a terminal and
	 * every ten seconds elsewhere; nothing with -q. */
	void (*progress)(const struct rent_command_run *run, const char *fmt, ...)
		RENT_PRINTF(2, 3);
	/* The name of the machine; "" not known. */
	const char *machine;
};

struct rent_command {
	/* One or two words: "audit", "keys new". NULL ends the table. */
	const char *name;
	/* The flag by which the command is also known: "audit" for --audit. Its positional
	 * argument is the flag's value: --resolve=OPERATION. NULL: there is none. */
	const char *flag;
	/* The table of its arguments, as options.h describes options; NULL: it takes none.
	 * `unit` is what --help shows for a value. Names of the host's own flags (config, set,
	 * format, …) cannot be reached. */
	const struct rent_option *arguments;
	/* One line for --help. */
	const char *summary;
	/* Runs on the host's main thread after start() of the instance. Blocking allowed.
	 * Returns enum rent_command_end, whose text, if any, goes to stderr, or a negative
	 * code, which is logged as a failure. */
	int (*run)(void *self, const struct rent_command_run *run,
	           struct rent_error *err);
};

RENT_EXTERN_C_END
#endif
