/* SPDX-License-Identifier: MIT
 *
 * start_answer.h - the answer of a start: as it is kept under the key, and as the caller gets it,
 * at once or with a repetition.
 */
#ifndef CORE_START_ANSWER_H
#define CORE_START_ANSWER_H

#include <jansson.h>

#include "rental_work.h"

/* Writes json as text, and drops it; "" when it is NULL or too long. */
void start_answer_dump(json_t *json, char out[ANSWER_SIZE]);

/* The next change of w records the answer under the key: the rental began, or was refused. */
void start_answer_started(struct rental_work *w);
void start_answer_refused(struct rental_work *w, enum rent_verdict verdict);

/* The answer that this run has recorded under the key. */
void start_reply_answered(const struct rental_work *w, struct rent_arena *arena,
                          struct rent_start_reply *ret);

/* The answer that an earlier request with this key got. */
void start_reply_replayed(const struct rental_work *w, const struct rent_start *begin,
                          struct rent_arena *arena, struct rent_start_reply *ret);

/* A verdict that is not kept under the key, or is kept without a rental. RENT_OK. */
int start_reply_refused(struct rent_start_reply *ret, enum rent_verdict verdict,
                        int64_t retry_us);

/* The action that the customer has to take. It is not kept under the key, for it is not the answer
 * yet. RENT_OK, or RENT_ENOMEM. */
int start_reply_action(struct rental_work *w, struct rent_arena *arena,
                       struct rent_start_reply *ret, struct rent_error *err);

/* What is to be said where an operator finds out what came out, or whose it is; else "". */
void start_answer_unclear(struct rental_work *w, char ret_detail[RENT_DETAIL_SIZE]);

#endif
