/* SPDX-License-Identifier: MIT
 *
 * site_conf.h - the configurations of a site's processes, as text.
 */
#ifndef FAULTS_SITE_CONF_H
#define FAULTS_SITE_CONF_H

#include "site.h"

/* Writes the configuration of a role to path. */
void site_conf_write(const struct site *s, enum site_role role, const char *path);

#endif
