/* SPDX-License-Identifier: MIT
 *
 * rent/money.h - amounts as providers write them. Ours are whole currency units; many
 * providers count in minor units (cents), or write a decimal text ("12.50"). The exponent is
 * the number of digits behind the point: 2 for EUR, 0 for JPY. Everything is checked, nothing
 * is rounded: a fraction of a unit is refused.
 */
#ifndef RENT_MONEY_H
#define RENT_MONEY_H

#include "base.h"

RENT_EXTERN_C_BEGIN

#define RENT_EXPONENT_MAX 6
#define RENT_DECIMAL_SIZE 32

/* Minor units in one unit; 0: no such exponent. */
static inline int64_t rent_minor_per_unit(int exponent)
{
	int64_t n = 1;

	if (exponent < 0 || exponent > RENT_EXPONENT_MAX)
		return 0;
	while (exponent-- > 0)
		n *= 10;
	return n;
}

/* 12 → 1200. false: it does not fit, or is below 0. */
static inline bool rent_minor(int64_t units, int exponent, int64_t *ret)
{
	int64_t per = rent_minor_per_unit(exponent);

	if (per == 0 || units < 0 || units > INT64_MAX / per)
		return false;
	*ret = units * per;
	return true;
}

/* 1200 → 12. false: it is no whole number of units, or below 0. */
static inline bool rent_units(int64_t minor, int exponent, int64_t *ret)
{
	int64_t per = rent_minor_per_unit(exponent);

	if (per == 0 || minor < 0 || minor % per != 0)
		return false;
	*ret = minor / per;
	return true;
}

/* 12 → "12.00"; with exponent 0 "12". false: see rent_minor(). */
static inline bool rent_decimal(int64_t units, int exponent, char ret[RENT_DECIMAL_SIZE])
{
	int64_t minor;

	if (!rent_minor(units, exponent, &minor))
		return false;
	(void)snprintf(ret, RENT_DECIMAL_SIZE, "%" PRId64 "%s%.*s", units,
	               exponent > 0 ? "." : "", exponent, "000000");
	return true;
}

/* "12.00" → 12; also "12" and "12.0". false: it is no decimal number with at most exponent
 * digits behind the point, no whole number of units, or does not fit. */
static inline bool rent_decimal_units(const char *text, int exponent, int64_t *ret)
{
	int64_t units = 0;
	const char *s = text;

	if (rent_minor_per_unit(exponent) == 0 || *s < '0' || *s > '9')
		return false;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (units > (INT64_MAX - (*s - '0')) / 10)
			return false;
		units = units * 10 + (*s - '0');
	}
	if (*s == '.') {
		size_t zeros = strspn(s + 1, "0");

		if (zeros == 0 || zeros > (size_t)exponent)
			return false;
		s += 1 + zeros;
	}
	if (*s != '\0')
		return false;
	*ret = units;
	return true;
}

RENT_EXTERN_C_END
#endif
