/* SPDX-License-Identifier: MIT
 *
 * quote.h - a quote: what the catalogue says, priced by the rules, kept by storage for
 * quote_ttl.
 */
#ifndef CORE_QUOTE_H
#define CORE_QUOTE_H

#include "core.h"

/* struct rent_rental_api.quote */
int quote_make(void *self, const char *station_id, const char *user_id,
               struct rent_arena *arena, struct rent_quote_reply *ret,
               struct rent_error *err);

/* The station instance that a quote of this id is for; "": the first one. */
const char *quote_station(const char *quote_id);

/* A new id, for a station of this service as the catalogue says; "": it does not. false: that service
 * is not bound, or its name is too long. */
bool quote_new_id(struct core *core, const char *instance, char id[RENT_ID_SIZE]);

#endif
