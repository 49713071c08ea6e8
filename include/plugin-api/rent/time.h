/* SPDX-License-Identifier: MIT
 *
 * rent/time.h - wall time as text: RFC 3339 for JSON and logs, and the reading of what
 * databases and operators write. Pure functions; no clock is read here.
 *
 * The two functions of this header are rent_time_text() and rent_time_parse(); what follows them
 * is how they work. They are inline because a plugin links with nothing of ours and needs no host
 * to use them; a mistake in them is fixed by building the plugin again.
 */
#ifndef RENT_TIME_H
#define RENT_TIME_H

#include "base.h"

RENT_EXTERN_C_BEGIN

#define RENT_TIME_SIZE 32

/* Writes "2026-11-23T07:21:04.123456Z"; sep is 'T' (with the Z) or ' ' (without, as
 * SQLite's own date functions write it). Any thread. */
static inline void rent_time_text(int64_t us, char sep, char out[RENT_TIME_SIZE]);

/* Reads "YYYY-MM-DD[T ]HH:MM[:SS[.fraction]][Z|+HH[:MM]|-HH[:MM]]"; without a zone it is
 * UTC. A fraction is cut at microseconds. Returns false and leaves *ret alone on anything
 * else. Any thread. */
static inline bool rent_time_parse(const char *s, int64_t *ret);

/* ---- how they work: not for callers. The calendar is the proleptic Gregorian day count (days
 * since 1970-01-01, years beginning in March, eras of 400 years). */

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

/* Every answer and log line has times in it, and printf would take ten times as long. */
static inline void rent_time_put(char *at, int digits, int64_t value)
{
	while (digits-- > 0) {
		at[digits] = (char)('0' + value % 10);
		value /= 10;
	}
}

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
	rent_time_put(out, 4, (y % 10000 + 10000) % 10000);
	rent_time_put(out + 5, 2, m);
	rent_time_put(out + 8, 2, d);
	rent_time_put(out + 11, 2, rest / RENT_HOUR);
	rent_time_put(out + 14, 2, rest / RENT_MINUTE % 60);
	rent_time_put(out + 17, 2, rest / RENT_SECOND % 60);
	rent_time_put(out + 20, 6, rest % RENT_SECOND);
	out[4] = out[7] = '-';
	out[10] = sep;
	out[13] = out[16] = ':';
	out[19] = '.';
	out[26] = sep == 'T' ? 'Z' : '\0';
	out[27] = '\0';
}

/* Each of these reads its part at *s and moves *s past it, or returns false. */

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

static inline bool rent_time_char(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

/* "YYYY-MM-DD" as days since 1970-01-01. */
static inline bool rent_time_date(const char **s, int64_t *ret_days)
{
	int64_t y, m, d;

	if (!rent_time_digits(s, 4, &y) || !rent_time_char(s, '-') ||
	    !rent_time_digits(s, 2, &m) || !rent_time_char(s, '-') ||
	    !rent_time_digits(s, 2, &d))
		return false;
	if (m < 1 || m > 12 || d < 1 || d > 31)
		return false;
	*ret_days = rent_days_from_civil(y, m, d);
	return true;
}

/* ".123456789", cut at microseconds; nothing is 0. */
static inline bool rent_time_fraction(const char **s, int64_t *ret_us)
{
	int64_t unit = RENT_SECOND / 10;

	*ret_us = 0;
	if (!rent_time_char(s, '.'))
		return true;
	if (**s < '0' || **s > '9')
		return false;
	for (; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		*ret_us += (**s - '0') * unit;
	return true;
}

/* "HH:MM[:SS[.fraction]]" as microseconds of the day; a leap second is the next day's. */
static inline bool rent_time_clock(const char **s, int64_t *ret_us)
{
	int64_t h, m, sec = 0, frac = 0;

	if (!rent_time_digits(s, 2, &h) || !rent_time_char(s, ':') ||
	    !rent_time_digits(s, 2, &m))
		return false;
	if (rent_time_char(s, ':') &&
	    (!rent_time_digits(s, 2, &sec) || !rent_time_fraction(s, &frac)))
		return false;
	if (h > 23 || m > 59 || sec > 60)
		return false;
	*ret_us = h * RENT_HOUR + m * RENT_MINUTE + sec * RENT_SECOND + frac;
	return true;
}

/* "Z", "+HH", "+HH:MM", "+HHMM", "-…" as microseconds east of UTC; nothing is UTC. */
static inline bool rent_time_zone(const char **s, int64_t *ret_us)
{
	int64_t h, m = 0, sign = **s == '-' ? -1 : 1;

	*ret_us = 0;
	if (rent_time_char(s, 'Z') || **s == '\0')
		return true;
	if ((!rent_time_char(s, '+') && !rent_time_char(s, '-')) ||
	    !rent_time_digits(s, 2, &h))
		return false;
	(void)rent_time_char(s, ':');
	if (**s != '\0' && !rent_time_digits(s, 2, &m))
		return false;
	*ret_us = sign * (h * RENT_HOUR + m * RENT_MINUTE);
	return true;
}

static inline bool rent_time_parse(const char *s, int64_t *ret)
{
	int64_t days, day_us, zone_us;

	if (!rent_time_date(&s, &days))
		return false;
	if (!rent_time_char(&s, 'T') && !rent_time_char(&s, ' '))
		return false;
	if (!rent_time_clock(&s, &day_us) || !rent_time_zone(&s, &zone_us) || *s != '\0')
		return false;
	*ret = days * 24 * RENT_HOUR + day_us - zone_us;
	return true;
}

RENT_EXTERN_C_END
#endif
