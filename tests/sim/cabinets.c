/* SPDX-License-Identifier: MIT
 *
 * cabinets.c - see cabinets.h. A powerbank lies in a cabinet or somebody has it. What came out and
 * nobody knows of, a passer-by brings back some time.
 */
#include "cabinets.h"

#include <stdlib.h>

#define BANKS      (CABINETS * BANKS_EACH)
#define ORDERS_MAX 512
#define LATE_EJECT (20 * RENT_SECOND)

struct bank {
	char id[SIM_BANK];
	int cabinet; /* -1: out */
	struct cabinet_order *order;
	int left; /* the cabinet that it left last, which may still show it */
	int64_t left_at;
};

static struct bank banks[BANKS];
static struct cabinet_order orders[ORDERS_MAX];
static size_t order_count;
static int64_t offline_until[CABINETS];
static unsigned reports;

static const char *const names[CABINETS] = { "C0", "C1", "C2", "C3",
	                                     "C4", "C5", "C6", "C7" };

const char *cabinet_name(int cabinet)
{
	return names[cabinet];
}

enum vendor cabinet_vendor(int cabinet)
{
	return (enum vendor)(cabinet / CABINETS_EACH);
}

int cabinet_named(const char *name)
{
	for (int i = 0; i < CABINETS; i++) {
		if (strcmp(names[i], name) == 0)
			return i;
	}
	return -1;
}

bool vendor_shows_slots(enum vendor vendor)
{
	return vendor != VENDOR_ORDERS;
}

size_t cabinets_orders(struct cabinet_order **ret)
{
	*ret = orders;
	return order_count;
}

const char *cabinets_bank(int bank)
{
	return banks[bank].id;
}

int cabinets_where(int bank)
{
	return banks[bank].cabinet;
}

struct cabinet_order *cabinets_order(const char *rental_id)
{
	for (size_t i = 0; i < order_count; i++) {
		if (orders[i].out_at != 0 && strcmp(orders[i].rental_id, rental_id) == 0)
			return &orders[i];
	}
	return NULL;
}

/* Two services may have numbered their powerbanks alike. */
void cabinets_reset(void)
{
	order_count = 0;
	reports = 0;
	memset(offline_until, 0, sizeof(offline_until));
	for (int i = 0; i < BANKS; i++) {
		int cabinet = i / BANKS_EACH, number = i;

		if (sim.same_numbers && cabinet_vendor(cabinet) == VENDOR_SLOTS)
			number -= VENDOR_SLOTS * CABINETS_EACH * BANKS_EACH;
		banks[i] = (struct bank){ .cabinet = cabinet, .left = -1 };
		(void)snprintf(banks[i].id, sizeof(banks[i].id), "PB-%d", number);
	}
}

void cabinets_go_offline(int cabinet, int64_t until)
{
	offline_until[cabinet] = until;
}

const struct cabinet_order *cabinets_holder(int bank)
{
	return banks[bank].order;
}

static bool is_offline(int cabinet)
{
	return sim_faults && sim_now < offline_until[cabinet];
}

/* ---- what is reported */

struct push cabinets_push(int cabinet, enum rent_event_kind kind)
{
	struct push p = { .vendor = cabinet_vendor(cabinet), .kind = kind };

	p.proven = p.vendor == VENDOR_KEYED || p.vendor == VENDOR_SLOTS;
	(void)snprintf(p.event_id, sizeof(p.event_id), "report-%u", reports++);
	rent_copy(p.station_id, sizeof(p.station_id), cabinet_name(cabinet));
	p.at = sim_now;
	return p;
}

/* A cabinet that is offline tells it when it is back. */
void cabinets_send(const struct push *p, int cabinet)
{
	if (p->vendor != VENDOR_ORDERS)
		pushes_send(p, is_offline(cabinet) ? offline_until[cabinet] : sim_now);
}

/* Services that keep no id of ours name the order, and may leave the rest out. */
void cabinets_name_order(struct push *p, const struct cabinet_order *order)
{
	if (p->vendor != VENDOR_REFS || order == NULL)
		return;
	rent_copy(p->operation_id, sizeof(p->operation_id), order->op_id);
	rent_copy(p->ref, sizeof(p->ref), order->ref);
	if (sim_chance(300))
		p->powerbank_id[0] = p->station_id[0] = '\0';
	if (sim_chance(300))
		p->at = 0;
}

