/* SPDX-License-Identifier: MIT
 *
 * check_answers.c - quotes, starts and refusals: what was answered against what is there.
 */
#include "check.h"

#include <inttypes.h>
#include <string.h>

static bool is_ok(const json_t *call, const char *what)
{
	return is(call, "what", what) && num(call, "status") == 200;
}

/* One member of an answer against a column of the rental it is about. */
static void same_text(struct check *c, const json_t *call, const char *said,
                      const json_t *rental, const char *column)
{
	if (strcmp(said, str(rental, column)) != 0)
		violation(c, str(rental, "id"), call, "%s is '%s', it was '%s'", column,
		          str(rental, column), said);
}

void rule_start_kept(struct check *c)
{
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		const json_t *answer = json_object_get(call, "answer");
		const char *id = str(answer, "order_id");
		const json_t *rental = json_object_get(c->rental_by_id, id);

		if (!is_ok(call, "start"))
			continue;
		if (rental == NULL) {
			violation(c, NULL, call,
			          "the start of '%s' was acknowledged, "
			          "there is no such rental",
			          id);
			continue;
		}
		if (!has_ended(rental) && !is(rental, "status", "ACTIVE"))
			violation(c, id, call, "was acknowledged and is %s",
			          str(rental, "status"));
		same_text(c, call, str(answer, "powerbank_id"), rental, "powerbank_id");
		same_text(c, call, str(call, "user"), rental, "user_id");
		same_text(c, call, str(call, "quote_id"), rental, "quote_id");
	}
}

/* A key with another quote is another request: it is refused. */
static void one_answer(struct check *c, const json_t *calls, const json_t *first)
{
	json_t *call;
	size_t i;

	json_array_foreach(calls, i, call)
	{
		if (!is_final(call) || !is(call, "quote_id", str(first, "quote_id")))
			continue;
		if (num(call, "status") != num(first, "status"))
			violation(c, NULL, call,
			          "key '%s' was answered %" PRId64 " and %" PRId64,
			          str(call, "key"), num(first, "status"),
			          num(call, "status"));
		else if (!is(call, "body", str(first, "body")))
			violation(c, NULL, call, "key '%s' was answered '%s' and '%s'",
			          str(call, "key"), str(first, "body"),
			          str(call, "body"));
		else
			continue;
		return;
	}
}

void rule_one_answer(struct check *c)
{
	const char *key;
	json_t *calls;

	json_object_foreach(c->calls_of_key, key, calls)
	{
		json_t *seen = json_object(), *call;
		size_t i;

		json_array_foreach(calls, i, call)
		{
			const char *quote = str(call, "quote_id");

			if (!is_final(call) || json_object_get(seen, quote) != NULL)
				continue;
			(void)json_object_set_new(seen, quote, json_true());
			one_answer(c, calls, call);
		}
		json_decref(seen);
	}
}

void rule_one_rental(struct check *c)
{
	json_t *seen = json_object(), *rentals, *row, *call;
	const char *id;
	size_t i;

	json_object_foreach(c->rentals_of_quote, id, rentals)
	{
		if (json_array_size(rentals) > 1)
			violation(c, str(json_array_get(rentals, 1), "id"), NULL,
			          "is the second one of quote '%s'", id);
	}
	json_object_foreach(c->key_by_key, id, row)
	{
		const char *rental = str(row, "rental_id");

		if (rental[0] == '\0')
			continue;
		if (json_object_get(c->rental_by_id, rental) == NULL)
			violation(c, NULL, json_array_get(of(c->calls_of_key, id), 0),
			          "key '%s' names rental '%s', which is not there", id,
			          rental);
		if (json_object_get(seen, rental) != NULL)
			violation(c, rental, NULL, "has two keys, '%s' is one", id);
		(void)json_object_set_new(seen, rental, json_true());
	}
	json_object_clear(seen);
	json_array_foreach(c->calls, i, call)
	{
		const char *order = str(json_object_get(call, "answer"), "order_id");
		const char *quote = str(call, "quote_id");
		const char *other = str(seen, quote);

		if (!is_ok(call, "start"))
			continue;
		if (other[0] != '\0' && strcmp(other, order) != 0)
			violation(c, order, call, "and '%s' were both started from '%s'",
			          other, quote);
		(void)json_object_set_new(seen, quote, json_string(order));
	}
	json_decref(seen);
}

/* ---- prices */

