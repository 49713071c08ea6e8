/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/money.c - YooKassa's amounts: a decimal text with two digits behind
 * the point.
 */
#include "yookassa.h"

#define DIGITS 2

bool yookassa_value(const struct yookassa *y, int64_t units, char ret[RENT_DECIMAL_SIZE])
{
	if (units < 1)
		return false;
	if (y->major)
		return rent_decimal(units, DIGITS, ret);
	(void)snprintf(ret, RENT_DECIMAL_SIZE, "%" PRId64 ".%02" PRId64, units / 100,
	               units % 100);
	return true;
}

/* "12.34" → 1234; exactly two digits. */
static bool read_hundredths(const char *value, int64_t *ret)
{
	size_t whole = strspn(value, "0123456789");
	int64_t n = 0;

	if (whole == 0 || whole > 15 || value[whole] != '.' ||
	    strspn(value + whole + 1, "0123456789") != DIGITS || value[whole + 3] != '\0')
		return false;
	for (const char *p = value; *p != '\0'; p++) {
		if (*p != '.')
			n = n * 10 + (*p - '0');
	}
	*ret = n;
	return true;
}

bool yookassa_units(const struct yookassa *y, const char *value, int64_t max,
                    int64_t *ret)
{
	int64_t units;

	if (!read_hundredths(value, &units) ||
	    (y->major && !rent_units(units, DIGITS, &units)) || units < 1 || units > max)
		return false;
	*ret = units;
	return true;
}
