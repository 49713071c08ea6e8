/* SPDX-License-Identifier: MIT
 *
 * cabinet.h - asks the cabinets' service where a powerbank is: by the order that it came out with,
 * or by what is in a cabinet now. Changes nothing.
 */
#ifndef CORE_CABINET_H
#define CORE_CABINET_H

#include "core.h"
#include "inventory.h"

/* An eject as the service's order. Its texts are the rental's and the operation's. */
struct rent_station_op cabinet_order(const struct rent_rental *r,
                                     const struct rent_op *eject);

/* The service's name of the cabinet that a rental began at. */
const char *cabinet_of_start(const struct rent_rental *r);

/* Whether a service can speak of the powerbank of a rental: services number their powerbanks each
 * for itself. instance: of the service; "", as on rows that do not say: any. */
bool cabinet_is_of(const struct rent_rental *r, const char *instance);

/* The service's name of the cabinet of a station, for a powerbank of this rental. */
const char *cabinet_of(const struct rent_rental *r, const char *station_id);

/* How long its service surely acts once on the same order; 0: it never does. Needs an api. */
int64_t cabinet_resend_us(const struct station_port *port);

/* Whether an order can be looked up: by the service's reference, if it takes no id of ours. port
 * NULL: it is not bound. */
bool cabinet_can_look_up(const struct station_port *port, const struct rent_op *eject);

/* Whether an eject for the rental is judged by what is in the cabinet before and after it
 * (eject_evidence.h): its service takes no id of ours, and lets its cabinets be looked into. */
bool cabinet_keeps_evidence(struct core *core, const struct rent_rental *r);

/* Whether the powerbank of an order is back, by the order, as the rental's service knows it. With
 * CABINET_HAS_IT *ret_at is when it
 * came back, and `station` where ("" the service does not say). */
enum cabinet_answer cabinet_ask_order(struct core *core, const struct rent_rental *r,
                                      const struct rent_op *eject, int64_t *ret_at,
                                      char station[RENT_ID_SIZE]);

/* Whether a powerbank is in a cabinet, by what is in it now. station_id: the service's name.
 * port NULL: the service is not bound. */
enum cabinet_answer cabinet_ask_slots(struct core *core, struct station_port *port,
                                      const char *station_id, const char *powerbank_id);

#endif
