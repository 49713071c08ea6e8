/* SPDX-License-Identifier: MIT
 *
 * cabinets.h - the truth about cabinets and their powerbanks, for seeds in which several services
 * have some, and what the services report of it.
 *
 *   VENDOR_KEYED    ejects once for an id, reports returns under a signature
 *   VENDOR_REFS     keeps no id of ours: answers with a reference, asks nobody whether its
 *                   reports are true, and can be asked by the reference
 *   VENDOR_ORDERS   can be asked by our id, surely; cannot be looked into and reports nothing
 *   VENDOR_SLOTS    keeps no id and tells nothing of orders: what lies in its cabinets is all
 *                   there is, and signed reports
 */
#ifndef SIM_CABINETS_H
#define SIM_CABINETS_H

#include "sim.h"

enum vendor {
	VENDOR_KEYED,
	VENDOR_REFS,
	VENDOR_ORDERS,
	VENDOR_SLOTS,
	VENDORS
};

#define CABINETS_EACH 2
#define CABINETS      (VENDORS * CABINETS_EACH)
#define BANKS_EACH    3 /* a cabinet's, at first; the vendor's are one behind the other */

/* When an eject has happened or will not any more, and the cabinet shows it. */
#define CABINET_SETTLES (90 * RENT_SECOND)

/* An order that a service has heard of. The times are those that pass; 0: not. */
struct cabinet_order {
	char op_id[RENT_ID_SIZE], rental_id[RENT_ID_SIZE], ref[RENT_ID_SIZE];
	int cabinet, bank, back_cabinet;
	int64_t out_at, back_at;
	bool claimed; /* by its customer, who brings it back as he likes */
};

void cabinets_reset(void);
struct sim_reply cabinets_handle(const struct sim_request *rq);

/* "C3"; and of the vendor of a cabinet. The other way round: -1, it is none. */
const char *cabinet_name(int cabinet);
enum vendor cabinet_vendor(int cabinet);
int cabinet_named(const char *name);
/* The instance that a vendor is bound as. */
const char *vendor_instance(enum vendor vendor);
bool vendor_shows_slots(enum vendor vendor);

/* The order whose powerbank came out for a rental, or NULL. */
struct cabinet_order *cabinets_order(const char *rental_id);
size_t cabinets_orders(struct cabinet_order **ret);
/* The number of a powerbank, and the cabinet where it lies; -1: it is out. */
const char *cabinets_bank(int bank);
int cabinets_where(int bank);
/* Whoever has it puts it into that cabinet now. */
void cabinets_put(struct cabinet_order *order, int cabinet);
/* The order by which it is out, or NULL. */
const struct cabinet_order *cabinets_holder(int bank);
/* Nobody reaches it until then, and its reports wait. */
void cabinets_go_offline(int cabinet, int64_t until);

/* ---- forgery.c: harms a cabinet, or sends what is not true. Called now and then while there are
 * faults. */
void cabinets_nemesis(void);

/* ---- vendors.c: what the hosts are bound to */
extern const struct rent_station sim_vendors[VENDORS];
/* self of a vendor's table. */
void *vendor_self(enum vendor vendor);

/* ---- pushes.c: what services report */

/* A report, as it is on the wire. */
struct push {
	enum vendor vendor;
	enum rent_event_kind kind;
	bool proven, badly_signed;
	char event_id[RENT_ID_SIZE], operation_id[RENT_ID_SIZE], ref[RENT_ID_SIZE];
	char station_id[RENT_ID_SIZE], powerbank_id[RENT_ID_SIZE];
	int64_t at;
};

/* One of a cabinet, as its service makes it: with an id and the time. */
struct push cabinets_push(int cabinet, enum rent_event_kind kind);
/* Services that keep no id of ours name the order, and may leave the rest out. */
void cabinets_name_order(struct push *p, const struct cabinet_order *order);
/* A cabinet that is offline tells it when it is back. */
void cabinets_send(const struct push *p, int cabinet);

void pushes_reset(void);
/* Sends it with what happens to reports on their way, not before `when`. */
void pushes_send(const struct push *push, int64_t when);
/* Sends nothing of a vendor for a while: it is lost. */
void pushes_stop(enum vendor vendor, int64_t until);

/* ---- riders.c: a customer of these cabinets */
void rider_once(int client, int round);

/* ---- check_cabinets.c */
void check_cabinets_begin(void);
/* After a change of this rental. */
void check_end(const char *rental_id);
/* Whether nothing that was reported waits. */
bool all_heard(void);
/* At rest. */
void check_cabinets(void);
/* A message was answered with this status. */
void check_push(const struct push *push, int status);
/* Whether an eject of this rental may be for a person, and whether what is believed of it may be
 * wrong: no hardware tells it. */
bool eject_may_be_manual(const struct rent_op *op);
/* Whether what came out for it has been put into a cabinet since. */
bool eject_is_back(const struct rent_op *op);
bool eject_may_be_wrong(const struct rent_op *op);

#endif
