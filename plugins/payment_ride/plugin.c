/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/plugin.c - the command `ride`: takes a payment plugin through its provider's
 * sandbox and compares the books. Descriptor, options, the command's end.
 */
#include "ride.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_MONEY_OPTION("hold", "20", .min = "1", .max = "1000000",
	                  .unit = "currency units", .help = "deposit of each hold"),
	RENT_MONEY_OPTION("capture", "7", .min = "1", .max = "1000000",
	                  .unit = "currency units",
	                  .help = "what is taken of it; at most hold"),
	RENT_MONEY_OPTION("charge", "9", .min = "1", .max = "1000000",
	                  .unit = "currency units", .help = "what is charged at once"),
	RENT_MONEY_OPTION("refund", "4", .min = "1", .max = "1000000",
	                  .unit = "currency units",
	                  .help = "what of that is given back; at most charge"),
	RENT_DURATION_OPTION("wait", "2m", .min = "100ms", .max = "1h",
	                     .help = "how long a step may wait for its end"),
	RENT_STRING_OPTION("user_id", "ride-user", .min = "1", .max = "128",
	                   .help = "the user who pays"),
	RENT_STRING_OPTION("payer_ref", "", .max = "127",
	                   .help = "the provider's name for him"),
	RENT_STRING_OPTION("method_ref", "", .max = "127",
	                   .help = "the provider's name for his means of payment: a "
	                           "test card"),
	RENT_BOOL_OPTION("on_session", "false",
	                 .help = "he is at the screen; then `confirm` acts for him"),
	RENT_STRING_OPTION("return_url", "https://example.com/ride", .max = "512",
	                   .help = "where the provider sends him afterwards"),
	RENT_LIST_OPTION("confirm", "", .max = "16",
	                 .help = "program, and its arguments, that does what the "
	                         "customer must; it reads the address or the token "
	                         "on its standard input"),
	RENT_LIST_OPTION("events", "", .max = "16",
	                 .help = "program, and its arguments, that prints what the "
	                         "provider has reported so far, a line {\"headers\": "
	                         "{…}, \"body\": \"…\"} for each message"),
	RENT_BOOL_OPTION("action.ride", "false",
	                 .help = "also ride a hold that its customer must confirm"),
	RENT_STRING_OPTION("action.user_id", "", .max = "128",
	                   .help = "the user of that hold; \"\": user_id"),
	RENT_STRING_OPTION("action.payer_ref", "", .max = "127",
	                   .help = "the provider's name for him"),
	RENT_STRING_OPTION("action.method_ref", "", .max = "127",
	                   .help = "a test card that asks for 3-D Secure"),
	RENT_BOOL_OPTION("refusal.ride", "false", .help = "also ride a refused hold"),
	RENT_STRING_OPTION("refusal.user_id", "", .max = "128",
	                   .help = "the user of that hold; \"\": user_id"),
	RENT_STRING_OPTION("refusal.payer_ref", "", .max = "127",
	                   .help = "the provider's name for him"),
	RENT_STRING_OPTION("refusal.method_ref", "", .max = "127",
	                   .help = "a test card that is refused"),
	RENT_OPTIONS_END,
};

static const struct rent_need needs[] = {
	{ "payment", RENT_KIND_PAYMENT, false, "the provider that is ridden" },
	{ NULL, NULL, false, NULL },
};

static struct ride_payer payer_of(const struct rent_host *host, const char *user_id,
                                  const char *payer_ref, const char *method_ref)
{
	const char *user = host->opt_str(host, user_id);

	return (struct ride_payer){
		.user_id = user[0] == '\0' ? host->opt_str(host, "user_id") : user,
		.payer_ref = host->opt_str(host, payer_ref),
		.method_ref = host->opt_str(host, method_ref),
	};
}

