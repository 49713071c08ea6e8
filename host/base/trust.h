/* SPDX-License-Identifier: MIT
 *
 * base/trust.h - whether a file that decides what this process does can be changed by others.
 */
#ifndef HOST_BASE_TRUST_H
#define HOST_BASE_TRUST_H

#include <rent/base.h>

/* RENT_EFAIL, with owner, mode and cure in the text: somebody else than root and the user of
 * this process can change what the path leads to. The file, every folder above it, and every folder
 * above the name as it is given (a symbolic link) belong to root or to this user, and neither group nor
 * others may write them; folders with the sticky bit may be written. A path that is not there, or
 * is no regular file (a pipe of a shell), is not judged. */
int trust_file(const char *path, struct rent_error *err);

#endif
