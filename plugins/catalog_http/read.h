/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_http/read.h - replies of the catalogue services into values. Pure.
 */
#ifndef CATALOG_HTTP_READ_H
#define CATALOG_HTTP_READ_H

#include <rent/catalog.h>

/* Ceilings for what a service may say. Beyond them a price is taken for a mistake: no
 * product of two of them can leave int64. */
#define READ_MONEY_MAX   INT64_C(1000000000000)
#define READ_MINUTES_MAX INT64_C(5256000) /* ten years */
#define READ_SLOTS_MAX   4096

void read_reply(enum rent_catalog_what what, const char *id,
                const struct rent_upstream_reply *reply, struct rent_arena *arena,
                struct rent_catalog_result *ret);

#endif
