/* SPDX-License-Identifier: MIT
 *
 * instance.c - see instance.h: from the elements of `instances` to loaded plugins with their
 * options read.
 */
#include "plugin/instance.h"

#include <stdlib.h>

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
		task_lock_done(&instance->serial);
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
