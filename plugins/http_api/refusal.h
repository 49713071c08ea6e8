/* SPDX-License-Identifier: MIT
 *
 * refusal.h - how a use case that did not end in RENT_DONE is answered: one table from
 * verdict to status.
 */
#ifndef HTTP_API_REFUSAL_H
#define HTTP_API_REFUSAL_H

#include "api.h"

/* Fills in the problem document. With detail "" it has the table's sentence; retry_after_us counts
 * where the table has a Retry-After. */
int refusal_answer(const struct http_api *api, const struct rent_http_request *req,
                   struct rent_http_reply *reply, enum rent_verdict verdict,
                   const char *detail, int64_t retry_after_us);

/* The same with the id of the first request with its key; NULL, "": this one's. */
int refusal_answer_first(const struct http_api *api, const struct rent_http_request *req,
                         struct rent_http_reply *reply, const char *request_id,
                         enum rent_verdict verdict, const char *detail,
                         int64_t retry_after_us);

/* The same for a start: the answer to a recorded start carries the id of its first
 * request, so that a repetition gets the same bytes. */
int refusal_answer_start(const struct http_api *api, const struct rent_http_request *req,
                         struct rent_http_reply *reply,
                         const struct rent_start_reply *start);

#endif
