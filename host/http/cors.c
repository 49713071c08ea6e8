/* SPDX-License-Identifier: MIT
 *
 * http/cors.c - see cors.h.
 */
#include "http/cors.h"

bool cors_enabled(const struct http_server *server)
{
	return server->config.cors_origins != NULL &&
	       server->config.cors_origins[0] != NULL;
}

const char *cors_allowed(const struct http_server *server, const char *origin)
{
	if (origin == NULL || !cors_enabled(server))
		return NULL;
	if (server->cors_any)
		return "*";
	for (const char *const *o = server->config.cors_origins; *o != NULL; o++)
		if (strcmp(*o, origin) == 0)
			return *o;
	return NULL;
}
