/* SPDX-License-Identifier: MIT
 *
 * base/folder.h - where a relative path was looked for, for messages.
 */
#ifndef BASE_FOLDER_H
#define BASE_FOLDER_H

#include <limits.h>

#define FOLDER_HINT_SIZE (PATH_MAX + 32)

/* " (looked for in '/home/x')" for a relative path, "" for an absolute one. Returns out. */
const char *folder_hint(const char *path, char out[FOLDER_HINT_SIZE]);

#endif
