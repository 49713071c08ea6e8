/* SPDX-License-Identifier: MIT
 *
 * plugin.c - auth_peer: who asks, by the user of the process at the other end of a unix socket, which
 * the kernel tells and nobody can write.
 */
#include "common/principals.h"

#include <pwd.h>
#include <rent/plugin.h>
#include <stdlib.h>

#define PASSWD_SIZE 4096

struct auth_peer {
	const struct rent_host *host;
	struct principals principals; /* what: a user's name, or his number */
	int64_t uids[PRINCIPALS_MAX]; /* of the same entries */
};

static const struct rent_option options[] = {
	RENT_LIST_OPTION(
		"users", NULL, .flags = RENT_OPT_REQUIRED, .max = "64",
		.help = "\"ROLE SUBJECT USER\": whom processes of USER (a name or a uid) "
			"speak for; SUBJECT is who the log says it was"),
	RENT_OPTIONS_END,
};

static int peer_authenticate(void *self, const struct rent_http_request *req,
                             const struct rent_peer *peer, struct rent_principal *ret,
                             struct rent_error *err)
{
	const struct auth_peer *a = self;

	(void)req;
	(void)err;
	if (!peer->is_unix || peer->uid < 0)
		return RENT_AUTH_NOTHING;
	for (size_t i = 0; i < a->principals.count; i++) {
		if (a->uids[i] != peer->uid)
			continue;
		principals_give(&a->principals.list[i], ret);
		(void)snprintf(ret->key_id, sizeof(ret->key_id), "uid:%" PRId64,
		               peer->uid);
		return RENT_AUTH_KNOWN;
	}
	return RENT_AUTH_NOTHING;
}

static const struct rent_auth api = {
	.struct_size = sizeof(api),
	.authenticate = peer_authenticate,
};

static int uid_of(const char *user, int64_t *ret, struct rent_error *err)
{
	struct passwd entry, *found = NULL;
	char room[PASSWD_SIZE];

	if (strspn(user, "0123456789") == strlen(user) && strlen(user) <= 10) {
		*ret = strtoll(user, NULL, 10);
		return 0;
	}
	if (getpwnam_r(user, &entry, room, sizeof(room), &found) != 0 || found == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "options.users: there is no user '%s' here", user);
	*ret = (int64_t)entry.pw_uid;
	return 0;
}

static int peer_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct auth_peer *a = calloc(1, sizeof(*a));
	int code;

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->host = host;
	code = principals_read(&a->principals, host, "users", err);
	if (code != 0) {
		free(a);
		return code;
	}
	*ret_self = a;
	return 0;
}

static int peer_start(void *self, struct rent_error *err)
{
	struct auth_peer *a = self;
	int code = 0;

	for (size_t i = 0; i < a->principals.count && code == 0; i++)
		code = uid_of(a->principals.list[i].what, &a->uids[i], err);
	return code;
}

RENT_PLUGIN(auth_peer) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_AUTH,
	.name = "auth_peer",
	.version = RENT_VERSION,
	.summary = "who asks, by the user at the other end of a unix socket",
	.options = options,
	.api = &api,
	.create = peer_create,
	.start = peer_start,
	.destroy = free,
};
