/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_http/plugin.c - a payment service that speaks the plain dialect of the
 * contract: descriptor, options, promises. Requests and replies are dialect.c's.
 */
#include "dialect.h"

#include <rent/plugin.h>
#include <stdlib.h>

#include "common/payment.h"

struct payment {
	struct rent_upstream *upstream;
	struct rent_payment_caps caps;
	bool list;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the service, \"https://host:port\""),
	RENT_DURATION_OPTION(
		"resend_window", "1d", .min = "0s", .max = "365d",
		.help = "how long the service acts once per Idempotency-Key; 0: it knows no keys"),
	RENT_BOOL_OPTION(
		"lookup", "true",
		.help = "the service has /payment-status, and its \"not found\" is final"),
	RENT_DURATION_OPTION("lookup_settle", "5s", .min = "0s", .max = "1d",
	                     .help = "\"not found\" counts only this long after sending"),
	RENT_BOOL_OPTION(
		"list", "true",
		.help = "the service has /payment-operations, by which rentald reconcile compares"),
	RENT_BOOL_OPTION("refunds", "true",
	                 .help = "the service has /refund-money-for-order"),
	RENT_BOOL_OPTION(
		"releases", "true",
		.help = "the service has /release-money-for-order and captures by hold_key"),
	RENT_MONEY_OPTION("min_charge", "0", .min = "0", .unit = "currency units",
	                  .help = "smallest amount the service takes; 0: any"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("payment", "3", "60s"),
	RENT_OPTIONS_END,
};

static void payment_caps(void *self, struct rent_payment_caps *ret)
{
	const struct payment *p = self;

	payment_give_caps(&p->caps, ret);
}

static int payment_build(void *self, const struct rent_payment_op *op,
                         struct rent_arena *arena, struct rent_upstream_request *ret,
                         struct rent_error *err)
{
	const struct payment *p = self;

	if (op->kind < RENT_PAY_HOLD || op->kind > RENT_PAY_LOOKUP ||
	    (p->caps.operations & RENT_PAY_BIT(op->kind)) == 0)
		return rent_fail(err, RENT_EUNSUPPORTED, "operation %d is not offered",
		                 (int)op->kind);
	ret->upstream = p->upstream;
	return dialect_build(op, p->caps.resend_us > 0, arena, ret, err);
}

static void payment_parse(void *self, const struct rent_payment_op *op,
                          const struct rent_upstream_reply *reply,
                          struct rent_payment_result *ret)
{
	(void)self;
	dialect_parse(op, reply, ret);
}

static int payment_build_list(void *self, const struct rent_payment_page *page,
                              struct rent_arena *arena, struct rent_upstream_request *ret,
                              struct rent_error *err)
{
	const struct payment *p = self;

	if (!p->list)
		return rent_fail(err, RENT_EUNSUPPORTED, "its option 'list' is false");
	ret->upstream = p->upstream;
	return list_build(page, arena, ret, err);
}

static int payment_parse_list(void *self, const struct rent_payment_page *page,
                              const struct rent_upstream_reply *reply,
                              rent_payment_entry_fn fn, void *arg,
                              char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	(void)self;
	(void)page;
	return list_parse(reply, fn, arg, ret_cursor, err);
}

static void payment_promises(struct payment *p, const struct rent_host *host)
{
	bool releases = host->opt_bool(host, "releases");
	bool lookup = host->opt_bool(host, "lookup");

	p->caps = (struct rent_payment_caps){
		.struct_size = sizeof(p->caps),
		.operations = RENT_PAY_BIT(RENT_PAY_CHARGE),
		.resend_us = host->opt_int(host, "resend_window"),
		.lookup_settle_us = host->opt_int(host, "lookup_settle"),
		.lookup_not_found_is_final = lookup,
		.min_charge = host->opt_int(host, "min_charge"),
	};
	/* money that could never be given back is not reserved */
	if (releases)
		p->caps.operations |= RENT_PAY_BIT(RENT_PAY_HOLD) |
		                      RENT_PAY_BIT(RENT_PAY_CAPTURE) |
		                      RENT_PAY_BIT(RENT_PAY_RELEASE);
	if (host->opt_bool(host, "refunds"))
		p->caps.operations |= RENT_PAY_BIT(RENT_PAY_REFUND);
	if (lookup)
		p->caps.operations |= RENT_PAY_BIT(RENT_PAY_LOOKUP);
}

static int payment_create(const struct rent_host *host, void **ret_self,
                          struct rent_error *err)
{
	struct payment *p = calloc(1, sizeof(*p));
	int ret;

	if (p == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	payment_promises(p, host);
	p->list = host->opt_bool(host, "list");
	ret = host->upstream_open(host, "payment", host->opt_str(host, "url"),
	                          &p->upstream, err);
	if (ret < 0) {
		free(p);
		return ret;
	}
	*ret_self = p;
	return 0;
}

static const struct rent_payment api = {
	.struct_size = sizeof(api),
	.caps = payment_caps,
	.build = payment_build,
	.parse = payment_parse,
	.build_list = payment_build_list,
	.parse_list = payment_parse_list,
};

RENT_PLUGIN(payment_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_PAYMENT,
	.name = "payment_http",
	.version = RENT_VERSION,
	.summary = "payments through the plain HTTP dialect of the contract",
	.options = options,
	.api = &api,
	.create = payment_create,
	.destroy = free,
};
