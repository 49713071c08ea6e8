/* SPDX-License-Identifier: MIT
 *
 * list_actions.h - the command list-actions: who did what to which rental, when and why.
 */
#ifndef CORE_LIST_ACTIONS_H
#define CORE_LIST_ACTIONS_H

#include <rent/command.h>

extern const struct rent_option list_actions_arguments[];

int command_list_actions(void *self, const struct rent_command_run *run,
                         struct rent_error *err);

#endif
