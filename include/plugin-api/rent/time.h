/* SPDX-License-Identifier: MIT
 *
 * rent/time.h - wall time as text: RFC 3339 for JSON and logs, and the reading of what
 * databases and operators write. Pure functions; no clock is read here.
 *
 * The calendar arithmetic is the proleptic Gregorian day count (days since 1970-01-01,
 * years beginning in March, eras of 400 years).
 */
#ifndef RENT_TIME_H
#define RENT_TIME_H

#include "base.h"

RENT_EXTERN_C_BEGIN

#define RENT_TIME_SIZE 32

static inline int64_t rent_days_from_civil(int64_t y, int64_t m, int64_t d)
{
	int64_t era, yoe, doy, doe;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = y - era * 400;
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

/* Writes "2026-11-23T07:21:04.123456Z"; sep is 'T' (with the Z) or ' ' (without, as
 * SQLite's own date functions write it). */
static inline void rent_time_text(int64_t us, char sep, char out[RENT_TIME_SIZE])
{
	int64_t days = us / (24 * RENT_HOUR), rest = us % (24 * RENT_HOUR);
	int64_t z, era, doe, yoe, doy, mp, y, m, d;

	if (rest < 0) {
		rest += 24 * RENT_HOUR;
		days--;
	}
	z = days + 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	d = doy - (153 * mp + 2) / 5 + 1;
	m = mp < 10 ? mp + 3 : mp - 9;
	y = yoe + era * 400 + (m <= 2);
	(void)snprintf(out, RENT_TIME_SIZE,
		       "%04d-%02d-%02d%c%02d:%02d:%02d.%06d%s", (int)(y % 10000),
		       (int)(m % 100), (int)(d % 100), sep, (int)(rest / RENT_HOUR % 100),
		       (int)(rest / RENT_MINUTE % 60), (int)(rest / RENT_SECOND % 60),
		       (int)(rest % RENT_SECOND), sep == 'T' ? "Z" : "");
}

static inline bool rent_time_digits(const char **s, int n, int64_t *ret)
{
	int64_t v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

/* Reads "YYYY-MM-DD[T ]HH:MM[:SS[.fraction]][Z|+HH[:MM]|-HH[:MM]]"; without a zone it is
 * UTC. A fraction is cut at microseconds. Returns false and leaves *ret alone on anything
 * else. */
static inline bool rent_time_parse(const char *s, int64_t *ret)
{
	int64_t y, mo, d, h, mi, sec = 0, frac = 0, unit = RENT_SECOND / 10, zh = 0, zm = 0;
	int sign = 0;

	if (!rent_time_digits(&s, 4, &y) || *s++ != '-' || !rent_time_digits(&s, 2, &mo) ||
	    *s++ != '-' || !rent_time_digits(&s, 2, &d) || (*s != 'T' && *s != ' '))
		return false;
	s++;
	if (!rent_time_digits(&s, 2, &h) || *s++ != ':' || !rent_time_digits(&s, 2, &mi))
		return false;
	if (*s == ':') {
		s++;
		if (!rent_time_digits(&s, 2, &sec))
			return false;
		if (*s == '.') {
			if (s[1] < '0' || s[1] > '9')
				return false;
			for (s++; *s >= '0' && *s <= '9'; s++, unit /= 10)
				frac += (*s - '0') * unit;
		}
	}
	if (*s == 'Z') {
		s++;
	} else if (*s == '+' || *s == '-') {
		sign = *s++ == '+' ? 1 : -1;
		if (!rent_time_digits(&s, 2, &zh))
			return false;
		if (*s == ':')
			s++;
		if (*s != '\0' && !rent_time_digits(&s, 2, &zm))
			return false;
	}
	if (*s != '\0' || mo < 1 || mo > 12 || d < 1 || d > 31 || h > 23 || mi > 59 ||
	    sec > 60)
		return false;
	*ret = rent_days_from_civil(y, mo, d) * 24 * RENT_HOUR + h * RENT_HOUR +
	       mi * RENT_MINUTE + sec * RENT_SECOND + frac -
	       sign * (zh * RENT_HOUR + zm * RENT_MINUTE);
	return true;
}

RENT_EXTERN_C_END
#endif
