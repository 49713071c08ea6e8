/* SPDX-License-Identifier: MIT
 *
 * check_things.c - powerbanks, and what must be over when everything has come to rest.
 */
#include "check.h"

#include <inttypes.h>
#include <string.h>

static bool is_live(const json_t *rental)
{
	return is(rental, "status", "ACTIVE") || has_ended(rental);
}

void rule_powerbank(struct check *c)
{
	json_t *rental, *entry;
	size_t i, k;

	json_array_foreach(c->rentals, i, rental)
	{
		const char *id = str(rental, "id"), *given = "";
		int ejects = 0;

		json_array_foreach(of(c->book_of, id), k, entry)
		{
			if (!is(entry, "kind", "eject"))
				continue;
			given = str(entry, "powerbank_id");
			ejects++;
		}
		if (is_live(rental) && ejects == 0)
			violation(c, id, NULL, "is %s, no cabinet gave anything out",
			          str(rental, "status"));
		else if (ejects > 1)
			violation(c, id, NULL, "%d powerbanks were given out for it",
			          ejects);
		else if (is_live(rental) && !is(rental, "powerbank_id", given))
			violation(c, id, NULL, "has '%s', the cabinet gave '%s' out",
			          str(rental, "powerbank_id"), given);
	}
}

/* The powerbanks that are out at the end: powerbank → its rental. */
static json_t *street_of(struct check *c)
{
	json_t *out = json_object(), *entry;
	size_t i;

	json_array_foreach(c->book, i, entry)
	{
		const char *powerbank = str(entry, "powerbank_id");
		const json_t *op = json_object_get(c->operation_by_id, str(entry, "key"));

		if (is(entry, "kind", "return"))
			(void)json_object_del(out, powerbank);
		if (is(entry, "kind", "eject"))
			(void)json_object_set_new(out, powerbank,
			                          json_string(str(op, "rental_id")));
	}
	return out;
}

/* It came out of a cabinet one of whose ejects is for a person: whose it is nobody can tell, since the answer
 * that would have named the order was lost. */
static bool is_for_a_person_to_find(struct check *c, const char *powerbank)
{
	json_t *rental;
	size_t i;

	json_array_foreach(c->rentals, i, rental)
	{
		if (strstr(powerbank, str(rental, "station_id")) != NULL &&
		    is_left_to_a_person(c, str(rental, "id")))
			return true;
	}
	return false;
}

void rule_street(struct check *c)
{
	json_t *out = street_of(c), *active = json_object(), *rental, *id;
	const char *powerbank;
	size_t i;

	json_object_foreach(out, powerbank, id)
	{
		rental = json_object_get(c->rental_by_id, json_string_value(id));
		if ((rental == NULL || !is_live(rental)) &&
		    !is_for_a_person_to_find(c, powerbank))
			violation(c, json_string_value(id), NULL,
			          "'%s' is out, and nobody's", powerbank);
	}
	json_array_foreach(c->rentals, i, rental)
	{
		powerbank = str(rental, "powerbank_id");
		if (!is(rental, "status", "ACTIVE") && !is(rental, "status", "BUYOUT"))
			continue;
		if (!is(out, powerbank, str(rental, "id")))
			violation(c, str(rental, "id"), NULL, "'%s' is %s and not out",
			          powerbank, str(rental, "status"));
		if (json_object_get(active, powerbank) != NULL)
			violation(c, str(rental, "id"), NULL, "has '%s', and so has '%s'",
			          powerbank, str(active, powerbank));
		(void)json_object_set(active, powerbank, json_object_get(rental, "id"));
	}
	json_decref(out);
	json_decref(active);
}

void rule_rest(struct check *c)
{
	json_t *row;
	const char *id;
	size_t i;

	json_object_foreach(c->operation_by_id, id, row)
	{
		if (is(row, "state", "INTENT") || is(row, "state", "PENDING") ||
		    is(row, "state", "UNKNOWN") ||
		    (is(row, "state", "MANUAL") && !is_for_a_person(row)))
			violation(c, str(row, "rental_id"), NULL, "%s %s is %s",
			          str(row, "kind"), id, str(row, "state"));
	}
	json_array_foreach(c->rentals, i, row)
	{
		if (is(row, "status", "PENDING"))
			violation(c, str(row, "id"), NULL, "is still PENDING");
		if (has_ended(row) && !is(row, "settlement", "DONE"))
			violation(c, str(row, "id"), NULL, "is %s, its settlement is %s",
			          str(row, "status"), str(row, "settlement"));
	}
	json_object_foreach(c->key_by_key, id, row)
	{
		if (str(row, "outcome")[0] == '\0')
			violation(c, NULL, json_array_get(of(c->calls_of_key, id), 0),
			          "key '%s' has no outcome", id);
	}
}

void rule_debt(struct check *c)
{
	const char *id;
	json_t *debt, *line;
	size_t i;

	json_object_foreach(c->debt_by_rental, id, debt)
	{
		const json_t *rental = json_object_get(c->rental_by_id, id);
		int64_t told = 0, amount = num(debt, "amount_total");

		json_array_foreach(of(c->journal_of, id), i, line) told +=
			num(line, "delta");
		if (told != amount)
			violation(c, id, NULL,
			          "owes %" PRId64 ", the journal explains %" PRId64,
			          amount, told);
		if (amount > 0 && !is(rental, "status", "ACTIVE") &&
		    strncmp(str(rental, "user_id"), "poor", 4) != 0)
			violation(c, id, NULL, "%" PRId64 " were not collected from '%s'",
			          amount, str(rental, "user_id"));
	}
}
