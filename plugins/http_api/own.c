/* SPDX-License-Identifier: MIT
 *
 * own.c - see own.h. A rental's user never changes, so that reading it before acting is enough; a
 * start compares in the storage's own step.
 */
#include "own.h"

#include "refusal.h"

#include <rent/auth.h>

#define ISSUER_BYTES 8 /* of its digest */

const char *own_user(const struct rent_http_request *req)
{
	const struct rent_principal *who = req->principal;

	return who != NULL && who->role == RENT_ROLE_CUSTOMER ? who->subject : NULL;
}

bool own_visible(const struct rent_http_request *req, const char *user_id)
{
	const char *user = own_user(req);

	return user == NULL || strcmp(user, user_id) == 0;
}

bool own_user_ok(const struct http_api *api, const struct rent_http_request *req,
                 struct rent_http_reply *reply, const char *user_id)
{
	if (own_visible(req, user_id))
		return true;
	api->host->problem(req, reply, 403, "not-yours",
	                   "user_id is not the user who asks; leave it out", NULL);
	return false;
}

int own_rental(const struct http_api *api, const struct rent_http_request *req,
               struct rent_http_reply *reply, const char *order_id,
               struct rent_error *err)
{
	struct rent_view view = { .struct_size = sizeof(view),
		                  .rental.struct_size = sizeof(view.rental) };
	int r;

	if (own_user(req) == NULL)
		return 1;
	r = api->rental.status(api->core, order_id, &view, err);
	if (r < 0)
		return r;
	if (view.verdict == RENT_DONE && own_visible(req, view.rental.user_id))
		return 1;
	return refusal_answer(api, req, reply, RENT_NO_RENTAL, "", 0);
}

const char *own_keys(const struct http_api *api, const struct rent_http_request *req)
{
	const struct rent_principal *who = req->principal;
	unsigned char digest[RENT_SHA256_SIZE];
	char issuer[2 * ISSUER_BYTES + 1];

	if (who == NULL)
		return "";
	/* Two issuers may call somebody by the same name. */
	api->host->crypto->sha256(who->issuer, strlen(who->issuer), digest);
	rent_hex(digest, ISSUER_BYTES, issuer);
	return rent_printf(req->arena, "%s:%s:%s",
	                   rent_name_of(rent_role_names, (int)who->role), issuer,
	                   who->subject);
}
