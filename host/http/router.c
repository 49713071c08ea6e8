/* SPDX-License-Identifier: MIT
 *
 * http/router.c - see router.h. A listener has some tens of routes: they are sorted and
 * walked, which costs less than a hash of the path.
 */
#include "http/router.h"

#include "base/cleanup.h"

#include <stdlib.h>

struct router {
	struct route *routes; /* sorted: literals before parameters */
	size_t count;
};

static int fail_route(const struct route *r, const char *reason, struct rent_error *err)
{
	return rent_fail(err, RENT_EINVAL, "instance '%s': route '%s %s': %s",
	                 r->mount->instance, r->def->method,
	                 r->def->path == NULL ? "" : r->def->path, reason);
}

/* Cuts r->text in place. */
static int cut_template(struct route *r, struct rent_error *err)
{
	unsigned params = 0;
	char *p = r->text;

	while (p != NULL) {
		char *s = ++p; /* after the slash */
		size_t n;

		p = strchr(s, '/');
		if (p != NULL)
			*p = '\0';
		n = strlen(s);
		if (r->segment_count == HTTP_SEGMENTS_MAX)
			return fail_route(r, "has too many parts", err);
		if (*s == '{') {
			if (n < 3 || s[n - 1] != '}' || ++params > RENT_HTTP_PARAMS)
				return fail_route(r,
				                  "a {parameter} is malformed or one too "
				                  "many; at most 4 are allowed",
				                  err);
			r->segments[r->segment_count++] = NULL;
			continue;
		}
		if (strpbrk(s, "{}") != NULL)
			return fail_route(r, "a {parameter} must be a whole part", err);
		r->segments[r->segment_count++] = s;
	}
	return 0;
}

static int compile(struct route *r, struct rent_error *err)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE" };
	bool known = false;

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		known = known || strcmp(methods[i], r->def->method) == 0;
	if (!known)
		return fail_route(r, "the method must be GET, POST, PUT, PATCH or DELETE",
		                  err);
	if (r->def->path == NULL || r->def->path[0] != '/')
		return fail_route(r, "the path must begin with '/'", err);
	if (r->def->handle == NULL)
		return fail_route(r, "has no handler", err);
	r->text = strdup(r->def->path);
	if (r->text == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	return cut_template(r, err);
}

static int compare_shape(const struct route *a, const struct route *b)
{
	if (a->segment_count != b->segment_count)
		return a->segment_count < b->segment_count ? -1 : 1;
	for (unsigned i = 0; i < a->segment_count; i++) {
		const char *x = a->segments[i], *y = b->segments[i];
		int c = x == NULL || y == NULL ? (x == NULL) - (y == NULL) : strcmp(x, y);

		if (c != 0)
			return c;
	}
	return 0;
}

static int compare(const void *va, const void *vb)
{
	const struct route *a = va, *b = vb;
	int c = compare_shape(a, b);

	return c != 0 ? c : strcmp(a->def->method, b->def->method);
}

static int check_double(const struct router *router, struct rent_error *err)
{
	for (size_t i = 1; i < router->count; i++) {
		const struct route *a = &router->routes[i - 1], *b = a + 1;

		if (compare(a, b) == 0)
			return rent_fail(err, RENT_EINVAL,
			                 "route '%s %s' of instance '%s' and '%s %s' of "
			                 "instance '%s' are the same",
			                 a->def->method, a->def->path, a->mount->instance,
			                 b->def->method, b->def->path,
			                 b->mount->instance);
	}
	return 0;
}

/* NULL: a table of before there were rows. */
static const struct rent_http_access *rows_of(const struct http_mount *mount)
{
	struct rent_http_routes mine;

	rent_adopt(&mine, sizeof(mine), mount->routes, mount->routes->struct_size);
	return mine.access;
}

static const struct rent_http_access *find_access(const struct route *r)
{
	const struct rent_http_access *a = rows_of(r->mount);

	for (; a != NULL && a->method != NULL; a++)
		if (strcmp(a->method, r->def->method) == 0 &&
		    strcmp(a->path, r->def->path) == 0)
			return a;
	return NULL;
}

