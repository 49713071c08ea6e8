/* SPDX-License-Identifier: MIT
 *
 * decisions.h - decisions, driven as drive() does it but with every outcome chosen by the test.
 */
#ifndef UNIT_CORE_DECISIONS_H
#define UNIT_CORE_DECISIONS_H

/* What cmocka.h wants to find included. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "debt.h"
#include "decide.h"

#define T0 (INT64_C(1700000000) * RENT_SECOND)

extern struct params params;
extern struct rent_payment_caps caps;

/* The answers of the world, by kind of operation. */
struct script {
	enum rent_op_state of[RENT_OP_EJECT + 1];
	/* Of an extension of a hold. */
	enum rent_op_state extension;
	int64_t held_us;   /* of a hold, and an extension, that succeeds */
	int64_t processed; /* of a success; 0: all */
	bool wants_payer;  /* of what is declined: the customer is needed */
	const char
		*saved; /* of a success: the method that the provider saved; NULL: none */
	int calls[RENT_OP_EJECT + 1];
	int64_t asked[RENT_OP_EJECT + 1];
};

/* A rental that began at T0, as it is `seconds` later. */
struct rental_work rental_for(enum goal goal, enum rent_status status, int64_t seconds);
/* One that ended and costs `final`; recovery has the lease to settle it. */
struct rental_work settling(int64_t final, int64_t paid);

/* Each loads an operation, as storage would show it: with all that is there already. add_full
 * takes one without its size and, if it SUCCEEDED, what was processed. */
void add_op(struct rental_work *w, const char *id, enum rent_op_kind kind,
            enum rent_op_state state, int64_t amount);
void add_full(struct rental_work *w, struct rent_op op);
void load_one_more(struct rental_work *w, const struct rent_rental *r,
                   const struct rent_op *op);

void answer_call(struct rental_work *w, struct script *s);
void record_change(struct rental_work *w);
/* Decides, records and answers until the rental rests. Returns how many changes it recorded. */
int decide_to_rest(struct rental_work *w, struct script *s);

#endif
