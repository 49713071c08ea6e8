/* SPDX-License-Identifier: MIT
 *
 * descriptor.c - what a plugin says about itself, checked before anything is believed: the
 * frozen head first, then its size against its version, then each member.
 */
#include "conf/config.h"
#include "conf/option.h"
#include "plugin/loader.h"

#include <rent/auth.h>

/* The sizes in API 1.0; no descriptor is smaller. */
#define DESCRIPTOR_1_0_SIZE (offsetof(struct rent_plugin, migrate) + sizeof(void *))
#define ROUTES_1_0_SIZE     (offsetof(struct rent_http_routes, routes) + sizeof(void *))
#define AUTH_1_0_SIZE       (offsetof(struct rent_auth, challenge) + sizeof(void *))
/* More is a lie, not a future. */
#define DESCRIPTOR_MAX_SIZE 4096
#define COMMANDS_MAX        64
#define COMMAND_CHARS       "abcdefghijklmnopqrstuvwxyz0123456789- "
#define HEAD_SIZE           (offsetof(struct rent_plugin, abi_minor) + sizeof(uint16_t))

struct head {
	uint32_t magic, struct_size;
	uint16_t abi_major, abi_minor;
};

static int check_head(const char *file, const struct head *head, struct rent_error *err)
{
	if (head->magic != RENT_PLUGIN_MAGIC)
		return rent_fail(
			err, RENT_EINVAL,
			"'%s' is not a plugin: its magic is 0x%08x, not 0x%08x; fill in "
			"RENT_PLUGIN_STAMP",
			file, head->magic, RENT_PLUGIN_MAGIC);
	if (head->abi_major != RENT_API_MAJOR)
		return rent_fail(
			err, RENT_EINVAL,
			"'%s' was built for plugin API %u.%u, this rentald has %u.%u; "
			"rebuild it with the headers of this version",
			file, head->abi_major, head->abi_minor, RENT_API_MAJOR,
			RENT_API_MINOR);
	if (head->struct_size < DESCRIPTOR_1_0_SIZE)
		return rent_fail(
			err, RENT_EINVAL,
			"'%s' says that its descriptor has %u bytes, but no version of the "
			"API has less than %zu; fill in RENT_PLUGIN_STAMP and rebuild it",
			file, head->struct_size, DESCRIPTOR_1_0_SIZE);
	if (head->struct_size > DESCRIPTOR_MAX_SIZE ||
	    (head->abi_minor <= RENT_API_MINOR &&
	     head->struct_size > sizeof(struct rent_plugin)))
		return rent_fail(
			err, RENT_EINVAL,
			"'%s' says that its descriptor has %u bytes, but plugin API %u.%u "
			"has at most %zu; rebuild it with the headers of that version",
			file, head->struct_size, head->abi_major, head->abi_minor,
			head->abi_minor <= RENT_API_MINOR ? sizeof(struct rent_plugin)
							  : (size_t)DESCRIPTOR_MAX_SIZE);
	return 0;
}

static int check_needs(struct plugin *plugin, struct rent_error *err)
{
	const struct rent_need *needs = plugin->desc.needs;

	for (; needs != NULL && needs->name != NULL; needs++) {
		if (plugin->need_count++ == PLUGIN_NEEDS_MAX)
			return rent_fail(
				err, RENT_EINVAL,
				"'%s' has more than %d needs; does the table end with a NULL "
				"name?",
				plugin->file, PLUGIN_NEEDS_MAX);
		if (!config_name_ok(needs->name) || needs->kind == NULL)
			return rent_fail(
				err, RENT_EINVAL,
				"'%s': need '%s' has no kind or a name that is not of "
				"[a-z0-9_-]",
				plugin->file, needs->name);
	}
	return 0;
}

/* The interfaces that the host itself calls. */
static int check_routes(const struct plugin *plugin, struct rent_error *err)
{
	const struct rent_http_routes *routes = plugin->desc.api;

	if (strcmp(plugin->desc.kind, RENT_KIND_HTTP) != 0)
		return 0;
	if (routes == NULL || routes->struct_size < ROUTES_1_0_SIZE ||
	    routes->routes == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' is of kind \"http\" without a table of routes "
		                 "(struct rent_http_routes)",
		                 plugin->file);
	for (const struct rent_http_route *r = routes->routes; r->method != NULL; r++)
		if (r->path == NULL || r->path[0] != '/' || r->handle == NULL)
			return rent_fail(
				err, RENT_EINVAL,
				"'%s': route %s %s has no path that begins with '/', or no "
				"handle",
				plugin->file, r->method, r->path == NULL ? "" : r->path);
	return 0;
}

