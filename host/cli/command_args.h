/* SPDX-License-Identifier: MIT
 *
 * cli/command_args.h - the arguments of a plugin's command (rent/command.h): words met by the
 * command's table. Knows neither instances nor how a command is found.
 */
#ifndef HOST_CLI_COMMAND_ARGS_H
#define HOST_CLI_COMMAND_ARGS_H

#include <rent/command.h>

#include "conf/option.h"

/* Is `words` (which end with NULL) this command? It is found by its flag anywhere, or by its
 * name among the words that are no flags. */
bool command_is(const struct rent_command *command, const char *const *words);

/* Reads the words that follow the command, for which command_is() holds unless it was chosen
 * otherwise. The values live in arena. RENT_EINVAL: err says what is wrong with which word;
 * *ret_unknown is the word when the table does not have it, else NULL. */
int command_args_parse(const struct rent_command *command, const char *const *words,
                       struct rent_arena *arena, struct option_set *ret,
                       const char **ret_unknown, struct rent_error *err);

/* Does the table have an argument of this word, "--reason=x"? */
bool command_has_argument(const struct rent_command *command, const char *word);

/* How the command is written: "resolve OPERATION", or by its flag "--resolve=OPERATION". */
const char *command_shown(const struct rent_command *command, bool by_flag, char *buffer,
                          size_t size);

/* Its part of --help. */
void command_help(const struct rent_command *command);

#endif
