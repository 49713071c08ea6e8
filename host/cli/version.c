/* SPDX-License-Identifier: MIT
 *
 * version.c - see version.h.
 */
#include "cli/version.h"

#include <jansson.h>
#include <rent/base.h>

#include "conf/tree.h"
#include "plugin/loader.h"

#ifndef RENT_BUILD_FLAGS
#define RENT_BUILD_FLAGS ""
#endif

#if defined(__clang__)
#define COMPILER "clang " __clang_version__
#else
#define COMPILER "gcc " __VERSION__
#endif

static void add_fact(json_t *object, const char *key, const char *value)
{
	(void)json_object_set_new(object, key, json_string(value == NULL ? "" : value));
}

static json_t *facts(bool build)
{
	json_t *all = json_object();
	char api[32];

	(void)snprintf(api, sizeof(api), "%u.%u", RENT_API_MAJOR, RENT_API_MINOR);
	add_fact(all, "rentald", RENT_VERSION);
	add_fact(all, "plugin_api", api);
	if (!build)
		return all;
	add_fact(all, "compiler", COMPILER);
	add_fact(all, "flags", RENT_BUILD_FLAGS);
	add_fact(all, "libconfig", tree_library_version());
	add_fact(all, "jansson", JANSSON_VERSION);
	add_fact(all, "libmicrohttpd", loader_version_of("MHD_get_version"));
	add_fact(all, "libcurl", loader_version_of("curl_version"));
	add_fact(all, "libuv", loader_version_of("uv_version_string"));
	add_fact(all, "zlib", loader_version_of("zlibVersion"));
	return all;
}

void version_print(bool build, bool json)
{
	json_t *all = facts(build), *value;
	const char *key;

	if (json) {
		(void)json_dumpf(all, stdout, JSON_INDENT(2));
		(void)fputc('\n', stdout);
	} else {
		json_object_foreach(all, key, value)(void)
			printf("%s %s\n", key, json_string_value(value));
	}
	json_decref(all);
}
