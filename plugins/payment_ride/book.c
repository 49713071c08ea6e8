/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_ride/book.c - the provider's list beside what the ride knows: every operation that
 * moved money is in it once and with its amount, and the sums are the same. Entries of others are
 * passed over: a sandbox is shared.
 */
#include "ride.h"

#define EARLIER   (10 * RENT_MINUTE) /* clocks may be wrong */
#define PAGES_MAX 1000
#define PAGE      100
#define LOOK      RENT_SECOND

struct book {
	struct ride *ride;
	int entries;
	char fault[RENT_NOTE_SIZE]; /* "": none */
};

static bool moves_money(const struct ride_op *op)
{
	return op->kind != RENT_PAY_RELEASE && op->kind != RENT_PAY_EXTEND;
}

/* By our id; where the provider keeps none, by kind and its reference. */
static bool is_of(const struct ride_op *op, const struct rent_payment_entry *e)
{
	const char *id = rent_text(e->id), *ref = rent_text(e->ref);

	if (op->kind != e->kind)
		return false;
	return id[0] != '\0' ? strcmp(id, op->id) == 0
	                     : ref[0] != '\0' && strcmp(ref, op->end.ref) == 0;
}

static int take_entry(void *arg, const struct rent_payment_entry *e)
{
	struct book *book = arg;
	const char *currency = e->struct_size >= sizeof(*e) ? rent_text(e->currency) : "";

	book->entries++;
	for (size_t i = 0; i < book->ride->op_count; i++) {
		struct ride_op *op = &book->ride->ops[i];

		if (!is_of(op, e))
			continue;
		op->listed++;
		op->listed_amount = e->amount;
		op->listed_outcome = e->outcome;
		if (currency[0] != '\0' &&
		    strcmp(currency, book->ride->caps.currency) != 0)
			(void)snprintf(book->fault, sizeof(book->fault),
			               "the %s is listed in another currency, %.3s",
			               ride_kind_name(op->kind), currency);
	}
	return 0;
}

