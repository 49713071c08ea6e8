/* SPDX-License-Identifier: MIT
 *
 * reference.h - the simplest core that is right while no host dies and no storage fails,
 * with the same interface as rental_core; and the rules of the earlier Python
 * implementation, each a switch that changes a few lines of it. The same actors, world and
 * checks see what they lead to. money.c moves money and powerbanks, core.c has the use
 * cases, rules.c the switches.
 */
#ifndef SIM_REFERENCE_H
#define SIM_REFERENCE_H

#include "../sim.h"

enum python_rule {
	PYTHON_STOP_CHARGES_ALL = 1u << 0,
	PYTHON_START_DEBT_LOST = 1u << 1,
	PYTHON_TIMEOUT_IS_DEBT = 1u << 2,
	PYTHON_EJECT_RETRIED = 1u << 3,
	PYTHON_KEY_RACE = 1u << 4,
	PYTHON_QUOTE_RACE = 1u << 5,
	PYTHON_TWO_WORKERS = 1u << 6,
	PYTHON_DEBT_FORGOTTEN = 1u << 7,
};
bool python(enum python_rule rule);

#define REFERENCE_BUYOUT 5000
#define REFERENCE_LEASE  RENT_HOUR /* a lock: its holder always comes back */

/* A rental as it was read, and its hold. */
struct ref_rental {
	struct rent_rental r;
	struct rent_op hold; /* id "" when there is none */
	char eject_id[RENT_ID_SIZE];
	char token[RENT_ID_SIZE]; /* of the lock, once it is ours */
};

/* False: there is none. */
bool ref_load(const char *id, struct ref_rental *ret);
/* Applies a change to the rental that was read; false: another driver changed it meanwhile. */
bool ref_change(struct ref_rental *rental, struct rent_change *c);
/* Takes the lock, or reports that another driver holds it. */
bool ref_lock(struct ref_rental *rental);
void ref_unlock(struct ref_rental *rental);

/* Records an operation, asks for it until there is an answer, records that. Returns the amount
 * processed, 0 when it was refused. */
int64_t ref_move(struct ref_rental *rental, enum rent_op_kind kind,
                 enum rent_purpose purpose, int64_t amount, const char *target);
/* Asks for an operation that is recorded already. */
struct sim_reply ref_ask(const struct ref_rental *rental, const char *id,
                         enum rent_op_kind kind, int64_t amount);
void ref_end(struct ref_rental *rental, const char *id, const struct sim_reply *reply,
             int64_t asked, enum rent_purpose purpose);

extern const struct rent_plugin reference_plugin;

#endif
