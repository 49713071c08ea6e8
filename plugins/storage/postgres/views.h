/* SPDX-License-Identifier: MIT
 *
 * views.h - reads of single rentals, many of them in one statement: who comes while one is
 * under way waits for the next. There is no timer, and a lone read is not delayed.
 */
#ifndef STORAGE_POSTGRES_VIEWS_H
#define STORAGE_POSTGRES_VIEWS_H

#include "readers.h"

struct views;

int views_new(struct readers *readers, struct views **ret, struct rent_error *err);
void views_free(struct views *views);

/* One rental with its operations. 1: there is none. */
int views_show(struct views *views, const char *id, rent_rental_fn fn, void *arg,
               struct rent_error *err);

#endif
