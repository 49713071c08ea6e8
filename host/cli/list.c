/* SPDX-License-Identifier: MIT
 *
 * list.c - see list.h.
 */
#include "cli/list.h"

#include <jansson.h>

#include "cli/exit.h"
#include "conf/dump.h"
#include "conf/settings.h"
#include "plugin/loader.h"

struct listing {
	struct plugins plugins;
	json_t *json; /* array; NULL: text */
	bool options;
	int code;
};

static void set_text(json_t *object, const char *key, const char *value)
{
	(void)json_object_set_new(object, key,
	                          value == NULL ? json_null() : json_string(value));
}

static json_t *options_json(const struct rent_option *table, size_t count)
{
	json_t *all = json_array();

	for (size_t i = 0; i < count; i++) {
		const struct rent_option *opt = &table[i];
		json_t *row = json_object();

		set_text(row, "name", opt->name);
		set_text(row, "type", value_type_name(opt->type));
		set_text(row, "default", opt->def);
		set_text(row, "min", opt->min);
		set_text(row, "max", opt->max);
		set_text(row, "choices", opt->choices);
		set_text(row, "unit", opt->unit);
		set_text(row, "help", opt->help);
		(void)json_object_set_new(row, "required",
		                          json_boolean(opt->flags & RENT_OPT_REQUIRED));
		(void)json_object_set_new(row, "secret",
		                          json_boolean(opt->flags & RENT_OPT_SECRET));
		(void)json_object_set_new(row, "reloadable",
		                          json_boolean(opt->flags & RENT_OPT_RELOADABLE));
		(void)json_array_append_new(all, row);
	}
	return all;
}

static json_t *plugin_json(const struct plugin *plugin)
{
	const struct rent_need *need = plugin->desc.needs;
	json_t *all = json_object(), *needs = json_array();
	char api[32];

	(void)snprintf(api, sizeof(api), "%u.%u", plugin->desc.abi_major,
	               plugin->desc.abi_minor);
	set_text(all, "name", plugin->desc.name);
	set_text(all, "file", plugin->file);
	set_text(all, "kind", plugin->desc.kind);
	set_text(all, "version", plugin->desc.version);
	set_text(all, "summary", plugin->desc.summary);
	set_text(all, "plugin_api", api);
	(void)json_object_set_new(all, "parallel",
	                          json_boolean(plugin->desc.flags & RENT_PARALLEL));
	for (; need != NULL && need->name != NULL; need++) {
		json_t *row = json_object();

		set_text(row, "name", need->name);
		set_text(row, "kind", need->kind);
		(void)json_object_set_new(row, "optional", json_boolean(need->optional));
		(void)json_array_append_new(needs, row);
	}
	(void)json_object_set_new(all, "needs", needs);
	(void)json_object_set_new(
		all, "options", options_json(plugin->desc.options, plugin->option_count));
	return all;
}

static void inspect_text(const struct plugin *plugin)
{
	const struct rent_need *need = plugin->desc.needs;

	(void)printf("%s %s: %s\n  file %s\n  kind %s, plugin API %u.%u, %s%s\n",
	             plugin->desc.name, plugin->desc.version, plugin->desc.summary,
	             plugin->file, plugin->desc.kind, plugin->desc.abi_major,
	             plugin->desc.abi_minor,
	             (plugin->desc.flags & RENT_PARALLEL) != 0 ? "parallel" : "serial",
	             (plugin->desc.flags & RENT_OWN_IO) != 0 ? ", does its own I/O" : "");
	for (; need != NULL && need->name != NULL; need++)
		(void)printf("  uses %s: kind %s%s%s%s\n", need->name, need->kind,
		             need->optional ? ", optional" : "",
		             need->help == NULL ? "" : ": ",
		             need->help == NULL ? "" : need->help);
	(void)printf("  options:%s\n", plugin->option_count == 0 ? " none" : "");
	dump_table(plugin->desc.options, plugin->option_count, stdout);
}

