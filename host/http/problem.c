/* SPDX-License-Identifier: MIT
 *
 * http/problem.c - see problem.h. One shape for every error a client sees.
 */
#include "http/problem.h"

#include <jansson.h>
#include <stdlib.h>

static const struct {
	int status;
	const char *title;
} titles[] = {
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 406, "Not Acceptable" },
	{ 408, "Request Timeout" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 412, "Precondition Failed" },
	{ 413, "Content Too Large" },
	{ 414, "URI Too Long" },
	{ 415, "Unsupported Media Type" },
	{ 421, "Misdirected Request" },
	{ 422, "Unprocessable Content" },
	{ 423, "Locked" },
	{ 424, "Failed Dependency" },
	{ 428, "Precondition Required" },
	{ 429, "Too Many Requests" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

const char *problem_title(int status)
{
	for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Error";
}

static json_t *error_list(const struct rent_field_error *errors)
{
	json_t *list = json_array();

	for (; errors->field != NULL; errors++)
		(void)json_array_append_new(
			list, json_pack("{s:s, s:s}", "field", errors->field, "message",
		                        errors->message == NULL ? "" : errors->message));
	return list;
}

/* A member that is not UTF-8 is left out rather than losing the document. */
static char *document(const struct rent_http_request *req, int status, const char *slug,
                      const char *detail, const struct rent_field_error *errors)
{
	json_t *doc = json_object();
	char type[96], *text;

	(void)snprintf(type, sizeof(type), "/problems/%s", slug == NULL ? "error" : slug);
	(void)json_object_set_new(doc, "type", json_string(type));
	(void)json_object_set_new(doc, "title", json_string(problem_title(status)));
	(void)json_object_set_new(doc, "status", json_integer(status));
	if (detail != NULL)
		(void)json_object_set_new(doc, "detail", json_string(detail));
	if (req->request_id != NULL)
		(void)json_object_set_new(doc, "instance", json_string(req->request_id));
	if (errors != NULL)
		(void)json_object_set_new(doc, "errors", error_list(errors));
	text = json_dumps(doc, JSON_COMPACT);
	json_decref(doc);
	return text;
}

void problem_fill(const struct rent_http_request *req, struct rent_http_reply *reply,
                  int status, const char *slug, const char *detail,
                  const struct rent_field_error *errors)
{
	char *text = document(req, status, slug, detail, errors);

	reply->status = status;
	reply->content_type = "application/problem+json";
	reply->body = text == NULL ? NULL : rent_strdup(req->arena, text);
	if (reply->body == NULL)
		reply->body = "{\"type\":\"/problems/error\",\"title\":\"Error\"}";
	reply->body_size = strlen(reply->body);
	free(text);
}
