/* SPDX-License-Identifier: MIT
 *
 * conf/override.h - --set=PATH=VALUE: one value of the tree replaced or added, as text.
 */
#ifndef HOST_CONF_OVERRIDE_H
#define HOST_CONF_OVERRIDE_H

#include "conf/tree.h"

/* assignment is "PATH=VALUE"; elements of lists go by their name ("listeners.api.listen").
 * Mistakes go to the report. Fails only without memory. */
int override_apply(struct report *report, struct conf_node *root, const char *assignment);

#endif
