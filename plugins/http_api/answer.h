/* SPDX-License-Identifier: MIT
 *
 * answer.h - writing a reply: the body, further headers.
 */
#ifndef HTTP_API_ANSWER_H
#define HTTP_API_ANSWER_H

#include <rent/http.h>

#include "common/json_out.h"

/* 200 with what was written as its body. RENT_ENOMEM: memory was exhausted on the way, or the arena
 * is full. */
int answer_json(struct json_out *out, struct rent_http_reply *reply,
                struct rent_error *err);

/* The first free header of the reply. Value in the arena or a literal. */
void answer_header(struct rent_http_reply *reply, const char *name, const char *value);

#endif
