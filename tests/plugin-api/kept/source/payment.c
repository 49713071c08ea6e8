/* SPDX-License-Identifier: MIT
 *
 * payment.c - a payment plugin whose binary is kept (script/keep-abi): holds, captures, charges, releases
 * and refunds at the stubs, with the host's JSON.
 */
#include <rent/payment_plugin.h>
#include <stdlib.h>

struct payment {
	const struct rent_json_api *json;
	struct rent_upstream *upstream;
};

static const struct wire {
	const char *path, *target;
} wires[] = {
	[RENT_PAY_HOLD] = { "/hold-money-for-order", NULL },
	[RENT_PAY_CAPTURE] = { "/clear-money-for-order", "hold_key" },
	[RENT_PAY_RELEASE] = { "/release-money-for-order", "hold_key" },
	[RENT_PAY_CHARGE] = { "/clear-money-for-order", NULL },
	[RENT_PAY_REFUND] = { "/refund-money-for-order", "charge_key" },
};

#define WIRES (int)(sizeof(wires) / sizeof(*wires))

static void promise(void *self, struct rent_payment_caps *ret)
{
	(void)self;
	for (int kind = RENT_PAY_HOLD; kind < WIRES; kind++)
		ret->operations |= RENT_PAY_BIT(kind);
	ret->resend_us = 24 * RENT_HOUR;
	ret->key_header = "Idempotency-Key";
}

static int build(void *self, const struct rent_payment_op *op, struct rent_arena *arena,
                 struct rent_upstream_request *ret, struct rent_error *err)
{
	const struct payment *p = self;
	struct rent_value body[] = { RENT_TEXT("user_id", op->user_id),
		                     RENT_TEXT("order_id", op->rental_id),
		                     RENT_NUMBER("amount", op->amount), RENT_VALUES_END,
		                     RENT_VALUES_END };

	if (op->kind < RENT_PAY_HOLD || op->kind >= WIRES)
		return rent_fail(err, RENT_EUNSUPPORTED, "there is no operation %d",
		                 (int)op->kind);
	if (wires[op->kind].target != NULL)
		body[3] = (struct rent_value)RENT_TEXT(wires[op->kind].target,
		                                       op->target_id);
	ret->upstream = p->upstream;
	ret->flags = RENT_RESEND_SAFE;
	ret->method = "POST";
	ret->target = wires[op->kind].path;
	ret->endpoint = "money";
	ret->headers[0] = (struct rent_header){ "Content-Type", "application/json" };
	ret->headers[1] =
		(struct rent_header){ "Idempotency-Key", rent_strdup(arena, op->id) };
	ret->body = p->json->build(arena, body);
	if (ret->body == NULL || ret->headers[1].value == NULL)
		return rent_fail(err, RENT_ENOMEM, "no room for the request");
	ret->body_size = strlen(ret->body);
	return 0;
}

static void parse(void *self, const struct rent_payment_op *op,
                  const struct rent_upstream_reply *reply,
                  struct rent_payment_result *ret)
{
	const struct payment *p = self;
	const struct rent_json *body =
		p->json->parse(reply->arena, reply->body, reply->body_size);
	const char *status = p->json->text(body, "status");

	if (reply->status == 200 && strcmp(status, "success") == 0) {
		ret->outcome = RENT_SUCCEEDED;
		ret->processed = op->amount;
		(void)p->json->integer(body, "amount", 1, op->amount, &ret->processed);
	} else if (reply->status == 402 && strcmp(status, "declined") == 0) {
		ret->outcome = RENT_DECLINED;
		ret->reason = RENT_DECLINE_FUNDS;
	}
}

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .help = "base address of the service"),
	RENT_INSECURE_OPTION,
	RENT_UPSTREAM_OPTIONS("bank", "3", "60s"),
	RENT_OPTIONS_END,
};

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct payment *p = calloc(1, sizeof(*p));
	int code;

	if (p == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	p->json = host->json;
	code = host->upstream_open(host, "bank", host->opt_str(host, "url"), &p->upstream,
	                           err);
	if (code < 0) {
		free(p);
		return code;
	}
	*ret_self = p;
	return 0;
}

static const struct rent_payment api = {
	.struct_size = sizeof(api),
	.caps = promise,
	.build = build,
	.parse = parse,
};

RENT_PLUGIN(kept_payment) = {
	RENT_PLUGIN_STAMP,         .flags = RENT_PARALLEL,
	.kind = RENT_KIND_PAYMENT, .name = "kept_payment",
	.version = "1.0.0",        .summary = "a payment plugin of the first days",
	.options = options,        .api = &api,
	.create = create,          .destroy = free,
};
