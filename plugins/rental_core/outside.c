/* SPDX-License-Identifier: MIT
 *
 * outside.c - see outside.h.
 */
#include "outside.h"

#include "core.h"
#include "observers.h"

static const struct movement {
	enum rent_event_kind kind;
	const char *what;
	/* Money went, or may go. */
	bool bad;
} movements[] = {
	{ RENT_EVENT_REFUNDED_OUTSIDE, "a refund was made by hand", true },
	{ RENT_EVENT_DISPUTE_OPENED, "a dispute was opened", true },
	{ RENT_EVENT_DISPUTE_TOOK, "a dispute took the money", true },
	{ RENT_EVENT_DISPUTE_RETURNED, "a dispute gave the money back", false },
	{ RENT_EVENT_DISPUTE_CLOSED, "a dispute was closed", false },
};

static const struct movement *movement_of(enum rent_event_kind kind)
{
	for (size_t i = 0; i < sizeof(movements) / sizeof(*movements); i++) {
		if (movements[i].kind == kind)
			return &movements[i];
	}
	return NULL;
}

bool outside_is(enum rent_event_kind kind)
{
	return movement_of(kind) != NULL;
}

/* Anybody may have sent a hint: it is no error until somebody looked. */
static enum rent_log_level level_of(const struct movement *m,
                                    const struct rent_inbound *event)
{
	if (!m->bad)
		return RENT_LOG_INFO;
	return event->trust == RENT_EVENT_PROVEN ? RENT_LOG_ERROR : RENT_LOG_WARN;
}

void outside_report(struct core *core, const struct rent_inbound *event,
                    const char *rental_id, char ret_outcome[RENT_NOTE_SIZE])
{
	const struct movement *m = movement_of(event->kind);
	const struct rent_field fields[] = { { "rental", rental_id }, { NULL, NULL } };

	core->host->log(core->host, level_of(m, event), fields,
	                "payment provider '%s': %s, %" PRId64
	                " of '%s'; the rental's sums stay as they are, see to it there",
	                event->instance, m->what, event->amount,
	                event->ref[0] != '\0' ? event->ref : event->operation_id);
	if (m->bad && event->trust == RENT_EVENT_PROVEN)
		observers_error(core->observers, "outside_movement");
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "for a person");
}

static bool moves_money(enum rent_op_kind kind)
{
	return kind == RENT_OP_HOLD || kind == RENT_OP_REFUND || rent_op_takes(kind);
}

bool outside_contradicts(const struct rent_inbound *event, const struct rent_op *op)
{
	return event->trust == RENT_EVENT_PROVEN && event->kind == RENT_EVENT_OPERATION &&
	       event->verdict == RENT_SUCCEEDED && moves_money(op->kind) &&
	       (op->state == RENT_OP_DECLINED || op->state == RENT_OP_NOT_EXECUTED);
}

void outside_report_contradiction(struct core *core, const struct rent_inbound *event,
                                  const struct rent_op *op,
                                  char ret_outcome[RENT_NOTE_SIZE])
{
	const struct rent_field fields[] = { { "rental", op->rental_id },
		                             { "operation", op->id },
		                             { NULL, NULL } };

	core->host->log(
		core->host, RENT_LOG_ERROR, fields,
		"payment provider '%s': '%s' was made, a %s of %" PRId64
		" that counts as not made; the rental's sums stay as they are, see "
		"to it there",
		event->instance, event->ref[0] != '\0' ? event->ref : op->ref,
		rent_name_of(rent_op_kind_names, (int)op->kind), op->amount);
	observers_error(core->observers, "outside_movement");
	rent_copy(ret_outcome, RENT_NOTE_SIZE, "for a person");
}
