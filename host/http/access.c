/* SPDX-License-Identifier: MIT
 *
 * http/access.c - see access.h. A listener without auth instances asks nobody, and every route
 * of it is open. With them a route without a row is closed.
 */
#include "http/access.h"

#include "base/clock.h"
#include "http/clients.h"
#include "http/problem.h"
#include "http/proven.h"
#include "log/log.h"
#include "runtime/task_lock.h"

#include <rent/auth.h>

#define CHALLENGE_SIZE 256

static uint32_t may(const struct call *call)
{
	return call->route->access == NULL ? 0 : call->route->access->may;
}

bool access_is_open(const struct call *call)
{
	return call->server->config.auth_count == 0 ||
	       (may(call) & RENT_MAY_ANYBODY) != 0;
}

static void log_credentials(const struct call *call, const struct http_auth *auth,
                            enum rent_log_level level, const char *what, const char *why)
{
	const struct rent_field fields[] = {
		{ "request_id", call->request_id },
		{ "trace_id", call->trace.trace_id },
		{ "peer", call->peer.address },
		{ NULL, NULL },
	};

	log_write(level, auth->instance, fields, "%s: %s", what,
	          why[0] == '\0' ? "no reason given" : why);
}

/* "Bearer, Key": one header for all schemes that an instance of the listener reads. */
static void add_challenge(struct call *call, bool bad)
{
	const struct http_config *c = &call->server->config;
	char text[CHALLENGE_SIZE] = "";
	size_t n = 0;

	for (size_t i = 0; i < c->auth_count; i++) {
		const char *scheme = c->auths[i].api.challenge;

		if (scheme == NULL || strstr(text, scheme) != NULL ||
		    n + strlen(scheme) + 64 > sizeof(text))
			continue;
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s realm=\"%s\"%s",
		                      n == 0 ? "" : ", ", scheme, c->probe->service,
		                      bad ? ", error=\"invalid_token\"" : "");
	}
	if (n > 0)
		call->reply.headers[0] =
			(struct rent_header){ "WWW-Authenticate",
			                      rent_strdup(call->request.arena, text) };
}

static bool refuse_unknown(struct call *call, bool bad)
{
	if (bad)
		problem_fill(&call->request, &call->reply, 401, "bad-credentials",
		             "the credentials are not valid, or not any more", NULL);
	else
		problem_fill(&call->request, &call->reply, 401, "no-credentials",
		             "this path wants to know who asks: send a header "
		             "Authorization",
		             NULL);
	add_challenge(call, bad);
	return false;
}

static bool refuse_failure(struct call *call, const struct http_auth *auth, int rc,
                           const struct rent_error *err)
{
	log_credentials(call, auth, RENT_LOG_ERROR, "cannot tell who asks", err->text);
	if (rc != RENT_EUNAVAIL && rc != RENT_EFULL) {
		problem_fill(&call->request, &call->reply, 500, "internal",
		             "something went wrong here; the log has the request id",
		             NULL);
		return false;
	}
	problem_fill(&call->request, &call->reply, 503, "unavailable",
	             "credentials cannot be checked now; try again", NULL);
	call_retry_later(call);
	return false;
}

static int expired(struct rent_error *err)
{
	(void)rent_fail(err, RENT_EPERM, "the credentials have expired");
	return RENT_AUTH_EXPIRED;
}

/* What a plugin says is checked before anybody relies on it. */
static const char *wrong_with(struct rent_principal *p, const struct http_auth *auth)
{
	p->struct_size = (uint32_t)sizeof(*p);
	p->subject[sizeof(p->subject) - 1] = p->issuer[sizeof(p->issuer) - 1] = '\0';
	p->scopes[sizeof(p->scopes) - 1] = p->key_id[sizeof(p->key_id) - 1] = '\0';
	if (rent_name_of(rent_role_names, (int)p->role)[0] == '\0')
		return "the principal has no role";
	if (!rent_id_valid(p->subject))
		return "the principal's subject is not an id";
	if (p->issuer[0] == '\0')
		(void)rent_copy(p->issuer, sizeof(p->issuer), auth->instance);
	return NULL;
}

static int ask_instance(struct call *call, const struct http_auth *auth,
                        struct rent_error *err)
{
	struct rent_principal *p = &call->principal;
	const char *wrong;
	int rc;

	*p = (struct rent_principal){ .struct_size = (uint32_t)sizeof(*p) };
	if (auth->serial != NULL)
		task_lock_acquire(auth->serial);
	rc = auth->api.authenticate(auth->self, &call->request, &call->peer, p, err);
	if (auth->serial != NULL)
		task_lock_release(auth->serial);
	if (rc != RENT_AUTH_KNOWN)
		return rc;
	wrong = wrong_with(p, auth);
	if (wrong != NULL)
		return rent_fail(err, RENT_EPERM, "%s", wrong);
	return p->expires_at != 0 && p->expires_at <= clock_wall_us() ? expired(err) : 0;
}

/* 0: principal is who asks. 1: nobody knows. Negative: refused, and the reply says how; bad credentials
 * are RENT_EPERM. */
static int find_principal(struct call *call)
{
	const struct http_config *c = &call->server->config;

	for (size_t i = 0; i < c->auth_count; i++) {
		struct rent_error err = { .code = 0 };
		int rc = ask_instance(call, &c->auths[i], &err);

		if (rc == RENT_AUTH_NOTHING)
			continue;
		if (rc == RENT_AUTH_KNOWN) {
			call->request.principal = &call->principal;
			return 0;
		}
		if (rc == RENT_EPERM || rc == RENT_AUTH_EXPIRED) {
			log_credentials(call, &c->auths[i], RENT_LOG_INFO,
			                "credentials refused", err.text);
			(void)refuse_unknown(call, true);
		} else {
			(void)refuse_failure(call, &c->auths[i], rc, &err);
		}
		return rc < 0 ? rc : RENT_EFAIL;
	}
	return 1;
}

/* As find_principal(). Keys cannot be guessed in any number, and whoever guesses shuts out nobody who has
 * shown good ones at the same address. */
static int try_credentials(struct call *call)
{
	int64_t now = clock_mono_us();
	int found;

	if (!proven_has(call, now) && !clients_may_try(call))
		return RENT_EFULL;
	found = find_principal(call);
	if (found == 0 || found == RENT_EPERM)
		proven_note(call, found == 0, now);
	if (found == RENT_EPERM)
		clients_note_bad(call);
	/* Also of whom nobody knows. */
	if (!clients_allow(call) || (found == 0 && !clients_reenter(call)))
		return RENT_EFULL;
	return found;
}

static bool refuse_role(struct call *call)
{
	problem_fill(&call->request, &call->reply, 403, "not-allowed",
	             "who asks may not do this", NULL);
	return false;
}

bool access_check(struct call *call)
{
	const struct rent_principal *p = &call->principal;
	const char *scope;
	int found;

	if (access_is_open(call))
		return true;
	found = try_credentials(call);
	if (found < 0)
		return false;
	if (found > 0)
		return refuse_unknown(call, false);
	if ((may(call) & 1u << (unsigned)p->role) == 0)
		return refuse_role(call);
	scope = call->route->access->scope;
	if (scope != NULL && !rent_scope_has(p->scopes, scope))
		return refuse_role(call);
	return true;
}
