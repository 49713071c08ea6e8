/* SPDX-License-Identifier: MIT
 *
 * upstream/route.c - see route.h.
 */
#include "upstream/route.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

static const char *text_of(const char *text)
{
	return text == NULL ? "" : text;
}

static int check_file(const char *file, const char *name, const char *option,
                      struct rent_error *err)
{
	if (file[0] == '\0' || access(file, R_OK) == 0)
		return 0;
	return rent_fail(err, RENT_EINVAL, "upstream '%s': options.%s.%s: '%s': %m", name,
	                 name, option, file);
}

int route_init(struct upstream_route *route, const struct upstream_route *from,
               const char *name, struct rent_error *err)
{
	*route = (struct upstream_route){ .insecure = false };
	if (text_of(from->key)[0] != '\0' && text_of(from->cert)[0] == '\0')
		return rent_fail(err, RENT_EINVAL,
		                 "upstream '%s': options.%s.key needs options.%s.cert",
		                 name, name, name);
	if (check_file(text_of(from->ca), name, "ca", err) != 0 ||
	    check_file(text_of(from->cert), name, "cert", err) != 0 ||
	    check_file(text_of(from->key), name, "key", err) != 0)
		return RENT_EINVAL;
	route->ca = strdup(text_of(from->ca));
	route->cert = strdup(text_of(from->cert));
	route->key = strdup(text_of(from->key));
	route->proxy = strdup(text_of(from->proxy));
	route->unix_path = from->unix_path;
	if (route->ca != NULL && route->cert != NULL && route->key != NULL &&
	    route->proxy != NULL)
		return 0;
	route_done(route);
	return rent_fail(err, RENT_ENOMEM, "out of memory");
}

void route_done(struct upstream_route *route)
{
	free(route->ca);
	free(route->cert);
	free(route->key);
	free(route->proxy);
	*route = (struct upstream_route){ .insecure = false };
}

bool route_same(const struct upstream_route *a, const struct upstream_route *b)
{
	return strcmp(text_of(a->ca), text_of(b->ca)) == 0 &&
	       strcmp(text_of(a->cert), text_of(b->cert)) == 0 &&
	       strcmp(text_of(a->key), text_of(b->key)) == 0 &&
	       strcmp(text_of(a->proxy), text_of(b->proxy)) == 0 &&
	       strcmp(text_of(a->unix_path), text_of(b->unix_path)) == 0;
}

/* NULL takes a setting back. */
static const char *or_none(const char *text)
{
	return text_of(text)[0] == '\0' ? NULL : text;
}

void route_apply(void *easy, const struct upstream_route *route)
{
	const char *ca = or_none(route->ca), *proxy = text_of(route->proxy);
	char *system = NULL;

	/* NULL would be no authority at all. */
	if (ca == NULL) {
		(void)curl_easy_getinfo(easy, CURLINFO_CAINFO, &system);
		ca = system;
	}
	(void)curl_easy_setopt(easy, CURLOPT_CAINFO, ca);
	(void)curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, or_none(route->unix_path));
	(void)curl_easy_setopt(easy, CURLOPT_SSLCERT, or_none(route->cert));
	(void)curl_easy_setopt(easy, CURLOPT_SSLKEY, or_none(route->key));
	/* The environment never says: "" is no proxy, "*" for nobody. */
	(void)curl_easy_setopt(easy, CURLOPT_PROXY, proxy);
	(void)curl_easy_setopt(easy, CURLOPT_NOPROXY, proxy[0] == '\0' ? "*" : "");
}
