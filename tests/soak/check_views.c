/* SPDX-License-Identifier: MIT
 *
 * check_views.c - stops, and what clients saw of a rental while it went on.
 */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TOLERANCE_US INT64_C(50000) /* two readings of one clock, nudged meanwhile */

static bool is_stop(const json_t *call)
{
	return is(call, "what", "stop");
}

/* "2026-11-23T11:00:00.123456Z" in microseconds; 0 for anything else. */
static int64_t time_of(const char *text)
{
	struct tm tm = { 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t us = 0, unit = 100000;

	if (rest == NULL)
		return 0;
	if (*rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10)
			us += (*rest - '0') * unit;
	}
	return (int64_t)timegm(&tm) * 1000000 + us;
}

/* ---- stops */

static int64_t released(const struct check *c, const char *rental)
{
	int64_t sum = 0;
	json_t *op;
	size_t i;

	json_array_foreach(of(c->operations_of, rental), i, op)
	{
		if (is(op, "kind", "release") && is(op, "state", "SUCCEEDED"))
			sum += num(op, "processed");
	}
	return sum;
}

static void stop_kept(struct check *c, const json_t *call, const json_t *rental)
{
	const json_t *said = json_object_get(call, "answer");
	const char *id = str(rental, "id");
	int64_t paid = num(said, "total_amount"), debt = num(said, "debt");

	if (!is(rental, "status", str(said, "status")) || !has_ended(rental))
		violation(c, id, call, "is %s, its stop was answered %s",
		          str(rental, "status"), str(said, "status"));
	else if (time_of(str(said, "finished_at")) != num(rental, "finished_at_us"))
		violation(c, id, call, "ended at %s, its stop was answered %s",
		          str(rental, "finished_at"), str(said, "finished_at"));
	else if (num(said, "accrued") != num(rental, "final_amount"))
		violation(c, id, call, "cost %" PRId64 ", its stop was answered %" PRId64,
		          num(rental, "final_amount"), num(said, "accrued"));
	else if (is(said, "settlement", "done") && paid + debt != num(said, "accrued"))
		violation(c, id, call,
		          "settled: %" PRId64 " paid and %" PRId64
		          " owed are not %" PRId64,
		          paid, debt, num(said, "accrued"));
	else if (is(said, "settlement", "done") &&
	         num(said, "deposit_refund") != released(c, id))
		violation(c, id, call,
		          "%" PRId64 " of the deposit was said to be given back,"
		          " %" PRId64 " was",
		          num(said, "deposit_refund"), released(c, id));
}

void rule_stop_kept(struct check *c)
{
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		const char *id = str(call, "order_id");
		const json_t *rental = json_object_get(c->rental_by_id, id);

		if (!is_stop(call) || num(call, "status") != 200)
			continue;
		if (rental == NULL)
			violation(c, NULL, call,
			          "the stop of '%s' was acknowledged, "
			          "there is no such rental",
			          id);
		else
			stop_kept(c, call, rental);
	}
}

/* When this kind of call was made first, and when the first one had been acknowledged. */
static void span_of(const struct check *c, const char *rental, const char *what,
                    int64_t *ret_first, int64_t *ret_acked)
{
	json_t *call;
	size_t i;

	*ret_first = *ret_acked = INT64_MAX;
	json_array_foreach(of(c->calls_of, rental), i, call)
	{
		if (!is(call, "what", what))
			continue;
		if (num(call, "w") < *ret_first)
			*ret_first = num(call, "w");
		if (num(call, "status") == 200 && num(call, "w1") < *ret_acked)
			*ret_acked = num(call, "w1");
	}
}

static void within(struct check *c, const json_t *rental, const char *what, int64_t at)
{
	int64_t first, acked;

	span_of(c, str(rental, "id"), what, &first, &acked);
	if (at < first - TOLERANCE_US)
		violation(c, str(rental, "id"), NULL,
		          "its %s is %" PRId64 " us before anybody asked for it", what,
		          first == INT64_MAX ? 0 : first - at);
	if (acked != INT64_MAX && at > acked + TOLERANCE_US)
		violation(c, str(rental, "id"), NULL,
		          "its %s is %" PRId64 " us after it was acknowledged", what,
		          at - acked);
}

/* Whose cabinets say by themselves what is in them: to the second. */
#define SECOND_US INT64_C(1000000)

static void ended_by_cabinet(struct check *c, const json_t *rental)
{
	int64_t first, acked, at = num(rental, "finished_at_us") + SECOND_US;

	span_of(c, str(rental, "id"), "return", &first, &acked);
	if (at < first - TOLERANCE_US)
		violation(c, str(rental, "id"), NULL,
		          "a cabinet ended it %" PRId64
		          " us before anybody had put it back",
		          first == INT64_MAX ? 0 : first - at);
}

