/* SPDX-License-Identifier: MIT
 *
 * base/folder.c - see folder.h.
 */
#include "base/folder.h"

#include <stdio.h>
#include <unistd.h>

const char *folder_hint(const char *path, char out[FOLDER_HINT_SIZE])
{
	char here[PATH_MAX];

	out[0] = '\0';
	if (path[0] != '/' && getcwd(here, sizeof(here)) != NULL)
		(void)snprintf(out, FOLDER_HINT_SIZE, " (looked for in '%s')", here);
	return out;
}
