/* SPDX-License-Identifier: MIT
 *
 * returned.h - a powerbank that is surely back in a cabinet ends the rental that has it: by the
 * cabinet, and at the time of its return.
 */
#ifndef CORE_RETURNED_H
#define CORE_RETURNED_H

#include "core.h"

/* What came of it, where others ask. */
#define RETURNED_ORPHAN "orphan"
#define RETURNED_UNSURE "while it began"

/* A return that is proven. */
struct returned {
	const char *powerbank_id;
	/* The service's name of the cabinet; "" not known. */
	const char *station_id;
	/* Wall time; 0: it does not say, and then it was when the report came (0: now). */
	int64_t at, received_at;
	/* The rental that it was asked for: no other may end. NULL: whichever has the powerbank, and
	 * `at` alone says whether it is the one that was meant. */
	const char *rental_id;
	/* The service that says so: no rental of another one's powerbank may end. NULL: it was the
	 * rental's own that was asked. */
	const char *instance;
};

/* Whether the customer said that it is back there while that station could not be asked
 * (verify.h). station_id: the customer's or the service's name of it; "" not known. */
bool returned_as_asked(const struct rent_rental *r, const char *station_id);

/* Ends the live rental of the powerbank, and says what came of it: "returned", "orphan" (no rental
 * has it, or the one that had it has just ended), "ended already" (another has it than what->rental_id), "earlier" (it came back before the rental that has it was made), "while it began" (before it
 * began: it may be this rental's, or the one's before; the cabinet knows), "too late" (a person must
 * look). Negative: not now. */
int returned_end(struct core *core, const struct returned *what,
                 char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err);

/* Whether a return would still count for a rental that was bought out. */
bool returned_may_follow(struct core *core, const struct rent_rental *r);

/* Turns the buyout of what->rental_id, whose powerbank came back within buyout_return_window, into
 * a return: it costs what is due at that time. "returned after the buyout" or "ended already". */
int returned_after_buyout(struct core *core, const struct returned *what,
                          char ret_outcome[RENT_NOTE_SIZE], struct rent_error *err);

#endif
