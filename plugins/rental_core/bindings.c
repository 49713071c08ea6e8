/* SPDX-License-Identifier: MIT
 *
 * bindings.c - see bindings.h. A rental remembers the instance and the plugin of its providers. What of
 * them is empty is not known: rows of another program, and of a build that did not record it.
 *
 * Debts of rentals that are otherwise finished do not count: nothing is lost while nobody collects them,
 * and they may stand for years.
 */
#include "bindings.h"

/* A provider as a rental names it, and as it is bound. */
struct binding {
	const char *kind, *instance, *plugin;
	/* NULL: no instance of this name is bound to the rules. */
	const char *bound_plugin;
};

static bool is_as_it_was(const struct binding *b)
{
	if (b->instance[0] == '\0')
		return true;
	if (b->bound_plugin == NULL)
		return false;
	return b->plugin[0] == '\0' || strcmp(b->plugin, b->bound_plugin) == 0;
}

static int refuse(const struct binding *b, int64_t rentals, struct rent_error *err)
{
	const char *s = rentals == 1 ? "" : "s";
	const char *plugin = b->plugin[0] == '\0' ? "its plugin" : b->plugin;

	if (b->bound_plugin == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"%" PRId64 " unfinished rental%s began with the %s '%s' "
			"(%s), which is not bound: keep that instance and bind it as "
			"%s_previous until they are settled",
			rentals, s, b->kind, b->instance, plugin, b->kind);
	return rent_fail(
		err, RENT_EINVAL,
		"%" PRId64 " unfinished rental%s began with the %s '%s' of the plugin "
		"%s, and '%s' is now %s: give the new one another name, and bind the "
		"old one as %s_previous until they are settled",
		rentals, s, b->kind, b->instance, b->plugin, b->instance, b->bound_plugin,
		b->kind);
}

/* What an older host does not say matches. */
static const char *plugin_of(const struct payment_port *port, const char *instance,
                             const char *expected)
{
	if (port->api == NULL || strcmp(port->instance, instance) != 0)
		return NULL;
	return port->plugin == NULL ? expected : port->plugin;
}

struct bindings {
	struct core *core;
	struct rent_error *err;
};

static int check_group(void *arg, const struct rent_unfinished *group)
{
	const struct bindings *all = arg;
	struct binding b = { .kind = RENT_KIND_PAYMENT,
		             .instance = group->provider,
		             .plugin = group->provider_plugin };

	b.bound_plugin = plugin_of(&all->core->payment, b.instance, b.plugin);
	if (b.bound_plugin == NULL)
		b.bound_plugin =
			plugin_of(&all->core->payment_previous, b.instance, b.plugin);
	return is_as_it_was(&b) ? 0 : refuse(&b, group->rentals, all->err);
}

int bindings_check(struct core *core, struct rent_error *err)
{
	struct bindings all = { core, err };

	if (core->store == NULL || core->store->unfinished == NULL)
		return RENT_OK;
	return core->store->unfinished(core->store_self, check_group, &all, err);
}
