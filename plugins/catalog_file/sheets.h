/* SPDX-License-Identifier: MIT
 *
 * plugins/catalog_file/sheets.h - a whole file that has been read and found right. It never
 * changes; readers count themselves in and out, and the last one frees it.
 */
#ifndef CATALOG_SHEETS_H
#define CATALOG_SHEETS_H

#include "common/sheet.h"
#include "faults.h"

#include <stdatomic.h>

#define SHEETS_FILE_MAX ((size_t)64 * 1024 * 1024)

struct sheets_tariff {
	const char *id;
	int64_t price_per_hour, free_period_min, deposit;
};

struct sheets_user {
	const char *id;
	bool subscriber, trusted;
};

struct sheets;

/* Reads the text. NULL: something is wrong, faults say what, in the order of the lines. */
struct sheets *sheets_new(const char *text, size_t size, struct faults *faults);
struct sheets *sheets_ref(struct sheets *s);
void sheets_unref(struct sheets *s);

/* NULL: there is none. Valid as long as the sheets. */
const struct sheet_station *sheets_station(const struct sheets *s, const char *id);
const struct sheets_tariff *sheets_tariff(const struct sheets *s, const char *id);
const struct sheets_user *sheets_user(const struct sheets *s, const char *id);
int64_t sheets_last_banks_increase(const struct sheets *s);

/* "12 stations, 3 tariffs, 40 users" */
void sheets_summary(const struct sheets *s, char *ret, size_t size);

#endif
