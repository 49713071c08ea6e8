/* SPDX-License-Identifier: MIT
 *
 * instances.c - see instances.h.
 */
#include "plugin/instances.h"

#include <stdlib.h>

#include "plugin/crash.h"
#include "plugin/graph.h"
#include "plugin/services.h"

static int load(struct instance *instance, struct plugins *plugins,
                const char *plugin_dir, struct report *report)
{
	const struct config_instance *conf = instance->conf;
	struct rent_error err = { 0 };
	char file[4096];
	int r;

	if (conf->plugin == NULL)
		return 0;
	r = loader_path(plugin_dir, conf->plugin, file, sizeof(file), &err);
	if (r == 0)
		r = loader_open(plugins, file, &instance->plugin, &err);
	if (r == RENT_ENOMEM)
		return r;
	if (r != 0) {
		report_add(report, &option_get(&conf->options, "plugin")->node->place,
		           rent_printf(report->arena, "%s.plugin", conf->options.path),
		           "%s", err.text);
		return 0;
	}
	if (conf->name != NULL)
		crash_object_used(file, conf->name);
	return instance_options(instance, conf, report, &instance->options);
}

int instances_new(struct config *config, const char *plugin_dir, struct plugins *plugins,
                  struct services *services, struct instances **ret)
{
	struct instances *set = calloc(1, sizeof(*set));
	size_t problems;
	int r = 0;

	if (set == NULL)
		return RENT_ENOMEM;
	set->config = config;
	set->all = calloc(config->instance_count + 1, sizeof(*set->all));
	set->order = calloc(config->instance_count + 1, sizeof(struct instance *));
	if (set->all == NULL || set->order == NULL) {
		instances_free(set);
		return RENT_ENOMEM;
	}
	for (; set->count < config->instance_count && r == 0; set->count++) {
		struct instance *next = &set->all[set->count];

		next->magic = INSTANCE_MAGIC;
		next->conf = &config->instances[set->count];
		next->name = next->conf->name;
		next->services = services;
		next->wanted = true;
		task_lock_init(&next->serial);
		problems = config->report.count;
		r = load(next, plugins, plugin_dir, &config->report);
		next->sound = next->plugin != NULL && next->name != NULL &&
		              config->report.count == problems;
		services_table(next, option_text(&config->host, "service"));
	}
	if (r == 0)
		r = graph_resolve(set, &config->report);
	if (r != 0) {
		instances_free(set);
		return r;
	}
	*ret = set;
	return 0;
}
