/* SPDX-License-Identifier: MIT
 *
 * cli/version.h - what this binary is made of.
 */
#ifndef HOST_CLI_VERSION_H
#define HOST_CLI_VERSION_H

#include <stdbool.h>

/* -V; with build: -VV, compiler, flags and libraries too. On stdout. */
void version_print(bool build, bool json);

#endif
