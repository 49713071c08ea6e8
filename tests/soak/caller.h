/* SPDX-License-Identifier: MIT
 *
 * caller.h - the calls of a customer, each written into the history, and asking again until
 * there is an answer. A thread has its own.
 */
#ifndef SOAK_CALLER_H
#define SOAK_CALLER_H

#include "load.h"

struct caller {
	struct load *load;
	const char *user;
	unsigned visit;
	uint64_t random;
	unsigned host; /* the API host that is asked next */
	struct client *clients[FLEET_APIS], *stubs;
};

void caller_init(struct caller *p, struct load *load, const char *user, unsigned visit,
                 uint64_t seed);
void caller_done(struct caller *p);

/* One call, waiting so long for its answer, which is valid until the next. */
const struct answer *caller_quote(struct caller *p, const char *station);
const struct answer *caller_start(struct caller *p, const char *key, const char *quote,
                                  long ms);
const struct answer *caller_status(struct caller *p, const char *order);
const struct answer *caller_stop(struct caller *p, const char *order,
                                 const char *station);
const struct answer *caller_return(struct caller *p, const char *order,
                                   const char *powerbank, const char *station);

/* The same until the answer is final. A start without a final answer when the patience is
 * over counts as unresolved. */
const struct answer *caller_insist_start(struct caller *p, const char *key,
                                         const char *quote);
const struct answer *caller_insist_stop(struct caller *p, const char *order,
                                        const char *station);
/* Looks until the rental has ended by itself. */
const struct answer *caller_insist_end(struct caller *p, const char *order);
/* Whether it is: a success, a refusal, or the kept answer "not available". */
bool caller_is_final(const struct answer *a);

#endif
