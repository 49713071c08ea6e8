/* SPDX-License-Identifier: MIT
 *
 * phone.h - the calls of a customer, each written into the history, and asking again until
 * there is an answer. A thread has a phone of its own.
 */
#ifndef SOAK_PHONE_H
#define SOAK_PHONE_H

#include "load.h"

struct phone {
	struct load *load;
	const char *user;
	unsigned visit;
	uint64_t random;
	unsigned host; /* the API host that is asked next */
	struct client *clients[FLEET_APIS], *stubs;
};

void phone_init(struct phone *p, struct load *load, const char *user, unsigned visit,
                uint64_t seed);
void phone_done(struct phone *p);

/* One call, waiting so long for its answer, which is valid until the next. */
const struct answer *phone_quote(struct phone *p, const char *station);
const struct answer *phone_start(struct phone *p, const char *key, const char *quote,
                                 long ms);
const struct answer *phone_status(struct phone *p, const char *order);
const struct answer *phone_stop(struct phone *p, const char *order, const char *station);
const struct answer *phone_return(struct phone *p, const char *powerbank,
                                  const char *station);

/* The same until it is answered for good. What has not been by the time that patience is over
 * counts as unresolved. */
const struct answer *phone_insist_start(struct phone *p, const char *key,
                                        const char *quote);
const struct answer *phone_insist_stop(struct phone *p, const char *order,
                                       const char *station);
/* Whether it is: a success, a refusal, or the kept answer "not available". */
bool phone_is_final(const struct answer *a);

#endif
