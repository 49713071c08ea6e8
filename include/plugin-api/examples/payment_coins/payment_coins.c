/* payment_coins.c - a payment provider in one file, for a made-up service, "Coins". */
#include <rent/payment_plugin.h>
#include <stdlib.h>

struct coins {
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
	int exponent; /* Coins counts in minor units */
};

static void coins_caps(void *self, struct rent_payment_caps *ret)
{
	(void)self;
	ret->operations = RENT_PAY_BIT(RENT_PAY_CHARGE) | RENT_PAY_BIT(RENT_PAY_LOOKUP);
	/* For a day the same key acts once and replays its answer. */
	ret->resend_us = 24 * RENT_HOUR;
}

/* Operation → request. */
static int coins_build(void *self, const struct rent_payment_op *op,
                       struct rent_arena *arena, struct rent_upstream_request *ret,
                       struct rent_error *err)
{
	const struct coins *coins = self;
	struct rent_form form = { .arena = arena };
	int64_t minor;

	ret->upstream = coins->upstream;
	ret->flags = RENT_RESEND_SAFE;
	ret->endpoint = "charges"; /* for metrics: a bounded name */
	rent_form_add(&form, "key", op->id);
	if (op->kind == RENT_PAY_LOOKUP) {
		ret->method = "GET";
		ret->target = rent_form_body(&form) == NULL
		                      ? NULL
		                      : rent_printf(arena, "/v1/charges?%s", form.body);
		return ret->target != NULL
		               ? 0
		               : rent_fail(err, RENT_ENOMEM, "no room for the request");
	}
	if (op->kind != RENT_PAY_CHARGE)
		return rent_fail(err, RENT_EUNSUPPORTED, "Coins can only charge");
	if (op->amount <= 0 || !rent_minor(op->amount, coins->exponent, &minor))
		return rent_fail(err, RENT_EINVAL, "amount %" PRId64 " cannot be sent",
		                 op->amount);
	rent_form_add(&form, "user", op->user_id);
	rent_form_add(&form, "order", op->rental_id);
	rent_form_add_int(&form, "amount", minor);
	ret->method = "POST";
	ret->target = "/v1/charges";
	ret->headers[0] = (struct rent_header){ "Content-Type",
		                                "application/x-www-form-urlencoded" };
	ret->body = rent_form_body(&form);
	if (ret->body == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->body_size = strlen(ret->body);
	return 0;
}

/* Reply → outcome. The result says UNKNOWN already: whatever this does not recognise as the
 * service's own words about this very key stays so. */
static void coins_parse(void *self, const struct rent_payment_op *op,
                        const struct rent_upstream_reply *reply,
                        struct rent_payment_result *ret)
{
	const struct coins *coins = self;
	const struct rent_json_api *json = coins->json;
	const struct rent_json *body =
		json->parse(reply->arena, reply->body, reply->body_size);
	const char *status = json->text(body, "status"), *id = json->text(body, "id");
	int64_t minor, units;

	if (strcmp(json->text(body, "key"), op->id) != 0)
		return;
	if (reply->status == 200 && strcmp(status, "paid") == 0) {
		if (json->integer(body, "amount", 1, INT64_MAX, &minor) &&
		    rent_units(minor, coins->exponent, &units) && units <= op->amount &&
		    rent_visible_ascii(id, RENT_REF_SIZE - 1)) {
			ret->outcome = RENT_SUCCEEDED;
			ret->processed = units;
			(void)rent_copy(ret->ref, sizeof(ret->ref), id);
		}
	} else if (reply->status == 202 && strcmp(status, "pending") == 0) {
		ret->outcome = RENT_PENDING;
	} else if (reply->status == 402 && strcmp(status, "refused") == 0) {
		ret->outcome = RENT_DECLINED;
		ret->reason = strcmp(json->text(body, "reason"), "no_coins") == 0
		                      ? RENT_DECLINE_FUNDS
		                      : RENT_DECLINE_OTHER;
	} else if (op->kind == RENT_PAY_LOOKUP && reply->status == 404 &&
	           strcmp(status, "unknown") == 0) {
		ret->not_found = true;
	}
}

static const struct rent_option coins_options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of Coins"),
	RENT_INT_OPTION("exponent", "2", .min = "0", .max = "6", .unit = "digits",
	                .help = "digits behind the point of the currency"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("coins", "3", "60s"),
	RENT_OPTIONS_END,
};

static int coins_create(const struct rent_host *host, void **ret_self,
                        struct rent_error *err)
{
	struct coins *coins = calloc(1, sizeof(*coins));
	int r;

	if (coins == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	coins->json = host->json;
	coins->exponent = (int)host->opt_int(host, "exponent");
	r = host->upstream_open(host, "coins", host->opt_str(host, "url"),
	                        &coins->upstream, err);
	if (r < 0) {
		free(coins);
		return r;
	}
	*ret_self = coins;
	return 0;
}

static const struct rent_payment coins_api = {
	.struct_size = sizeof(coins_api),
	.caps = coins_caps,
	.build = coins_build,
	.parse = coins_parse,
};

RENT_PLUGIN(coins_plugin) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_PAYMENT, .name = "payment_coins",
	.version = "1.0.0",        .summary = "charges through Coins",
	.options = coins_options,  .api = &coins_api,
	.create = coins_create,    .destroy = free,
};
