/* SPDX-License-Identifier: MIT
 *
 * pg_internal.h - what pg.c lends to bouncer.c.
 */
#ifndef TEST_PG_INTERNAL_H
#define TEST_PG_INTERNAL_H

#include <stdbool.h>
#include <sys/types.h>

/* Aborts with `what` unless good. */
void pg_must(bool good, const char *what);
int pg_free_port(void);
/* Runs path as somebody without rights, its output in the folder's log. */
pid_t pg_spawn(const char *folder, const char *path, char *const *argv);

#endif
