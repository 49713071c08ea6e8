/* SPDX-License-Identifier: MIT
 *
 * tests/contract/station_kit/sample.c - a sample as an operation, and an answer to it. Members and
 * their meaning: README.md.
 */
#include "kit.h"

#include <jansson.h>
#include <stdlib.h>

static enum rent_station_command command_value(const char *name)
{
	static const char *const names[] = {
		[RENT_STATION_OPEN] = "open",
		[RENT_STATION_LOCK] = "lock",
		[RENT_STATION_UNLOCK] = "unlock",
		[RENT_STATION_RESTART] = "restart",
	};
	int command = RENT_STATION_OPEN;

	while (command < RENT_STATION_RESTART && strcmp(names[command], name) != 0)
		command++;
	return (enum rent_station_command)command;
}

/* "op": members of the operation that are other than those of kit_op(). */
static void change_op(struct kit_op *op, const json_t *json)
{
	const struct {
		const char *name, **member;
	} texts[] = {
		{ "ref", &op->order.ref },
		{ "cabinet_id", &op->order.cabinet_id },
		{ "powerbank_id", &op->order.powerbank_id },
		{ "cursor", &op->page.cursor },
		{ "reason", &op->work.reason },
	};
	const json_t *slot = json_object_get(json, "slot");

	for (size_t i = 0; i < COUNT(texts); i++)
		*texts[i].member = kit_text(json, texts[i].name, *texts[i].member);
	op->work.command = command_value(kit_text(json, "command", "open"));
	if (op->work.command == RENT_STATION_RESTART)
		op->work.slot = 0;
	if (json_is_integer(slot)) {
		op->order.slot = (int32_t)json_integer_value(slot);
		op->work.slot = op->order.slot;
	}
}

bool kit_sample_read(struct kit_sample *s, const json_t *json)
{
	enum kit_what what = kit_what_value(kit_text(json, "kind", ""));

	*s = (struct kit_sample){ .json = json,
		                  .name = kit_text(json, "name", "sample") };
	s->body = kit_sample_body(json, &s->object);
	if (s->body == NULL || what == KIT_WHATS)
		return false;
	s->op = kit_op(what);
	change_op(&s->op, json_object_get(json, "op"));
	s->reply = kit_sample_reply(json, s->body);
	return true;
}

void kit_sample_done(struct kit_sample *s)
{
	free(s->body);
	s->body = NULL;
}
