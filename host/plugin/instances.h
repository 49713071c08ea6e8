/* SPDX-License-Identifier: MIT
 *
 * plugin/instances.h - from a configuration to its instances: plugins loaded, options read,
 * bindings resolved, a table of services for each.
 */
#ifndef HOST_PLUGIN_INSTANCES_H
#define HOST_PLUGIN_INSTANCES_H

#include "plugin/instance.h"

/* Loads plugins, reads options, resolves bindings and the routes of listeners. Problems go to
 * the configuration's report. Fails for want of memory only. */
int instances_new(struct config *config, const char *plugin_dir, struct plugins *plugins,
                  struct services *services, struct instances **ret);

#endif
