/* SPDX-License-Identifier: MIT
 *
 * outside_hint.c - see outside_hint.h.
 */
#include "outside_hint.h"

#include "payment_lookup.h"

bool outside_hint_can_ask(const struct rent_inbound *event)
{
	return event->trust == RENT_EVENT_HINT &&
	       event->kind == RENT_EVENT_REFUNDED_OUTSIDE && event->note[0] != '\0' &&
	       event->ref[0] != '\0';
}

static struct payment_port *port_of(struct core *core, const char *instance)
{
	struct payment_port *ports[] = { &core->payment, &core->payment_previous };

	for (size_t i = 0; i < 2; i++) {
		struct payment_port *port = ports[i];

		if (port->api != NULL && port->api->build != NULL &&
		    strcmp(port->instance, instance) == 0 &&
		    (port->caps.operations & RENT_PAY_BIT(RENT_PAY_LOOKUP)) != 0)
			return port;
	}
	return NULL;
}

bool outside_hint_confirmed(struct core *core, const struct rent_op *taken,
                            struct rent_inbound *event)
{
	struct payment_port *port = port_of(core, event->instance);
	const struct rent_payment_op op = { .struct_size = sizeof(op),
		                            .kind = RENT_PAY_LOOKUP,
		                            .lookup_of = RENT_PAY_REFUND,
		                            .id = event->operation_id,
		                            .rental_id = taken->rental_id,
		                            .user_id = "",
		                            .ref = event->note,
		                            .target_id = taken->id,
		                            .target_ref = event->ref,
		                            .amount = taken->processed,
		                            .created_at = event->received_at,
		                            .cursor = "" };
	const struct rent_field fields[] = { { "rental", taken->rental_id },
		                             { "operation", taken->id },
		                             { NULL, NULL } };
	struct rent_payment_result res;

	if (port == NULL || !payment_lookup(core, port, &op, fields, &res) ||
	    res.outcome != RENT_SUCCEEDED || res.processed < 1 ||
	    res.processed > taken->processed)
		return false;
	event->amount = res.processed;
	return true;
}
