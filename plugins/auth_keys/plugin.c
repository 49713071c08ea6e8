/* SPDX-License-Identifier: MIT
 *
 * plugin.c - auth_keys: API keys from a file of hashes. Descriptor, options, the watch that reads
 * the file again when it has changed, and the header that a key comes in.
 */
#include "keys.h"

#include <stdlib.h>
#include <strings.h>

static const struct rent_option options[] = {
	RENT_PATH_OPTION(
		"file", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
		.help = "file of the keys' hashes, made by `rentald keys new`; not "
			"there: there are no keys"),
	RENT_DURATION_OPTION(
		"check", "1s", .min = "10ms", .max = "1h",
		.help = "how often the file is looked at: a key is revoked within this time"),
	RENT_OPTIONS_END,
};

/* While the file is wrong, the keys that were read before stay valid. */
static int reread_keys(struct auth_keys *a, struct rent_error *err)
{
	struct file_stamp stamp = a->stamp;
	struct key_table table, old;
	int code = keys_read(a->host, a->file, &stamp, &table, err);

	if (code != 0)
		return code > 0 ? 0 : code;
	lock_acquire(&a->lock);
	old = a->table;
	a->table = table;
	lock_release(&a->lock);
	a->stamp = stamp;
	key_table_done(&old);
	return 0;
}

static void watch_keys(void *arg)
{
	struct rent_error err = { .code = 0 };
	struct auth_keys *a = arg;
	bool failed = reread_keys(a, &err) != 0;

	if (failed && !a->failing)
		a->host->log(a->host, RENT_LOG_ERROR, NULL,
		             "the keys stay as they were read before: %s", err.text);
	else if (!failed && a->failing)
		a->host->log(a->host, RENT_LOG_INFO, NULL, "the keys can be read again");
	a->failing = failed;
}

/* The key of "Bearer rk_…"; NULL: there is none of ours. */
static const char *key_of(const struct rent_http_request *req)
{
	const char *text = req->header(req, "Authorization");

	if (text == NULL || strncasecmp(text, "Bearer ", 7) != 0)
		return NULL;
	text += 7;
	text += strspn(text, " ");
	return strncmp(text, KEY_PREFIX, strlen(KEY_PREFIX)) == 0 ? text : NULL;
}

static int keys_authenticate(void *self, const struct rent_http_request *req,
                             const struct rent_peer *peer, struct rent_principal *ret,
                             struct rent_error *err)
{
	struct auth_keys *a = self;
	const char *text = key_of(req);
	int code;

	(void)peer;
	if (text == NULL)
		return RENT_AUTH_NOTHING;
	lock_acquire(&a->lock);
	code = key_judge(a->host, &a->table, text, ret, err);
	lock_release(&a->lock);
	return code;
}

static const struct rent_auth api = {
	.struct_size = sizeof(api),
	.authenticate = keys_authenticate,
	.challenge = "Bearer",
};

static int keys_create(const struct rent_host *host, void **ret_self,
                       struct rent_error *err)
{
	struct auth_keys *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	a->host = host;
	a->file = host->opt_str(host, "file");
	lock_init(&a->lock);
	*ret_self = a;
	return 0;
}

static int keys_start(void *self, struct rent_error *err)
{
	struct auth_keys *a = self;
	int code = reread_keys(a, err);

	if (code != 0)
		return code;
	return a->host->timer(a->host, "keys", a->host->opt_int(a->host, "check"),
	                      watch_keys, a, err);
}

static void keys_destroy(void *self)
{
	struct auth_keys *a = self;

	key_table_done(&a->table);
	lock_done(&a->lock);
	free(a);
}

RENT_PLUGIN(auth_keys) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_AUTH,
	.name = "auth_keys",
	.version = RENT_VERSION,
	.summary = "who asks, by API keys whose hashes are in a file",
	.options = options,
	.api = &api,
	.commands = keys_commands,
	.create = keys_create,
	.start = keys_start,
	.destroy = keys_destroy,
};
