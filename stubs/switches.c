/* SPDX-License-Identifier: MIT
 *
 * stubs/switches.c - owns what is switched on. Does nothing itself: whoever serves a request or
 * sends a report draws, and does what the row says.
 */
#include "switches.h"

#include <string.h>

#define NUMBER_MAX 2592000000 /* 30 days */

static const char *const op_names[SWITCH_OPS] = {
	[KIND_HOLD] = "hold",       [KIND_CAPTURE] = "capture", [KIND_CHARGE] = "charge",
	[KIND_RELEASE] = "release", [KIND_REFUND] = "refund",   [SW_LOOKUP] = "lookup",
	[SW_LIST] = "list",         [SW_REPORT] = "report",
};

static const struct {
	const char *name;
	int64_t def;
} numbers[SWITCH_NUMBERS] = {
	[NUM_SETTLE_MS] = { "settle_ms", 2000 },
	[NUM_HOLD_MS] = { "hold_ms", 604800000 },
	[NUM_SHORT_MS] = { "short_ms", 5000 },
	[NUM_CONFIRM_MS] = { "confirm_ms", 3600000 },
	[NUM_LATE_MS] = { "late_ms", 10000 },
};

void switches_init(struct switches *s, const struct switch_row *rows, size_t count)
{
	s->rows = rows;
	s->row_count = count;
	s->n = 0;
	for (size_t i = 0; i < SWITCH_NUMBERS; i++)
		s->numbers[i] = numbers[i].def;
}

static void drop(struct switches *s, size_t i)
{
	s->n--;
	memmove(&s->set[i], &s->set[i + 1], (s->n - i) * sizeof(s->set[0]));
}

const struct switch_row *switches_draw(struct switches *s, uint32_t op, const char *user)
{
	for (size_t i = 0; i < s->n; i++) {
		struct switch_set *set = &s->set[i];
		const struct switch_row *row = set->row;

		if (set->op != op ||
		    (set->user[0] != '\0' && strcmp(set->user, user) != 0))
			continue;
		if (set->times > 0 && --set->times == 0)
			drop(s, i);
		return row;
	}
	return NULL;
}

const struct switch_row *switches_row(const struct switches *s, uint32_t op,
                                      const char *name)
{
	for (size_t i = 0; i < s->row_count; i++) {
		if ((s->rows[i].ops & SW_BIT(op)) != 0 &&
		    strcmp(s->rows[i].name, name) == 0)
			return &s->rows[i];
	}
	return NULL;
}

static uint32_t op_of(const char *name)
{
	uint32_t op = SWITCH_OPS;

	for (uint32_t i = 0; i < SWITCH_OPS; i++) {
		if (op_names[i] != NULL && strcmp(op_names[i], name) == 0)
			op = i;
	}
	return op;
}

static int number_of(const char *name)
{
	for (int i = 0; i < SWITCH_NUMBERS; i++) {
		if (strcmp(numbers[i].name, name) == 0)
			return i;
	}
	return -1;
}

static void forget(struct switches *s, uint32_t op, const char *user)
{
	for (size_t i = s->n; i > 0; i--) {
		if (s->set[i - 1].op == op && strcmp(s->set[i - 1].user, user) == 0)
			drop(s, i - 1);
	}
}

static int check_member(const struct switches *s, const char *name, const json_t *value,
                        struct rent_error *err)
{
	uint32_t op = op_of(name);
	const char *row = json_string_value(value);

	if (strcmp(name, "user_id") == 0 || strcmp(name, "times") == 0)
		return 0;
	if (op < SWITCH_OPS && row != NULL)
		return row[0] == '\0' || switches_row(s, op, row) != NULL
		               ? 0
		               : rent_fail(err, RENT_EINVAL,
		                           "there is no switch '%.60s' for '%s'", row,
		                           name);
	if (number_of(name) < 0 || !json_is_integer(value) ||
	    json_integer_value(value) < 0 || json_integer_value(value) > NUMBER_MAX)
		return rent_fail(err, RENT_EINVAL,
		                 "'%.60s' is no operation with the name of a switch, and "
		                 "no number from 0 on",
		                 name);
	return 0;
}

static void set_row(struct switches *s, uint32_t op, const char *name, const char *user,
                    int64_t times)
{
	const struct switch_row *row = switches_row(s, op, name);
	struct switch_set *set;

	forget(s, op, user);
	if (row == NULL)
		return;
	if (s->n == SWITCHES_MAX)
		drop(s, 0);
	set = &s->set[s->n++];
	*set = (struct switch_set){ .op = op, .row = row, .times = times };
	(void)rent_copy(set->user, sizeof(set->user), user);
}

int switches_set(struct switches *s, json_t *body, struct rent_error *err)
{
	const char *user = json_string_value(json_object_get(body, "user_id")), *name;
	const json_t *times = json_object_get(body, "times");
	json_t *value;
	int ret = 0;

	user = user == NULL ? "" : user;
	if (strlen(user) > RENT_KEY_MAX ||
	    (times != NULL && json_integer_value(times) < 1))
		return rent_fail(err, RENT_EINVAL,
		                 "'user_id' must be a text of 128 characters at most, "
		                 "'times' a number above 0");
	json_object_foreach(body, name, value)
	{
		ret = ret < 0 ? ret : check_member(s, name, value, err);
	}
	if (ret < 0)
		return ret;
	json_object_foreach(body, name, value)
	{
		uint32_t op = op_of(name);

		if (op < SWITCH_OPS)
			set_row(s, op, json_string_value(value), user,
			        times == NULL ? -1 : json_integer_value(times));
		else if (number_of(name) >= 0)
			s->numbers[number_of(name)] = json_integer_value(value);
	}
	return 0;
}

static json_t *ops_json(uint32_t ops)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < SWITCH_OPS; i++) {
		if ((ops & SW_BIT(i)) != 0)
			(void)json_array_append_new(list, json_string(op_names[i]));
	}
	return list;
}

json_t *switches_json(const struct switches *s)
{
	json_t *rows = json_array(), *set = json_array(), *times = json_object();

	for (size_t i = 0; i < s->row_count; i++)
		(void)json_array_append_new(rows, json_pack("{s:s, s:o}", "name",
		                                            s->rows[i].name, "operations",
		                                            ops_json(s->rows[i].ops)));
	for (size_t i = 0; i < s->n; i++)
		(void)json_array_append_new(
			set, json_pack("{s:s, s:s, s:s, s:I}", "operation",
		                       op_names[s->set[i].op], "name",
		                       s->set[i].row->name, "user_id", s->set[i].user,
		                       "times", (json_int_t)s->set[i].times));
	for (size_t i = 0; i < SWITCH_NUMBERS; i++)
		(void)json_object_set_new(times, numbers[i].name,
		                          json_integer((json_int_t)s->numbers[i]));
	return json_pack("{s:o, s:o, s:o}", "switches", rows, "set", set, "numbers",
	                 times);
}
