/* SPDX-License-Identifier: MIT
 *
 * http/static/files.h - static files below one folder. Nothing outside it can be reached: the
 * kernel resolves each path beneath it, and hidden names are not served.
 */
#ifndef HTTP_FILES_H
#define HTTP_FILES_H

#include <rent/http.h>

/* The folder, to be closed by the caller. RENT_EINVAL when it is none. */
int files_open_root(const char *path, int *ret_fd, struct rent_error *err);

/* The handler for every path that has no route; self is the server. Worker thread. */
extern const struct rent_http_route files_route[];
/* Anybody: the page, which asks who is there. */
extern const struct rent_http_access files_access;

#endif
