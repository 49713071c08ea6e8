/* SPDX-License-Identifier: MIT
 *
 * fuzz_payment.c - what a payment provider answers, through the plugin FUZZ_SO: outcomes of
 * every kind of operation, and pages of a list. Input: kind, what is looked up, status (two
 * bytes), flags, body.
 */
#include <rent/payment.h>

#include "fuzz_plugin.h"

#define AMOUNT 100
#define ID     "019ab0de-0000-7000-8000-000000000001"

static const struct rent_payment *api;
static const struct rent_host *host;
static void *self;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	api = fuzz_plugin(&host, &self);
	return 0;
}

static int on_entry(void *arg, const struct rent_payment_entry *entry)
{
	int *n = arg;

	FUZZ_MUST(entry->id != NULL && entry->ref != NULL);
	FUZZ_MUST(entry->rental_id != NULL && entry->user_id != NULL);
	FUZZ_MUST(entry->kind >= RENT_PAY_HOLD && entry->kind <= RENT_PAY_REFUND);
	FUZZ_MUST(entry->outcome == RENT_SUCCEEDED || entry->outcome == RENT_PENDING ||
	          entry->outcome == RENT_DECLINED);
	FUZZ_MUST(entry->amount >= 0);
	return ++*n > 5 ? 1 : 0;
}

static void try_list(const struct rent_upstream_reply *reply)
{
	const struct rent_payment_page page = { .struct_size = sizeof(page),
		                                .cursor = "",
		                                .limit = 10 };
	char cursor[RENT_REF_SIZE];
	struct rent_error err;
	int n = 0;

	memset(cursor, 'x', sizeof(cursor));
	if (api->parse_list(self, &page, reply, on_entry, &n, cursor, &err) == 0)
		FUZZ_MUST(fuzz_ends(cursor, sizeof(cursor)));
}

static void try_parse(const struct rent_payment_op *op,
                      const struct rent_upstream_reply *reply)
{
	struct rent_payment_result res = { .struct_size = sizeof(res) };

	api->parse(self, op, reply, &res);
	FUZZ_MUST(res.outcome >= RENT_UNKNOWN && res.outcome <= RENT_UNSUPPORTED);
	FUZZ_MUST(fuzz_ends(res.ref, sizeof(res.ref)));
	FUZZ_MUST(fuzz_ends(res.note, sizeof(res.note)));
	FUZZ_MUST(res.outcome != RENT_SUCCEEDED ||
	          (res.processed >= 1 && res.processed <= AMOUNT));
	FUZZ_MUST(!res.not_found || op->kind == RENT_PAY_LOOKUP);
	/* That nothing happened at first does not follow from a repetition. */
	FUZZ_MUST(!res.not_found || res.outcome == RENT_UNKNOWN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	struct rent_payment_op op = { .struct_size = sizeof(op),
		                      .id = ID,
		                      .rental_id = "rental",
		                      .user_id = "user",
		                      .ref = "",
		                      .target_id = "target",
		                      .target_ref = "pay_1",
		                      .amount = AMOUNT,
		                      .created_at = RENT_SECOND };
	struct rent_upstream_reply reply = { .struct_size = sizeof(reply),
		                             .content_type = "application/json" };
	unsigned kind = fuzz_byte(&f) % 8;
	char *body;

	op.kind = (enum rent_payment_kind)(1 + kind % 6);
	op.lookup_of = (enum rent_payment_kind)(1 + fuzz_byte(&f) % 5);
	reply.status = fuzz_status(&f);
	reply.ambiguous = (fuzz_byte(&f) & 1) != 0;
	op.final = op.kind == RENT_PAY_CAPTURE;
	body = fuzz_rest(&f);
	reply.body = body;
	reply.body_size = f.size;
	reply.arena = host->arena_new(host);
	if (kind >= 6 && api->build_list != NULL && api->parse_list != NULL)
		try_list(&reply);
	else
		try_parse(&op, &reply);
	host->arena_free(host, reply.arena);
	free(body);
	return 0;
}
