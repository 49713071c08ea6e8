/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_stripe/plugin.c - payments through Stripe's PaymentIntents: descriptor,
 * options, promises.
 */
#include "stripe.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", "https://api.stripe.com", .min = "1",
	                   .help = "base address of Stripe, or of a test server"),
	RENT_STRING_OPTION(
		"secret_key", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET,
		.min = "8", .max = "255",
		.help = "\"sk_…\" or, better, a restricted \"rk_…\" that may write "
			"PaymentIntents and Refunds"),
	RENT_STRING_OPTION(
		"webhook_secret", "", .flags = RENT_OPT_SECRET,
		.help = "\"whsec_…\" of the endpoint; \"\": no event is believed"),
	RENT_STRING_OPTION("version", "2026-08-26.dahlia", .min = "10", .max = "64",
	                   .help = "version of Stripe's interface that is asked for"),
	RENT_STRING_OPTION("currency", NULL, .flags = RENT_OPT_REQUIRED, .min = "3",
	                   .max = "3", .help = "ISO 4217, like \"EUR\""),
	RENT_ENUM_OPTION(
		"unit", "major", .choices = "major|minor",
		.help = "what 1 is in tariffs: major, one euro; minor, one cent"),
	RENT_MONEY_OPTION("min_charge", "0", .min = "0", .unit = "currency units",
	                  .help = "smallest amount Stripe takes for the account; 0: any"),
	RENT_ENUM_OPTION(
		"payer", "catalog", .choices = "catalog|user_id",
		.help = "where Stripe's customer comes from; user_id: the id of the "
			"user is \"cus_…\" or \"cus_…:pm_…\""),
	RENT_STRING_OPTION("payment_method", "",
	                   .help = "used where nobody names one, for tests: "
	                           "\"pm_card_visa\"; \"\": refused"),
	RENT_STRING_OPTION(
		"return_url", "",
		.help = "where a customer lands after 3-D Secure where the request "
			"does not say"),
	RENT_BOOL_OPTION(
		"save_methods", "true",
		.help = "a card used by a customer who is present may be charged "
			"later without him"),
	RENT_DURATION_OPTION("hold", "114h", .min = "0s", .max = "30d",
	                     .help = "how long a hold lasts where Stripe does not say"),
	RENT_DURATION_OPTION(
		"resend_window", "23h", .min = "0s", .max = "24h",
		.help = "how long the same Idempotency-Key surely acts once"),
	RENT_DURATION_OPTION("lookup_settle", "1m", .min = "0s", .max = "1d",
	                     .help = "\"not found\" counts only this long after sending"),
	RENT_INSECURE_OPTION,
	RENT_SLOW_UPSTREAM_OPTIONS("stripe", "30s", "5", "30s"),
	RENT_OPTIONS_END,
};

static void stripe_caps(void *self, struct rent_payment_caps *ret)
{
	const struct stripe *s = self;

	payment_give_caps(&s->caps, ret);
}

static void set_promises(struct stripe *s, const struct rent_host *host)
{
	s->caps = (struct rent_payment_caps){
		.struct_size = sizeof(s->caps),
		.acts = true,
		.cancels = true,
		.operations =
			RENT_PAY_BIT(RENT_PAY_HOLD) | RENT_PAY_BIT(RENT_PAY_CAPTURE) |
			RENT_PAY_BIT(RENT_PAY_RELEASE) | RENT_PAY_BIT(RENT_PAY_CHARGE) |
			RENT_PAY_BIT(RENT_PAY_REFUND) | RENT_PAY_BIT(RENT_PAY_LOOKUP),
		.resend_us = host->opt_int(host, "resend_window"),
		.lookup_settle_us = host->opt_int(host, "lookup_settle"),
		.lookup_not_found_is_final = true,
		.capture_releases_rest = true,
		.min_charge = host->opt_int(host, "min_charge"),
		.hold_us = host->opt_int(host, "hold"),
		.key_header = "Idempotency-Key",
	};
}

static int set_key(struct stripe *s, const char *key, struct rent_error *err)
{
	if (!rent_visible_ascii(key, 255))
		return rent_fail(err, RENT_EINVAL,
		                 "options.secret_key: only visible ASCII characters");
	(void)snprintf(s->authorization, sizeof(s->authorization), "Bearer %s", key);
	s->live = strncmp(key + 2, "_live_", 6) == 0;
	s->live_known = s->live || strncmp(key + 2, "_test_", 6) == 0;
	return 0;
}

static int stripe_create(const struct rent_host *host, void **ret_self,
                         struct rent_error *err)
{
	struct stripe *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	s->json = host->json;
	s->crypto = host->crypto;
	s->webhook_secret = host->opt_str(host, "webhook_secret");
	s->version = host->opt_str(host, "version");
	s->payment_method = host->opt_str(host, "payment_method");
	s->return_url = host->opt_str(host, "return_url");
	s->user_is_payer = host->opt_enum(host, "payer") == 1;
	s->save_methods = host->opt_bool(host, "save_methods");
	set_promises(s, host);
	ret = set_key(s, host->opt_str(host, "secret_key"), err);
	if (ret == 0)
		ret = stripe_set_currency(s, host->opt_str(host, "currency"),
		                          host->opt_enum(host, "unit") == 0, err);
	if (ret == 0 && !rent_visible_ascii(s->version, 64))
		ret = rent_fail(err, RENT_EINVAL,
		                "options.version: only visible ASCII characters");
	if (ret == 0)
		ret = host->upstream_open(host, "stripe", host->opt_str(host, "url"),
		                          &s->upstream, err);
	if (ret < 0) {
		free(s);
		return ret;
	}
	*ret_self = s;
	return 0;
}

static const struct rent_payment api = {
	.struct_size = sizeof(api),
	.caps = stripe_caps,
	.build = stripe_build,
	.parse = stripe_parse,
	.build_list = stripe_build_list,
	.parse_list = stripe_parse_list,
	.parse_event = stripe_parse_event,
};

RENT_PLUGIN(stripe_plugin) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_PAYMENT, .name = "payment_stripe",
	.version = RENT_VERSION,   .summary = "payments through Stripe's PaymentIntents",
	.options = options,        .api = &api,
	.create = stripe_create,   .destroy = free,
};