static int read_page(struct book *book, struct rent_payment_page *page,
                     char next[RENT_REF_SIZE], struct rent_error *err)
{
	const struct rent_host *host = book->ride->host;
	const struct rent_payment *api = &book->ride->api;
	struct rent_exchange x, *one[] = { &x };
	struct rent_upstream_reply reply;
	int code;

	rent_exchange_init(&x, host->arena_new(host));
	if (x.arena == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	code = api->build_list(book->ride->self, page, x.arena, &x.request, err);
	if (code == 0) {
		host->exchange(host, one, 1);
		reply = x.reply;
		reply.arena = x.arena;
		code = x.transport == RENT_REPLIED
		               ? api->parse_list(book->ride->self, page, &reply,
		                                 take_entry, book, next, err)
		               : rent_fail(err, RENT_EUNAVAIL, "%s", x.error);
	}
	host->arena_free(host, x.arena);
	return code;
}

static int read_list(struct book *book, struct rent_error *err)
{
	char cursor[RENT_REF_SIZE] = "", next[RENT_REF_SIZE] = "";
	struct rent_payment_page page = { .struct_size = sizeof(page),
		                          .since = book->ride->began_at - EARLIER,
		                          .cursor = cursor,
		                          .limit = PAGE };

	for (size_t i = 0; i < book->ride->op_count; i++)
		book->ride->ops[i].listed = 0;
	book->entries = 0;
	book->fault[0] = '\0';
	for (int n = 0; n < PAGES_MAX; n++) {
		int code = read_page(book, &page, next, err);

		if (code != 0 || next[0] == '\0')
			return code;
		if (strcmp(next, cursor) == 0)
			return rent_fail(err, RENT_EINVAL,
			                 "the cursor of the next page is this page's");
		memcpy(cursor, next, sizeof(cursor));
	}
	return rent_fail(err, RENT_EFULL, "the list has no end after %d pages",
	                 PAGES_MAX);
}

/* What was captured of this hold; 0: nothing. */
static int64_t captured_of(const struct ride *r, const struct ride_op *hold)
{
	for (size_t i = 0; i < r->op_count; i++) {
		const struct ride_op *op = &r->ops[i];

		if (op->kind == RENT_PAY_CAPTURE && op->target == hold &&
		    op->end.outcome == RENT_SUCCEEDED)
			return op->end.processed;
	}
	return 0;
}

/* The entries of one operation, against its end. */
static void judge_op(struct book *book, const struct ride_op *op)
{
	bool ours = op->end.outcome == RENT_SUCCEEDED;
	const char *fault = NULL;
	int64_t theirs = op->listed_amount;

	if (ours && op->listed == 0)
		fault = "is not in the list";
	else if (op->listed > 1)
		fault = "is in the list more than once: one id has acted twice, or one payment is "
			"told twice";
	else if (ours && op->listed_outcome != RENT_SUCCEEDED)
		fault = "did not succeed, by the list";
	else if (!ours && op->listed == 1 && op->listed_outcome == RENT_SUCCEEDED)
		fault = "succeeded, by the list, and by the answers it did not";
	/* Of a captured hold some providers tell what was captured, or nothing. */
	else if (ours && theirs != op->end.processed &&
	         (op->kind != RENT_PAY_HOLD ||
	          (theirs != 0 && theirs != captured_of(book->ride, op))))
		(void)snprintf(book->fault, sizeof(book->fault),
		               "the %s was of %" PRId64 ", and is listed with %" PRId64,
		               ride_kind_name(op->kind), op->end.processed, theirs);
	if (fault != NULL)
		(void)snprintf(book->fault, sizeof(book->fault), "the %s %s %s",
		               ride_kind_name(op->kind), op->id, fault);
}

static void judge_all(struct book *book)
{
	for (size_t i = 0; i < book->ride->op_count && book->fault[0] == '\0'; i++) {
		if (moves_money(&book->ride->ops[i]))
			judge_op(book, &book->ride->ops[i]);
	}
}

struct sums {
	int64_t taken, back;
};

static struct sums sum_up(const struct ride *r, bool theirs)
{
	struct sums ret = { 0, 0 };

	for (size_t i = 0; i < r->op_count; i++) {
		const struct ride_op *op = &r->ops[i];
		bool done =
			theirs ? op->listed > 0 && op->listed_outcome == RENT_SUCCEEDED
			       : op->end.outcome == RENT_SUCCEEDED;
		int64_t n = theirs ? op->listed_amount : op->end.processed;

		if (done && (op->kind == RENT_PAY_CAPTURE || op->kind == RENT_PAY_CHARGE))
			ret.taken += n;
		if (done && op->kind == RENT_PAY_REFUND)
			ret.back += n;
	}
	return ret;
}

void ride_compare(struct ride *r)
{
	struct book book = { .ride = r };
	int64_t until = r->host->mono_us(r->host) + r->wait_us;
	struct sums ours = sum_up(r, false), theirs;
	struct rent_error err = { 0 };
	int code;

	/* A list may lag behind: it is read until it agrees, or the time is up. */
	for (;;) {
		code = read_list(&book, &err);
		if (code == 0)
			judge_all(&book);
		if ((code == 0 && book.fault[0] == '\0') ||
		    r->host->mono_us(r->host) + LOOK > until)
			break;
		r->run->progress(r->run, "the list does not agree yet");
		r->host->sleep_us(r->host, LOOK);
	}
	if (code != 0) {
		ride_say(r, RIDE_FAILED, "the list", NULL, "it cannot be read: %s",
		         err.text);
		return;
	}
	theirs = sum_up(r, true);
	ride_say(r, book.fault[0] == '\0' ? RIDE_OK : RIDE_FAILED, "the list", NULL,
	         "%d entries%s%s", book.entries, book.fault[0] == '\0' ? "" : ": ",
	         book.fault);
	ride_say(r,
	         ours.taken == theirs.taken && ours.back == theirs.back ? RIDE_OK
	                                                                : RIDE_FAILED,
	         "the sums", NULL,
	         "taken %" PRId64 " and given back %" PRId64 "; by the list %" PRId64
	         " and %" PRId64,
	         ours.taken, ours.back, theirs.taken, theirs.back);
}
