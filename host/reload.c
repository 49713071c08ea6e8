/* SPDX-License-Identifier: MIT
 *
 * reload.c - SIGHUP: reads the configuration again and compares it with the one in force.
 * Only reloadable options may differ; with any other difference or problem everything
 * stays as it is.
 */
#include "app.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "conf/dump.h"
#include "log/log.h"
#include "plugin/services.h"
#include "runtime/notify.h"

struct reload {
	struct app *app;
	struct config *config;                    /* the new one */
	struct option_set sets[CONFIG_INSTANCES]; /* options of the i-th instance in it */
	size_t host_changed;
	size_t changed[CONFIG_INSTANCES]; /* how many of them differ */
};

static void refuse_change(struct reload *reload, const struct conf_node *node,
                          const char *item, const char *why)
{
	report_add(&reload->config->report, node == NULL ? NULL : &node->place, item,
	           "%s; restart to change it", why);
}

/* How many options differ; those that may not are reported. */
static size_t compare_options(struct reload *reload, const struct option_set *old,
                              const struct option_set *new)
{
	const struct option_value *a = atomic_load(&old->values);
	const struct option_value *b = atomic_load(&new->values);
	size_t changed = 0;

	for (size_t i = 0; i < old->count; i++) {
		const char *item;

		if (value_equal(&old->table[i], &a[i].value, &b[i].value))
			continue;
		changed++;
		if ((old->table[i].flags & RENT_OPT_RELOADABLE) != 0)
			continue;
		item = rent_printf(reload->config->arena, "%s%s%s", new->path,
		                   *new->path == '\0' ? "" : ".", old->table[i].name);
		refuse_change(reload, b[i].node, item, "cannot change while running");
	}
	return changed;
}

