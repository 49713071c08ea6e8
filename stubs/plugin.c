/* SPDX-License-Identifier: MIT
 *
 * stubs/plugin.c - the external services of the contract as a plugin of kind "http":
 * descriptor, options, routes and the life of the instance.
 */
#include "dialect.h"
#include "stubs.h"

#include "common/failpoint.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_PATH_OPTION("data", NULL, .flags = RENT_OPT_REQUIRED,
	                 .help = "file with stations, tariffs, users and configs"),
	RENT_PATH_OPTION(
		"book", NULL,
		.help = "file that every operation that acted is appended to; not set: kept in memory"),
	RENT_BOOL_OPTION(
		"book_sync", "false",
		.help = "answer only when the book is on the disk, not just with the kernel"),
	RENT_INT_OPTION(
		"book_max", "5000000", .min = "1", .max = "100000000",
		.unit = "operations",
		.help = "operations kept in memory (about 300 bytes each); further ones are refused"),
	RENT_DURATION_OPTION(
		"restock", "0s", .min = "0s", .max = "365d",
		.help = "an emptied slot gets a fresh powerbank after this time; 0: never"),
	RENT_BOOL_OPTION(
		"endless", "false",
		.help = "stations never run empty: every eject gives a fresh powerbank (load tests)"),
	RENT_ENUM_OPTION(
		"unknown_users", "default", .choices = "404|default",
		.help = "a user that is not in the file: no such user, or a regular one"),
	RENT_ENUM_OPTION(
		"unknown_stations", "404", .choices = "404|default",
		.help = "a station that is not in the file: none, or one like the first of the file that "
			"never runs empty"),
	RENT_ENUM_OPTION(
		"unknown_tariffs", "404", .choices = "404|default",
		.help = "a tariff that is not in the file: none, or the first of the file"),
	RENT_ENUM_OPTION(
		"payments", "none", .choices = "none|stripe|yookassa",
		.help = "also a payment provider over the same bank, which speaks as that one does"),
	RENT_STRING_OPTION("currency", "RUB", .min = "3", .max = "3",
	                   .help = "of the bank; that provider takes no other"),
	RENT_STRING_OPTION(
		"payments_hook", "",
		.help = "path at hooks_url that it reports to, \"/hooks/stripe\"; \"\": it reports nothing"),
	RENT_STRING_OPTION("webhook_secret", "whsec_of_the_stubs",
	                   .flags = RENT_OPT_SECRET,
	                   .help = "what it signs reports with, as Stripe does"),
	RENT_STRING_OPTION(
		"hooks_url", "",
		.help = "base address that the cabinet cloud and the payment provider report to, \"https://host:port\"; \"\": it reports nothing"),
	RENT_STRING_OPTION(
		"push_path", "",
		.help = "path of its pushes about cabinets, as `rentald push-url` shows it; \"\": none"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("hooks", "1000000", "10ms"),
	RENT_INT_OPTION(
		"seed", "0", .min = "0",
		.help = "seed of the dice for failure_percent and lose_reply_percent; 0: a random one"),
	RENT_OPTIONS_END,
};