static void fail(struct listing *listing, const char *file, const struct rent_error *err)
{
	json_t *row;

	listing->code = EXIT_CONFIGURATION;
	if (listing->json == NULL) {
		(void)fprintf(stderr, "rentald: %s\n", err->text);
		return;
	}
	row = json_object();
	set_text(row, "file", file);
	set_text(row, "error", err->text);
	(void)json_array_append_new(listing->json, row);
}

static void list_one(void *arg, const char *file)
{
	struct listing *listing = arg;
	struct rent_error err = { 0 };
	struct plugin *plugin;

	if (loader_open(&listing->plugins, file, &plugin, &err) != 0) {
		fail(listing, file, &err);
	} else if (listing->json != NULL) {
		(void)json_array_append_new(listing->json, plugin_json(plugin));
	} else if (listing->options) {
		(void)printf("%s (%s): %s\n", plugin->desc.name, plugin->desc.kind,
		             plugin->desc.summary);
		dump_table(plugin->desc.options, plugin->option_count, stdout);
	} else {
		(void)printf("%-18s %-10s %-8s %s\n", plugin->desc.name,
		             plugin->desc.kind, plugin->desc.version,
		             plugin->desc.summary);
	}
}

static int finish_listing(struct listing *listing, const struct rent_error *err)
{
	loader_done(&listing->plugins);
	if (err->text[0] != '\0') {
		(void)fprintf(stderr, "rentald: %s\n", err->text);
		listing->code = EXIT_CONFIGURATION;
	}
	if (listing->json != NULL) {
		(void)json_dumpf(listing->json, stdout, JSON_INDENT(2));
		(void)fputc('\n', stdout);
		json_decref(listing->json);
	}
	return listing->code;
}

int list_plugins(const char *dir, bool json)
{
	struct listing listing = { .json = json ? json_array() : NULL };
	struct rent_error err = { 0 };

	(void)loader_each(dir, list_one, &listing, &err);
	return finish_listing(&listing, &err);
}

int list_inspect(const char *file, bool json)
{
	struct rent_error err = { 0 };
	struct plugins plugins = { NULL };
	struct plugin *plugin;
	json_t *all;

	if (loader_open(&plugins, file, &plugin, &err) != 0) {
		(void)fprintf(stderr, "rentald: %s\n", err.text);
		return EXIT_CONFIGURATION;
	}
	if (!json) {
		inspect_text(plugin);
		loader_done(&plugins);
		return EXIT_OK;
	}
	all = plugin_json(plugin);
	(void)json_dumpf(all, stdout, JSON_INDENT(2));
	(void)fputc('\n', stdout);
	json_decref(all);
	loader_done(&plugins);
	return EXIT_OK;
}

static void list_table(struct listing *listing, const char *name, const char *what,
                       const struct rent_option *table)
{
	size_t count = 0;
	json_t *all;

	while (table[count].type != RENT_OPT_END)
		count++;
	if (listing->json == NULL) {
		(void)printf("%s\n", what);
		dump_table(table, count, stdout);
		return;
	}
	all = json_object();
	set_text(all, "name", name);
	(void)json_object_set_new(all, "options", options_json(table, count));
	(void)json_array_append_new(listing->json, all);
}

int list_options(const char *dir, const char *plugin, bool json)
{
	struct listing listing = { .json = json ? json_array() : NULL, .options = true };
	struct rent_error err = { 0 };
	char file[4096];

	if (plugin != NULL) {
		if (loader_path(dir, plugin, file, sizeof(file), &err) == 0)
			list_one(&listing, file);
		return finish_listing(&listing, &err);
	}
	list_table(&listing, "host", "rentald: settings at the top of the file",
	           settings_host);
	list_table(&listing, "listeners", "an element of listeners", settings_listener);
	list_table(&listing, "instances",
	           "an element of instances, besides options and uses",
	           settings_instance);
	(void)loader_each(dir, list_one, &listing, &err);
	return finish_listing(&listing, &err);
}
