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

static json_t *me_json(const struct rent_principal *who)
{
	if (who == NULL)
		return json_pack("{s:n, s:n, s:n, s:n, s:n, s:n}", "subject", "role",
		                 "issuer", "scope", "key_id", "expires_at");
	return json_pack(
		"{s:o, s:s, s:o, s:o, s:o, s:o}", "subject", answer_text(who->subject),
		"role", rent_name_of(rent_role_names, (int)who->role), "issuer",
		answer_text(who->issuer), "scope", answer_text_or_null(who->scopes),
		"key_id", answer_text_or_null(who->key_id), "expires_at",
		answer_time(who->expires_at));
}

int me_get(void *self, const struct rent_http_request *req, struct rent_http_reply *reply,
           struct rent_error *err)
{
	const struct http_api *api = self;
	INPUT_CLEANUP struct input in = { .req = req };

	input_query_only(&in, NULL);
	if (!input_ok(&in, api->host, reply))
		return 0;
	return answer_json(req, reply, me_json(req->principal), err);
}
