/* SPDX-License-Identifier: MIT
 *
 * answer.c - replies that are not refusals; see answer.h.
 */
#include "answer.h"

#include <assert.h>

int answer_json(struct json_out *out, struct rent_http_reply *reply,
                struct rent_error *err)
{
	size_t size = 0;
	const char *body = json_out_end(out, &size);

	if (body == NULL)
		return rent_fail(err, RENT_ENOMEM, "no memory for an answer of %zu bytes",
		                 size);
	reply->status = 200;
	reply->body = body;
	reply->body_size = size;
	return 0;
}

void answer_header(struct rent_http_reply *reply, const char *name, const char *value)
{
	size_t i = 0;

	while (i < RENT_HTTP_HEADERS && reply->headers[i].name != NULL)
		i++;
	assert(i < RENT_HTTP_HEADERS);
	reply->headers[i] = (struct rent_header){ name, value };
}
