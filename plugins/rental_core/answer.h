/* SPDX-License-Identifier: MIT
 *
 * answer.h - the answer of a start as it is kept under its key. See answer.c.
 */
#ifndef CORE_ANSWER_H
#define CORE_ANSWER_H

#include <rent/rental.h>

#define ANSWER_SIZE 704

/* The sentence for a refusal, "" for a verdict that is none. */
const char *answer_detail(enum rent_verdict verdict);

/* A refusal before there is a rental; out holds ANSWER_SIZE bytes. */
void answer_refusal_text(enum rent_verdict verdict, const char *order_id,
                         const char *request_id, char *out, size_t size);

/* Reads a kept answer back: verdict, json, order_id, request_id, detail. */
void answer_read(const char *outcome, const char *text, struct rent_arena *arena,
                 struct rent_start_reply *ret);

#endif