static void report_return(const struct bank *b, const struct cabinet_order *order)
{
	struct push p = cabinets_push(b->cabinet, RENT_EVENT_RETURNED);

	rent_copy(p.powerbank_id, sizeof(p.powerbank_id), b->id);
	cabinets_name_order(&p, order);
	cabinets_send(&p, b->cabinet);
	sim_counts.returns++;
}

static void report_eject(const struct cabinet_order *order, bool done)
{
	struct push p = cabinets_push(order->cabinet, done ? RENT_EVENT_EJECTED
	                                                   : RENT_EVENT_EJECT_FAILED);

	if (p.vendor != VENDOR_REFS)
		return;
	if (done)
		rent_copy(p.powerbank_id, sizeof(p.powerbank_id), banks[order->bank].id);
	cabinets_name_order(&p, order);
	cabinets_send(&p, order->cabinet);
}

/* ---- powerbanks come and go */

static int find_bank(int cabinet)
{
	int from = (int)sim_between(0, BANKS - 1);

	for (int i = 0; i < BANKS; i++) {
		int bank = (from + i) % BANKS;

		if (banks[bank].cabinet == cabinet)
			return bank;
	}
	return -1;
}

static void take_out(int bank, struct cabinet_order *order)
{
	struct bank *b = &banks[bank];

	b->left = b->cabinet;
	b->left_at = sim_now;
	b->cabinet = -1;
	b->order = order;
}

static void put_bank(struct bank *b, int cabinet)
{
	struct cabinet_order *order = b->order;

	if (b->cabinet >= 0)
		return;
	sim_trace("world: %s is put into %s", b->id, cabinet_name(cabinet));
	b->cabinet = cabinet;
	b->order = NULL;
	if (order != NULL) {
		order->back_at = sim_now;
		order->back_cabinet = cabinet;
	}
	report_return(b, order);
}

void cabinets_put(struct cabinet_order *order, int cabinet)
{
	if (order->back_at == 0)
		put_bank(&banks[order->bank], cabinet);
}

static int other_cabinet(const struct bank *b)
{
	int vendor = (int)(b - banks) / (CABINETS_EACH * BANKS_EACH);

	return vendor * CABINETS_EACH + (int)sim_between(0, CABINETS_EACH - 1);
}

/* Whoever found it, unless its customer sees to it. */
static void is_brought_back(void *arg)
{
	struct bank *b = arg;

	if (b->order == NULL || !b->order->claimed)
		put_bank(b, other_cabinet(b));
}

/* A customer thinks better of it, perhaps before anybody knows that he has it. */
static void is_regretted(void *arg)
{
	struct bank *b = arg;

	put_bank(b, sim_chance(700) ? b->left : other_cabinet(b));
}

static void comes_out(struct cabinet_order *order, int bank)
{
	struct bank *b = &banks[bank];

	take_out(bank, order);
	sim_trace("world: %s comes out of %s for %s", b->id, cabinet_name(b->left),
	          order == NULL ? "nobody" : order->rental_id);
	event_at(sim_now + sim_between(10, 240) * RENT_MINUTE, is_brought_back, b);
	if (order != NULL && sim_fault(FAULT_REGRET, sim.regret))
		event_at(sim_now + sim_between(100000, 40 * RENT_SECOND), is_regretted,
		         b);
}

static void give_out(struct cabinet_order *order, struct world_op *op)
{
	const struct cabinet_order *before = cabinets_order(op->rental_id);
	int bank = find_bank(order->cabinet), stray;

	if (bank < 0 || is_offline(order->cabinet) || sim_fault(FAULT_JAM, sim.jam)) {
		op->state = WORLD_DECLINED;
		report_eject(order, false);
		return;
	}
	if (op->acted++ > 0 || before != NULL)
		sim_fail("a second powerbank came out for rental %s", op->rental_id);
	op->state = WORLD_DONE;
	order->bank = bank;
	order->out_at = sim_now;
	rent_copy(op->powerbank, sizeof(op->powerbank), banks[bank].id);
	sim_counts.ejects++;
	comes_out(order, bank);
	report_eject(order, true);
	stray = find_bank(order->cabinet);
	if (stray >= 0 && sim_fault(FAULT_TWO_OUT, sim.two_out))
		comes_out(NULL, stray);
}

static void ejects_late(void *arg)
{
	struct cabinet_order *order = arg;
	struct world_op *op = world_find(order->op_id);

	if (op != NULL && op->state == WORLD_PENDING)
		give_out(order, op);
}

/* ---- requests */

static struct cabinet_order *new_order(const struct sim_request *rq, int cabinet)
{
	struct cabinet_order *order = &orders[order_count];

