/* SPDX-License-Identifier: MIT
 *
 * http/problem.h - problem documents (RFC 9457), the `problem` service of rent/host.h.
 */
#ifndef HTTP_PROBLEM_H
#define HTTP_PROBLEM_H

#include <rent/http.h>

/* Fills reply; see rent/host.h. When the arena is full the document has no detail. */
void problem_fill(const struct rent_http_request *req, struct rent_http_reply *reply,
                  int status, const char *slug, const char *detail,
                  const struct rent_field_error *errors);

/* The phrase of a status, "Not Found"; "Error" when it has none. */
const char *problem_title(int status);

#endif
