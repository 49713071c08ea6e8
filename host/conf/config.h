/* SPDX-License-Identifier: MIT
 *
 * conf/config.h - a whole configuration: the host's settings, listeners, and instances whose
 * options are still a group (only their plugin's table can read them). Immutable once
 * loaded, except for the option sets that a reload swaps.
 */
#ifndef HOST_CONF_CONFIG_H
#define HOST_CONF_CONFIG_H

#include "conf/option.h"

#define CONFIG_ARENA_MAX ((size_t)64 * 1024 * 1024)
#define CONFIG_LISTENERS 16
#define CONFIG_INSTANCES 128

struct config_listener {
	struct option_set options;
	const struct conf_node *node;
	const char *name, *listen; /* NULL after an error */
	unsigned system;           /* enum http_system_route, or'ed */
	unsigned mode;             /* of a unix socket */
};

struct config_instance {
	struct option_set options; /* name and plugin */
	const struct conf_node *node;
	const char *name, *plugin;     /* NULL after an error */
	const struct conf_node *group; /* its `options`; may be NULL */
	const struct conf_node *uses;  /* may be NULL */
};

struct config {
	struct rent_arena *arena;
	const char *file;
	struct conf_node *root;
	struct report report; /* what is wrong with it so far */
	struct option_set host;
	struct config_listener *listeners;
	size_t listener_count;
	struct config_instance *instances;
	size_t instance_count;
	struct config *kept; /* those that a reload took values from */
};

/* Reads file (NULL: an empty configuration) and applies sets (ends with NULL; may be NULL).
 * *ret is given also with problems in its report. Returns 0; RENT_EFAIL when there is nothing
 * to look at further (unreadable, syntax), *ret_errno then the reason of the file or 0;
 * RENT_ENOMEM without *ret. */
int config_load(const char *file, const char *const *sets, struct config **ret,
                int *ret_errno);
void config_free(struct config *config); /* with those it keeps; NULL is fine */

const struct config_instance *config_instance(const struct config *config,
                                              const char *name);
bool config_name_ok(const char *name); /* [a-z0-9_-]{1,32} */

#endif
