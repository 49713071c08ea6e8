/* SPDX-License-Identifier: MIT
 *
 * tests/support/fake_problem.c - problem documents (RFC 9457) of the fake host, written by
 * hand so that tests need no JSON library.
 */
#include "fake_internal.h"

#include <stdlib.h>

struct phrase {
	int status;
	const char *text;
};

static const struct phrase phrases[] = {
	{ 400, "Bad Request" },
	{ 401, "Unauthorized" },
	{ 402, "Payment Required" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 409, "Conflict" },
	{ 410, "Gone" },
	{ 413, "Content Too Large" },
	{ 415, "Unsupported Media Type" },
	{ 422, "Unprocessable Content" },
	{ 429, "Too Many Requests" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 502, "Bad Gateway" },
	{ 503, "Service Unavailable" },
	{ 504, "Gateway Timeout" },
};

static const char *phrase_of(int status)
{
	for (size_t i = 0; i < sizeof(phrases) / sizeof(*phrases); i++) {
		if (phrases[i].status == status)
			return phrases[i].text;
	}
	return "Error";
}

static void put_text(FILE *out, const char *s)
{
	(void)fputc('"', out);
	for (; s != NULL && *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			(void)fprintf(out, "\\%c", c);
		else if (c < 0x20)
			(void)fprintf(out, "\\u%04x", c);
		else
			(void)fputc(c, out);
	}
	(void)fputc('"', out);
}

static void put_errors(FILE *out, const struct rent_field_error *errors)
{
	const char *comma = "";

	(void)fputs(",\"errors\":[", out);
	for (; errors->field != NULL; errors++, comma = ",") {
		(void)fprintf(out, "%s{\"field\":", comma);
		put_text(out, errors->field);
		(void)fputs(",\"message\":", out);
		put_text(out, errors->message);
		(void)fputc('}', out);
	}
	(void)fputc(']', out);
}

void fake_problem(const struct rent_http_request *req, struct rent_http_reply *reply,
                  int status, const char *slug, const char *detail,
                  const struct rent_field_error *errors)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (out == NULL)
		fake_die("out of memory");
	(void)fprintf(
		out,
		"{\"type\":\"/problems/%s\",\"title\":\"%s\",\"status\":%d,\"detail\":",
		slug, phrase_of(status), status);
	put_text(out, detail);
	(void)fputs(",\"instance\":", out);
	put_text(out, req->request_id);
	if (errors != NULL)
		put_errors(out, errors);
	(void)fputc('}', out);
	if (fclose(out) != 0)
		fake_die("out of memory");
	reply->status = status;
	reply->content_type = "application/problem+json";
	reply->body = rent_strndup(req->arena, text, size);
	reply->body_size = reply->body == NULL ? 0 : size;
	free(text);
}