static const struct rent_http_route routes[] = {
	{ "GET", "/station-data", 0, get_station_data },
	{ "GET", "/tariff", 0, get_tariff },
	{ "GET", "/user-profile", 0, get_user_profile },
	{ "GET", "/configs", 0, get_configs },
	{ "GET", "/eject-powerbank", 0, get_eject },
	{ "POST", "/hold-money-for-order", 0, post_hold },
	{ "POST", "/clear-money-for-order", 0, post_clear },
	{ "POST", "/release-money-for-order", 0, post_release },
	{ "POST", "/refund-money-for-order", 0, post_refund },
	{ "GET", "/payment-status", 0, get_payment_status },
	{ "GET", "/payment-operations", 0, get_operations },
	{ "POST", "/admin/disable-endpoint", 0, post_disable },
	{ "GET", "/admin/status", 0, get_status },
	{ "POST", "/admin/reset-all", 0, post_reset },
	{ "GET", "/admin/book", 0, get_book },
	{ "GET", "/admin/settings", 0, get_settings },
	{ "POST", "/admin/settings", 0, post_settings },
	{ "POST", "/admin/decline", 0, post_decline },
	{ "POST", "/admin/return-powerbank", 0, post_return },
	{ "GET", "/admin/stations", 0, get_stations },
	{ "GET", "/admin/users", 0, get_users },
	{ "GET", "/admin/cloud", 0, get_cloud_switches },
	{ "POST", "/admin/cloud", 0, post_cloud_switches },
	{ "POST", "/cdb-open-api/v1/rent/order/create", 0, post_cloud_create },
	{ "GET", "/cdb-open-api/v1/rent/order/detail", 0, get_cloud_detail },
	{ "GET", "/cdb-open-api/v1/rent/cabinet/query", 0, get_cloud_cabinet },
	{ "GET", "/cdb-open-api/v1/order/list", 0, get_cloud_orders },
	{ "GET", "/admin/payments", 0, get_payments },
	{ "POST", "/admin/payments", 0, post_payments },
	{ "POST", "/admin/payments/by-hand", 0, post_by_hand },
	{ "POST", "/v1/payment_intents", 0, post_stripe_payment },
	{ "POST", "/v1/payment_intents/{payment}/capture", 0, post_stripe_capture },
	{ "POST", "/v1/payment_intents/{payment}/cancel", 0, post_stripe_cancel },
	{ "POST", "/v1/refunds", 0, post_stripe_refund },
	{ "GET", "/v1/payment_intents/{payment}", 0, get_stripe_payment },
	{ "GET", "/v1/payment_intents", 0, get_stripe_payments },
	{ "GET", "/v1/refunds/{refund}", 0, get_stripe_refund },
	{ "GET", "/v1/refunds", 0, get_stripe_refunds },
	{ "POST", "/v3/payments", 0, post_yookassa_payment },
	{ "POST", "/v3/payments/{payment}/capture", 0, post_yookassa_capture },
	{ "POST", "/v3/payments/{payment}/cancel", 0, post_yookassa_cancel },
	{ "POST", "/v3/refunds", 0, post_yookassa_refund },
	{ "GET", "/v3/payments/{payment}", 0, get_yookassa_payment },
	{ "GET", "/v3/payments", 0, get_yookassa_payments },
	{ "GET", "/v3/refunds/{refund}", 0, get_yookassa_refund },
	{ "GET", "/v3/refunds", 0, get_yookassa_refunds },
	{ "GET", "/bank/{payment}", 0, get_bank },
	{ "POST", "/bank/{payment}", 0, post_bank },
	{ NULL, NULL, 0, NULL },
};

