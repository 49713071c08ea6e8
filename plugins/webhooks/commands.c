/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks/commands.c - what an operator sees of events, and lets be acted on again.
 */
#include "webhooks.h"

static int show_event(void *arg, const struct rent_inbound *e)
{
	const struct rent_command_run *run = arg;
	const struct rent_value fields[] = {
		RENT_TEXT("id", e->id),
		RENT_TEXT("instance", e->instance),
		RENT_TEXT("event_id", e->event_id),
		RENT_TEXT("kind", rent_name_of(rent_event_kind_names, (int)e->kind)),
		RENT_TEXT("trust", rent_name_of(rent_event_trust_names, (int)e->trust)),
		RENT_TEXT("operation_id", e->operation_id),
		RENT_TEXT("ref", e->ref),
		RENT_TEXT("station_id", e->station_id),
		RENT_TEXT("powerbank_id", e->powerbank_id),
		RENT_NUMBER("slot", e->slot),
		RENT_MOMENT("at", e->at),
		RENT_MOMENT("received_at", e->received_at),
		RENT_MOMENT("handled_at", e->handled_at),
		RENT_TEXT("outcome", e->outcome),
		RENT_VALUES_END,
	};

	run->result(run, fields, "%s  %-16s %-17s %-20s %-20s %s", e->id, e->instance,
	            rent_name_of(rent_event_kind_names, (int)e->kind), e->powerbank_id,
	            e->ref, e->handled_at == 0 ? "open" : e->outcome);
	return 0;
}

static int list_events(void *self, const struct rent_command_run *run,
                       struct rent_error *err)
{
	struct webhooks *w = self;
	struct rent_inbound_query query = {
		.struct_size = sizeof(query),
		.open = !run->given(run, "all"),
		.after_id = run->arg_str(run, "after"),
		.limit = (uint32_t)run->arg_int(run, "limit"),
	};
	union {
		const struct rent_command_run *run;
		void *arg;
	} u = { .run = run };

	return w->storage.event_list(w->storage_self, &query, show_event, u.arg, err);
}

static int replay_event(void *self, const struct rent_command_run *run,
                        struct rent_error *err)
{
	struct webhooks *w = self;
	const char *id = run->arg_str(run, "event");
	int code = w->storage.event_end(w->storage_self, id, "", err);

	if (code == 1)
		return rent_fail(err, RENT_COMMAND_USAGE, "there is no event '%s'", id);
	if (code == 0) {
		const struct rent_value fields[] = { RENT_TEXT("id", id),
			                             RENT_VALUES_END };
		run->result(run, fields, "event %s is open again", id);
	}
	return code;
}

static const struct rent_option list_arguments[] = {
	RENT_BOOL_OPTION("all", "false", .help = "those that were acted on, too"),
	RENT_STRING_OPTION("after", "", .help = "begin behind this event"),
	RENT_INT_OPTION("limit", "100", .min = "1", .max = "5000", .unit = "events",
	                .help = "how many at most"),
	RENT_OPTIONS_END,
};

static const struct rent_option replay_arguments[] = {
	RENT_STRING_OPTION("event", NULL,
	                   .flags = RENT_OPT_REQUIRED | RENT_OPT_POSITIONAL, .min = "1",
	                   .max = "64", .unit = "EVENT", .help = "its id"),
	RENT_OPTIONS_END,
};

const struct rent_command webhooks_commands[] = {
	{ .name = "events list",
	  .arguments = list_arguments,
	  .summary = "show what services reported and nobody has acted on",
	  .run = list_events },
	{ .name = "events replay",
	  .arguments = replay_arguments,
	  .summary = "let an event be acted on again",
	  .run = replay_event },
	{ .name = NULL },
};
