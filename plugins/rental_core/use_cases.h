/* SPDX-License-Identifier: MIT
 *
 * use_cases.h - the slots of struct rent_rental_api (rent/rental.h), and what plugin.c needs
 * beside them. self is the core.
 */
#ifndef CORE_USE_CASES_H
#define CORE_USE_CASES_H

#include "core.h"

int use_quote(void *self, const char *station_id, const char *user_id,
              struct rent_arena *arena, struct rent_quote_reply *ret,
              struct rent_error *err);
int use_start(void *self, const struct rent_start_request *req,
              struct rent_start_reply *ret, struct rent_error *err);
int use_status(void *self, const char *order_id, struct rent_view *ret,
               struct rent_error *err);
int use_stop(void *self, const char *order_id, const char *station_id,
             struct rent_view *ret, struct rent_error *err);
int use_list(void *self, const struct rent_list_query *query,
             const struct rent_list_reply *reply, struct rent_error *err);
int use_trail(void *self, const char *order_id, const struct rent_trail_reply *reply,
              struct rent_error *err);
int use_balance(void *self, const char *user_id, struct rent_balance *ret,
                struct rent_error *err);
int use_station(void *self, const char *station_id, struct rent_arena *arena,
                struct rent_station_reply *ret, struct rent_error *err);
int use_plan_batch(void *self, enum rent_phase phase, char cursor[RENT_ID_SIZE],
                   uint32_t limit, struct rent_batch **ret_batch, struct rent_run *run,
                   struct rent_error *err);
int use_run_batch(void *self, struct rent_batch *batch, struct rent_run *run,
                  struct rent_error *err);
int use_housekeep(void *self, struct rent_error *err);
/* Of a timer; arg is the core. Reads the sums for the metrics, unless housekeeping has lately. */
void totals_refresh(void *arg);

/* For operators. */
int use_audit(void *self, struct rent_check *check, struct rent_error *err);
int use_reconcile(void *self, struct rent_check *check, struct rent_error *err);
int use_manual(void *self, const struct rent_manual_reply *reply, struct rent_error *err);
int use_resolve(void *self, struct rent_resolve *rs, struct rent_error *err);

#endif
