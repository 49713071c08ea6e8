/* SPDX-License-Identifier: MIT
 *
 * deed.h - who did what as a row of audit_log. Values in, values out; strings point into the start
 * or the change.
 */
#ifndef STORAGE_CORE_DEED_H
#define STORAGE_CORE_DEED_H

#include <rent/storage.h>

/* Texts are NULL where they are not known. */
struct deed_row {
	const char *rental, *action, *op, *subject, *role, *issuer, *key, *peer, *request,
		*by, *reason;
};

/* True when somebody is to be kept; fills *ret. deed_of_change() has one row, k == 0. */
bool deed_of_start(const struct rent_start *s, struct deed_row *ret);
bool deed_of_change(const struct rent_change *c, size_t k, struct deed_row *ret);

/* A row as it is read back, its texts "" where they are null. ret points into actor and row. */
void deed_show(const struct deed_row *row, struct rent_actor *actor,
               struct rent_deed *ret);

#endif
