/* SPDX-License-Identifier: MIT
 *
 * upstream/admission.c - see admission.h.
 */
#include "upstream/admission.h"

#include "base/clock.h"
#include "upstream/report.h"

#include <stdio.h>

/* An upstream that was quiet for a minute and has a name to look up starts with few calls:
 * libcurl looks the name up with a thread for each connection until it knows it. */
#define RAMP_START 16u
#define WARM_US    (60 * RENT_SECOND)

static unsigned admission_room(struct rent_upstream *u, int64_t now)
{
	unsigned max = u->limits.max_in_flight; /* set when opened, not by reload */

	if (!u->needs_dns || now < u->warm_until_us)
		return max;
	if (u->in_flight == 0)
		u->ramp = RAMP_START;
	return u->ramp < max ? u->ramp : max;
}

/* Its turn has come. */
static void admission_decide(struct rent_upstream *u, struct admission *a, int64_t now)
{
	a->decided_us = now;
	a->limits = u->limits;
	if (breaker_admit(&u->breaker, now, &a->ticket)) {
		a->verdict = ADMISSION_GRANTED;
		u->in_flight++;
	} else {
		a->verdict = ADMISSION_REFUSED;
		a->breaker_wait_us = breaker_wait(&u->breaker, now);
	}
}

enum admission_verdict admission_enter(struct rent_upstream *u, struct admission *a)
{
	int64_t now = clock_mono_us();
	enum admission_verdict verdict = ADMISSION_WAITS;
	enum breaker_state was, is;

	(void)pthread_mutex_lock(&u->lock);
	was = u->breaker.state;
	a->next = NULL;
	a->verdict = ADMISSION_WAITS;
	if (u->queue == NULL && u->in_flight < admission_room(u, now)) {
		admission_decide(u, a, now);
		verdict = a->verdict;
	} else {
		if (u->queue == NULL)
			u->queue = a;
		else
			u->queue_last->next = a;
		u->queue_last = a;
	}
	is = u->breaker.state;
	(void)pthread_mutex_unlock(&u->lock);
	if (was != is)
		report_breaker(u, is, NULL);
	return verdict;
}

struct admission *admission_leave(struct rent_upstream *u, bool replied)
{
	int64_t now = clock_mono_us();
	enum breaker_state was, is;
	struct admission *first, **last = &first;

	(void)pthread_mutex_lock(&u->lock);
	was = u->breaker.state;
	u->in_flight--;
	u->ramp += u->ramp < u->limits.max_in_flight;
	if (replied)
		u->warm_until_us = now + WARM_US;
	while (u->queue != NULL && u->in_flight < admission_room(u, now)) {
		struct admission *a = u->queue;

		u->queue = a->next;
		admission_decide(u, a, now);
		*last = a;
		last = &a->next;
	}
	*last = NULL;
	is = u->breaker.state;
	(void)pthread_mutex_unlock(&u->lock);
	if (was != is)
		report_breaker(u, is, NULL);
	return first;
}

struct admission *admission_withdraw(struct rent_upstream *u, const void *owner)
{
	struct admission *first, **last = &first, **at;

	(void)pthread_mutex_lock(&u->lock);
	u->queue_last = NULL;
	for (at = &u->queue; *at != NULL;) {
		struct admission *a = *at;

		if (a->owner != owner) {
			u->queue_last = a;
			at = &a->next;
			continue;
		}
		*at = a->next;
		*last = a;
		last = &a->next;
	}
	*last = NULL;
	(void)pthread_mutex_unlock(&u->lock);
	return first;
}

/* A reply that is a failure came without an error. */
static const char *why_failed(const struct rent_exchange *x, char buffer[16])
{
	if (x->transport != RENT_REPLIED)
		return x->error;
	(void)snprintf(buffer, 16, "HTTP %d", (int)x->reply.status);
	return buffer;
}

void admission_settle(const struct rent_exchange *x, enum breaker_result result)
{
	struct rent_upstream *u = x->request.upstream;
	enum breaker_state was, is;
	char why[16];

	(void)pthread_mutex_lock(&u->lock);
	was = u->breaker.state;
	breaker_result(&u->breaker, x->ticket, result, clock_mono_us(), clock_wall_us());
	is = u->breaker.state;
	(void)pthread_mutex_unlock(&u->lock);
	if (result == BREAKER_FAILURE)
		report_failure(u);
	if (was != is)
		report_breaker(u, is, is == BREAKER_OPEN ? why_failed(x, why) : NULL);
}
