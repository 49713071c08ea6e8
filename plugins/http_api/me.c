/* SPDX-License-Identifier: MIT
 *
 * me.c - GET /api/v1/me: whom the credentials of a request name. A client asks it once after
 * signing in, to learn whose things it will see. On a listener without `auth` everybody is
 * nobody in particular: all is null.
 */
#include "answer.h"
#include "api.h"
#include "input.h"

#include <rent/auth.h>

static void write_me(struct json_out *out, const struct rent_principal *who)
{
	json_out_object(out, NULL);
	json_out_text(out, "subject", who == NULL ? NULL : who->subject);
	json_out_text(out, "role",
	              who == NULL ? NULL : rent_name_of(rent_role_names, (int)who->role));
	json_out_text(out, "issuer", who == NULL ? NULL : who->issuer);
	json_out_text_or_null(out, "scope", who == NULL ? "" : who->scopes);
	json_out_text_or_null(out, "key_id", who == NULL ? "" : who->key_id);
	json_out_time(out, "expires_at", who == NULL ? 0 : who->expires_at);
	json_out_object_end(out);
}

int me_get(void *self, const struct rent_http_request *req, struct rent_http_reply *reply,
           struct rent_error *err)
{
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };
	JSON_OUT_CLEANUP struct json_out out = { .size = 0 };

	input_query_only(&in, NULL);
	if (!input_ok(&in, api->host, reply))
		return 0;
	json_out_begin(&out, req->arena);
	write_me(&out, req->principal);
	return answer_json(&out, reply, err);
}
