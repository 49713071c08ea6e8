/* SPDX-License-Identifier: MIT
 *
 * cli/exit.h - exit codes of rentald (sysexits), the only ones there are.
 */
#ifndef HOST_CLI_EXIT_H
#define HOST_CLI_EXIT_H

enum exit_code {
	/* the command did what was asked */
	EXIT_OK = 0,
	/* `--health`: the process is not ready */
	EXIT_UNHEALTHY = 1,
	/* wrong use of the command line, or a request that cannot be carried out */
	EXIT_USAGE = 64,
	/* a service that is needed cannot be reached */
	EXIT_UNAVAILABLE = 69,
	/* a plugin failed or crashed; an audit or a reconciliation found a breach */
	EXIT_INTERNAL = 70,
	/* input or output failed: a disk is full, read-only or broken */
	EXIT_IO = 74,
	/* permission is missing, on a file, a folder, a port or in the database */
	EXIT_PERMISSION = 77,
	/* the configuration is wrong, or cannot do what was asked */
	EXIT_CONFIGURATION = 78,
};

#endif