	if (order_count == ORDERS_MAX)
		sim_fail("more than %d orders", ORDERS_MAX);
	*order = (struct cabinet_order){ .cabinet = cabinet, .bank = -1 };
	(void)snprintf(order->ref, sizeof(order->ref), "trade-%zu", order_count++);
	rent_copy(order->op_id, sizeof(order->op_id), rq->id);
	rent_copy(order->rental_id, sizeof(order->rental_id), rq->rental_id);
	return order;
}

static struct cabinet_order *order_of(const struct sim_request *rq)
{
	for (size_t i = 0; i < order_count; i++) {
		if (strcmp(orders[i].op_id, rq->id) == 0 &&
		    (!rq->lookup || rq->vendor != VENDOR_REFS ||
		     strcmp(orders[i].ref, rq->ref) == 0))
			return &orders[i];
	}
	return NULL;
}

static struct sim_reply reply_of(const struct cabinet_order *order,
                                 const struct sim_request *rq)
{
	const struct world_op *op = world_find(order->op_id);
	struct sim_reply reply = { .outcome = RENT_DECLINED };

	if (rq->vendor == VENDOR_REFS)
		rent_copy(reply.ref, sizeof(reply.ref), order->ref);
	if (op->state == WORLD_PENDING)
		reply.outcome = RENT_PENDING;
	if (op->state != WORLD_DONE)
		return reply;
	reply.outcome = RENT_SUCCEEDED;
	rent_copy(reply.result, sizeof(reply.result), op->powerbank);
	if (rq->lookup && order->back_at != 0) {
		reply.returned_at = order->back_at;
		rent_copy(reply.returned_to, sizeof(reply.returned_to),
		          cabinet_name(order->back_cabinet));
	}
	return reply;
}

static struct sim_reply eject(const struct sim_request *rq)
{
	struct world_op *op = world_meet(rq);
	struct cabinet_order *order = order_of(rq);
	int cabinet = cabinet_named(rq->cabinet_id);

	if (order != NULL && rq->vendor != VENDOR_KEYED)
		sim_fail("order %s was sent again to a service that keeps no ids",
		         rq->id);
	if (cabinet < 0 || (int)cabinet_vendor(cabinet) != rq->vendor)
		sim_fail("cabinet '%s' is not of service %d", rq->cabinet_id, rq->vendor);
	if (order != NULL)
		return reply_of(order, rq);
	order = new_order(rq, cabinet);
	op->state = WORLD_PENDING;
	if (rq->vendor == VENDOR_REFS || sim_fault(FAULT_LATE_EJECT, sim.late_eject))
		event_at(sim_now + sim_between(100000, LATE_EJECT), ejects_late, order);
	else if (sim_fault(FAULT_REFUSE_EJECT, sim.refuse_eject))
		op->state = WORLD_DECLINED;
	else
		give_out(order, op);
	return reply_of(order, rq);
}

static struct sim_reply look_up(const struct sim_request *rq)
{
	const struct sim_reply not_found = { .outcome = RENT_UNKNOWN, .not_found = true };
	const struct cabinet_order *order = order_of(rq);
	const struct world_op *op = order == NULL ? NULL : world_find(order->op_id);

	if (op == NULL || (sim_now - op->first_at < CABINET_SETTLES &&
	                   sim_fault(FAULT_LOOKUP_BLIND, sim.lookup_blind)))
		return not_found;
	return reply_of(order, rq);
}

static struct sim_reply show(const struct sim_request *rq)
{
	struct sim_reply reply = { .outcome = RENT_SUCCEEDED };
	int cabinet = cabinet_named(rq->cabinet_id);

	if (cabinet < 0 || (int)cabinet_vendor(cabinet) != rq->vendor)
		return (struct sim_reply){ .outcome = RENT_DECLINED };
	reply.offline = is_offline(cabinet);
	for (int i = 0; i < BANKS && reply.bank_count < SIM_SLOTS; i++) {
		const struct bank *b = &banks[i];
		bool lags = b->cabinet < 0 && b->left == cabinet &&
		            sim_now - b->left_at < sim.lag_us;

		if (b->cabinet == cabinet || lags)
			rent_copy(reply.banks[reply.bank_count++], SIM_BANK, b->id);
	}
	return reply;
}

struct sim_reply cabinets_handle(const struct sim_request *rq)
{
	if (rq->snapshot)
		return show(rq);
	return rq->lookup ? look_up(rq) : eject(rq);
}
