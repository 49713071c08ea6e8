/* SPDX-License-Identifier: MIT
 *
 * action_scenario.c - see action_scenario.h.
 */
#include "action_scenario.h"

#include <stdio.h>
#include <string.h>

#define MINUTES(n) ((n)*INT64_C(60) - 30)
/* Longer than action_timeout. */
#define TOO_LONG "1800000000"

/* At the provider, for this customer only. */
static void switch_on(struct run *r, const char *op, const char *what, int times)
{
	char json[256];

	(void)snprintf(json, sizeof(json),
	               "{\"user_id\": \"%s\", \"%s\": \"%s\", \"times\": %d}", r->user,
	               op, what, times);
	run_control(r, "/admin/payments", json);
}

void action_quote(struct run *r)
{
	run_quote(r, "minute");
	switch_on(r, "hold", "requires_action", 1);
}

void action_begin(struct run *r)
{
	long status;

	action_quote(r);
	status = run_start(r);
	if (status != 202)
		run_fail(r, "the start does not wait for its customer: %ld", status);
}

void action_begin_busy(struct run *r)
{
	action_begin(r);
	switch_on(r, "release", "rate_limit", 3);
}

static bool owes(struct run *r)
{
	return run_rests(r) && run_debt(r) >= 140;
}

void action_begin_owing(struct run *r)
{
	run_quote(r, "no-deposit");
	if (run_start(r) != 200)
		run_fail(r, "the rental does not begin");
	records_age(r->records, r->user, MINUTES(140));
	switch_on(r, "charge", "requires_action", 1000);
	run_stop(r);
	(void)run_wait(r, owes, "the debt");
}

static const struct answer *pay(const struct run *r, struct client *c)
{
	const char *headers[] = { NULL, NULL };
	char header[192], path[128];

	(void)snprintf(header, sizeof(header), "Idempotency-Key: %s", r->ride.key);
	(void)snprintf(path, sizeof(path), "/api/v1/rentals/%s/pay", r->ride.order_id);
	headers[0] = header;
	return client_call(c, "POST", path, headers,
	                   "{\"return_url\": \"https://shop.example/back\"}");
}

void action_begin_paying(struct run *r)
{
	long status;

	action_begin_owing(r);
	ride_key(r->ride.key);
	status = pay(r, r->deployment->nodes[NODE_API].client)->status;
	if (status != 202)
		run_fail(r, "the payment does not wait for its customer: %ld", status);
}

/* ---- the customer at his bank */

static void answer_bank(struct run *r, const char *act)
{
	const char *payment = records_text(
		r->records,
		"SELECT o.ref FROM operations o JOIN rentals r ON r.id = o.rental_id "
		"WHERE r.user_id = %Q AND o.action IS NOT NULL AND o.state IN "
		"('PENDING', 'UNKNOWN')",
		r->user);

	if (payment[0] != '\0') /* refused where he has answered, or it is over */
		(void)client_post(r->deployment->nodes[NODE_STUBS].client,
		                  "/admin/payments/by-hand",
		                  "{\"payment\": \"%s\", \"act\": \"%s\"}", payment, act);
}

void action_confirm(struct run *r)
{
	answer_bank(r, "confirm");
}

void action_refuse(struct run *r)
{
	answer_bank(r, "refuse");
}

/* Not before he was asked: what was never answered is no action yet. */
void action_forget(struct run *r)
{
	records_exec(
		r->records,
		"UPDATE operations SET created_at = created_at - " TOO_LONG
		" WHERE kind = 'hold' AND action IS NOT NULL AND created_at = "
		"(SELECT MAX(o.created_at) FROM operations o JOIN rentals r ON r.id = "
		"o.rental_id WHERE r.user_id = %Q AND o.kind = 'hold') AND rental_id "
		"IN (SELECT id FROM rentals WHERE user_id = %Q AND status = "
		"'PENDING')",
		r->user, r->user);
}

static bool has_failed(struct run *r)
{
	return records_int(r->records,
	                   "SELECT COUNT(*) FROM rentals WHERE user_id = %Q AND status = "
	                   "'FAILED'",
	                   r->user) == 1;
}

void action_confirm_late(struct run *r)
{
	if (has_failed(r))
		action_confirm(r);
	else
		action_forget(r);
}

/* ---- the waits. A customer repeats his request as long as its answer tells him to act. */

static bool starts_after(struct run *r, void (*act)(struct run *r))
{
	long status = run_start(r);

	if (status == 202)
		act(r);
	return status != 0 && status != 202;
}

bool action_is_confirmed(struct run *r)
{
	return starts_after(r, action_confirm);
}

bool action_is_refused(struct run *r)
{
	return starts_after(r, action_refuse);
}

bool action_is_forgotten(struct run *r)
{
	return starts_after(r, action_forget);
}

bool action_is_late(struct run *r)
{
	bool over = starts_after(r, action_confirm_late);

	action_confirm_late(r);
	return over && run_rests(r);
}

void action_ask_pay(const struct run *r, struct client *c)
{
	(void)pay(r, c);
}

bool action_is_paid(struct run *r)
{
	if (pay(r, r->deployment->nodes[NODE_API].client)->status == 200)
		return true;
	action_confirm(r);
	return false;
}
