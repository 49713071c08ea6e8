/* SPDX-License-Identifier: MIT
 *
 * view.h - what can be seen: a rental, a list of them, the payments of one, a station. Changes
 * nothing.
 */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include "core.h"
#include "rental_work.h"

/* Slots of struct rent_rental_api. */
int view_status(void *self, const char *order_id, struct rent_view *ret,
                struct rent_error *err);
int view_list(void *self, const struct rent_list_query *query,
              const struct rent_list_reply *reply, struct rent_error *err);
int view_trail(void *self, const char *order_id, const struct rent_trail_reply *reply,
               struct rent_error *err);
int view_station(void *self, const char *station_id, struct rent_arena *arena,
                 struct rent_station_reply *ret, struct rent_error *err);

/* The running rental that has a powerbank. */
struct holding {
	char id[RENT_ID_SIZE];
	/* The database's clock, in us. */
	int64_t started_at;
};

/* Finds it; the id is "" when it was not found. A storage that cannot tell is asked for running
 * rentals until it comes, at most 200,000. Negative: not now. */
int view_holding(struct core *core, const char *powerbank_id, struct holding *ret,
                 struct rent_error *err);

/* Names the running rental that has a powerbank; "" when it was not found; as view_holding(). */
int view_holder(struct core *core, const char *powerbank_id, char ret_id[RENT_ID_SIZE],
                struct rent_error *err);

/* Reads a rental into w and its view. 1: there is none, which the view says. */
int view_read(struct core *core, const char *order_id, struct rental_work *w,
              struct rent_view *ret, struct rent_error *err);

/* The view of a rental that is in hand. */
void view_fill(struct rental_work *w, struct rent_view *ret);

#endif
