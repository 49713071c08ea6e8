/* SPDX-License-Identifier: MIT
 *
 * plugin/graph.h - how instances use each other: the bindings of `uses`, and the order in which
 * they are created and started.
 */
#ifndef HOST_PLUGIN_GRAPH_H
#define HOST_PLUGIN_GRAPH_H

#include "plugin/instance.h"

/* Resolves the bindings and the routes of listeners, and fills set->order. Problems go to the
 * report. */
int graph_resolve(struct instances *set, struct report *report);

#endif
