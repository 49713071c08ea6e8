/* SPDX-License-Identifier: MIT
 *
 * check_cabinets.c - what must always hold of cabinets and rentals, compared with what really
 * happened to the powerbanks: no rental ends by a cabinet before its powerbank is back, a rental
 * ends once, what was acknowledged is recorded, and at rest no rental runs whose powerbank lies
 * in a slot.
 */
#include <rent/http.h>

#include "cabinets.h"

#define ENDS_MAX 512

/* How a rental ended. */
static struct end {
	char rental_id[RENT_ID_SIZE];
	enum rent_status status;
	int64_t finished_at, final_amount;
} ends[ENDS_MAX];
static size_t end_count;

void check_cabinets_begin(void)
{
	end_count = 0;
}

static enum vendor vendor_of(const char *rental_id)
{
	const struct memory_rental *rental = memory_rental(sim_store, rental_id);

	return cabinet_vendor(cabinet_named(rental->r.station_id));
}

/* The content of a cabinet is all there is to tell of such an eject. */
static bool tells_by_slots(const char *rental_id)
{
	enum vendor vendor = vendor_of(rental_id);

	return vendor == VENDOR_SLOTS || vendor == VENDOR_REFS;
}

bool eject_is_back(const struct rent_op *op)
{
	const struct cabinet_order *order = cabinets_order(op->rental_id);

	return order != NULL && order->back_at != 0;
}

#define HELD_BY "in another live rental: "

/* It named a powerbank of a rental that began only after this order was recorded: either of the two
 * orders can have acted last, and so its customer or the other's may hold it. One of a rental that
 * began before is proved to have come back. */
static bool named_what_may_be_anothers(const struct rent_op *op)
{
	const char *id = strstr(op->note, HELD_BY);
	const struct memory_rental *other =
		id == NULL ? NULL : memory_rental(sim_store, id + strlen(HELD_BY));

	return other != NULL && (other->r.started_at >= op->created_at || sim.clocks ||
	                         sim.operator_edits);
}

/* What was brought back at once may be somebody else's before anybody knows that it came out. */
bool eject_may_be_manual(const struct rent_op *op)
{
	return tells_by_slots(op->rental_id) || sim.reissue_manual || sim.same_numbers ||
	       eject_is_back(op) || named_what_may_be_anothers(op);
}

/* It was put in after the order was recorded, and came out for it: it is in neither inventory, and
 * nothing tells (seed 9649). */
static bool came_in_later(const struct rent_op *op)
{
	const struct cabinet_order *order = cabinets_order(op->rental_id);
	struct cabinet_order *orders;
	size_t n = cabinets_orders(&orders);

	for (size_t i = 0; order != NULL && i < n; i++) {
		if (orders[i].bank == order->bank && orders[i].back_at != 0 &&
		    orders[i].back_at >= op->created_at &&
		    orders[i].back_at <= order->out_at)
			return true;
	}
	return false;
}

/* One that was brought back at once is not missed, and no harm is done. */
bool eject_may_be_wrong(const struct rent_op *op)
{
	bool denied = op->state == RENT_OP_NOT_EXECUTED;

	return tells_by_slots(op->rental_id) &&
	       (sim.two_out > 0 || (denied && (eject_is_back(op) || came_in_later(op))) ||
	        (!denied && sim.forge > 0));
}

/* ---- the end of a rental */

static bool believes_customers(enum vendor vendor)
{
	return sim.stop_trusted || !vendor_shows_slots(vendor);
}

/* An operator moved its begin, so that a late report of a return before is of a time within it. */
static bool begins_too_early(const struct rent_rental *r,
                             const struct cabinet_order *order)
{
	return sim.operator_edits && order != NULL && r->started_at < order->out_at;
}

/* Nobody's word ends it but the hardware's, and never for a time before it was back, except by
 * a customer who was there and was not heard. Where reports are forged, what the hardware confirms
 * may be dated by one of them. */
static void check_is_back(const struct rent_rental *r)
{
	const struct cabinet_order *order = cabinets_order(r->id);
	bool by_cabinet = r->ended_by == RENT_ENDED_BY_CABINET ||
	                  r->ended_by == RENT_ENDED_BY_REISSUE;
	bool by_customer = r->ended_by == RENT_ENDED_BY_CUSTOMER &&
	                   !believes_customers(vendor_of(r->id));

	if (r->status != RENT_STATUS_FINISHED || (!by_cabinet && !by_customer) ||
	    (sim.two_out > 0 && tells_by_slots(r->id)))
		return;
	/* A forged report of what never left counts for an eject that did not happen. */
	if (order == NULL && sim.forge > 0 && tells_by_slots(r->id))
		return;
	/* A report of the return before is this rental's, by a clock that goes wrong. */
	if ((order == NULL || order->back_at == 0) && !sim.clocks &&
	    !begins_too_early(r, order))
		sim_fail("rental %s ended by %s, and %s is not back", r->id,
		         rent_name_of(rent_ended_by_names, (int)r->ended_by),
		         r->powerbank_id);
	if (order != NULL && r->ended_by == RENT_ENDED_BY_CABINET && !sim.clocks &&
	    !sim.operator_edits && sim.forge == 0 && r->finished_at < order->back_at &&
	    r->finished_at > r->started_at)
		sim_fail("rental %s ended %" PRId64 " us before its powerbank was back",
		         r->id, order->back_at - r->finished_at);
}

