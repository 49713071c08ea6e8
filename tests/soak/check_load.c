/* SPDX-License-Identifier: MIT
 *
 * check_load.c - reads the files of a soak and makes the indices of struct check.
 */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Lends o to the list of index under id, which is made when it is not there. */
static void lend(json_t *index, const char *id, json_t *o)
{
	json_t *list = json_object_get(index, id);

	if (id[0] == '\0')
		return;
	if (list == NULL) {
		list = json_array();
		(void)json_object_set_new(index, id, list);
	}
	(void)json_array_append(list, o);
}

/* ---- the history */

static void take_end(json_t *call, json_t *line, const char *result)
{
	json_t *answer = json_loads(str(line, "body"), JSON_DECODE_ANY, NULL);

	(void)json_object_set_new(call, "result", json_string(result));
	(void)json_object_set_new(call, "t1", json_integer(num(line, "t")));
	(void)json_object_set_new(call, "w1", json_integer(num(line, "w")));
	if (answer != NULL)
		(void)json_object_set_new(call, "answer", answer);
	(void)json_object_del(line, "e");
	(void)json_object_del(line, "t");
	(void)json_object_del(line, "w");
	(void)json_object_del(line, "op");
	(void)json_object_update(call, line);
}

/* open: op → call. Steals nothing. */
static bool take_line(struct check *c, json_t *line, json_t *open)
{
	char op[24], event[16];
	json_t *call;

	(void)snprintf(op, sizeof(op), "%" PRId64, num(line, "op"));
	(void)snprintf(event, sizeof(event), "%s", str(line, "e"));
	if (strcmp(event, "world") == 0) {
		c->world = json_incref(line);
	} else if (strcmp(event, "fault") == 0) {
		(void)json_array_append(c->faults, line);
	} else if (strcmp(event, "invoke") == 0) {
		(void)json_object_set_new(line, "result", json_string("unknown"));
		(void)json_object_set_new(line, "t1", json_integer(INT64_MAX));
		(void)json_object_set_new(line, "w1", json_integer(INT64_MAX));
		(void)json_array_append(c->calls, line);
		(void)json_object_set(open, op, line);
	} else if (num(line, "op") != 0) {
		call = json_object_get(open, op);
		if (call == NULL)
			return false;
		take_end(call, line, event);
		(void)json_object_del(open, op);
	}
	return true;
}

typedef bool (*line_fn)(struct check *c, json_t *line, json_t *arg);

static bool read_lines(struct check *c, const char *dir, const char *name, line_fn fn,
                       json_t *arg)
{
	char path[512], *text = NULL;
	size_t room = 0, at = 0;
	bool good = true;
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "re");
	if (file == NULL) {
		(void)fprintf(c->out, "check: %s is not there\n", path);
		return false;
	}
	while (good && getline(&text, &room, file) > 0) {
		json_t *line = json_loads(text, 0, NULL);

		at++;
		good = line != NULL && fn(c, line, arg);
		if (!good)
			(void)fprintf(c->out, "check: %s:%zu cannot be read: %.200s\n",
			              path, at, text);
		json_decref(line);
	}
	free(text);
	(void)fclose(file);
	return good;
}

/* ---- the database and the book */

static bool take_row(struct check *c, json_t *row, json_t *arg)
{
	const char *id = str(row, "id"), *rental = str(row, "rental_id");
	const char *table = str(row, "table");

	(void)arg;
	if (strcmp(table, "rentals") == 0) {
		(void)json_array_append(c->rentals, row);
		(void)json_object_set(c->rental_by_id, id, row);
		lend(c->rentals_of_quote, str(row, "quote_id"), row);
	} else if (strcmp(table, "quotes") == 0) {
		(void)json_object_set(c->quote_by_id, id, row);
	} else if (strcmp(table, "operations") == 0) {
		(void)json_object_set(c->operation_by_id, id, row);
		lend(c->operations_of, rental, row);
	} else if (strcmp(table, "debts") == 0) {
		(void)json_object_set(c->debt_by_rental, rental, row);
	} else if (strcmp(table, "debt_journal") == 0) {
		lend(c->journal_of, rental, row);
	} else if (strcmp(table, "payment_attempts") == 0) {
		lend(c->attempts_of, rental, row);
	} else if (strcmp(table, "idempotency_keys") == 0) {
		(void)json_object_set(c->key_by_key, str(row, "key"), row);
	} else {
		return false;
	}
	return true;
}

static bool take_entry(struct check *c, json_t *entry, json_t *arg)
{
	(void)arg;
	(void)json_array_append(c->book, entry);
	return true;
}

/* A cabinet service that keeps no id of ours has numbers of its own: the eject that had this one, or,
 * where nobody ever heard the number, the one that the powerbank was given out for at that time. */
