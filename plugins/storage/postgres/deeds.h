/* SPDX-License-Identifier: MIT
 *
 * deeds.h - who did what, beside the starts and changes of a batch.
 */
#ifndef STORAGE_POSTGRES_DEEDS_H
#define STORAGE_POSTGRES_DEEDS_H

#include "bind.h"

/* The columns of SQL_DEEDS_PUT behind the mark; rows are struct deed_row (core/deed.h). */
extern const struct bind_column deed_columns[];

#endif
