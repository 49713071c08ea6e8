/* SPDX-License-Identifier: MIT
 *
 * scenario.h - what happens to a customer while something dies.
 */
#ifndef FAULTS_SCENARIO_H
#define FAULTS_SCENARIO_H

#include "run.h"

/* Who plays the services: the stubs' own dialect forgets nothing when it dies. A cabinets' cloud forgets the
 * orders that nothing has come out for, and where its reports go; Stripe, payments that wait for their
 * customer. These two stay alive. */
enum partner {
	PARTNER_STUBS,
	PARTNER_CLOUD,
	PARTNER_STRIPE,
};

struct scenario {
	const char *name;
	bool refuse; /* deposit_policy = "refuse" */
	/* Up to the moment from which things may die. */
	void (*prepare)(struct run *r);
	/* What a customer asks of the API, once, from another thread with a client of its
	 * own; NULL: nothing. */
	void (*ask)(const struct run *r, struct client *c);
	/* The action on the world instead, immediate. NULL: none. */
	void (*move)(struct run *r);
	/* Whether the expected effect has happened; also repeats the request as a
	 * customer would. */
	bool (*reached)(struct run *r);
	/* Brings the rental to its end and says what must be true of it. */
	void (*finish)(struct run *r);
	int64_t ejects;
	enum partner partner;
	/* What is moved is moved again and again until something dies. */
	bool again;
};

extern const struct scenario scenarios[];
extern const size_t scenario_count;

#endif