void rule_stop_in_time(struct check *c)
{
	json_t *rental;
	size_t i;

	json_array_foreach(c->rentals, i, rental)
	{
		if (is(rental, "ended_by", "cabinet"))
			ended_by_cabinet(c, rental);
		else if (is(rental, "ended_by", "reissue"))
			violation(
				c, str(rental, "id"), NULL,
				"its powerbank was given out again, and it was still on");
		else if (is(rental, "status", "FINISHED"))
			within(c, rental, "stop", num(rental, "finished_at_us"));
		if (has_ended(rental) || is(rental, "status", "ACTIVE"))
			within(c, rental, "start", num(rental, "started_at_us"));
	}
}

/* ---- views */

static int rank_of(const char *status)
{
	static const char *const order[] = { "PENDING", "ACTIVE", "FAILED", "FINISHED",
		                             "BUYOUT" };

	for (int i = 0; i < 5; i++) {
		if (strcmp(order[i], status) == 0)
			return i < 2 ? i : 2;
	}
	return -1;
}

static int settled_of(const json_t *view)
{
	return is(view, "settlement", "done") ? 2 : is(view, "settlement", "pending");
}

/* A cabinet may say late since when it has been back, or that it is back since its customer said so, who
 * could not be believed then. */
static bool may_end_earlier(const json_t *before, const json_t *after)
{
	return is(after, "ended_by", "cabinet") ||
	       str(before, "stop_asked_at")[0] != '\0';
}

/* Whether what was seen later may follow what was seen before. */
static const char *step_back(const json_t *before, const json_t *after)
{
	static const char *const fixed[] = { "price_per_hour", "free_period_min",
		                             "deposit" };
	int from = rank_of(str(before, "status")), to = rank_of(str(after, "status"));

	if (to < from || to < 0)
		return "status";
	if (from == 2 && !is(after, "status", str(before, "status")))
		return "status";
	if (num(after, "accrued") < num(before, "accrued") &&
	    !(from == 1 && to == 2 && may_end_earlier(before, after)))
		return "accrued";
	if (from == 2 && num(after, "accrued") != num(before, "accrued"))
		return "accrued";
	if (from == 2 && !is(after, "finished_at", str(before, "finished_at")))
		return "finished_at";
	if (str(before, "powerbank_id")[0] != '\0' &&
	    !is(after, "powerbank_id", str(before, "powerbank_id")))
		return "powerbank_id";
	if (settled_of(after) < settled_of(before))
		return "settlement";
	for (size_t i = 0; i < 3; i++) {
		if (num(after, fixed[i]) != num(before, fixed[i]))
			return fixed[i];
	}
	return NULL;
}

static bool is_view(const json_t *call)
{
	return (is_stop(call) || is(call, "what", "status")) &&
	       num(call, "status") == 200;
}

/* Of two views one follows the other when it was asked for after the other's answer had come.
 * Comparing each with the newest of those is enough, and the newest with those before it. */
static void follow(struct check *c, const char *id, const json_t *calls)
{
	json_t *call, *other;
	size_t i, k;

	json_array_foreach(calls, i, call)
	{
		const json_t *before = NULL;
		const char *what;

		if (!is_view(call))
			continue;
		json_array_foreach(calls, k, other)
		{
			if (is_view(other) && num(other, "t1") < num(call, "t") &&
			    (before == NULL || num(before, "t1") < num(other, "t1")))
				before = other;
		}
		if (before == NULL)
			continue;
		what = step_back(json_object_get(before, "answer"),
		                 json_object_get(call, "answer"));
		if (what != NULL)
			violation(c, id, call, "%s went back: '%s', then '%s'", what,
			          str(before, "body"), str(call, "body"));
	}
}

void rule_monotonic(struct check *c)
{
	const char *id;
	json_t *calls;

	json_object_foreach(c->calls_of, id, calls) follow(c, id, calls);
}

/* ---- liveness for clients */

#define PATIENT 3 /* so many tries: a customer that gives up earlier did so on purpose */

static void answered(struct check *c, const json_t *calls, const char *what)
{
	size_t i, tries = 0;
	json_t *call;

	json_array_foreach(calls, i, call)
	{
		if (!is(call, "what", what))
			continue;
		if (is_final(call))
			return;
		tries++;
	}
	if (tries >= PATIENT)
		violation(c, NULL, json_array_get(calls, 0),
		          "%zu tries of a %s, no answer", tries, what);
}

void rule_answered(struct check *c)
{
	const char *id;
	json_t *calls;

	json_object_foreach(c->calls_of_key, id, calls) answered(c, calls, "start");
	json_object_foreach(c->calls_of, id, calls) answered(c, calls, "stop");
}
