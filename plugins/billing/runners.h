/* SPDX-License-Identifier: MIT
 *
 * runners.h - a few threads that do one thing together, again and again.
 */
#ifndef BILLING_RUNNERS_H
#define BILLING_RUNNERS_H

#include <rent/base.h>

struct runners;

/* count threads, the caller of runners_do() included; 1 starts none. */
int runners_new(unsigned count, struct runners **ret, struct rent_error *err);

/* Ends the threads. NULL is fine. Not while runners_do() runs. */
void runners_free(struct runners *runners);

/* Calls fn(arg) once on every thread and returns when each has returned. One caller at a
 * time. */
void runners_do(struct runners *runners, void (*fn)(void *arg), void *arg);

#endif