static bool starts_with(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* Few powerbanks left: half as much again. Without the user's profile nobody is special. */
static void price_of_offer(struct check *c, const json_t *call)
{
	const json_t *said = json_object_get(call, "answer");
	const json_t *all = json_object_get(c->world, "stations");
	const json_t *want = json_object_get(all, str(call, "station_id"));
	int64_t price = num(want, "price_per_hour"),
		free_min = num(want, "free_period_min");
	int64_t deposit = num(want, "deposit");
	bool subscriber = starts_with(str(call, "user"), "subscriber");
	bool trusted = starts_with(str(call, "user"), "trusted");

	if (num(said, "price_per_hour") != price &&
	    num(said, "price_per_hour") != price * 3 / 2)
		violation(c, NULL, call, "price %" PRId64 ", the station's is %" PRId64,
		          num(said, "price_per_hour"), price);
	if (num(said, "free_period_min") != free_min &&
	    !(subscriber && num(said, "free_period_min") == 30))
		violation(c, NULL, call,
		          "%" PRId64 " minutes free, the station's are %" PRId64,
		          num(said, "free_period_min"), free_min);
	if (num(said, "deposit") != deposit &&
	    !(trusted && num(said, "deposit") == deposit / 2))
		violation(c, NULL, call, "deposit %" PRId64 ", the station's is %" PRId64,
		          num(said, "deposit"), deposit);
}

static void price_of_rental(struct check *c, const json_t *rental, const json_t *quotes)
{
	static const char *const columns[] = { "price_per_hour", "free_period_min",
		                               "deposit" };
	const json_t *quote = json_object_get(quotes, str(rental, "quote_id"));

	for (size_t i = 0; quote != NULL && i < 3; i++) {
		if (num(rental, columns[i]) != num(quote, columns[i]))
			violation(c, str(rental, "id"), NULL,
			          "%s is %" PRId64 ", the quote said %" PRId64,
			          columns[i], num(rental, columns[i]),
			          num(quote, columns[i]));
	}
}

void rule_price(struct check *c)
{
	json_t *quotes = json_object(), *call, *rental;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		json_t *answer = json_object_get(call, "answer");

		if (!is_ok(call, "quote"))
			continue;
		price_of_offer(c, call);
		(void)json_object_set(quotes, str(answer, "quote_id"), answer);
	}
	json_array_foreach(c->rentals, i, rental) price_of_rental(c, rental, quotes);
	json_decref(quotes);
}

/* The key is claimed in the transaction that uses the quote. */
void rule_in_time(struct check *c)
{
	int64_t life = num(c->world, "quote_ttl_s") * 1000000;
	json_t *ends = json_object(), *call, *rental;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		if (is_ok(call, "quote"))
			(void)json_object_set_new(
				ends, str(json_object_get(call, "answer"), "quote_id"),
				json_integer(num(call, "w1") + life));
	}
	json_array_foreach(c->rentals, i, rental)
	{
		int64_t end = num(ends, str(rental, "quote_id"));
		int64_t late = num(rental, "created_at_us") - end;

		if (end != 0 && late > 0)
			violation(c, str(rental, "id"), NULL,
			          "began %" PRId64 " us after its quote had ended", late);
	}
	json_decref(ends);
}

void rule_no_ghost(struct check *c)
{
	json_t *asked = json_object(), *call, *rental;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		if (is(call, "what", "start"))
			(void)json_object_set(asked, str(call, "quote_id"), call);
	}
	json_array_foreach(c->rentals, i, rental)
	{
		call = json_object_get(asked, str(rental, "quote_id"));
		if (call == NULL)
			violation(c, str(rental, "id"), NULL, "nobody asked for it");
		else if (!is(rental, "user_id", str(call, "user")))
			violation(c, str(rental, "id"), call,
			          "'%s' asked for it, '%s' has it", str(call, "user"),
			          str(rental, "user_id"));
	}
	json_decref(asked);
}

/* ---- refusals */

static void refused_start(struct check *c, const json_t *call)
{
	const char *id =
		str(json_object_get(c->key_by_key, str(call, "key")), "rental_id");
	const json_t *rental = json_object_get(c->rental_by_id, id);
	int64_t status = num(call, "status");

	if (rental == NULL || !is(rental, "quote_id", str(call, "quote_id")))
		return;
	if (status == 404 || status == 410 || status == 422)
		violation(c, id, call,
		          "is there although its start was answered %" PRId64, status);
	else if (!is(rental, "status", "FAILED"))
		violation(c, id, call, "is %s although its start was answered %" PRId64,
		          str(rental, "status"), status);
}

/* The cabinet was asked and did not have it: true, unless it had been put back before. */
static bool is_truly_out(const struct check *c, const json_t *call)
{
	const json_t *other;
	size_t i;

	if (strstr(str(json_object_get(call, "answer"), "type"), "not-returned") == NULL)
		return false;
	json_array_foreach(of(c->calls_of, str(call, "order_id")), i, other)
	{
		if (is_ok(other, "return") && num(other, "t1") < num(call, "t"))
			return false;
	}
	return true;
}

static void refused_stop(struct check *c, const json_t *call)
{
	const char *id = str(call, "order_id");
	const json_t *rental = json_object_get(c->rental_by_id, id);
	json_t *start;
	size_t i;

	if (num(call, "status") == 404 && rental != NULL)
		violation(c, id, call, "a stop was told that there is no such rental");
	if (num(call, "status") != 409 || is_truly_out(c, call))
		return;
	json_array_foreach(of(c->calls_of, id), i, start)
	{
		if (!is_ok(start, "start") || num(start, "t1") >= num(call, "t"))
			continue;
		violation(c, id, call, "had been started and could not be stopped");
		return;
	}
}

void rule_refusal(struct check *c)
{
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		if (!is_final(call) || num(call, "status") < 400)
			continue;
		if (is(call, "what", "start"))
			refused_start(c, call);
		else if (is(call, "what", "stop"))
			refused_stop(c, call);
		else if (is(call, "what", "status") &&
		         json_object_get(c->rental_by_id, str(call, "order_id")) != NULL)
			violation(c, str(call, "order_id"), call,
			          "a look was answered %" PRId64, num(call, "status"));
	}
}
