/* SPDX-License-Identifier: MIT
 *
 * one_rental.h - a core with one ACTIVE rental in its storage, and a cabinets' service that says
 * what the test wants.
 */
#ifndef TEST_ONE_RENTAL_H
#define TEST_ONE_RENTAL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core.h"
#include "fake_host.h"

#define T0  (INT64_C(1700000000) * RENT_SECOND)
#define DAY (24 * RENT_HOUR)

/* The one rental, and what was recorded of it. */
struct one_rental {
	struct rent_rental r;
	struct rent_op eject;
	int ends;
	/* Another rental, whose changes are not looked at: it cannot have the powerbank of this one
	 * while this one runs. */
	struct rent_rental other;
	/* Lines that were written into the trails of the rental and of the other one, last each. */
	struct rent_note note, other_note;
	/* What was recorded of who did something, and how often. Its actor is whoever's the test gave. */
	struct rent_deed deed;
	int deeds;
	/* So many changes find another version first. */
	int conflicts;
	/* The newest charge, found by its reference; "" none was made. */
	struct rent_op taken;
	struct rent_outside outside[4];
	size_t outside_count;
	/* Of the cabinet of the other rental, newest first; powerbanks NULL: no more. */
	struct rent_inventory inventories[4];
};
extern struct one_rental db;

/* The cabinets' service. "far-away" is the only cabinet that may be asked for its slots. */
struct cloud {
	struct rent_station_result order;
	struct rent_station_slot slot;
	enum rent_station_state state;
	bool silent, complete, unknown;
	int asked;
};
extern struct cloud cloud;

extern struct fake_host *fake;
extern struct core core;

/* From now on events are published, and kept one behind the other in heard. */
void one_rental_listen(void);
extern char heard[8192];

/* A rental of one a second that began at T0, 1,000 seconds ago. No charge can be made, so that what
 * it costs becomes debt. */
int one_rental_setup(void **state);
int one_rental_teardown(void **state);

#endif
