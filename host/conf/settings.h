/* SPDX-License-Identifier: MIT
 *
 * conf/settings.h - the host's own options, in tables of the same kind as those of
 * plugins. settings_host is the top of the file, the others describe one element of
 * `listeners` and of `instances`.
 */
#ifndef HOST_CONF_SETTINGS_H
#define HOST_CONF_SETTINGS_H

#include <rent/options.h>

extern const struct rent_option settings_host[];
extern const struct rent_option settings_listener[];
extern const struct rent_option settings_instance[];

#endif
