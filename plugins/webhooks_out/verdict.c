/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks_out/verdict.c - what an answer means for a message: values in, values out.
 *
 *   2xx                     delivered
 *   410                     the receiver wants nothing more; the message waits for an operator
 *   429, 502, 503, 504      failed; the receiver is left alone as long as it says
 *   any other, no answer    failed
 *   the breaker is open     not tried
 */
#include "webhooks_out.h"

/* Waits before the second try, the third, …: with first_wait = 5s those that Standard Webhooks name,
 * three days in all. In units of a fifth of first_wait. */
static const int64_t waits[] = { 5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400 };

#define WAITS       ((int64_t)(sizeof(waits) / sizeof(*waits)))
#define JITTER      10 /* a tenth of the wait, either way */
#define QUIET_MOST  RENT_HOUR
#define QUIET_LEAST RENT_SECOND

static int64_t wait_after(int64_t tries, int64_t first_wait, uint64_t random)
{
	int64_t i = tries < 1 ? 0 : tries > WAITS ? WAITS - 1 : tries - 1;
	int64_t wait = first_wait / 5 * waits[i];
	int64_t span = wait / JITTER;

	return wait - span + (int64_t)(random % (uint64_t)(2 * span + 1));
}

static int64_t between(int64_t least, int64_t v, int64_t most)
{
	return v < least ? least : v > most ? most : v;
}

static void not_tried(struct verdict *v, const struct rent_exchange *x)
{
	v->state = RENT_MESSAGE_OPEN;
	v->tries--;
	v->quiet_us = between(QUIET_LEAST, x->reply.retry_after_us, QUIET_MOST);
	v->wait_us = v->quiet_us;
	v->result = "not_tried";
	(void)snprintf(v->note, sizeof(v->note), "%s", x->error);
}

static void gone(struct verdict *v)
{
	v->state = RENT_MESSAGE_OPEN;
	v->tries--;
	v->gone = true;
	v->result = "gone";
	(void)snprintf(v->note, sizeof(v->note), "status 410");
}

static bool asks_for_rest(int32_t status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static void failed(struct verdict *v, const struct rent_exchange *x, int64_t tries_most,
                   int64_t first_wait, uint64_t random)
{
	bool replied = x->transport == RENT_REPLIED;

	if (replied)
		(void)snprintf(v->note, sizeof(v->note), "status %d", x->reply.status);
	else
		(void)snprintf(v->note, sizeof(v->note), "%s", x->error);
	v->result = "failed";
	v->state = RENT_MESSAGE_OPEN;
	v->wait_us = wait_after(v->tries, first_wait, random);
	if (replied && asks_for_rest(x->reply.status) && x->reply.retry_after_us > 0)
		v->quiet_us = between(QUIET_LEAST, x->reply.retry_after_us, QUIET_MOST);
	if (v->wait_us < v->quiet_us)
		v->wait_us = v->quiet_us;
	if (v->tries < tries_most)
		return;
	v->state = RENT_MESSAGE_SET_ASIDE;
	v->result = "set_aside";
}

struct verdict verdict_of(const struct rent_exchange *x, int64_t tries,
                          int64_t tries_most, int64_t first_wait, uint64_t random)
{
	struct verdict v = { .state = RENT_MESSAGE_DELIVERED,
		             .tries = tries,
		             .result = "delivered" };
	int32_t status = x->transport == RENT_REPLIED ? x->reply.status : 0;

	if (x->transport == RENT_NOT_SENT && x->breaker_open)
		not_tried(&v, x);
	else if (status == 410)
		gone(&v);
	else if (status < 200 || status > 299)
		failed(&v, x, tries_most, first_wait, random);
	else
		(void)snprintf(v.note, sizeof(v.note), "status %d", status);
	return v;
}
