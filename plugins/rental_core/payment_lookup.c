/* SPDX-License-Identifier: MIT
 *
 * payment_lookup.c - see payment_lookup.h.
 */
#include "payment_lookup.h"

#include "payment_alert.h"

#define CALLS_MAX 16 /* pages of one lookup */

void payment_lookup_parse(struct core *core, struct payment_port *port,
                          const struct rent_payment_op *op, struct rent_exchange *x,
                          struct rent_payment_result *res)
{
	struct rent_upstream_reply reply = x->reply;

	*res = (struct rent_payment_result){ .struct_size = sizeof(*res) };
	reply.arena = x->arena;
	pthread_mutex_lock(&port->lock);
	port->api->parse(port->self, op, &reply, res);
	pthread_mutex_unlock(&port->lock);
	res->cursor[sizeof(res->cursor) - 1] = '\0';
	res->note[sizeof(res->note) - 1] = '\0';
	core_judged(core, x,
	            res->outcome != RENT_UNKNOWN || res->not_found ||
	                    res->cursor[0] != '\0');
}

static bool ask_once(struct core *core, struct payment_port *port,
                     const struct rent_payment_op *op, int64_t not_after,
                     struct rent_payment_result *res)
{
	const struct rent_host *host = core->host;
	struct rent_exchange x, *one[] = { &x };
	struct rent_error err = { 0 };
	bool answered = false;
	int code;

	rent_exchange_init(&x, host->arena_new(host));
	if (x.arena == NULL)
		return false;
	pthread_mutex_lock(&port->lock);
	code = port->api->build(port->self, op, x.arena, &x.request, &err);
	pthread_mutex_unlock(&port->lock);
	if (code == 0) {
		x.request.flags |= RENT_JUDGED;
		x.request.not_after_us = not_after;
		host->exchange(host, one, 1);
		answered = x.transport == RENT_REPLIED;
	}
	x.reply.ambiguous = true; /* it is about what was sent before */
	if (answered)
		payment_lookup_parse(core, port, op, &x, res);
	host->arena_free(host, x.arena);
	return answered;
}

bool payment_lookup_further(struct core *core, struct payment_port *port,
                            const struct rent_payment_op *op, int64_t not_after,
                            struct rent_payment_result *res)
{
	struct rent_payment_op next = *op;
	char cursor[RENT_REF_SIZE];

	next.cursor = cursor;
	for (int calls = 1; res->cursor[0] != '\0'; calls++) {
		memcpy(cursor, res->cursor, sizeof(cursor));
		if (calls == CALLS_MAX || !ask_once(core, port, &next, not_after, res))
			return false;
	}
	return true;
}

bool payment_lookup(struct core *core, struct payment_port *port,
                    const struct rent_payment_op *op, const struct rent_field *fields,
                    struct rent_payment_result *res)
{
	if (!ask_once(core, port, op, 0, res) ||
	    !payment_lookup_further(core, port, op, 0, res))
		return false;
	payment_alert_heed(core, port, res, fields);
	return true;
}
