/* SPDX-License-Identifier: MIT
 *
 * run.c - see run.h: the customer and the world around him. The judgement is in judge.c.
 */
#include "run.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void run_fail(struct run *r, const char *fmt, ...)
{
	size_t n = strlen(r->why);
	va_list ap;

	if (n > sizeof(r->why) / 2)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(r->why + n, sizeof(r->why) - n, fmt, ap);
	va_end(ap);
	n = strlen(r->why);
	(void)snprintf(r->why + n, sizeof(r->why) - n, "; ");
}

struct waiting {
	struct run *run;
	bool (*done)(struct run *r);
};

static bool is_done(void *arg)
{
	struct waiting *w = arg;

	if (w->run->tend != NULL)
		w->run->tend(w->run);
	return w->done(w->run);
}

bool run_wait(struct run *r, bool (*done)(struct run *r), const char *what)
{
	struct waiting w = { .run = r, .done = done };

	if (r->why[0] != '\0')
		return false;
	if (wait_until(is_done, &w, RUN_PATIENCE_MS))
		return true;
	run_fail(r, "%s: not within %d s", what, RUN_PATIENCE_MS / 1000);
	return false;
}

void run_begin(struct run *r)
{
	for (;;) {
		const struct answer *a = client_get(
			r->deployment->nodes[NODE_STUBS].client,
			"/admin/book?after=%" PRId64 "&limit=500", r->book_seq);
		const json_t *items = answer_get(a, "operations");
		size_t n = json_array_size(items);

		if (a->status != 200)
			run_fail(r, "the stub's book: %ld %s", a->status, a->why);
		if (n == 0)
			return;
		r->book_seq = json_integer_value(
			json_object_get(json_array_get(items, n - 1), "seq"));
	}
}

void run_init(struct run *r, struct deployment *s, struct records *t, const char *name)
{
	static unsigned count;

	memset(r, 0, sizeof(*r));
	r->deployment = s;
	r->records = t;
	(void)snprintf(r->user, sizeof(r->user), "%s-%u", name, ++count);
	r->rentals = 1;
	ride_key(r->ride.key);
}

static bool is_quoted(struct run *r)
{
	const struct answer *a =
		ride_quote(r->deployment->nodes[NODE_API].client, r->station, r->user);

	if (a->status == 200)
		(void)snprintf(r->ride.quote_id, sizeof(r->ride.quote_id), "%s",
		               answer_str(a, "quote_id"));
	return a->status == 200;
}

void run_quote(struct run *r, const char *station)
{
	r->station = station;
	(void)run_wait(r, is_quoted, "a quote");
}

static long started; /* the last answer; one run at a time */

static bool is_answered(struct run *r)
{
	const struct answer *a = ride_start(r->deployment->nodes[NODE_API].client,
	                                    r->ride.key, r->ride.quote_id);
	/* a start that was undone is answered so for good */
	bool kept = answer_header(a, "Idempotency-Replayed") != NULL;
	bool again = a->status == 0 || (a->status == 503 && !kept) ||
	             (a->status == 409 && answer_header(a, "Retry-After") != NULL);

	started = a->status;
	if (a->status == 200)
		(void)snprintf(r->ride.order_id, sizeof(r->ride.order_id), "%s",
		               answer_str(a, "order_id"));
	return !again;
}

long run_start(struct run *r)
{
	started = 0;
	return run_wait(r, is_answered, "an answer to the start") ? started : 0;
}

static bool is_stopped(struct run *r)
{
	return ride_stop(r->deployment->nodes[NODE_API].client, r->ride.order_id,
	                 r->station)
	               ->status == 200;
}

void run_stop(struct run *r)
{
	(void)run_wait(r, is_stopped, "the stop");
}

void run_control(struct run *r, const char *path, const char *json)
{
	const struct answer *a =
		client_post(r->deployment->nodes[NODE_STUBS].client, path, "%s", json);

	if (a->status != 200)
		run_fail(r, "stubs: %s: %ld %s", path, a->status, a->body);
}

void run_decline(struct run *r, bool declined)
{
	char json[160];

	(void)snprintf(json, sizeof(json), "{\"user_id\": \"%s\", \"declined\": %s}",
	               r->user, declined ? "true" : "false");
	run_control(r, "/admin/decline", json);
}

void run_setting(struct run *r, const char *json)
{
	run_control(r, "/admin/settings", json);
}

void run_put_back(struct run *r, const char *order_id, const char *station)
{
	char json[256];

	(void)snprintf(
		json, sizeof(json), "{\"powerbank_id\": \"%s\", \"station_id\": \"%s\"}",
		records_text(r->records, "SELECT powerbank_id FROM rentals WHERE id = %Q",
	                     order_id),
		station);
	run_control(r, "/admin/return-powerbank", json);
}

void run_reports(struct run *r, int times)
{
	char json[64];

	(void)snprintf(json, sizeof(json), "{\"callbacks\": %d, \"pushes\": %d}", times,
	               times > 0);
	run_control(r, "/admin/cloud", json);
}

int64_t run_value(struct run *r, const char *column)
{
	return records_int(r->records, "SELECT %s FROM rentals WHERE user_id = %Q",
	                   column, r->user);
}

int64_t run_debt(struct run *r)
{
	int64_t debt = records_int(r->records,
	                           "SELECT d.amount_total FROM debts d JOIN rentals r ON "
	                           "r.id = d.rental_id WHERE r.user_id = %Q",
	                           r->user);

	return debt == INT64_MIN ? 0 : debt;
}

bool run_rests(struct run *r)
{
	return records_int(
		       r->records,
		       "SELECT (SELECT COUNT(*) FROM operations WHERE state IN "
		       "('INTENT', 'PENDING', 'UNKNOWN')) + (SELECT COUNT(*) FROM rentals "
		       "WHERE status = 'PENDING' OR settlement = 'PENDING' OR (status = "
		       "'BUYOUT' AND settlement <> 'DONE'))") == 0;
}
