/* SPDX-License-Identifier: MIT
 *
 * check_money.c - the provider's book against ours, and both against what was due.
 */
#include "check.h"

#include <inttypes.h>
#include <string.h>

static bool takes(const json_t *o)
{
	return is(o, "kind", "charge") || is(o, "kind", "capture");
}

/* ---- id by id */

static void compare(struct check *c, const json_t *op, const json_t *entry)
{
	const char *rental = str(op, "rental_id"), *id = str(op, "id");
	bool done = is(op, "state", "SUCCEEDED"), eject = is(op, "kind", "eject");

	if (entry == NULL) {
		if (done)
			violation(c, rental, NULL,
			          "%s %s succeeded here, the provider does "
			          "not know it",
			          str(op, "kind"), id);
	} else if (!done && !is(op, "state", "MANUAL")) {
		violation(c, rental, NULL, "%s %s is %s here, the provider did it",
		          str(op, "kind"), id, str(op, "state"));
	} else if (!is(entry, "kind", str(op, "kind"))) {
		violation(c, rental, NULL, "%s is a %s here, a %s there", id,
		          str(op, "kind"), str(entry, "kind"));
	} else if (done && !eject && num(op, "processed") != num(entry, "amount")) {
		violation(c, rental, NULL, "%s %s: %" PRId64 " here, %" PRId64 " there",
		          str(op, "kind"), id, num(op, "processed"),
		          num(entry, "amount"));
	} else if (done && eject && !is(entry, "powerbank_id", str(op, "result"))) {
		violation(c, rental, NULL, "eject %s: '%s' here, '%s' there", id,
		          str(op, "result"), str(entry, "powerbank_id"));
	} else if (!eject && !is(entry, "order_id", rental)) {
		violation(c, rental, NULL, "%s was made for order '%s'", id,
		          str(entry, "order_id"));
	}
}

void rule_book(struct check *c)
{
	json_t *seen = json_object(), *op, *entry;
	const char *id;
	size_t i;

	json_object_foreach(c->operation_by_id, id, op)
		compare(c, op, json_object_get(c->book_by_key, id));
	json_array_foreach(c->book, i, entry)
	{
		const char *key = str(entry, "key");

		if (is(entry, "kind", "return"))
			continue;
		if (json_object_get(c->operation_by_id, key) == NULL)
			violation(c, NULL, NULL,
			          "only the provider knows %s '%s' of %" PRId64
			          " for '%s'",
			          str(entry, "kind"), key, num(entry, "amount"),
			          str(entry, "order_id"));
		if (json_object_get(seen, key) != NULL)
			violation(c, str(entry, "order_id"), NULL, "%s '%s' acted twice",
			          str(entry, "kind"), key);
		(void)json_object_set_new(seen, key, json_true());
	}
	json_decref(seen);
}

/* ---- sums */

static int64_t sum_operations(const struct check *c, const char *rental)
{
	int64_t sum = 0;
	json_t *op;
	size_t i;

	json_array_foreach(of(c->operations_of, rental), i, op)
	{
		if (!is(op, "state", "SUCCEEDED"))
			continue;
		if (takes(op))
			sum += num(op, "processed");
		if (is(op, "kind", "refund"))
			sum -= num(op, "processed");
	}
	return sum;
}

static int64_t sum_attempts(const struct check *c, const char *rental)
{
	int64_t sum = 0;
	json_t *row;
	size_t i;

	json_array_foreach(of(c->attempts_of, rental), i, row)
	{
		if (json_is_true(json_object_get(row, "success")))
			sum += num(row, "amount");
	}
	json_array_foreach(of(c->operations_of, rental), i, row)
	{
		if (is(row, "kind", "refund") && is(row, "state", "SUCCEEDED"))
			sum -= num(row, "processed");
	}
	return sum;
}

/* The provider's takings at the end; *ret_most: the most at any time. */
static int64_t sum_book(const struct check *c, const char *rental, int64_t *ret_most)
{
	int64_t sum = 0;
	json_t *entry;
	size_t i;

	*ret_most = 0;
	json_array_foreach(of(c->book_of, rental), i, entry)
	{
		if (takes(entry))
			sum += num(entry, "amount");
		if (is(entry, "kind", "refund"))
			sum -= num(entry, "amount");
		if (sum > *ret_most)
			*ret_most = sum;
	}
	return sum;
}

