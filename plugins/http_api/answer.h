/* SPDX-License-Identifier: MIT
 *
 * answer.h - writing a reply: JSON values for what the structs of the API hold, the body,
 * further headers.
 */
#ifndef HTTP_API_ANSWER_H
#define HTTP_API_ANSWER_H

#include <jansson.h>
#include <rent/http.h>

/* 200 with root as its body; takes the reference. NULL (memory exhausted while it was made)
 * and a full arena are RENT_ENOMEM. */
int answer_json(const struct rent_http_request *req, struct rent_http_reply *reply,
                json_t *root, struct rent_error *err);

/* The first free header of the reply. Value in the arena or a literal. */
void answer_header(struct rent_http_reply *reply, const char *name, const char *value);

json_t *answer_text(const char *s);         /* … bytes that are not UTF-8 as '?' */
json_t *answer_text_or_null(const char *s); /* "" is null */
json_t *answer_time(int64_t us);            /* RFC 3339; 0 is null */

#endif