static struct end *end_of(const char *rental_id)
{
	for (size_t i = 0; i < end_count; i++) {
		if (strcmp(ends[i].rental_id, rental_id) == 0)
			return &ends[i];
	}
	if (end_count == ENDS_MAX)
		sim_fail("more than %d rentals ended", ENDS_MAX);
	ends[end_count] = (struct end){ 0 };
	rent_copy(ends[end_count].rental_id, RENT_ID_SIZE, rental_id);
	return &ends[end_count++];
}

static void count_end(const struct rent_rental *r)
{
	sim_counts.by_cabinet += r->ended_by == RENT_ENDED_BY_CABINET;
	sim_counts.by_customer += r->ended_by == RENT_ENDED_BY_CUSTOMER;
	sim_counts.by_reissue += r->ended_by == RENT_ENDED_BY_REISSUE;
}

void check_end(const char *rental_id)
{
	const struct rent_rental *r = &memory_rental(sim_store, rental_id)->r;
	struct end *end;

	if (r->status != RENT_STATUS_FINISHED && r->status != RENT_STATUS_BUYOUT)
		return;
	end = end_of(rental_id);
	if (end->finished_at != 0 && end->status == RENT_STATUS_BUYOUT &&
	    r->status == RENT_STATUS_FINISHED && sim.buyout_window_us > 0) {
		sim_counts.reopened++;
	} else if (end->finished_at != 0) {
		if (end->status != r->status || end->finished_at != r->finished_at ||
		    end->final_amount != r->final_amount)
			sim_fail("rental %s ended twice: at %" PRId64 " for %" PRId64
			         ", at %" PRId64 " for %" PRId64,
			         rental_id, end->finished_at, end->final_amount,
			         r->finished_at, r->final_amount);
		return;
	}
	end->status = r->status;
	end->finished_at = r->finished_at;
	end->final_amount = r->final_amount;
	count_end(r);
	check_is_back(r);
}

/* ---- reports */

static bool is_recorded(const struct push *push)
{
	struct rent_inbound *events;
	size_t n = memstore_events(sim_store, &events);

	for (size_t i = 0; i < n; i++) {
		if (strcmp(events[i].event_id, push->event_id) == 0 &&
		    strcmp(events[i].instance, vendor_instance(push->vendor)) == 0)
			return true;
	}
	return false;
}

void check_push(const struct push *push, int status)
{
	if (status == 200 && push->badly_signed)
		sim_fail("%s is badly signed and was taken", push->event_id);
	if (status == 200 && !is_recorded(push))
		sim_fail("I12: %s was acknowledged and is not recorded", push->event_id);
	if (push->badly_signed && is_recorded(push))
		sim_fail("%s is badly signed and was recorded", push->event_id);
	sim_counts.events += status == 200;
}

bool all_heard(void)
{
	struct rent_inbound *events;
	size_t n = memstore_events(sim_store, &events);

	for (size_t i = 0; i < n; i++) {
		if (events[i].handled_at == 0)
			return false;
	}
	return true;
}

/* ---- rest */

/* Since then it was given out again, and nothing proves that it had come back before: a person is asked whose it
 * was (seed 23196). */
static bool is_left_to_a_person(const struct cabinet_order *order)
{
	struct cabinet_order *orders;
	size_t n = cabinets_orders(&orders);

	for (size_t i = 0; i < n; i++) {
		const struct memory_op *eject = memory_op(sim_store, orders[i].op_id);

		if (orders[i].bank == order->bank && orders[i].out_at >= order->back_at &&
		    eject != NULL && eject->op.state == RENT_OP_MANUAL)
			return true;
	}
	return false;
}

/* A customer may still say so: his rental is looked at by riders.c. What a passer-by brought back
 * must be seen by a report, or by asking. */
static void check_slot(const struct cabinet_order *order)
{
	const struct memory_rental *rental = memory_rental(sim_store, order->rental_id);

	if (order->out_at == 0 || order->back_at == 0 || !order->claimed ||
	    cabinets_where(order->bank) < 0 ||
	    (sim.two_out > 0 && tells_by_slots(order->rental_id)))
		return;
	if (rental->r.status == RENT_STATUS_ACTIVE && !is_left_to_a_person(order))
		sim_fail("I11: %s lies in %s, and rental %s runs",
		         cabinets_bank(order->bank),
		         cabinet_name(cabinets_where(order->bank)), order->rental_id);
}

void check_cabinets(void)
{
	struct cabinet_order *orders;
	size_t n = cabinets_orders(&orders);

	for (size_t i = 0; i < n; i++)
		check_slot(&orders[i]);
	if (!all_heard())
		sim_fail("I12: a report waits to be acted on");
}
