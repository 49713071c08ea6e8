/* SPDX-License-Identifier: MIT
 *
 * rental_reads.h - reads of single rentals, many of them in one statement: those that are asked
 * for in one turn of an event loop, and those that come while a statement of this loop is under
 * way, which wait for the next one. A lone read is not delayed.
 */
#ifndef STORAGE_POSTGRES_RENTAL_READS_H
#define STORAGE_POSTGRES_RENTAL_READS_H

#include <rent/storage.h>

#include "reading.h"

struct rental_reads;

int rental_reads_new(struct reading *reading, struct rental_reads **ret,
                     struct rent_error *err);
void rental_reads_free(struct rental_reads *reads);

/* One rental with its operations. 1: there is none. */
int rental_reads_show(struct rental_reads *reads, const char *id, rent_rental_fn fn,
                      void *arg, struct rent_error *err);

#endif
