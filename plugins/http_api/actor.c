/* SPDX-License-Identifier: MIT
 *
 * actor.c - see actor.h.
 */
#include "actor.h"

#include <rent/auth.h>

/* As the access line names the other end, unless a trusted proxy says who is behind it. */
static const char *peer_of(const struct rent_http_request *req)
{
	const struct rent_peer *peer = req->peer;

	if (peer == NULL)
		return NULL;
	if (peer->is_unix != 0 && peer->uid >= 0)
		return rent_printf(req->arena, "uid:%" PRId64, peer->uid);
	return peer->client != NULL && peer->client[0] != '\0' ? peer->client
	                                                       : peer->address;
}

struct rent_actor actor_of(const struct rent_http_request *req)
{
	const struct rent_principal *who = req->principal;
	struct rent_actor actor = { .struct_size = sizeof(actor),
		                    .peer = peer_of(req),
		                    .request_id = req->request_id };

	if (who == NULL)
		return actor;
	actor.subject = who->subject;
	actor.role = rent_name_of(rent_role_names, (int)who->role);
	actor.issuer = who->issuer;
	actor.key_id = who->key_id;
	return actor;
}
