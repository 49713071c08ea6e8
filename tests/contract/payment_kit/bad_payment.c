/* SPDX-License-Identifier: MIT
 *
 * tests/contract/payment_kit/bad_payment.c - a payment plugin with one fault, chosen by its
 * option: the kit must find each of them. `fault = "none"` is a sound one.
 */
#include <rent/payment.h>
#include <rent/plugin.h>
#include <stdlib.h>

enum fault {
	NONE,
	TRUSTS_200,  /* any 200 is a success */
	TAKES_MORE,  /* believes any amount */
	SPENDTHRIFT, /* declines on 500 */
	FORGETS_ID,  /* no id in the request */
	RANDOM,      /* another request each time */
	EAGER,       /* builds what it did not declare */
	BOLD,        /* a positive answer to an amount that cannot be */
	INJECTS,     /* puts texts into headers as they are */
	ARENA,       /* does not look at what the arena gave */
	CALLS,       /* makes a call by itself */
	HOLDS,       /* holds and cannot release */
	NO_WAY_OUT,  /* neither resend nor lookup */
	OUTSIDE,     /* an outcome outside the set */
};

struct bad {
	const struct rent_host *host;
	struct rent_upstream *upstream;
	enum fault fault;
	int calls;
};

static const struct rent_option options[] = {
	RENT_ENUM_OPTION(
		"fault", "none",
		.choices =
			"none|trusts_200|takes_more|spendthrift|forgets_id|random|eager|bold|injects|arena|"
			"calls|holds|no_way_out|outside",
		.help = "what is wrong"),
	RENT_UPSTREAM_OPTIONS("bad", "3", "60s"),
	RENT_OPTIONS_END,
};

static void bad_caps(void *self, struct rent_payment_caps *ret)
{
	const struct bad *b = self;

	ret->operations = RENT_PAY_BIT(RENT_PAY_CHARGE);
	if (b->fault == HOLDS)
		ret->operations |= RENT_PAY_BIT(RENT_PAY_HOLD);
	ret->resend_us = b->fault == NO_WAY_OUT ? 0 : RENT_HOUR;
}

static void bad_call(const struct bad *b, struct rent_arena *arena)
{
	struct rent_exchange x = { .struct_size = sizeof(x), .arena = arena };
	struct rent_exchange *list[] = { &x };

	x.request = (struct rent_upstream_request){ .struct_size = sizeof(x.request),
		                                    .upstream = b->upstream,
		                                    .method = "GET",
		                                    .target = "/",
		                                    .endpoint = "x" };
	b->host->exchange(b->host, list, 1);
}

static int bad_build(void *self, const struct rent_payment_op *op,
                     struct rent_arena *arena, struct rent_upstream_request *ret,
                     struct rent_error *err)
{
	struct bad *b = self;
	char *key;

	if (op->kind != RENT_PAY_CHARGE && b->fault != EAGER)
		return rent_fail(err, RENT_EUNSUPPORTED, "not offered");
	if (op->amount <= 0 && b->fault != BOLD)
		return rent_fail(err, RENT_EINVAL, "amount");
	if (op->amount <= 0)
		return 1;
	if (b->fault == CALLS)
		bad_call(b, arena);
	key = rent_url_encode(arena, op->id);
	ret->body = rent_printf(arena, "%" PRId64, op->amount);
	ret->target =
		rent_printf(arena, "/pay?key=%s&n=%d", b->fault == FORGETS_ID ? "x" : key,
	                    b->fault == RANDOM ? b->calls++ : 0);
	if ((key == NULL || ret->body == NULL || ret->target == NULL) &&
	    b->fault != ARENA)
		return rent_fail(err, RENT_ENOMEM, "arena");
	ret->body_size = ret->body == NULL ? 0 : strlen(ret->body);
	ret->upstream = b->upstream;
	ret->method = "POST";
	ret->endpoint = "pay";
	if (b->fault == INJECTS)
		ret->headers[0] = (struct rent_header){ "X-User", op->user_id };
	return 0;
}

static void bad_parse(void *self, const struct rent_payment_op *op,
                      const struct rent_upstream_reply *reply,
                      struct rent_payment_result *ret)
{
	const struct bad *b = self;
	long long amount;

	if (b->fault == OUTSIDE && reply->status == 429)
		ret->outcome = (enum rent_outcome)42;
	if (b->fault == SPENDTHRIFT && reply->status == 500)
		ret->outcome = RENT_DECLINED;
	if (reply->status != 200)
		return;
	if (b->fault == TRUSTS_200) {
		ret->outcome = RENT_SUCCEEDED;
		ret->processed = op->amount;
	}
	if (strncmp(reply->body, "{\"took\":", 8) != 0 ||
	    reply->body[reply->body_size - 1] != '}' ||
	    strchr(reply->body, '.') != NULL || strlen(strchr(reply->body, '}')) != 1)
		return;
	amount = strtoll(reply->body + 8, NULL, 10);
	if ((amount < 1 || amount > op->amount) && b->fault != TAKES_MORE)
		return;
	ret->outcome = RENT_SUCCEEDED;
	ret->processed = amount;
}

static int bad_create(const struct rent_host *host, void **ret_self,
                      struct rent_error *err)
{
	struct bad *b = calloc(1, sizeof(*b));
	int ret;

	if (b == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	b->host = host;
	b->fault = (enum fault)host->opt_enum(host, "fault");
	ret = host->upstream_open(host, "bad", "http://127.0.0.1:1", &b->upstream, err);
	if (ret < 0) {
		free(b);
		return ret;
	}
	*ret_self = b;
	return 0;
}

static const struct rent_payment api = {
	.struct_size = sizeof(api),
	.caps = bad_caps,
	.build = bad_build,
	.parse = bad_parse,
};

RENT_PLUGIN(bad_plugin) = {
	RENT_PLUGIN_STAMP,
	.kind = RENT_KIND_PAYMENT,
	.name = "bad_payment",
	.version = "1",
	.summary = "one fault, for the test of the kit",
	.options = options,
	.api = &api,
	.create = bad_create,
	.destroy = free,
};
