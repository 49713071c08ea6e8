/* SPDX-License-Identifier: MIT
 *
 * outcome.h - what an answer of a provider means: from the answer to the operation's state.
 */
#ifndef CORE_OUTCOME_H
#define CORE_OUTCOME_H

#include "rental_work.h"

/* An answer of a provider, of either kind. */
struct provider_answer {
	enum rent_outcome outcome;
	bool not_found, alert;
	int64_t processed, expires_at;
	const char *ref, *result, *note;
};

/* The state that the answer puts the called operation into. ambiguous: an earlier attempt of the
 * same exchange may have acted. */
enum rent_op_state outcome_judge(struct rental_work *w, const struct provider_answer *a,
                                 bool ambiguous);

/* Records the answer and the state in the called operation. */
void outcome_record(struct rental_work *w, const struct provider_answer *a,
                    enum rent_op_state state);

/* Judges the answer of a lookup. True: the operation was surely never executed, and that is
 * recorded. False: a->outcome is UNKNOWN if the answer says nothing about the operation. */
bool outcome_of_lookup(struct rental_work *w, struct provider_answer *a,
                       bool not_found_is_final);

/* Records the outcome of a call without an answer to parse. sent: the request may have arrived. */
void outcome_of_silence(struct rental_work *w, bool sent, const char *note);

/* Records the outcome of a request that the plugin did not build; code is its error. */
void outcome_of_refused_build(struct rental_work *w, int code,
                              const struct rent_error *err);

/* Counts and logs an answer that a person should see. */
void outcome_complain(struct rental_work *w, const char *type, const char *what,
                      const char *note);

/* Whether nothing is started without the operation. Of a hold that fails a start may go on. */
bool outcome_start_depends_on(const struct rental_work *w, const struct work_op *op);

#endif
