/* SPDX-License-Identifier: MIT
 *
 * instance.c - see instance.h: from the elements of `instances` to loaded plugins with their
 * options read.
 */
#include "plugin/instance.h"

#include <stdlib.h>

#include "plugin/crash.h"
#include "plugin/services.h"

bool instance_parallel(const struct instance *instance)
{
	return (instance->plugin->desc.flags & RENT_PARALLEL) != 0;
}

struct instance *instances_find(const struct instances *set, const char *name)
{
	for (size_t i = 0; i < set->count; i++)
		if (set->all[i].name != NULL && strcmp(set->all[i].name, name) == 0)
			return &set->all[i];
	return NULL;
}

int instance_options(const struct instance *instance, const struct config_instance *conf,
                     struct report *report, struct option_set *ret)
{
	ret->table = instance->plugin->desc.options;
	ret->count = instance->plugin->option_count;
	ret->path = rent_printf(report->arena, "%s.options", conf->options.path);
	if (ret->path == NULL)
		return RENT_ENOMEM;
	return option_set_load(ret, conf->group, &conf->node->place, NULL, report);
}

static int load(struct instance *instance, const char *plugin_dir, struct report *report)
{
	const struct config_instance *conf = instance->conf;
	struct rent_error err = { 0 };
	char file[4096];
	int r;

	if (conf->plugin == NULL)
		return 0;
	r = loader_path(plugin_dir, conf->plugin, file, sizeof(file), &err);
	if (r == 0)
		r = loader_open(file, &instance->plugin, &err);
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

int instances_new(struct config *config, const char *plugin_dir, struct instances **ret)
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
		next->wanted = true;
		(void)pthread_mutex_init(&next->serial, NULL);
		problems = config->report.count;
		r = load(next, plugin_dir, &config->report);
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

void instances_free(struct instances *set)
{
	if (set == NULL)
		return;
	for (size_t i = 0; i < set->count; i++) {
		struct instance *instance = &set->all[i];

		while (instance->upstreams != NULL) {
			struct instance_upstream *next = instance->upstreams->next;

			free(instance->upstreams);
			instance->upstreams = next;
		}
		(void)pthread_mutex_destroy(&instance->serial);
		instance->magic = 0;
	}
	free(set->order);
	free(set->all);
	free(set);
}

void instance_want(struct instance *instance)
{
	if (instance->wanted)
		return;
	instance->wanted = true;
	for (size_t i = 0; i < instance->binding_count; i++)
		if (instance->bindings[i].target != NULL)
			instance_want(instance->bindings[i].target);
}

void instances_want(struct instances *set,
                    bool (*select)(const struct instance *instance))
{
	for (size_t i = 0; i < set->count; i++)
		set->all[i].wanted = false;
	for (size_t i = 0; i < set->count; i++)
		if (select(&set->all[i]))
			instance_want(&set->all[i]);
}
