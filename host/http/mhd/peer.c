/* SPDX-License-Identifier: MIT
 *
 * http/mhd/peer.c - see peer.h.
 */
#include "http/mhd/peer.h"

#include "http/mhd/conn.h"

static const char *text_or_null(const char *text)
{
	return text[0] == '\0' ? NULL : text;
}

void peer_read(struct call *call)
{
	static const char unknown[] = "";
	struct rent_peer *peer = &call->peer;
	const struct conn *conn = call->conn;

	*peer = (struct rent_peer){ .struct_size = (uint32_t)sizeof(*peer),
		                    .uid = -1,
		                    .gid = -1,
		                    .pid = -1,
		                    .address = unknown,
		                    .client = unknown };
	call->request.peer = peer;
	if (conn == NULL)
		return;
	peer->is_unix = strcmp(conn->peer.address, "unix") == 0;
	peer->uid = conn->peer.uid;
	peer->address = peer->client = peer->is_unix ? unknown : conn->peer.address;
	peer->is_tls = conn->tls != NULL;
	peer->cert_subject = text_or_null(conn->peer.subject);
	peer->cert_fingerprint = text_or_null(conn->peer.sha256);
}