static int read_options(struct ride *r, const struct rent_host *host,
                        struct rent_error *err)
{
	r->hold = host->opt_int(host, "hold");
	r->capture = host->opt_int(host, "capture");
	r->charge = host->opt_int(host, "charge");
	r->refund = host->opt_int(host, "refund");
	r->wait_us = host->opt_int(host, "wait");
	r->return_url = host->opt_str(host, "return_url");
	r->with_action = host->opt_bool(host, "action.ride");
	r->with_refusal = host->opt_bool(host, "refusal.ride");
	r->payer = payer_of(host, "user_id", "payer_ref", "method_ref");
	r->payer.on_session = host->opt_bool(host, "on_session");
	r->actor =
		payer_of(host, "action.user_id", "action.payer_ref", "action.method_ref");
	r->actor.on_session = true;
	r->refused = payer_of(host, "refusal.user_id", "refusal.payer_ref",
	                      "refusal.method_ref");
	if (r->capture > r->hold)
		return rent_fail(err, RENT_EINVAL,
		                 "options.capture: more than hold cannot be taken of it");
	if (r->refund > r->charge)
		return rent_fail(err, RENT_EINVAL,
		                 "options.refund: more than charge cannot be given back");
	return 0;
}

static int ride_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };
	struct ride *r = calloc(1, sizeof(*r));
	int code;

	if (r == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	r->host = host;
	code = read_options(r, host, err);
	if (code == 0 && !host->lookup(host, "payment", &bound))
		code = rent_fail(err, RENT_EINVAL, "need \"payment\" is not bound");
	if (code != 0) {
		free(r);
		return code;
	}
	rent_adopt_table(&r->api, sizeof(r->api), &bound);
	r->self = bound.self;
	*ret_self = r;
	return 0;
}

static void print_summary(struct ride *r)
{
	const struct rent_value fields[] = {
		RENT_TEXT("type", "summary"),
		RENT_TRUTH("clean", r->failed == 0),
		RENT_TEXT("rental", r->rental_id),
		RENT_NUMBER("steps", r->steps),
		RENT_NUMBER("failed", r->failed),
		RENT_NUMBER("left_out", r->left_out),
		RENT_VALUES_END,
	};

	r->run->result(r->run, fields,
	               "ride: %d steps, %d failed, %d left out; rental %s", r->steps,
	               r->failed, r->left_out, r->rental_id);
}

static int run_ride(void *self, const struct rent_command_run *run,
                    struct rent_error *err)
{
	struct ride *r = self;

	r->run = run;
	r->caps.struct_size = sizeof(r->caps);
	r->api.caps(r->self, &r->caps);
	r->began_at = r->host->wall_us(r->host);
	r->host->uuid7(r->host, r->rental_id);
	if (r->hold < r->caps.min_charge || r->capture < r->caps.min_charge ||
	    r->charge < r->caps.min_charge) {
		(void)rent_fail(err, RENT_EINVAL,
		                "hold, capture or charge is below the provider's "
		                "smallest amount, %" PRId64,
		                r->caps.min_charge);
		return RENT_COMMAND_USAGE;
	}
	ride_all(r);
	if (r->unavailable) {
		(void)rent_fail(err, RENT_EUNAVAIL, "nothing was sent: %s",
		                r->ops[0].end.note);
		return RENT_COMMAND_UNAVAILABLE;
	}
	print_summary(r);
	return r->failed == 0 ? RENT_COMMAND_DONE : RENT_COMMAND_BREACH;
}

static const struct rent_command commands[] = {
	{ .name = "ride",
	  .summary =
	          "take the payment plugin through its provider's sandbox, and compare the "
	          "books",
	  .run = run_ride },
	{ .name = NULL },
};

RENT_PLUGIN(ride_plugin) = {
	RENT_PLUGIN_STAMP,
	.kind = "tool",
	.name = "payment_ride",
	.version = RENT_VERSION,
	.summary = "rides a payment plugin through a sandbox",
	.options = options,
	.needs = needs,
	.commands = commands,
	.create = ride_create,
	.destroy = free,
};
