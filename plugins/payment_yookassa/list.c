/* SPDX-License-Identifier: MIT
 *
 * plugins/payment_yookassa/list.c - YooKassa's book in three streams: payments by their
 * creation, captures of older payments, refunds. The cursor is "p:", "c:" or "r:" and what
 * YooKassa gave. A capture has no id of ours: it comes with its payment's reference alone.
 */
#include "yookassa.h"

#include <rent/time.h>

#define LIMIT_MAX 100

static const struct stream {
	char letter;
	const char *path, *filter;
} streams[] = {
	{ 'p', "payments", "created_at.gte" },
	{ 'c', "payments", "captured_at.gte" },
	{ 'r', "refunds", "created_at.gte" },
};

#define STREAMS (sizeof(streams) / sizeof(*streams))

/* The index of a cursor's stream; STREAMS: it is none. */
static size_t stream_of(const char *cursor)
{
	size_t i = 0;

	if (cursor[0] == '\0')
		return 0;
	while (i < STREAMS && (cursor[0] != streams[i].letter || cursor[1] != ':'))
		i++;
	return i;
}

int yookassa_build_list(void *self, const struct rent_payment_page *page,
                        struct rent_arena *arena, struct rent_upstream_request *ret,
                        struct rent_error *err)
{
	const struct yookassa *y = self;
	struct rent_form form = { .arena = arena };
	size_t i = stream_of(page->cursor);
	uint32_t limit =
		page->limit == 0 || page->limit > LIMIT_MAX ? LIMIT_MAX : page->limit;
	char since[RENT_TIME_SIZE];

	if (i == STREAMS)
		return rent_fail(err, RENT_EINVAL, "\"%s\" is no cursor of this list",
		                 page->cursor);
	rent_time_text(page->since < 0 ? 0 : page->since, 'T', since);
	rent_form_add(&form, streams[i].filter, since);
	rent_form_add_int(&form, "limit", (int64_t)limit);
	if (page->cursor[0] != '\0' && page->cursor[2] != '\0')
		rent_form_add(&form, "cursor", page->cursor + 2);
	return yookassa_get(
		y,
		rent_form_body(&form) == NULL
			? NULL
			: rent_printf(arena, "/%s?%s", streams[i].path, form.body),
		"list", ret, err);
}

struct listing {
	const struct yookassa *y;
	int64_t since;
	bool captures; /* the second stream */
	rent_payment_entry_fn fn;
	void *arg;
};

static int64_t time_of(const struct yookassa *y, const struct rent_json *o,
                       const char *path)
{
	int64_t at = 0;

	(void)rent_time_parse(y->json->text(o, path), &at);
	return at;
}

/* The amount, in units; what is no whole number of ours is rounded up, to be seen. -1: it is no
 * amount. */
static int64_t amount_of(const struct yookassa *y, const struct rent_json *o)
{
	struct yookassa hundredths = *y;
	int64_t n = 0;

	hundredths.major = false;
	if (!yookassa_units(&hundredths, y->json->text(o, "amount.value"), INT64_MAX, &n))
		return -1;
	return y->major ? n / 100 + (n % 100 != 0) : n;
}

static const struct {
	const char *status;
	enum rent_outcome of_hold, of_other;
} states[] = {
	{ "pending", RENT_PENDING, RENT_PENDING },
	{ "waiting_for_capture", RENT_SUCCEEDED, RENT_PENDING },
	{ "succeeded", RENT_SUCCEEDED, RENT_SUCCEEDED },
	{ "canceled", RENT_DECLINED, RENT_DECLINED },
};

static enum rent_outcome outcome_of(const struct yookassa *y, const struct rent_json *o,
                                    bool hold)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++) {
		if (strcmp(states[i].status, y->json->text(o, "status")) == 0)
			return hold ? states[i].of_hold : states[i].of_other;
	}
	return RENT_UNKNOWN;
}

/* A canceled hold had stood if we, or its time, ended it. */
static bool had_stood(const struct yookassa *y, const struct rent_json *o)
{
	const char *why = y->json->text(o, "cancellation_details.reason");

	return strcmp(why, "canceled_by_merchant") == 0 ||
	       strcmp(why, "expired_on_capture") == 0;
}

