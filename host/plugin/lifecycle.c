/* SPDX-License-Identifier: MIT
 *
 * lifecycle.c - the steps of rent/plugin.h in their order, see instance.h. Every call into a
 * plugin is bracketed, so that a crash is named.
 */
#include "plugin/instance.h"

#include "plugin/crash.h"

static void enter(const struct instance *instance, const char *step)
{
	crash_enter(instance->plugin->desc.name, instance->name, instance->plugin->file,
	            step);
}

/* A plugin that returns a positive code or leaves the text empty is set right. */
static int verdict(int r, const struct instance *instance, const char *step,
                   struct rent_error *err)
{
	crash_leave();
	if (r == 0)
		return 0;
	if (r > 0)
		r = RENT_EFAIL;
	if (err->text[0] == '\0')
		return rent_fail(err, r, "%s of the plugin '%s' failed without a reason",
		                 step, instance->plugin->desc.name);
	err->code = r;
	return r;
}

static int create(struct instance *instance, struct rent_error *err)
{
	void *self = NULL;
	int r;

	enter(instance, "create");
	r = verdict(instance->plugin->desc.create(&instance->host, &self, err), instance,
	            "create", err);
	instance->self = r == 0 ? self : NULL;
	instance->state = r == 0 ? INSTANCE_CREATED : INSTANCE_GONE;
	return r;
}

static bool uses_failed(const struct instance *instance)
{
	for (size_t i = 0; i < instance->binding_count; i++)
		if (instance->bindings[i].target != NULL &&
		    instance->bindings[i].target->state != INSTANCE_CREATED)
			return true;
	return false;
}

int lifecycle_create(struct instances *set, struct report *report)
{
	int first = 0;

	for (size_t i = 0; i < set->ordered; i++) {
		struct instance *instance = set->order[i];
		struct rent_error err = { 0 };
		int r;

		if (!instance->wanted || !instance->sound || uses_failed(instance))
			continue;
		r = create(instance, &err);
		if (r == 0)
			continue;
		first = first == 0 ? r : first;
		report_add(report, &instance->conf->node->place,
		           instance->conf->options.path, "the plugin '%s' refuses: %s",
		           instance->plugin->desc.name, err.text);
	}
	return first;
}

int lifecycle_migrate(struct instance *instance, bool dry_run,
                      const struct rent_report *report, struct rent_error *err)
{
	if (instance->plugin->desc.migrate == NULL)
		return 0;
	enter(instance, "migrate");
	return verdict(
		instance->plugin->desc.migrate(instance->self, dry_run, report, err),
		instance, "migrate", err);
}

bool lifecycle_can_start(const struct instance *instance)
{
	for (size_t i = 0; i < instance->binding_count; i++)
		if (instance->bindings[i].target != NULL &&
		    instance->bindings[i].target->state != INSTANCE_STARTED)
			return false;
	return instance->state == INSTANCE_CREATED;
}

int lifecycle_start_one(struct instance *instance, struct rent_error *err)
{
	int r = 0;

	if (instance->plugin->desc.start != NULL) {
		enter(instance, "start");
		r = verdict(instance->plugin->desc.start(instance->self, err), instance,
		            "start", err);
	}
	instance->state = r == 0 ? INSTANCE_STARTED : INSTANCE_STOPPED;
	return r;
}

int lifecycle_start(struct instances *set, bool migrate, const struct rent_report *report,
                    struct instance **ret_failed, struct rent_error *err)
{
	for (size_t i = 0; i < set->ordered; i++) {
		struct instance *instance = set->order[i];
		int r = 0;

		if (!instance->wanted)
			continue;
		if (migrate)
			r = lifecycle_migrate(instance, false, report, err);
		if (r == 0)
			r = lifecycle_start_one(instance, err);
		if (r != 0) {
			*ret_failed = instance;
			return r;
		}
	}
	return 0;
}

int lifecycle_check(struct instance *instance, struct rent_error *err)
{
	if (instance->plugin->desc.check == NULL)
		return 0;
	enter(instance, "check");
	return verdict(instance->plugin->desc.check(instance->self, err), instance,
	               "check", err);
}

int lifecycle_command(struct instance *instance, const struct rent_command *command,
                      const struct rent_command_run *run, struct rent_error *err)
{
	int r;

	enter(instance, command->name);
	r = command->run(instance->self, run, err);
	return r >= 0 ? (crash_leave(), r) : verdict(r, instance, command->name, err);
}

void lifecycle_reload(struct instance *instance)
{
	if (instance->plugin->desc.reload == NULL || instance->state != INSTANCE_STARTED)
		return;
	enter(instance, "reload");
	instance->plugin->desc.reload(instance->self);
	crash_leave();
}

/* A slot that is not there has nothing to do; the state moves on all the same. */
static void leave_state(struct instance *instance, void (*slot)(void *self),
                        const char *name, enum instance_state next)
{
	if (slot != NULL) {
		enter(instance, name);
		slot(instance->self);
		crash_leave();
	}
	instance->state = next;
}

void lifecycle_drain(struct instances *set)
{
	for (size_t i = set->ordered; i-- > 0;)
		if (set->order[i]->state == INSTANCE_STARTED)
			leave_state(set->order[i], set->order[i]->plugin->desc.drain,
			            "drain", INSTANCE_DRAINED);
}

void lifecycle_end(struct instances *set)
{
	lifecycle_drain(set);
	for (size_t i = set->ordered; i-- > 0;)
		if (set->order[i]->state == INSTANCE_DRAINED)
			leave_state(set->order[i], set->order[i]->plugin->desc.stop,
			            "stop", INSTANCE_STOPPED);
	for (size_t i = set->ordered; i-- > 0;)
		if (set->order[i]->state == INSTANCE_STOPPED ||
		    set->order[i]->state == INSTANCE_CREATED)
			leave_state(set->order[i], set->order[i]->plugin->desc.destroy,
			            "destroy", INSTANCE_GONE);
}