static bool same_name(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static void compare_uses(struct reload *reload, const struct instance *instance,
                         const struct config_instance *new)
{
	for (size_t i = 0; i < instance->binding_count; i++) {
		const struct binding *binding = &instance->bindings[i];
		const struct conf_node *node =
			node_member(new->uses, binding->need->name);
		const char *target =
			binding->target == NULL ? NULL : binding->target->name;
		const char *wanted = node == NULL ? NULL : node->text;

		if (target != wanted && !same_name(target, wanted))
			refuse_change(reload, node == NULL ? new->node : node,
			              rent_printf(reload->config->arena, "%s.uses.%s",
			                          new->options.path, binding->need->name),
			              "cannot change while running");
	}
}

static int compare_instances(struct reload *reload)
{
	const struct instances *set = reload->app->instances;
	const struct config *config = reload->config;

	if (config->instance_count != set->count) {
		refuse_change(reload, node_member(config->root, "instances"), "instances",
		              "were added or removed");
		return 0;
	}
	for (size_t i = 0; i < set->count; i++) {
		const struct instance *instance = &set->all[i];
		const struct config_instance *new = &config->instances[i];
		int r;

		if (!same_name(instance->name, new->name) ||
		    !same_name(instance->conf->plugin, new->plugin)) {
			refuse_change(reload, new->node, new->options.path,
			              "is another instance or plugin than before");
			continue;
		}
		r = instance_options(instance, new, &reload->config->report,
		                     &reload->sets[i]);
		if (r != 0)
			return r;
		reload->changed[i] =
			compare_options(reload, &instance->options, &reload->sets[i]);
		compare_uses(reload, instance, new);
	}
	return 0;
}

static void compare_listeners(struct reload *reload)
{
	const struct config *old = reload->app->config, *new = reload->config;

	if (old->listener_count != new->listener_count) {
		refuse_change(reload, node_member(new->root, "listeners"), "listeners",
		              "were added or removed");
		return;
	}
	for (size_t i = 0; i < old->listener_count; i++)
		(void)compare_options(reload, &old->listeners[i].options,
		                      &new->listeners[i].options);
}

static void log_changes(const struct option_set *old, const struct option_set *new,
                        const char *component)
{
	const struct option_value *a = atomic_load(&old->values);
	const struct option_value *b = atomic_load(&new->values);
	char from[256], to[256];

	for (size_t i = 0; i < old->count; i++) {
		if (value_equal(&old->table[i], &a[i].value, &b[i].value))
			continue;
		dump_value(&old->table[i], &a[i], from, sizeof(from));
		dump_value(&old->table[i], &b[i], to, sizeof(to));
		log_write(RENT_LOG_INFO, component,
		          (const struct rent_field[]){ { "option", old->table[i].name },
		                                       { "from", from },
		                                       { "to", to },
		                                       { NULL, NULL } },
		          "option changed");
	}
}

static void swap_options(struct option_set *in_force, const struct option_set *new,
                         const char *component)
{
	log_changes(in_force, new, component);
	atomic_store(&in_force->values, atomic_load(&new->values));
}

static void apply_changes(struct reload *reload)
{
	struct app *app = reload->app;
	size_t changed = reload->host_changed;

	if (reload->host_changed > 0)
		swap_options(&app->config->host, &reload->config->host, "host");
	app_log_setup(app);
	for (size_t i = 0; i < app->instances->count; i++) {
		struct instance *instance = &app->instances->all[i];

		changed += reload->changed[i];
		if (reload->changed[i] == 0)
			continue;
		swap_options(&instance->options, &reload->sets[i], instance->name);
		services_reload(instance);
		lifecycle_reload(instance);
	}
	if (changed == 0)
		return;
	/* The values in force live in the new one's arena, those before in the old one's, and
	 * plugins may hold strings of both. */
	reload->config->kept = app->config->kept;
	app->config->kept = reload->config;
	reload->config = NULL;
}

static void log_refusal(const struct report *report)
{
	for (const struct problem *p = report->first; p != NULL; p = p->next) {
		char place[512] = "";

		if (p->place.line > 0)
			(void)snprintf(place, sizeof(place), "%s:%d:%d", p->place.file,
			               p->place.line, p->place.column);
		log_write(RENT_LOG_ERROR, "host",
		          (const struct rent_field[]){
				  { "place", *place == '\0' ? NULL : place },
				  { "item", p->item },
				  { "problem", report_covered(report, p->text) },
				  { NULL, NULL } },
		          "configuration refused");
	}
	log_write(
		RENT_LOG_ERROR, "host", NULL,
		"reload refused: the configuration has %zu problems; the old one stays in force",
		report->count);
}

static int load_and_compare(struct reload *reload)
{
	struct app *app = reload->app;
	int error = 0, r;

	r = config_load(app->config->file, app->args->sets, &reload->config, &error);
	if (r != 0 || reload->config->report.count > 0)
		return r;
	reload->host_changed =
		compare_options(reload, &app->config->host, &reload->config->host);
	compare_listeners(reload);
	return compare_instances(reload);
}

/* Certificates are renewed by others: they are read again whether or not an option changed. */
static void reload_listeners(struct app *app)
{
	for (size_t i = 0; i < app->listener_count; i++) {
		struct rent_error err = { 0 };

		if (http_server_reload(app->listeners[i].server, &err) != 0)
			log_write(RENT_LOG_ERROR, "http", NULL,
			          "%s; the certificate before stays in force", err.text);
	}
}

void app_reload(struct app *app)
{
	struct reload *reload = calloc(1, sizeof(*reload));
	int r;

	notify_reloading();
	if (reload == NULL) {
		log_write(RENT_LOG_ERROR, "host", NULL, "reload refused: out of memory");
		notify_send("READY=1");
		return;
	}
	reload->app = app;
	r = load_and_compare(reload);
	if (reload->config == NULL || r == RENT_ENOMEM) {
		log_write(RENT_LOG_ERROR, "host", NULL, "reload refused: out of memory");
	} else if (r != 0 || reload->config->report.count > 0) {
		log_refusal(&reload->config->report);
	} else {
		apply_changes(reload);
		reload_listeners(app);
		log_write(RENT_LOG_INFO, "host", NULL, "configuration reloaded");
	}
	config_free(reload->config);
	free(reload);
	notify_send("READY=1");
}