void rule_sums(struct check *c)
{
	json_t *rental;
	size_t i;

	json_array_foreach(c->rentals, i, rental)
	{
		const char *id = str(rental, "id");
		int64_t most, total = num(rental, "total_amount");
		int64_t operations = sum_operations(c, id),
			attempts = sum_attempts(c, id);
		int64_t book = sum_book(c, id, &most);

		if (total != operations || total != attempts || total != book)
			violation(c, id, NULL,
			          "total_amount %" PRId64 ", operations %" PRId64
			          ", attempts less refunds %" PRId64
			          ", provider %" PRId64,
			          total, operations, attempts, book);
	}
}

static int64_t debt_of(const struct check *c, const char *rental)
{
	return num(json_object_get(c->debt_by_rental, rental), "amount_total");
}

void rule_final(struct check *c)
{
	json_t *rental;
	size_t i;

	json_array_foreach(c->rentals, i, rental)
	{
		const char *id = str(rental, "id");
		int64_t due = due_of(c, rental), paid = num(rental, "total_amount");

		if (!has_ended(rental))
			continue;
		if (num(rental, "final_amount") != due)
			violation(c, id, NULL,
			          "final_amount %" PRId64 ", due was %" PRId64,
			          num(rental, "final_amount"), due);
		else if (paid + debt_of(c, id) != due)
			violation(c, id, NULL,
			          "%" PRId64 " paid and %" PRId64
			          " owed, due was %" PRId64,
			          paid, debt_of(c, id), due);
	}
}

void rule_ceiling(struct check *c)
{
	int64_t buyout = num(c->world, "buyout");
	json_t *rental;
	size_t i;

	json_array_foreach(c->rentals, i, rental)
	{
		const char *id = str(rental, "id");
		int64_t most, taken = sum_book(c, id, &most);
		int64_t due = has_ended(rental) ? due_of(c, rental) : buyout;

		if (taken > due)
			violation(c, id, NULL,
			          "the provider has taken %" PRId64 ", due was %" PRId64,
			          taken, due);
		if (most > buyout)
			violation(c, id, NULL,
			          "at one time the provider had taken %" PRId64
			          ", the buyout is %" PRId64,
			          most, buyout);
	}
}

/* ---- deposits */

static int64_t left_of(const struct check *c, const json_t *hold, const char *rental)
{
	int64_t left = num(hold, "amount");
	json_t *entry;
	size_t i;

	json_array_foreach(of(c->book_of, rental), i, entry)
	{
		if ((is(entry, "kind", "capture") || is(entry, "kind", "release")) &&
		    is(entry, "target", str(hold, "key")))
			left -= num(entry, "amount");
	}
	return left;
}

void rule_hold(struct check *c)
{
	json_t *entry;
	size_t i;

	json_array_foreach(c->book, i, entry)
	{
		const char *id = str(entry, "order_id");
		const json_t *rental = json_object_get(c->rental_by_id, id);
		int64_t left;

		if (!is(entry, "kind", "hold"))
			continue;
		left = left_of(c, entry, id);
		if (left < 0)
			violation(c, id, NULL, "%" PRId64 " more than was held was used",
			          -left);
		if (left > 0 && !is(rental, "status", "ACTIVE"))
			violation(c, id, NULL,
			          "%" PRId64 " of %" PRId64
			          " are still held, the rental is %s",
			          left, num(entry, "amount"),
			          rental == NULL ? "not there" : str(rental, "status"));
	}
}

void rule_failed(struct check *c)
{
	json_t *rental, *entry;
	size_t i, k;

	json_array_foreach(c->rentals, i, rental)
	{
		const char *id = str(rental, "id");
		int64_t most;

		if (!is(rental, "status", "FAILED"))
			continue;
		if (sum_book(c, id, &most) != 0 || num(rental, "total_amount") != 0 ||
		    debt_of(c, id) != 0)
			violation(c, id, NULL, "failed, and costs something");
		json_array_foreach(of(c->book_of, id), k, entry)
		{
			if (is(entry, "kind", "eject") && !is_left_to_a_person(c, id))
				violation(c, id, NULL, "failed, and '%s' was given out",
				          str(entry, "powerbank_id"));
		}
	}
}
