/* SPDX-License-Identifier: MIT
 *
 * deployment_internal.h - what deployment.c and node.c know of each other.
 */
#ifndef TEST_DEPLOYMENT_INTERNAL_H
#define TEST_DEPLOYMENT_INTERNAL_H

#include "deployment.h"

/* d->nodes[place], with its port, its client and its wires. */
void node_init(struct deployment *d, int place);
/* Has the spec write its configuration; all nodes have their ports. */
void node_configure(const struct node *n);
void node_done(struct node *n);

/* Starts rentald as this node (node NULL: as a command, with the API's configuration). */
struct proc *node_exec(struct deployment *d, struct node *node, const char *const *env,
                       const char *const *args, const char *log);

#endif
