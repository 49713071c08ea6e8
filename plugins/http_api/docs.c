/* SPDX-License-Identifier: MIT
 *
 * docs.c - the description of the API and the page that shows it, both compiled in.
 */
#include "answer.h"
#include "api.h"
#include "embedded.h"
#include "input.h"

/* The page has no inline code and speaks to nobody else. */
static const char docs_policy[] =
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/* The files change with the binary only, so that asking again is cheap but never stale. */
static int docs_answer(const struct http_api *api, const struct rent_http_request *req,
                       struct rent_http_reply *reply, const char *content_type,
                       const struct embedded *file)
{
	INPUT_CLEANUP struct input in = { .req = req };

	input_query_only(&in, NULL);
	if (!input_ok(&in, api->host, reply))
		return 0;
	reply->status = 200;
	reply->content_type = content_type;
	reply->body = (const char *)file->bytes;
	reply->body_size = file->size;
	answer_header(reply, "Cache-Control", "no-cache");
	return 0;
}

int docs_openapi(void *self, const struct rent_http_request *req,
                 struct rent_http_reply *reply, struct rent_error *err)
{
	(void)err;
	return docs_answer(self, req, reply, "application/json", &embedded_openapi_json);
}

int docs_page(void *self, const struct rent_http_request *req,
              struct rent_http_reply *reply, struct rent_error *err)
{
	(void)err;
	answer_header(reply, "Content-Security-Policy", docs_policy);
	return docs_answer(self, req, reply, "text/html; charset=utf-8",
	                   &embedded_docs_html);
}

int docs_style(void *self, const struct rent_http_request *req,
               struct rent_http_reply *reply, struct rent_error *err)
{
	(void)err;
	return docs_answer(self, req, reply, "text/css; charset=utf-8",
	                   &embedded_docs_css);
}

int docs_script(void *self, const struct rent_http_request *req,
                struct rent_http_reply *reply, struct rent_error *err)
{
	(void)err;
	return docs_answer(self, req, reply, "text/javascript; charset=utf-8",
	                   &embedded_docs_js);
}