static const char *eject_of(const struct check *c, const json_t *entry)
{
	const json_t *op, *rental, *last = NULL;
	const char *id;

	json_object_foreach(c->operation_by_id, id, op)
	{
		if (!is(op, "kind", "eject"))
			continue;
		if (is(op, "ref", str(entry, "order_id")))
			return id;
		rental = json_object_get(c->rental_by_id, str(op, "rental_id"));
		if (str(op, "ref")[0] == '\0' &&
		    is(op, "result", str(entry, "powerbank_id")) &&
		    strcmp(str(rental, "created_at"), str(entry, "ts")) < 0 &&
		    (last == NULL ||
		     strcmp(str(last, "created_at"), str(rental, "created_at")) < 0))
			last = rental;
	}
	if (last == NULL)
		return "";
	json_object_foreach(c->operation_by_id, id, op)
	{
		if (is(op, "kind", "eject") && is(op, "rental_id", str(last, "id")))
			return id;
	}
	return "";
}

/* An eject's order id is its operation's id; of money it is the rental's. */
static void index_book(struct check *c)
{
	json_t *entry;
	size_t i;

	json_array_foreach(c->book, i, entry)
	{
		if (is(entry, "kind", "eject") && str(entry, "key")[0] == '\0')
			(void)json_object_set_new(entry, "key",
			                          json_string(eject_of(c, entry)));
	}
	json_array_foreach(c->book, i, entry)
	{
		const char *key = str(entry, "key");
		const json_t *op = json_object_get(c->operation_by_id, key);

		if (is(entry, "kind", "return"))
			continue;
		(void)json_object_set(c->book_by_key, key, entry);
		lend(c->book_of,
		     op != NULL ? str(op, "rental_id") : str(entry, "order_id"), entry);
	}
}

/* Which rental a call was about; "" when that is not known. */
static const char *rental_of(const struct check *c, const json_t *call)
{
	const json_t *row;

	if (!is(call, "what", "start"))
		return str(call, "order_id");
	row = json_object_get(call, "answer");
	if (num(call, "status") == 200 && str(row, "order_id")[0] != '\0')
		return str(row, "order_id");
	row = json_object_get(c->key_by_key, str(call, "key"));
	return str(row, "rental_id");
}

static void index_calls(struct check *c)
{
	json_t *call;
	size_t i;

	json_array_foreach(c->calls, i, call)
	{
		const char *rental = rental_of(c, call);
		char visit[24];

		(void)snprintf(visit, sizeof(visit), "%" PRId64, num(call, "visit"));
		lend(c->calls_of_visit, visit, call);
		lend(c->calls_of, rental, call);
		lend(c->calls_of_key, str(call, "key"), call);
		if (rental[0] != '\0')
			(void)json_object_set(c->visit_of, rental,
			                      json_object_get(call, "visit"));
	}
}

bool check_load(struct check *c, const char *dir, FILE *out)
{
	json_t **const arrays[] = { &c->calls, &c->faults, &c->book, &c->rentals };
	json_t **const objects[] = {
		&c->rental_by_id,    &c->quote_by_id,      &c->key_by_key,
		&c->operation_by_id, &c->debt_by_rental,   &c->book_by_key,
		&c->operations_of,   &c->attempts_of,      &c->journal_of,
		&c->book_of,         &c->calls_of,         &c->calls_of_visit,
		&c->calls_of_key,    &c->rentals_of_quote, &c->visit_of,
		&c->found,
	};
	json_t *open = json_object();
	bool good;

	memset(c, 0, sizeof(*c));
	c->out = out;
	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++)
		*arrays[i] = json_array();
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		*objects[i] = json_object();
	good = read_lines(c, dir, "history.jsonl", take_line, open) &&
	       read_lines(c, dir, "database.jsonl", take_row, NULL) &&
	       read_lines(c, dir, "book.jsonl", take_entry, NULL);
	json_decref(open);
	if (good && c->world == NULL)
		(void)fprintf(out, "check: the history does not say what world it was\n");
	if (!good || c->world == NULL)
		return false;
	index_book(c);
	index_calls(c);
	return true;
}

void check_done(struct check *c)
{
	json_t *const all[] = { c->calls,
		                c->faults,
		                c->book,
		                c->rentals,
		                c->world,
		                c->rental_by_id,
		                c->quote_by_id,
		                c->key_by_key,
		                c->operation_by_id,
		                c->debt_by_rental,
		                c->book_by_key,
		                c->operations_of,
		                c->attempts_of,
		                c->journal_of,
		                c->book_of,
		                c->calls_of,
		                c->calls_of_visit,
		                c->calls_of_key,
		                c->rentals_of_quote,
		                c->visit_of,
		                c->found };

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		json_decref(all[i]);
	memset(c, 0, sizeof(*c));
}
