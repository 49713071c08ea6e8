/* SPDX-License-Identifier: MIT
 *
 * plugin/instance.h - the instances of a configuration: their plugins, options, bindings and
 * order (instance.c, graph.c), and their life (lifecycle.c). services.h has the services
 * for plugins.
 */
#ifndef HOST_PLUGIN_INSTANCE_H
#define HOST_PLUGIN_INSTANCE_H

#include "conf/config.h"
#include "plugin/loader.h"
#include "runtime/task_lock.h"

#define INSTANCE_MAGIC 0x494e5354u /* "INST" */

enum instance_state {
	INSTANCE_NEW = 0,
	INSTANCE_CREATED,
	INSTANCE_STARTED,
	INSTANCE_DRAINED,
	INSTANCE_STOPPED, /* or start() failed: destroy() is due */
	INSTANCE_GONE,    /* destroyed, or create() failed */
};

struct instance;
struct services;

struct binding {
	const struct rent_need *need;
	struct instance *target;      /* NULL: not bound */
	const struct conf_node *node; /* the entry in `uses` */
};

struct instance_upstream {
	struct instance_upstream *next;
	struct rent_upstream *handle;
	char name[64]; /* the group of its options */
};

struct instance {
	uint32_t magic;
	const char *name;
	struct plugin *plugin; /* NULL: could not be loaded */
	const struct config_instance *conf;
	struct option_set options;
	struct binding bindings[PLUGIN_NEEDS_MAX];
	size_t binding_count;
	struct services *services; /* what the slots of its table reach */
	struct rent_host host;     /* what create() is given */
	void *self;
	enum instance_state state;
	bool wanted; /* takes part in this run */
	bool sound;  /* nothing about it has been reported */
	struct task_lock serial;
	struct instance_upstream *upstreams;
	int mark; /* of the depth-first search */
};

struct instances {
	struct config
		*config;      /* the first one; what was reloaded is in the option sets */
	struct instance *all; /* in the order of the file */
	size_t count;
	struct instance **order; /* those used before those that use them */
	size_t ordered;
};

void instances_free(struct instances *set); /* destroyed ones only; NULL is fine */

struct instance *instances_find(const struct instances *set, const char *name);
bool instance_parallel(const struct instance *instance);

/* The option set that another configuration's group gives this instance, for a reload. */
int instance_options(const struct instance *instance, const struct config_instance *conf,
                     struct report *report, struct option_set *ret);

/* Takes part in this run, with all that it uses. */
void instance_want(struct instance *instance);
/* Leaves only those that select() and all that they use. */
void instances_want(struct instances *set,
                    bool (*select)(const struct instance *instance));

/* ---- lifecycle.c: all on the main thread. */

/* create() of every wanted, sound one in order. Failures go to the report; those that use a
 * failed one are skipped. Returns the first code, 0 when all that were tried went well. */
int lifecycle_create(struct instances *set, struct report *report);

/* migrate() where there is one, then start(), one after the other. On the first failure
 * stops; *ret_failed is who. */
int lifecycle_start(struct instances *set, bool migrate, const struct rent_report *report,
                    struct instance **ret_failed, struct rent_error *err);

int lifecycle_migrate(struct instance *instance, bool dry_run,
                      const struct rent_report *report, struct rent_error *err);
/* start() of one, whose bindings have all been started. */
int lifecycle_start_one(struct instance *instance, struct rent_error *err);
bool lifecycle_can_start(const struct instance *instance);

int lifecycle_check(struct instance *instance, struct rent_error *err);
/* Returns what run() does: also how it ended (enum rent_command_end). */
int lifecycle_command(struct instance *instance, const struct rent_command *command,
                      const struct rent_command_run *run, struct rent_error *err);
void lifecycle_reload(struct instance *instance);

/* drain() of every started one, in reverse order. */
void lifecycle_drain(struct instances *set);

/* Whatever is due after what succeeded: drain, stop, destroy, each in reverse order. */
void lifecycle_end(struct instances *set);

#endif
