/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/money.c - Stripe's amounts: whole numbers of the smallest unit that
 * it uses for a currency, at most eight digits.
 */
#include "stripe.h"

#define AMOUNT_MAX INT64_C(99999999)

/* digits: how Stripe counts. step: what amounts must be a multiple of. All others: 2 and 1. */
static const struct {
	char code[4];
	int digits;
	int64_t step;
} currencies[] = {
	{ "BIF", 0, 1 },
	{ "CLP", 0, 1 },
	{ "DJF", 0, 1 },
	{ "GNF", 0, 1 },
	{ "JPY", 0, 1 },
	{ "KMF", 0, 1 },
	{ "KRW", 0, 1 },
	{ "MGA", 0, 1 },
	{ "PYG", 0, 1 },
	{ "RWF", 0, 1 },
	{ "VND", 0, 1 },
	{ "VUV", 0, 1 },
	{ "XAF", 0, 1 },
	{ "XOF", 0, 1 },
	{ "XPF", 0, 1 },
	/* without a smaller unit, and yet sent as hundredths */
	{ "ISK", 2, 100 },
	{ "UGX", 2, 100 },
	/* the last digit must be 0 */
	{ "BHD", 3, 10 },
	{ "JOD", 3, 10 },
	{ "KWD", 3, 10 },
	{ "OMR", 3, 10 },
	{ "TND", 3, 10 },
};

int stripe_set_currency(struct stripe *s, const char *code, bool major,
                        struct rent_error *err)
{
	int digits = 2;

	s->step = 1;
	if (strlen(code) != 3 || strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return rent_fail(err, RENT_EINVAL,
		                 "options.currency: \"%s\" is not three capital letters, "
		                 "like \"EUR\"",
		                 code);
	for (size_t i = 0; i < sizeof(currencies) / sizeof(*currencies); i++) {
		if (strcmp(currencies[i].code, code) == 0) {
			digits = currencies[i].digits;
			s->step = currencies[i].step;
		}
	}
	s->digits = major ? digits : 0;
	(void)rent_copy(s->caps.currency, sizeof(s->caps.currency), code);
	s->caps.exponent = major ? 0 : digits;
	for (size_t i = 0; i < 4; i++)
		s->currency[i] = (char)(code[i] == '\0' ? '\0' : code[i] - 'A' + 'a');
	return 0;
}

bool stripe_minor(const struct stripe *s, int64_t units, int64_t *ret)
{
	int64_t minor;

	if (units < 1 || !rent_minor(units, s->digits, &minor) || minor > AMOUNT_MAX ||
	    minor % s->step != 0)
		return false;
	*ret = minor;
	return true;
}

bool stripe_units(const struct stripe *s, int64_t minor, int64_t max, int64_t *ret)
{
	int64_t units;

	if (!rent_units(minor, s->digits, &units) || units < 1 || units > max)
		return false;
	*ret = units;
	return true;
}

int64_t stripe_units_up(const struct stripe *s, int64_t minor)
{
	int64_t per = rent_minor_per_unit(s->digits);

	return per == 0 ? minor : minor / per + (minor % per != 0);
}
