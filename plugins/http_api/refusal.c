/* SPDX-License-Identifier: MIT
 *
 * refusal.c - verdicts as problem documents; see refusal.h. The statuses are the error table
 * of the HTTP contract.
 */
#include "refusal.h"

#include "answer.h"

struct refusal {
	enum rent_verdict verdict;
	int status;
	bool retry; /* with Retry-After */
	const char *slug;
	/* Its sentence, unless the core has more to say about this case. */
	const char *detail;
};

/* IN_DOUBT is no 4xx: those promise that nothing was changed. */
static const struct refusal refusals[] = {
	{ RENT_NO_STATION, 404, false, "station-unknown", "there is no such station" },
	{ RENT_NO_QUOTE, 404, false, "quote-unknown",
	  "there is no such quote; ask for a new one" },
	{ RENT_QUOTE_EXPIRED, 410, false, "quote-expired",
	  "the quote has expired; ask for a new one" },
	{ RENT_QUOTE_USED, 409, false, "quote-used",
	  "the quote has already been used with another key" },
	{ RENT_KEY_MISMATCH, 422, false, "idempotency-key-reused",
	  "this key has been used with another request; use a new key" },
	{ RENT_KEY_RUNNING, 409, true, "request-in-progress",
	  "the first request with this key is still being worked on" },
	{ RENT_DEPOSIT_DECLINED, 402, false, "deposit-declined",
	  "the deposit could not be held; no rental was started" },
	{ RENT_STATION_REFUSED, 409, false, "station-refused",
	  "the station does not give out a powerbank; try another station with a new quote" },
	{ RENT_NOT_AVAILABLE, 503, true, "service-unavailable",
	  "the station or payment service cannot be reached; try again with a new quote and a new key" },
	{ RENT_PAYMENT_UNAVAILABLE, 503, true, "payment-unavailable",
	  "the deposit could not be held, because the payment service does not answer; nothing was "
	  "started. Try again later with a new quote and a new key" },
	{ RENT_IN_DOUBT, 503, true, "outcome-unknown",
	  "the start is recorded and its outcome is not known yet; repeat the request with the "
	  "same key" },
	{ RENT_NOT_PAYABLE, 409, false, "rental-not-payable",
	  "a rental that has not begun cannot be paid for" },
	{ RENT_PAYMENT_DECLINED, 402, false, "payment-declined",
	  "the payment was declined, and nothing was taken; try again with another payment method "
	  "and a new key" },
	{ RENT_PAYMENT_RUNNING, 409, true, "payment-in-progress",
	  "another payment of this rental is under way; try again in a moment" },
	{ RENT_NO_RENTAL, 404, false, "rental-unknown", "there is no such rental" },
	{ RENT_WRONG_STATE, 409, false, "rental-not-stoppable",
	  "a rental that has not begun cannot be stopped" },
	{ RENT_NOT_RETURNED, 409, false, "not-returned",
	  "the powerbank is not in this station; the rental goes on" },
	{ RENT_RETURN_UNVERIFIED, 503, true, "station-unavailable",
	  "the station cannot be asked now whether the powerbank is back; the rental goes on. Try "
	  "again in a moment" },
};

static const struct refusal *refusal_of(enum rent_verdict verdict)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (refusals[i].verdict == verdict)
			return &refusals[i];
	}
	return NULL;
}

static int retry_header(const struct rent_http_request *req,
                        struct rent_http_reply *reply, int64_t us)
{
	int64_t sec = us / RENT_SECOND + (us % RENT_SECOND > 0);
	const char *text = rent_printf(req->arena, "%" PRId64, sec < 1 ? 1 : sec);

	if (text == NULL)
		return RENT_ENOMEM;
	answer_header(reply, "Retry-After", text);
	return 0;
}

int refusal_answer(const struct http_api *api, const struct rent_http_request *req,
                   struct rent_http_reply *reply, enum rent_verdict verdict,
                   const char *detail, int64_t retry_after_us)
{
	const struct refusal *row = refusal_of(verdict);

	if (row == NULL) {
		/* A verdict of a newer core. Its meaning is not known, so no promise. */
		api->host->log(
			api->host, RENT_LOG_ERROR, NULL,
			"verdict %d of the core has no answer here: the plugins are "
			"of different versions, install one",
			(int)verdict);
		api->host->problem(req, reply, 500, "unexpected-outcome",
		                   "the request ended in a way this version cannot tell",
		                   NULL);
		return 0;
	}
	api->host->problem(req, reply, row->status, row->slug,
	                   detail[0] == '\0' ? row->detail : detail, NULL);
	return row->retry ? retry_header(req, reply, retry_after_us) : 0;
}

int refusal_answer_first(const struct http_api *api, const struct rent_http_request *req,
                         struct rent_http_reply *reply, const char *request_id,
                         enum rent_verdict verdict, const char *detail,
                         int64_t retry_after_us)
{
	struct rent_http_request first;

	rent_adopt(&first, sizeof(first), req, req->struct_size);
	first.struct_size = (uint32_t)sizeof(first);
	if (request_id != NULL && request_id[0] != '\0')
		first.request_id = request_id;
	return refusal_answer(api, &first, reply, verdict, detail, retry_after_us);
}

int refusal_answer_start(const struct http_api *api, const struct rent_http_request *req,
                         struct rent_http_reply *reply,
                         const struct rent_start_reply *start)
{
	return refusal_answer_first(api, req, reply, start->request_id, start->verdict,
	                            start->detail, start->retry_after_us);
}
