/* SPDX-License-Identifier: MIT
 *
 * cli/exit.h - exit codes of rentald (sysexits), the only ones there are.
 */
#ifndef HOST_CLI_EXIT_H
#define HOST_CLI_EXIT_H

enum exit_code {
	EXIT_OK = 0,
	EXIT_UNHEALTHY = 1,    /* --health */
	EXIT_USAGE = 64,       /* command line */
	EXIT_UNAVAILABLE = 69, /* a required service cannot be reached at start */
	EXIT_INTERNAL = 70,    /* a plugin failed or crashed; --audit found a breach */
	EXIT_IO = 74,
	EXIT_PERMISSION = 77,
	EXIT_CONFIGURATION = 78,
};

#endif
