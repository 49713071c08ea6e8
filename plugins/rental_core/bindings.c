/* SPDX-License-Identifier: MIT
 *
 * bindings.c - see bindings.h.
 */
#include "bindings.h"

#define ADOPT(port, bound)                                                         \
	do {                                                                       \
		rent_adopt_table(&(port)->table, sizeof((port)->table), &(bound)); \
		(port)->api = &(port)->table;                                      \
		(port)->self = (bound).self;                                       \
	} while (0)

static void bind_payment(struct core *core, const char *need, struct payment_port *port)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	pthread_mutex_init(&port->lock, NULL);
	port->caps.struct_size = sizeof(port->caps);
	if (!core->host->lookup(core->host, need, &bound))
		return;
	ADOPT(port, bound);
	port->instance = bound.instance;
	port->plugin = bound.plugin;
}

static void bind_stations(struct core *core)
{
	static const char *const names[STATIONS_MAX] = { "station", "station_2",
		                                         "station_3", "station_4" };

	for (size_t i = 0; i < STATIONS_MAX; i++) {
		struct rent_bound bound = { .struct_size = sizeof(bound) };
		struct station_port *port = core_station(core, i);

		pthread_mutex_init(&port->lock, NULL);
		if (!core->host->lookup(core->host, names[i], &bound))
			continue;
		ADOPT(port, bound);
		port->instance = bound.instance;
		port->plugin = bound.plugin;
	}
}

void bindings_init(struct core *core)
{
	const struct rent_host *h = core->host;
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	bind_payment(core, "payment", &core->payment);
	bind_payment(core, "payment_previous", &core->payment_previous);
	bind_stations(core);
	pthread_mutex_init(&core->catalog.lock, NULL);
	if (h->lookup(h, "catalog", &bound))
		ADOPT(&core->catalog, bound);
	if (h->lookup(h, "storage", &bound)) {
		rent_adopt_table(&core->store_table, sizeof(core->store_table), &bound);
		core->store = &core->store_table;
		core->store_self = bound.self;
	}
}

void bindings_done(struct core *core)
{
	pthread_mutex_destroy(&core->payment.lock);
	pthread_mutex_destroy(&core->payment_previous.lock);
	for (size_t i = 0; i < STATIONS_MAX; i++)
		pthread_mutex_destroy(&core_station(core, i)->lock);
	pthread_mutex_destroy(&core->catalog.lock);
}

void bindings_read_caps(struct core *core)
{
	core->payment.api->caps(core->payment.self, &core->payment.caps);
	if (core->payment_previous.api != NULL)
		core->payment_previous.api->caps(core->payment_previous.self,
		                                 &core->payment_previous.caps);
	for (size_t i = 0; i < STATIONS_MAX; i++) {
		struct station_port *port = core_station(core, i);

		if (port->api == NULL || port->api->caps == NULL)
			continue;
		port->caps.struct_size = sizeof(port->caps);
		port->api->caps(port->self, &port->caps);
	}
}

/* ---- the providers that unfinished rentals began with
 *
 * A rental remembers the instance and the plugin of its providers. Empty means not known: the row is
 * of another program, or of a build that did not record them. Debts of rentals that are otherwise
 * finished do not count: nothing is lost while nobody collects them, and they may stand for years.
 */

/* A provider as a rental names it, and as it is bound. */
struct binding {
	const char *kind, *instance, *plugin;
	/* How it is bound beside the new one. */
	const char *cure;
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

static int refuse_binding(const struct binding *b, int64_t rentals,
                          struct rent_error *err)
{
	const char *s = rentals == 1 ? "" : "s";
	const char *plugin = b->plugin[0] == '\0' ? "its plugin" : b->plugin;

	if (b->bound_plugin == NULL)
		return rent_fail(
			err, RENT_EINVAL,
			"%" PRId64 " unfinished rental%s began with the %s '%s' "
			"(%s), which is not bound: keep that instance and bind it %s "
			"until they are settled",
			rentals, s, b->kind, b->instance, plugin, b->cure);
	return rent_fail(
		err, RENT_EINVAL,
		"%" PRId64 " unfinished rental%s began with the %s '%s' of the plugin "
		"%s, and '%s' is now %s: give the new one another name, and bind the "
		"old one %s until they are settled",
		rentals, s, b->kind, b->instance, b->plugin, b->instance, b->bound_plugin,
		b->cure);
}

/* An older host does not name the plugin: then it matches. */
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

/* A process without any cabinets, such as a worker, asks none: what needs one waits for a host
 * that has it. */
static int check_station(const struct bindings *all, const struct rent_unfinished *group)
{
	struct binding b = { .kind = RENT_KIND_STATION,
		             .instance = group->station_instance,
		             .plugin = group->station_plugin,
		             .cure = "in the list of uses.station, behind the new one," };
	const struct station_port *port;

	if (core_station_named(all->core, "") == NULL)
		return 0;
	port = core_station_named(all->core, b.instance);
	if (port != NULL)
		b.bound_plugin = port->plugin == NULL ? b.plugin : port->plugin;
	return is_as_it_was(&b) ? 0 : refuse_binding(&b, group->rentals, all->err);
}

static int check_payment(const struct bindings *all, const struct rent_unfinished *group)
{
	struct binding b = { .kind = RENT_KIND_PAYMENT,
		             .instance = group->provider,
		             .plugin = group->provider_plugin,
		             .cure = "as payment_previous" };

	b.bound_plugin = plugin_of(&all->core->payment, b.instance, b.plugin);
	if (b.bound_plugin == NULL)
		b.bound_plugin =
			plugin_of(&all->core->payment_previous, b.instance, b.plugin);
	return is_as_it_was(&b) ? 0 : refuse_binding(&b, group->rentals, all->err);
}

static int check_group(void *arg, const struct rent_unfinished *group)
{
	int code = check_payment(arg, group);

	return code == 0 ? check_station(arg, group) : code;
}

int bindings_check(struct core *core, struct rent_error *err)
{
	struct bindings all = { core, err };

	if (core->store == NULL || core->store->unfinished == NULL)
		return RENT_OK;
	return core->store->unfinished(core->store_self, check_group, &all, err);
}