/* Who may, on a listener with `auth`: rentald itself calls the services, operators the control side. */
static const struct rent_http_access rows[] = {
	{ "GET", "/station-data", RENT_MAY_ACT, NULL },
	{ "GET", "/tariff", RENT_MAY_ACT, NULL },
	{ "GET", "/user-profile", RENT_MAY_ACT, NULL },
	{ "GET", "/configs", RENT_MAY_ACT, NULL },
	{ "GET", "/eject-powerbank", RENT_MAY_ACT, NULL },
	{ "POST", "/hold-money-for-order", RENT_MAY_ACT, NULL },
	{ "POST", "/clear-money-for-order", RENT_MAY_ACT, NULL },
	{ "POST", "/release-money-for-order", RENT_MAY_ACT, NULL },
	{ "POST", "/refund-money-for-order", RENT_MAY_ACT, NULL },
	{ "GET", "/payment-status", RENT_MAY_ACT, NULL },
	{ "GET", "/payment-operations", RENT_MAY_ACT, NULL },
	{ "POST", "/admin/disable-endpoint", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/admin/status", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/reset-all", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/admin/book", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "GET", "/admin/settings", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/settings", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/decline", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/return-powerbank", RENT_MAY_OPERATOR, NULL },
	{ "GET", "/admin/stations", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "GET", "/admin/users", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "GET", "/admin/cloud", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/cloud", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/cdb-open-api/v1/rent/order/create", RENT_MAY_ACT, NULL },
	{ "GET", "/cdb-open-api/v1/rent/order/detail", RENT_MAY_ACT, NULL },
	{ "GET", "/cdb-open-api/v1/rent/cabinet/query", RENT_MAY_ACT, NULL },
	{ "GET", "/cdb-open-api/v1/order/list", RENT_MAY_ACT, NULL },
	{ "GET", "/admin/payments", RENT_MAY_VIEWER | RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/payments", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/admin/payments/by-hand", RENT_MAY_OPERATOR, NULL },
	{ "POST", "/v1/payment_intents", RENT_MAY_ACT, NULL },
	{ "POST", "/v1/payment_intents/{payment}/capture", RENT_MAY_ACT, NULL },
	{ "POST", "/v1/payment_intents/{payment}/cancel", RENT_MAY_ACT, NULL },
	{ "POST", "/v1/refunds", RENT_MAY_ACT, NULL },
	{ "GET", "/v1/payment_intents/{payment}", RENT_MAY_ACT, NULL },
	{ "GET", "/v1/payment_intents", RENT_MAY_ACT, NULL },
	{ "GET", "/v1/refunds/{refund}", RENT_MAY_ACT, NULL },
	{ "GET", "/v1/refunds", RENT_MAY_ACT, NULL },
	{ "POST", "/v3/payments", RENT_MAY_ACT, NULL },
	{ "POST", "/v3/payments/{payment}/capture", RENT_MAY_ACT, NULL },
	{ "POST", "/v3/payments/{payment}/cancel", RENT_MAY_ACT, NULL },
	{ "POST", "/v3/refunds", RENT_MAY_ACT, NULL },
	{ "GET", "/v3/payments/{payment}", RENT_MAY_ACT, NULL },
	{ "GET", "/v3/payments", RENT_MAY_ACT, NULL },
	{ "GET", "/v3/refunds/{refund}", RENT_MAY_ACT, NULL },
	{ "GET", "/v3/refunds", RENT_MAY_ACT, NULL },
	{ "GET", "/bank/{payment}", RENT_MAY_ANYBODY, NULL },
	{ "POST", "/bank/{payment}", RENT_MAY_ANYBODY, NULL },
	{ NULL, NULL, 0, NULL },
};

static const struct rent_http_routes api = { .struct_size = sizeof(api),
	                                     .routes = routes,
	                                     .access = rows };

static void stubs_destroy(void *self)
{
	struct stubs *s = self;

	if (s == NULL)
		return;
	cloud_done(&s->cloud);
	acquirer_done(&s->acquirer);
	book_done(&s->book);
	bank_done(&s->bank);
	stock_done(&s->stock);
	city_done(&s->city);
	faults_done(&s->faults);
	(void)pthread_mutex_destroy(&s->lock);
	free(s);
}

static void acquirer_options(struct acquirer *a, const struct rent_host *host)
{
	static const struct acq_dialect *const dialects[] = { NULL, &stripe_dialect,
		                                              &yookassa_dialect };

	a->dialect = dialects[host->opt_enum(host, "payments")];
	a->currency = host->opt_str(host, "currency");
	a->hook = host->opt_str(host, "payments_hook");
	a->secret = host->opt_str(host, "webhook_secret");
}

