/* SPDX-License-Identifier: MIT
 *
 * stop_request.h - a customer says that the powerbank is back: he is believed, or the cabinet is asked
 * first (verify.h), and then the rental ends (stop.h).
 */
#ifndef CORE_STOP_REQUEST_H
#define CORE_STOP_REQUEST_H

#include "core.h"

/* struct rent_rental_api.stop */
int stop_rental(void *self, const char *order_id, const char *station_id,
                struct rent_view *ret, struct rent_error *err);
/* struct rent_rental_api.stop_as */
int stop_as(void *self, const struct rent_stop_request *theirs, struct rent_view *ret,
            struct rent_error *err);

#endif
