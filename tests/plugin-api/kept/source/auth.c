/* SPDX-License-Identifier: MIT
 *
 * auth.c - an auth plugin whose binary is kept (script/keep-abi): "Bearer ROLE:SUBJECT:PASSWORD" is
 * whoever it says, with the password of the options.
 */
#include <rent/auth.h>
#include <rent/plugin.h>
#include <stdlib.h>

struct auth {
	const struct rent_host *host;
};

static const struct rent_option options[] = {
	RENT_STRING_OPTION("password", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET,
	                   .min = "1", .help = "everybody's"),
	RENT_OPTIONS_END,
};

static int authenticate(void *self, const struct rent_http_request *req,
                        const struct rent_peer *peer, struct rent_principal *ret,
                        struct rent_error *err)
{
	const struct auth *a = self;
	const char *given = req->header(req, "Authorization");
	const char *password = a->host->opt_str(a->host, "password");
	char role[16] = "";
	int end = 0;

	(void)peer;
	if (given == NULL || strncmp(given, "Bearer ", 7) != 0)
		return RENT_AUTH_NOTHING;
	if (sscanf(given, "Bearer %15[a-z]:%64[^:]:%n", role, ret->subject, &end) != 2 ||
	    end == 0 || strcmp(given + end, password) != 0)
		return rent_fail(err, RENT_EPERM, "the password is wrong");
	ret->role = (enum rent_role)rent_value_of(rent_role_names, role);
	if (ret->role == 0)
		return rent_fail(err, RENT_EPERM, "there is no such role");
	ret->expires_at = a->host->wall_us(a->host) + RENT_HOUR;
	return RENT_AUTH_KNOWN;
}

static int create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct auth *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->host = host;
	*ret_self = a;
	return 0;
}

static const struct rent_auth api = {
	.struct_size = sizeof(api),
	.authenticate = authenticate,
	.challenge = "Bearer",
};

RENT_PLUGIN(kept_auth) = {
	RENT_PLUGIN_STAMP,      .flags = RENT_PARALLEL,
	.kind = RENT_KIND_AUTH, .name = "kept_auth",
	.version = "1.0.0",     .summary = "an auth plugin of the first days",
	.options = options,     .api = &api,
	.create = create,       .destroy = free,
};