static void stubs_options(struct stubs *s, const struct rent_host *host)
{
	uint64_t seed = (uint64_t)host->opt_int(host, "seed");

	if (seed == 0)
		host->random(host, &seed, sizeof(seed));
	s->host = host;
	RENT_FAILPOINT_TASKS(host);
	s->any_user = host->opt_enum(host, "unknown_users") == 1;
	s->any_tariff = host->opt_enum(host, "unknown_tariffs") == 1;
	s->stock.any_station = host->opt_enum(host, "unknown_stations") == 1;
	s->stock.endless = host->opt_bool(host, "endless");
	s->stock.restock_us = host->opt_int(host, "restock");
	cloud_init(&s->cloud, host->opt_str(host, "push_path"));
	acquirer_options(&s->acquirer, host);
	acquirer_init(&s->acquirer, host, &s->bank, &s->book);
	faults_init(&s->faults, seed);
	book_init(&s->book, host, (size_t)host->opt_int(host, "book_max"));
	(void)pthread_mutex_init(&s->lock, NULL);
}

static int stubs_create(const struct rent_host *host, void **ret_self,
                        struct rent_error *err)
{
	struct stubs *s = calloc(1, sizeof(*s));
	int ret;

	if (s == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	stubs_options(s, host);
	ret = city_load(&s->city, host->opt_str(host, "data"), err);
	if (ret == 0 &&
	    (stock_init(&s->stock, &s->city) < 0 || bank_init(&s->bank, &s->city) < 0))
		ret = rent_fail(err, RENT_ENOMEM, "out of memory for the data file");
	if (ret == 0 && host->opt_str(host, "hooks_url")[0] != '\0')
		ret = host->upstream_open(host, "hooks", host->opt_str(host, "hooks_url"),
		                          &s->hooks, err);
	if (ret < 0) {
		stubs_destroy(s);
		return ret;
	}
	*ret_self = s;
	return 0;
}

static int stubs_replay(void *arg, struct entry *e)
{
	struct stubs *s = arg;

	if (e->o.kind == KIND_EJECT || e->o.kind == KIND_RETURN) {
		int code = cloud_replay(&s->cloud, e);

		return code == 0 ? stock_replay(&s->stock, e) : code;
	}
	return bank_replay(&s->bank, &s->book, e);
}

static int stubs_start(void *self, struct rent_error *err)
{
	struct stubs *s = self;
	const char *path = s->host->opt_str(s->host, "book");
	bool cut = false;
	int ret = s->host->timer(s->host, "cloud", RENT_SECOND / 20, cloud_tick, s, err);

	if (ret == 0)
		ret = s->host->timer(s->host, "payments", RENT_SECOND / 20, pay_tick, s,
		                     err);
	if (ret < 0 || path == NULL || path[0] == '\0')
		return ret;
	ret = book_open(&s->book, path, s->host->opt_bool(s->host, "book_sync"),
	                stubs_replay, s, &cut, err);
	if (ret == 0 && cut)
		s->host->log(s->host, RENT_LOG_WARN, NULL,
		             "book '%s': an unfinished last line was cut off", path);
	if (ret == 0 && acquirer_restore(&s->acquirer) < 0)
		ret = rent_fail(err, RENT_EFULL,
		                "book '%s': more than %d payments; move the file away",
		                path, ACQUIRER_MAX);
	return ret;
}

static void stubs_stop(void *self)
{
	struct stubs *s = self;

	(void)book_commit(&s->book, book_ticket(&s->book));
	book_close(&s->book);
}

static void stubs_health(void *self, struct rent_health *ret)
{
	struct stubs *s = self;
	bool failed;

	lock_acquire(&s->book.lock);
	failed = s->book.failed;
	lock_release(&s->book.lock);
	ret->state = failed ? RENT_UNHEALTHY : RENT_HEALTHY;
	(void)rent_copy(ret->why, sizeof(ret->why),
	                failed ? "the book cannot be written" : "serving");
}

RENT_PLUGIN(stubs_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_HTTP,
	.name = "stubs",
	.version = RENT_VERSION,
	.summary =
		"the external services: stations, tariffs, users, payments, with faults on demand",
	.options = options,
	.api = &api,
	.create = stubs_create,
	.start = stubs_start,
	.stop = stubs_stop,
	.destroy = stubs_destroy,
	.health = stubs_health,
};
