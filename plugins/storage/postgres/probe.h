/* SPDX-License-Identifier: MIT
 *
 * probe.h - finding out whether trouble (trouble.h) is over. A host that is not ready gets no
 * calls, so that nothing would ever tell it that they work again: it tries for itself.
 */
#ifndef STORAGE_POSTGRES_PROBE_H
#define STORAGE_POSTGRES_PROBE_H

#include "conn.h"

/* For each side that is in trouble: runs its statements with parameters that touch no row, on a
 * new connection, and ends its trouble if all of them work. damage: also what met a full disk or
 * damaged data. */
void probe_trouble(const struct conn_options *options, bool damage);

#endif
