/* SPDX-License-Identifier: MIT
 *
 * commands.h - the commands that rental_core offers to an operator.
 */
#ifndef CORE_COMMANDS_H
#define CORE_COMMANDS_H

#include <rent/command.h>

/* Ends with a NULL name. */
extern const struct rent_command core_commands[];

#endif
