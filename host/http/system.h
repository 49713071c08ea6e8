/* SPDX-License-Identifier: MIT
 *
 * http/system.h - the routes every process has: metrics and health.
 */
#ifndef HTTP_SYSTEM_H
#define HTTP_SYSTEM_H

#include <rent/http.h>

#include "http/listener.h"

/* Fills the server's own table with the routes that its configuration names; self of their handlers
 * is the server. */
void system_setup(struct http_server *server);

#endif
