/* SPDX-License-Identifier: MIT
 *
 * http/system.h - the routes every process has: metrics and health.
 */
#ifndef HTTP_SYSTEM_H
#define HTTP_SYSTEM_H

#include <rent/http.h>

/* self of these handlers is the server. */
extern const struct rent_http_routes system_routes;

#endif
