/* SPDX-License-Identifier: MIT
 *
 * rent/auth.h - who asks. A plugin of kind "auth" tells from a request, and from the
 * connection it came over, which principal sent it. A listener names its auth instances:
 *
 *     { name = "api"; listen = "0.0.0.0:8443"; routes = [ "api" ]; auth = [ "jwt", "keys" ]; }
 *
 * The host asks them in that order before the handler runs, and takes the first principal. It
 * compares the principal with the access table of the routes (rent/http.h): no credentials, or
 * bad ones, are 401 with a challenge; a role that may not is 403. A handler sees
 * request->principal and never reads a credential itself. The host knows principals, and
 * nothing of tokens and keys.
 *
 * Interface table of kind "auth": struct rent_auth.
 */
#ifndef RENT_AUTH_H
#define RENT_AUTH_H

#include "base.h"
#include "http.h"

RENT_EXTERN_C_BEGIN

#define RENT_KIND_AUTH "auth"

/* What a principal is to the service. Numbers stay: rows may keep them. */
enum rent_role {
	/* A customer: reads and changes his own rentals only; the subject is the user. */
	RENT_ROLE_CUSTOMER = 1,
	/* Reads everything, changes nothing. */
	RENT_ROLE_VIEWER = 2,
	/* Reads everything, and acts. */
	RENT_ROLE_OPERATOR = 3,
	/* Calls for any user, as a shop's own backend does. */
	RENT_ROLE_SERVICE = 4,
};

static const struct rent_name rent_role_names[] = {
	{ RENT_ROLE_CUSTOMER, "customer" },
	{ RENT_ROLE_VIEWER, "viewer" },
	{ RENT_ROLE_OPERATOR, "operator" },
	{ RENT_ROLE_SERVICE, "service" },
	RENT_NAMES_END,
};

#define RENT_SCOPES_SIZE      512
#define RENT_FINGERPRINT_SIZE 65

/* The other end of the connection, as the kernel and TLS report it; a client cannot forge any
 * of it. Belongs to the host, and lives as long as the request. */
struct rent_peer {
	uint32_t struct_size;
	uint32_t is_unix;
	/* Of the process at the other end of a unix socket; -1: not known. */
	int64_t uid, gid, pid;
	/* "192.0.2.1" or "2001:db8::1"; "" of a unix socket. Never from X-Forwarded-For. */
	const char *address;
	/* 0: not known. */
	uint32_t port;
	/* The connection is encrypted. */
	uint32_t is_tls;
	/* Of a client certificate that the listener has verified: its subject (RFC 4514) and
	 * the SHA-256 of its DER form, 64 hex digits. NULL: there is none. */
	const char *cert_subject;
	const char *cert_fingerprint;
	/* The address of the client behind a proxy that the listener trusts; otherwise the same
	 * as address. For limits and logs; no proof of who it is. */
	const char *client;
};

/* The sender of a request. authenticate() fills it in, handlers read it. It lives as long as the
 * request. */
struct rent_principal {
	uint32_t struct_size;
	enum rent_role role;
	/* A customer's user id; for other roles a name for the log. A valid id (base.h). */
	char subject[RENT_ID_SIZE];
	/* The issuer of the token. Where it is "", the host sets the name of the instance. */
	char issuer[RENT_NOTE_SIZE];
	/* Names separated by spaces: they narrow what the role allows. "": nothing is narrowed. */
	char scopes[RENT_SCOPES_SIZE];
	/* The key or certificate; "" none. Not a secret: it is logged. */
	char key_id[RENT_ID_SIZE];
	/* Wall time; 0: never. Streams end then. The host refuses what has expired already. */
	int64_t expires_at;
};

enum rent_auth_verdict {
	/* *ret is the sender. */
	RENT_AUTH_KNOWN = 0,
	/* The request carries nothing that this instance reads: the next one is asked. */
	RENT_AUTH_NOTHING = 1,
	/* The credentials are genuine, and their time is over or has not come: 401, and err says why,
	 * as with RENT_EPERM. The host does not count them as a guess. */
	RENT_AUTH_EXPIRED = 2,
};

struct rent_auth {
	uint32_t struct_size;
	/* Finds out who sent req. Called before the handler, in a task or on a thread that may
	 * block; may park. By several threads at once when the plugin is declared parallel, else
	 * one after the other. It reads headers, method and path of req; do not rely on the body,
	 * and principal is NULL. peer is never NULL. ret is zeroed except struct_size.
	 *
	 * Returns enum rent_auth_verdict, or a negative code:
	 *   RENT_EPERM    it carries credentials of this kind, and they are bad: 401. No other
	 *                 instance is asked. err says why, in words for the log: no part of the
	 *                 credential. The client hears only that it was refused.
	 *   RENT_EUNAVAIL, RENT_EFULL   cannot tell now: 503 with Retry-After
	 *   another code  500 */
	int (*authenticate)(void *self, const struct rent_http_request *req,
	                    const struct rent_peer *peer, struct rent_principal *ret,
	                    struct rent_error *err);
	/* The scheme for WWW-Authenticate, a literal: "Bearer". NULL: nothing that a client
	 * could send would help, as with unix sockets. */
	const char *challenge;
};

/* Whether a principal's scopes allow `scope`. */
static inline bool rent_scope_has(const char *scopes, const char *scope)
{
	size_t n = strlen(scope);

	if (scopes[0] == '\0')
		return true;
	for (const char *at = scopes; *at != '\0'; at += strspn(at, " ")) {
		size_t size = strcspn(at, " ");

		if (size == n && memcmp(at, scope, n) == 0)
			return true;
		at += size;
	}
	return false;
}

RENT_EXTERN_C_END
#endif
