/* SPDX-License-Identifier: MIT
 *
 * access_test.c PLUGIN.so… - every route of every product plugin says who may call it. A new route
 * without a row would be closed wherever a listener has `auth`, which nobody notices before a customer
 * does; one with a row for everybody is named here, so that nobody opens one by mistake.
 */
#include <dlfcn.h>
#include <rent/auth.h>
#include <rent/plugin.h>
#include <stdio.h>
#include <stdlib.h>

/* Open to whoever can connect, and why. */
static const char *const open_routes[] = {
	"GET /openapi.json",
	"GET /docs", /* the description of the API and its page */
	"GET /docs/docs.css",
	"GET /docs/docs.js",
	"POST /hooks/{instance}", /* the service's signature is checked, not a key */
	"POST /hooks/{instance}/{rest}",
	"GET /bank/{payment}", /* of the stubs: the page where their customer says yes or no */
	"POST /bank/{payment}",
};

static int bad;

static void complain(const char *plugin, const char *method, const char *path,
                     const char *what)
{
	(void)fprintf(stderr, "access: %s: %s %s %s\n", plugin, method, path, what);
	bad++;
}

static bool may_be_open(const char *method, const char *path)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "%s %s", method, path);
	for (size_t i = 0; i < sizeof(open_routes) / sizeof(open_routes[0]); i++)
		if (strcmp(name, open_routes[i]) == 0)
			return true;
	return false;
}

static void check_row(const char *plugin, const struct rent_http_access *row)
{
	const uint32_t known = RENT_MAY_ANYBODY | RENT_MAY_OWN | RENT_MAY_READ;

	if ((row->may & known) == 0 || (row->may & ~known) != 0)
		complain(plugin, row->method, row->path, "has a row that allows nobody");
	if (((row->may & RENT_MAY_ANYBODY) != 0) != may_be_open(row->method, row->path))
		complain(plugin, row->method, row->path,
		         "is open, or closed, otherwise than this test knows");
	if (strcmp(row->method, "GET") != 0 && (row->may & RENT_MAY_VIEWER) != 0)
		complain(plugin, row->method, row->path,
		         "lets a viewer change something");
}

static void check_routes(const char *plugin, const struct rent_http_routes *table)
{
	for (const struct rent_http_route *r = table->routes; r->method != NULL; r++) {
		unsigned rows = 0;

		for (const struct rent_http_access *a = table->access;
		     a != NULL && a->method != NULL; a++) {
			if (strcmp(a->method, r->method) != 0 ||
			    strcmp(a->path, r->path) != 0)
				continue;
			check_row(plugin, a);
			rows++;
		}
		if (rows != 1)
			complain(plugin, r->method, r->path,
			         rows == 0 ? "has no row in the table of access"
			                   : "has more than one row");
	}
}

int main(int argc, char **argv)
{
	unsigned tables = 0;

	for (int i = 1; i < argc; i++) {
		void *object = dlopen(argv[i], RTLD_NOW | RTLD_LOCAL);
		union {
			void *object;
			const struct rent_plugin *(*call)(void);
		} entry = { object == NULL ? NULL : dlsym(object, RENT_PLUGIN_SYMBOL) };
		const struct rent_plugin *plugin =
			entry.object == NULL ? NULL : entry.call();

		if (plugin == NULL) {
			(void)fprintf(stderr, "access: cannot load %s\n", argv[i]);
			return EXIT_FAILURE;
		}
		if (strcmp(plugin->kind, RENT_KIND_HTTP) != 0)
			continue;
		check_routes(plugin->name, plugin->api);
		tables++;
	}
	(void)printf("%u tables of routes\n", tables);
	return bad == 0 && tables > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
