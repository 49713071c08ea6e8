/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/plugin.c - payments through YooKassa (API v3, two stages): descriptor,
 * options, promises.
 */
#include "yookassa.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", "https://api.yookassa.ru/v3", .min = "1",
	                   .help = "base address of YooKassa, or of a test server"),
	RENT_STRING_OPTION("shop_id", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .max = "64", .help = "shopId of the account"),
	RENT_STRING_OPTION("secret_key", NULL,
	                   .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET, .min = "8",
	                   .max = "200", .help = "\"live_…\" or \"test_…\""),
	RENT_STRING_OPTION("currency", "RUB", .min = "3", .max = "3", .help = "ISO 4217"),
	RENT_ENUM_OPTION(
		"unit", "major", .choices = "major|minor",
		.help = "what 1 is in tariffs: major, one rouble; minor, one kopeck"),
	RENT_MONEY_OPTION("min_charge", "0", .min = "0", .unit = "currency units",
	                  .help = "smallest amount YooKassa takes; 0: any"),
	RENT_ENUM_OPTION(
		"payer", "catalog", .choices = "catalog|user_id",
		.help = "where the saved method comes from; user_id: the id of the "
			"user is its payment_method_id"),
	RENT_STRING_OPTION(
		"return_url", "",
		.help = "where a customer lands after the confirmation where the "
			"request does not say"),
	RENT_BOOL_OPTION(
		"save_methods", "true",
		.help = "a card that a customer confirms may be charged later without "
			"him; a live shop needs YooKassa's permission"),
	RENT_INT_OPTION(
		"vat_code", "0", .min = "0", .max = "12",
		.help = "receipts (54-FZ): YooKassa's code of the VAT rate; 0: none "
			"are sent"),
	RENT_STRING_OPTION(
		"receipt_contact", "",
		.help = "where receipts go if the customer's address is not known: "
			"a mail address, or \"+7…\""),
	RENT_LIST_OPTION(
		"peers",
		"185.71.76.0/27,185.71.77.0/27,77.75.153.0/25,77.75.154.128/25,"
		"77.75.156.11,77.75.156.35,2a02:5180:0:1509::/64,"
		"2a02:5180:0:1533::/64,2a02:5180:0:2655::/64,2a02:5180:0:2669::/64",
		.max = "32",
		.help = "addresses whose notifications are looked at; a proxy must "
			"hand on the sender's"),
	RENT_DURATION_OPTION("hold", "7d", .min = "0s", .max = "30d",
	                     .help = "how long a hold lasts where YooKassa does not say"),
	RENT_DURATION_OPTION(
		"resend_window", "23h", .min = "0s", .max = "24h",
		.help = "how long the same Idempotence-Key surely acts once"),
	RENT_DURATION_OPTION("lookup_settle", "5m", .min = "0s", .max = "1d",
	                     .help = "\"not found\" counts only this long after sending"),
	RENT_INSECURE_OPTION,
	RENT_SLOW_UPSTREAM_OPTIONS("yookassa", "35s", "5", "30s"),
	RENT_OPTIONS_END,
};

static void yookassa_caps(void *self, struct rent_payment_caps *ret)
{
	const struct yookassa *y = self;

	payment_give_caps(&y->caps, ret);
}

static int set_promises(struct yookassa *y, const struct rent_host *host,
                        struct rent_error *err)
{
	const char *currency = host->opt_str(host, "currency");

	if (strspn(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 3)
		return rent_fail(err, RENT_EINVAL,
		                 "options.currency: \"%s\" is not three capital letters",
		                 currency);
	y->caps = (struct rent_payment_caps){
		.struct_size = sizeof(y->caps),
		.acts = true,
		.operations =
			RENT_PAY_BIT(RENT_PAY_HOLD) | RENT_PAY_BIT(RENT_PAY_CAPTURE) |
			RENT_PAY_BIT(RENT_PAY_RELEASE) | RENT_PAY_BIT(RENT_PAY_CHARGE) |
			RENT_PAY_BIT(RENT_PAY_REFUND) | RENT_PAY_BIT(RENT_PAY_LOOKUP),
		.resend_us = host->opt_int(host, "resend_window"),
		.lookup_settle_us = host->opt_int(host, "lookup_settle"),
		/* how fresh its lists are, YooKassa does not say */
		.lookup_not_found_is_final = false,
		.capture_releases_rest = true,
		.min_charge = host->opt_int(host, "min_charge"),
		.hold_us = host->opt_int(host, "hold"),
		.exponent = y->major ? 0 : 2,
		.key_header = "Idempotence-Key",
	};
	(void)rent_copy(y->caps.currency, sizeof(y->caps.currency), currency);
	return 0;
}

static int set_authorization(struct yookassa *y, const struct rent_host *host,
                             struct rent_error *err)
{
	const char *shop = host->opt_str(host, "shop_id");
	struct rent_arena *arena;
	const char *pair, *text = NULL;

	if (strchr(shop, ':') != NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "options.shop_id: ':' cannot be part of it");
	arena = host->arena_new(host);
	if (arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	pair = rent_printf(arena, "%s:%s", shop, host->opt_str(host, "secret_key"));
	if (pair != NULL)
		text = host->crypto->base64(arena, pair, strlen(pair));
	if (text != NULL)
		(void)snprintf(y->authorization, sizeof(y->authorization), "Basic %s",
		               text);
	host->arena_free(host, arena);
	return text != NULL ? 0 : rent_fail(err, RENT_ENOMEM, "out of memory");
}

static int set_peers(struct yookassa *y, const struct rent_host *host,
                     struct rent_error *err)
{
	const char *text;
	int ret = 0;

	for (size_t i = 0; ret == 0 && (text = host->opt_list(host, "peers", i)) != NULL;
	     i++)
		ret = networks_add(&y->peers, "peers", text, err);
	return ret;
}

static int yookassa_create(const struct rent_host *host, void **ret_self,
                           struct rent_error *err)
{
	struct yookassa *y = calloc(1, sizeof(*y));
	int ret;

	if (y == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	y->json = host->json;
	y->major = host->opt_enum(host, "unit") == 0;
	y->user_is_method = host->opt_enum(host, "payer") == 1;
	y->save_methods = host->opt_bool(host, "save_methods");
	y->return_url = host->opt_str(host, "return_url");
	y->vat_code = host->opt_int(host, "vat_code");
	y->receipt_contact = host->opt_str(host, "receipt_contact");
	ret = set_promises(y, host, err);
	if (ret == 0)
		ret = set_authorization(y, host, err);
	if (ret == 0)
		ret = set_peers(y, host, err);
	if (ret == 0)
		ret = host->upstream_open(host, "yookassa", host->opt_str(host, "url"),
		                          &y->upstream, err);
	if (ret < 0) {
		free(y);
		return ret;
	}
	*ret_self = y;
	return 0;
}

static const struct rent_payment api = {
	.struct_size = sizeof(api),
	.caps = yookassa_caps,
	.build = yookassa_build,
	.parse = yookassa_parse,
	.build_list = yookassa_build_list,
	.parse_list = yookassa_parse_list,
	.parse_event = yookassa_parse_event,
};

RENT_PLUGIN(yookassa_plugin) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_PAYMENT, .name = "payment_yookassa",
	.version = RENT_VERSION,   .summary = "payments through YooKassa",
	.options = options,        .api = &api,
	.create = yookassa_create, .destroy = free,
};
