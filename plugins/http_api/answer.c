/* SPDX-License-Identifier: MIT
 *
 * answer.c - replies that are not refusals; see answer.h.
 */
#include "answer.h"

#include <assert.h>
#include <rent/time.h>
#include <stdlib.h>

int answer_json(const struct rent_http_request *req, struct rent_http_reply *reply,
                json_t *root, struct rent_error *err)
{
	char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);
	char *body = NULL;
	size_t size = 0;

	json_decref(root);
	if (text != NULL) {
		size = strlen(text);
		body = rent_strndup(req->arena, text, size);
		free(text);
	}
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

/* Notes of providers are cut at a byte, perhaps within a character; an audit trail must not
 * fail for that. */
json_t *answer_text(const char *s)
{
	json_t *text = json_string(s);
	char *copy;

	if (text != NULL)
		return text;
	copy = strdup(s);
	if (copy == NULL)
		return NULL;
	for (char *p = copy; *p != '\0'; p++) {
		if ((unsigned char)*p >= 0x80)
			*p = '?';
	}
	text = json_string(copy);
	free(copy);
	return text;
}

json_t *answer_text_or_null(const char *s)
{
	return s[0] == '\0' ? json_null() : answer_text(s);
}

json_t *answer_time(int64_t us)
{
	char text[RENT_TIME_SIZE];

	if (us == 0)
		return json_null();
	rent_time_text(us, 'T', text);
	return json_string(text);
}
