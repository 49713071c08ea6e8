/* SPDX-License-Identifier: MIT
 *
 * cli/list.h - what there is to configure: plugins of a folder, their descriptors, option
 * tables. Prints to stdout, problems to stderr; returns an exit code.
 */
#ifndef HOST_CLI_LIST_H
#define HOST_CLI_LIST_H

#include <stdbool.h>

int list_plugins(const char *dir, bool json);
int list_inspect(const char *file, bool json);

/* plugin NULL: the host's own settings, and those of every plugin of dir. */
int list_options(const char *dir, const char *plugin, bool json);

#endif
