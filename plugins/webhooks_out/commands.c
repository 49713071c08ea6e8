/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks_out/commands.c - what an operator sees of messages, and lets be sent again.
 */
#include "webhooks_out.h"

static int show_message(void *arg, const struct rent_message *m)
{
	const struct rent_command_run *run = arg;
	const char *state = rent_name_of(rent_message_state_names, (int)m->state);
	const struct rent_value fields[] = {
		RENT_TEXT("id", m->id),
		RENT_TEXT("endpoint", m->endpoint),
		RENT_TEXT("order_id", m->rental_id),
		RENT_TEXT("type", m->type),
		RENT_TEXT("state", state),
		RENT_NUMBER("tries", m->tries),
		RENT_MOMENT("created_at", m->created_at),
		RENT_MOMENT("next_at", m->state == RENT_MESSAGE_OPEN ? m->next_at : 0),
		RENT_MOMENT("ended_at", m->ended_at),
		RENT_TEXT("note", m->note),
		RENT_TEXT("data", m->data),
		RENT_VALUES_END,
	};

	run->result(run, fields, "%s  %-9s %2" PRId64 "  %-21s %s  %s", m->id, state,
	            m->tries, m->type, m->rental_id, m->note);
	return 0;
}

static int list_messages(void *self, const struct rent_command_run *run,
                         struct rent_error *err)
{
	struct webhooks_out *w = self;
	struct rent_message_query query = {
		.struct_size = sizeof(query),
		.endpoint = w->host->instance,
		.state = (enum rent_message_state)rent_value_of(
			rent_message_state_names, run->arg_str(run, "state")),
		.after_id = run->arg_str(run, "after"),
		.limit = (uint32_t)run->arg_int(run, "limit"),
	};
	union {
		const struct rent_command_run *run;
		void *arg;
	} u = { .run = run };

	return w->storage.outbox_list(w->storage_self, &query, show_message, u.arg, err);
}

static int replay_message(void *self, const struct rent_command_run *run,
                          struct rent_error *err)
{
	struct webhooks_out *w = self;
	const char *id = run->arg_str(run, "message");
	const struct rent_message_end end = { .struct_size = sizeof(end),
		                              .endpoint = w->host->instance,
		                              .id = id,
		                              .expect_tries = -1,
		                              .state = RENT_MESSAGE_OPEN,
		                              .note = "" };
	const struct rent_value fields[] = { RENT_TEXT("id", id), RENT_VALUES_END };
	int code = w->storage.outbox_end(w->storage_self, &end, err);

	if (code == 1)
		return rent_fail(err, RENT_COMMAND_USAGE,
		                 "there is no message '%s' for '%s'", id,
		                 w->host->instance);
	if (code == 0)
		run->result(run, fields, "message %s will be sent again", id);
	return code;
}

static const struct rent_option list_arguments[] = {
	RENT_ENUM_OPTION("state", "SET_ASIDE", .choices = "SET_ASIDE|OPEN|DELIVERED|all",
	                 .help = "which ones"),
	RENT_STRING_OPTION("after", "", .help = "begin behind this message"),
	RENT_INT_OPTION("limit", "100", .min = "1", .max = "5000", .unit = "messages",
	                .help = "how many at most"),
	RENT_OPTIONS_END,
};

static const struct rent_option replay_arguments[] = {
	RENT_STRING_OPTION("message", NULL,
	                   .flags = RENT_OPT_REQUIRED | RENT_OPT_POSITIONAL, .min = "1",
	                   .max = "64", .unit = "MESSAGE", .help = "its id"),
	RENT_OPTIONS_END,
};

const struct rent_command webhooks_out_commands[] = {
	{ .name = "outbox list",
	  .arguments = list_arguments,
	  .summary = "show the messages to another system that were set aside, or others",
	  .run = list_messages },
	{ .name = "outbox replay",
	  .arguments = replay_arguments,
	  .summary = "let a message be sent again, under its id",
	  .run = replay_message },
	{ .name = NULL },
};
