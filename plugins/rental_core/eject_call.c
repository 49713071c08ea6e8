/* SPDX-License-Identifier: MIT
 *
 * eject_call.c - a call of a cabinet: from the eject to its request, from the reply to the
 * outcome.
 */
#include "eject_call.h"
#include "cabinet.h"
#include "eject_evidence.h"
#include "outcome.h"
#include "resolution.h"
#include "text.h"

#include "core.h"

bool eject_call_prepare(struct rental_work *w, struct rent_exchange *x)
{
	struct station_port *port = core_station_of(w->core, &w->r);
	struct rent_station_op op = cabinet_order(&w->r, &work_called_op(w)->op);
	struct rent_error err = { 0 };
	int code;

	if (port == NULL) {
		outcome_of_silence(w, false, "the station provider is not bound");
		return false;
	}
	if (work_called_op(w)->way == WAY_SEND &&
	    cabinet_keeps_evidence(w->core, &w->r) && evidence_take(w, &err) < 0) {
		outcome_of_silence(w, false, err.text);
		return false;
	}
	pthread_mutex_lock(&port->lock);
	if (work_called_op(w)->way == WAY_LOOKUP)
		code = port->api->build_lookup(port->self, &op, x->arena, &x->request,
		                               &err);
	else
		code = port->api->build_eject(port->self, &op, x->arena, &x->request,
		                              &err);
	pthread_mutex_unlock(&port->lock);
	if (code != 0)
		outcome_of_refused_build(w, code, &err);
	return code == 0;
}

static void answer_eject(struct rental_work *w, const struct station_port *port,
                         struct rent_station_result *res, bool ambiguous)
{
	struct provider_answer a = { .outcome = res->outcome,
		                     .not_found = res->not_found,
		                     .ref = res->ref,
		                     .result = res->powerbank_id,
		                     .note = res->note };

	res->ref[sizeof(res->ref) - 1] = '\0';
	res->powerbank_id[sizeof(res->powerbank_id) - 1] = '\0';
	res->note[sizeof(res->note) - 1] = '\0';
	if (work_called_op(w)->way == WAY_LOOKUP &&
	    outcome_of_lookup(w, &a, port->caps.not_found_is_final))
		return;
	outcome_record(w, &a, outcome_judge(w, &a, ambiguous));
	if (work_called_op(w)->way == WAY_LOOKUP && res->returned_at > 0 &&
	    work_called_op(w)->op.state == RENT_OP_SUCCEEDED) {
		w->ending = (struct ending){ .by = RENT_ENDED_BY_CABINET,
			                     .at = res->returned_at };
		res->returned_to[sizeof(res->returned_to) - 1] = '\0';
		text_copy(w->ending.station_id, sizeof(w->ending.station_id),
		          res->returned_to);
	}
}

static bool says_something(const struct rent_station_result *res)
{
	return res->not_found ||
	       (res->outcome != RENT_UNKNOWN && res->outcome != RENT_NOT_EXECUTED);
}

bool eject_call_finish(struct rental_work *w, struct rent_exchange *x)
{
	struct station_port *port = core_station_of(w->core, &w->r);
	struct rent_station_op op = cabinet_order(&w->r, &work_called_op(w)->op);
	struct rent_station_result res = { .struct_size = sizeof(res) };
	struct rent_upstream_reply reply = x->reply;

	reply.arena = x->arena;
	reply.ambiguous |= way_maybe_sent(work_called_op(w));
	pthread_mutex_lock(&port->lock);
	if (work_called_op(w)->way == WAY_LOOKUP)
		port->api->parse_lookup(port->self, &op, &reply, &res);
	else
		port->api->parse_eject(port->self, &op, &reply, &res);
	pthread_mutex_unlock(&port->lock);
	core_judged(w->core, x, res.outcome != RENT_UNKNOWN || res.not_found);
	answer_eject(w, port, &res, reply.ambiguous);
	return says_something(&res);
}