static int check_auth(const struct plugin *plugin, struct rent_error *err)
{
	const struct rent_auth *auth = plugin->desc.api;

	if (strcmp(plugin->desc.kind, RENT_KIND_AUTH) != 0)
		return 0;
	if (auth == NULL || auth->struct_size < AUTH_1_0_SIZE ||
	    auth->authenticate == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' is of kind \"auth\" without authenticate() "
		                 "(struct rent_auth)",
		                 plugin->file);
	return 0;
}

static int check_command(const char *file, const struct rent_command *c,
                         struct rent_error *err)
{
	struct rent_error why = { 0 };
	size_t count, optional = 0;

	if (*c->name == '\0' || strspn(c->name, COMMAND_CHARS) != strlen(c->name) ||
	    c->run == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "'%s': command '%s' has no run(), or a name that is not "
		                 "words of [a-z0-9-]",
		                 file, c->name);
	if (option_table_check(c->arguments, &count, &why) != 0)
		return rent_fail(err, RENT_EINVAL,
		                 "'%s': command '%s' has a broken table of arguments: %s",
		                 file, c->name, why.text);
	for (size_t i = 0; i < count; i++) {
		if ((c->arguments[i].flags & RENT_OPT_POSITIONAL) == 0)
			continue;
		if ((c->arguments[i].flags & RENT_OPT_REQUIRED) == 0)
			optional++;
		else if (optional > 0)
			return rent_fail(err, RENT_EINVAL,
			                 "'%s': command '%s': '%s' is required and "
			                 "follows one that may be left out",
			                 file, c->name, c->arguments[i].name);
	}
	return 0;
}

static int check_commands(const struct plugin *plugin, struct rent_error *err)
{
	const struct rent_command *c = plugin->desc.commands;
	int r = 0;

	for (size_t i = 0; c != NULL && c[i].name != NULL && r == 0; i++)
		r = i == COMMANDS_MAX
		            ? rent_fail(err, RENT_EINVAL,
		                        "'%s' has more than %d commands; does the table "
		                        "end with a NULL name?",
		                        plugin->file, COMMANDS_MAX)
		            : check_command(plugin->file, &c[i], err);
	return r;
}

static int check_members(struct plugin *plugin, struct rent_error *err)
{
	struct rent_plugin *desc = &plugin->desc;
	struct rent_error why = { 0 };

	if (desc->kind == NULL || !config_name_ok(desc->kind))
		return rent_fail(err, RENT_EINVAL, "'%s' has no kind", plugin->file);
	if (desc->name == NULL || !config_name_ok(desc->name))
		return rent_fail(err, RENT_EINVAL,
		                 "'%s' has no name, or one that is not of [a-z0-9_-]",
		                 plugin->file);
	if (desc->create == NULL)
		return rent_fail(err, RENT_EINVAL, "'%s' has no create()", plugin->file);
	desc->version = desc->version == NULL ? "" : desc->version;
	desc->summary = desc->summary == NULL ? "" : desc->summary;
	if (option_table_check(desc->options, &plugin->option_count, &why) != 0)
		return rent_fail(err, RENT_EINVAL, "'%s' has a broken option table: %s",
		                 plugin->file, why.text);
	return 0;
}

int descriptor_adopt(struct plugin *plugin, const struct rent_plugin *theirs,
                     struct rent_error *err)
{
	struct head head;
	int r;

	_Static_assert(sizeof(struct head) == HEAD_SIZE, "the head is frozen");
	memcpy(&head, theirs, sizeof(head));
	r = check_head(plugin->file, &head, err);
	if (r != 0)
		return r;
	rent_adopt(&plugin->desc, sizeof(plugin->desc), theirs, head.struct_size);
	r = check_members(plugin, err);
	if (r == 0)
		r = check_needs(plugin, err);
	if (r == 0)
		r = check_commands(plugin, err);
	if (r == 0)
		r = check_auth(plugin, err);
	return r == 0 ? check_routes(plugin, err) : r;
}