static int read_payment(const struct listing *l, const struct rent_json *o)
{
	const struct yookassa *y = l->y;
	bool hold = strcmp(y->json->text(o, "metadata.kind"), "hold") == 0;
	struct rent_payment_entry entry = {
		.struct_size = sizeof(entry),
		.kind = hold ? RENT_PAY_HOLD : RENT_PAY_CHARGE,
		.outcome = outcome_of(y, o, hold),
		.id = y->json->text(o, "metadata.op"),
		.ref = y->json->text(o, "id"),
		.rental_id = y->json->text(o, "metadata.rental"),
		.user_id = y->json->text(o, "metadata.user"),
		.amount = amount_of(y, o),
		.at = time_of(y, o, "created_at"),
		.currency = y->json->text(o, "amount.currency"),
	};
	bool captured = hold && entry.outcome == RENT_SUCCEEDED &&
	                strcmp(y->json->text(o, "status"), "succeeded") == 0;
	int64_t amount = entry.amount;
	int ret = 0;

	if (entry.outcome == RENT_UNKNOWN || !yookassa_id_valid(entry.ref) ||
	    entry.amount < 0)
		return RENT_ECORRUPT;
	if (hold && entry.outcome == RENT_DECLINED && had_stood(y, o))
		entry.outcome = RENT_SUCCEEDED;
	/* of a captured hold YooKassa tells what was captured, and no longer what was held */
	if (captured)
		entry.amount = 0;
	if (!l->captures)
		ret = l->fn(l->arg, &entry);
	if (ret != 0 || !captured || (l->captures && entry.at >= l->since))
		return ret;
	entry.kind = RENT_PAY_CAPTURE;
	entry.id = "";
	entry.amount = amount;
	entry.at = time_of(y, o, "captured_at");
	return l->fn(l->arg, &entry);
}

static int read_refund(const struct listing *l, const struct rent_json *o)
{
	const struct yookassa *y = l->y;
	struct rent_payment_entry entry = {
		.struct_size = sizeof(entry),
		.kind = RENT_PAY_REFUND,
		.outcome = outcome_of(y, o, false),
		.id = y->json->text(o, "description"),
		.ref = y->json->text(o, "id"),
		.rental_id = "",
		.user_id = "",
		.target_ref = y->json->text(o, "payment_id"),
		.amount = amount_of(y, o),
		.at = time_of(y, o, "created_at"),
		.currency = y->json->text(o, "amount.currency"),
	};

	if (entry.outcome == RENT_UNKNOWN || !yookassa_id_valid(entry.ref) ||
	    entry.amount < 0)
		return RENT_ECORRUPT;
	if (!yookassa_is_ours(entry.id))
		entry.id = "";
	return l->fn(l->arg, &entry);
}

int yookassa_parse_list(void *self, const struct rent_payment_page *page,
                        const struct rent_upstream_reply *reply, rent_payment_entry_fn fn,
                        void *arg, char ret_cursor[RENT_REF_SIZE], struct rent_error *err)
{
	const struct yookassa *y = self;
	const struct rent_json *body =
		y->json->parse(reply->arena, reply->body, reply->body_size);
	const char *next = y->json->text(body, "next_cursor");
	size_t i = stream_of(page->cursor), n = y->json->count(body, "items");
	struct listing listing = { y, page->since, i == 1, fn, arg };

	if (reply->status != 200)
		return rent_fail(err, RENT_EUNAVAIL,
		                 "YooKassa answers status %d to its list",
		                 (int)reply->status);
	if (i == STREAMS || y->json->type(body, "items") != RENT_JSON_ARRAY)
		return rent_fail(err, RENT_EFAIL, "this is no list of YooKassa's");
	for (size_t j = 0; j < n; j++) {
		const struct rent_json *o = y->json->at(body, "items", j, NULL);
		int ret = i == 2 ? read_refund(&listing, o) : read_payment(&listing, o);

		if (ret == RENT_ECORRUPT)
			return rent_fail(err, RENT_EFAIL,
			                 "entry %zu of YooKassa's list is not understood",
			                 j);
		if (ret != 0)
			return ret;
	}
	ret_cursor[0] = '\0';
	if (y->json->get(body, "next_cursor") == NULL) {
		if (i + 1 < STREAMS)
			(void)snprintf(ret_cursor, RENT_REF_SIZE,
			               "%c:", streams[i + 1].letter);
		return 0;
	}
	if (next[0] == '\0' || snprintf(ret_cursor, RENT_REF_SIZE, "%c:%s",
	                                streams[i].letter, next) >= RENT_REF_SIZE)
		return rent_fail(err, RENT_EFAIL,
		                 "YooKassa's list has no 'next_cursor' that can be used");
	return 0;
}
