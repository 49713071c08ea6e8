/* SPDX-License-Identifier: MIT
 *
 * check.c - the table of rules, and how a violation is shown.
 */
#include "check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 12 /* violations that are shown with all that is known */
#define TOLD_MAX  60 /* … in one line */

static const struct {
	const char *name, *what;
	check_fn fn;
} rules[] = {
	{ "start-kept", "an acknowledged start is there, as it was said",
	  rule_start_kept },
	{ "one-answer", "the answer under a key is always the same", rule_one_answer },
	{ "one-rental", "one rental for a key, one for a quote", rule_one_rental },
	{ "price",
	  "a quote says what its station asks for, its rental what the quote said",
	  rule_price },
	{ "in-time", "a quote is used while it is good", rule_in_time },
	{ "no-ghost", "every rental was asked for by somebody", rule_no_ghost },
	{ "refusal", "who was refused has no rental and paid nothing", rule_refusal },
	{ "stop-kept", "an acknowledged stop stays what it was, and settles",
	  rule_stop_kept },
	{ "stop-in-time", "a rental ends when somebody stopped it, or is sold",
	  rule_stop_in_time },
	{ "monotonic", "what a client sees of a rental never goes back", rule_monotonic },
	{ "answered", "who kept asking got an answer", rule_answered },
	{ "book", "what the provider moved is what we recorded, id by id", rule_book },
	{ "sums", "a rental's total is the sum of its operations and attempts",
	  rule_sums },
	{ "final", "an ended rental has paid or owes exactly what was due", rule_final },
	{ "ceiling", "nobody pays more than is due, or than the buyout", rule_ceiling },
	{ "hold", "of every hold nothing is left when its rental is over", rule_hold },
	{ "failed", "a failed start cost nothing and gave nothing", rule_failed },
	{ "powerbank", "a rental has the one powerbank that was ejected for it",
	  rule_powerbank },
	{ "street", "who is out is in exactly one live or sold rental", rule_street },
	{ "rest", "afterwards nothing is open, half begun or unsettled", rule_rest },
	{ "debt", "debts are explained, and owed by those who cannot pay", rule_debt },
};

const char *str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s == NULL ? "" : s;
}

int64_t num(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

bool is(const json_t *o, const char *name, const char *word)
{
	return strcmp(str(o, name), word) == 0;
}

json_t *of(const json_t *index, const char *id)
{
	return json_object_get(index, id);
}

bool is_final(const json_t *call)
{
	int64_t status = num(call, "status");

	if (status == 0 || status >= 500)
		return status == 503 && json_is_true(json_object_get(call, "replayed"));
	return status < 400 || !json_is_true(json_object_get(call, "retry"));
}

bool has_ended(const json_t *rental)
{
	return is(rental, "status", "FINISHED") || is(rental, "status", "BUYOUT");
}

bool is_for_a_person(const json_t *op)
{
	return is(op, "kind", "eject") && is(op, "state", "MANUAL") &&
	       strstr(str(op, "note"), "another eject") != NULL;
}

bool is_left_to_a_person(const struct check *c, const char *rental)
{
	json_t *op;
	size_t i;

	json_array_foreach(of(c->operations_of, rental), i, op)
	{
		if (is_for_a_person(op))
			return true;
	}
	return false;
}

/* The contract's formula, on purpose not the product's code. */
int64_t due_of(const struct check *c, const json_t *rental)
{
	int64_t seconds =
		(num(rental, "finished_at_us") - num(rental, "started_at_us")) / 1000000;
	int64_t due, most = num(c->world, "buyout");

	seconds -= num(rental, "free_period_min") * 60;
	if (seconds <= 0)
		return 0;
	due = (num(rental, "price_per_hour") * seconds + 3599) / 3600;
	return due < most ? due : most;
}

/* ---- violations */

static void show(struct check *c, const char *head, json_t *o)
{
	char *text;

	if (o == NULL)
		return;
	text = json_dumps(o, JSON_COMPACT);
	(void)fprintf(c->out, "    %-9s %s\n", head, text == NULL ? "?" : text);
	free(text);
}

static void show_all(struct check *c, const char *head, const json_t *list)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o) show(c, head, o);
}

/* Times since the first call shown, so that they can be read. */
static void show_calls(struct check *c, const json_t *calls)
{
	int64_t zero = num(json_array_get(calls, 0), "t");
	json_t *call;
	size_t i;

	json_array_foreach(calls, i, call)
	{
		int64_t t = num(call, "t") - zero, t1 = num(call, "t1");

		(void)fprintf(c->out,
		              "    %8" PRId64 ".%03d ms  %-6s host %" PRId64
		              " %s%s %s %s-> ",
		              t / 1000, (int)(t % 1000), str(call, "what"),
		              num(call, "host"), str(call, "order_id"), str(call, "key"),
		              str(call, "quote_id"), str(call, "powerbank_id"));
		if (t1 == INT64_MAX)
			(void)fprintf(c->out, "never ended\n");
		else
			(void)fprintf(c->out,
			              "%s %" PRId64 " after %" PRId64 " ms %s%s\n",
			              str(call, "result"), num(call, "status"),
			              (t1 - num(call, "t")) / 1000, str(call, "why"),
			              str(call, "body"));
	}
}

static void show_known(struct check *c, const char *rental, const json_t *call)
{
	char visit[24];
	json_t *id = rental == NULL ? NULL : json_object_get(c->visit_of, rental);

	(void)snprintf(visit, sizeof(visit), "%" PRId64,
	               id != NULL ? (int64_t)json_integer_value(id) : num(call, "visit"));
	show_calls(c, of(c->calls_of_visit, visit));
	if (rental == NULL)
		return;
	show(c, "rental", json_object_get(c->rental_by_id, rental));
	show_all(c, "operation", of(c->operations_of, rental));
	show_all(c, "attempt", of(c->attempts_of, rental));
	show_all(c, "journal", of(c->journal_of, rental));
	show(c, "debt", json_object_get(c->debt_by_rental, rental));
	show_all(c, "book", of(c->book_of, rental));
}

void violation(struct check *c, const char *rental, const json_t *call, const char *fmt,
               ...)
{
	va_list ap;

	c->violations++;
	(void)json_object_set_new(c->found, c->rule,
	                          json_integer(num(c->found, c->rule) + 1));
	if (c->shown++ >= TOLD_MAX)
		return;
	(void)fprintf(c->out, "VIOLATION %s: ", c->rule);
	if (rental != NULL)
		(void)fprintf(c->out, "rental %s: ", rental);
	va_start(ap, fmt);
	(void)vfprintf(c->out, fmt, ap);
	va_end(ap);
	(void)fputc('\n', c->out);
	if (c->shown <= SHOWN_MAX)
		show_known(c, rental, call);
}

const char *check_rule(size_t i)
{
	return i < sizeof(rules) / sizeof(rules[0]) ? rules[i].name : NULL;
}

int64_t check_run(struct check *c)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		int64_t before = c->violations;

		c->rule = rules[i].name;
		rules[i].fn(c);
		(void)fprintf(c->out, "%-9s %-12s %s\n",
		              c->violations == before ? "ok" : "BROKEN", rules[i].name,
		              rules[i].what);
	}
	return c->violations;
}

void check_report(struct check *c)
{
	summary_unknown(c);
	summary_latency(c);
}