/* A row that fits no route is a mistake, and its route is closed. */
static int check_access(const struct http_mount *mount, struct rent_error *err)
{
	const struct rent_http_access *a = rows_of(mount);

	for (; a != NULL && a->method != NULL; a++) {
		const struct rent_http_route *d = mount->routes->routes;

		while (d->method != NULL && (strcmp(a->method, d->method) != 0 ||
		                             strcmp(a->path, d->path) != 0))
			d++;
		if (d->method == NULL)
			return rent_fail(err, RENT_EINVAL,
			                 "instance '%s': the table of access has a row "
			                 "for '%s %s', which is no route",
			                 mount->instance, a->method, a->path);
	}
	return 0;
}

static size_t count_routes(const struct http_mount *mounts, size_t count)
{
	size_t n = 0;

	for (size_t i = 0; i < count; i++)
		for (const struct rent_http_route *r = mounts[i].routes->routes;
		     r->method != NULL; r++)
			n++;
	return n;
}

void router_free(struct router *router)
{
	if (router == NULL)
		return;
	for (size_t i = 0; i < router->count; i++)
		free(router->routes[i].text);
	free(router->routes);
	free(router);
}

static void router_cleanup(struct router **router)
{
	router_free(*router);
}

int router_new(const struct http_mount *mounts, size_t count, struct router **ret,
               struct rent_error *err)
{
	cleanup_with(router_cleanup) struct router *router = calloc(1, sizeof(*router));
	size_t total = count_routes(mounts, count);
	int rc;

	if (router != NULL)
		router->routes = calloc(total + 1, sizeof(*router->routes));
	if (router == NULL ||
	    router->routes == NULL) /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	for (size_t i = 0; i < count; i++) {
		rc = check_access(&mounts[i], err);
		if (rc != 0)
			return rc;
		for (const struct rent_http_route *d = mounts[i].routes->routes;
		     d->method != NULL; d++) {
			struct route *r = &router->routes[router->count++];

			r->mount = &mounts[i];
			r->def = d;
			r->access = find_access(r);
			rc = compile(r, err);
			if (rc != 0)
				return rc;
		}
	}
	qsort(router->routes, router->count, sizeof(*router->routes), compare);
	rc = check_double(router, err);
	if (rc == 0)
		*ret = steal(&router);
	return rc;
}

static bool matches(const struct route *r, const struct uri *uri)
{
	if (r->segment_count != uri->segment_count)
		return false;
	for (unsigned i = 0; i < r->segment_count; i++) {
		if (r->segments[i] == NULL) {
			if (uri->segments[i][0] == '\0')
				return false; /* a parameter is never empty */
		} else if (strcmp(r->segments[i], uri->segments[i]) != 0) {
			return false;
		}
	}
	return true;
}

enum router_verdict router_match(const struct router *router, const char *method,
                                 const struct uri *uri, const struct route **ret,
                                 const char *params[RENT_HTTP_PARAMS])
{
	enum router_verdict verdict = ROUTER_NO_PATH;

	if (strcmp(method, "HEAD") == 0)
		method = "GET";
	for (size_t i = 0; i < router->count; i++) {
		const struct route *r = &router->routes[i];
		unsigned n = 0;

		if (!matches(r, uri))
			continue;
		if (verdict == ROUTER_NO_PATH)
			*ret = r; /* for who counts */
		verdict = ROUTER_NO_METHOD;
		if (strcmp(r->def->method, method) != 0)
			continue;
		for (unsigned k = 0; k < r->segment_count; k++)
			if (r->segments[k] == NULL)
				params[n++] = uri->segments[k];
		*ret = r;
		return ROUTER_FOUND;
	}
	return verdict;
}

static void add_method(char out[ROUTER_ALLOW_SIZE], const char *method)
{
	size_t used = strlen(out);

	/* methods are few and none is part of another */
	if (strstr(out, method) == NULL)
		(void)snprintf(out + used, ROUTER_ALLOW_SIZE - used, "%s%s",
		               used == 0 ? "" : ", ", method);
}

void router_allow(const struct router *router, const struct uri *uri,
                  char out[ROUTER_ALLOW_SIZE])
{
	out[0] = '\0';
	for (size_t i = 0; i < router->count; i++) {
		const struct route *r = &router->routes[i];

		if (!matches(r, uri))
			continue;
		add_method(out, r->def->method);
		if (strcmp(r->def->method, "GET") == 0)
			add_method(out, "HEAD");
	}
	if (out[0] != '\0')
		add_method(out, "OPTIONS");
}
