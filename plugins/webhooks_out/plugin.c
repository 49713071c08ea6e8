/* SPDX-License-Identifier: MIT
 *
 * plugins/webhooks_out/plugin.c - tells another system of rentals: descriptor, options, metrics and the
 * life of the instance.
 */
#include "webhooks_out.h"

#include <stdlib.h>

#define KIND "outbox"

static const struct rent_option options[] = {
	RENT_STRING_OPTION(
		"url", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET, .min = "8",
		.max = "2000",
		.help = "where messages are sent: https://…; http:// to a loopback address only, unless "
			"insecure. It is shown nowhere: with many receivers it is their credential"),
	RENT_INSECURE_OPTION,
	RENT_STRING_OPTION(
		"secret", NULL,
		.flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET | RENT_OPT_RELOADABLE,
		.help = "\"whsec_…\", the base64 of 24 to 64 bytes: signs every message. From a file or a "
			"credential: \"${file:PATH}\", \"${cred:NAME}\""),
	RENT_STRING_OPTION(
		"secret_previous", "", .flags = RENT_OPT_SECRET | RENT_OPT_RELOADABLE,
		.help = "the secret before it: messages are signed with both while the receiver changes "
			"over; \"\": none"),
	RENT_DURATION_OPTION("poll", "1s", .min = "10ms", .max = "1h",
	                     .help = "how often the outbox is looked at"),
	RENT_INT_OPTION("batch", "32", .min = "1", .max = "200", .unit = "messages",
	                .help = "so many are sent at once"),
	RENT_INT_OPTION("tries", "10", .min = "1", .max = "10",
	                .help = "tries of a message until it is set aside"),
	RENT_DURATION_OPTION(
		"first_wait", "5s", .min = "5ms", .max = "1m",
		.help = "wait before the second try, with jitter; the further ones keep their proportion: "
			"60, 360, 1440, 3600, 7200, 10080, 14400 and 17280 times as long, which is three "
			"days in all"),
	RENT_SLOW_UPSTREAM_OPTIONS("endpoint", "20s", "10", "30s"),
	RENT_OPTIONS_END,
};

static const struct rent_metric_def deliveries_def = {
	.struct_size = sizeof(deliveries_def),
	.type = RENT_COUNTER,
	.name = "webhooks_out_deliveries_total",
	.help = "Tries to tell another system, by how they ended.",
	.labels = { "instance", "result" },
};

static const struct rent_metric_def open_def = {
	.struct_size = sizeof(open_def),
	.type = RENT_GAUGE,
	.name = "webhooks_out_open",
	.help = "Messages that are to be sent.",
	.labels = { "instance" },
};

static const struct rent_metric_def set_aside_def = {
	.struct_size = sizeof(set_aside_def),
	.type = RENT_GAUGE,
	.name = "webhooks_out_set_aside",
	.help = "Messages that were given up and wait for an operator.",
	.labels = { "instance" },
};

static const struct rent_metric_def oldest_def = {
	.struct_size = sizeof(oldest_def),
	.type = RENT_GAUGE,
	.name = "webhooks_out_oldest_seconds",
	.help = "Age of the oldest message that is to be sent.",
	.labels = { "instance" },
};

static void register_metrics(struct webhooks_out *w)
{
	w->deliveries = w->host->metric(w->host, &deliveries_def);
	w->open = w->host->metric(w->host, &open_def);
	w->set_aside = w->host->metric(w->host, &set_aside_def);
	w->oldest = w->host->metric(w->host, &oldest_def);
}

/* ---- options */

static int read_keys(const struct rent_host *host, struct key keys[KEYS_MOST],
                     struct rent_error *err)
{
	int code = key_read(host, "secret", host->opt_str(host, "secret"), &keys[0], err);

	if (code == 0 && keys[0].size == 0)
		code = rent_fail(err, RENT_EINVAL, "options.secret is empty");
	if (code == 0)
		code = key_read(host, "secret_previous",
		                host->opt_str(host, "secret_previous"), &keys[1], err);
	return code;
}

/* Of what follows the authority: "https://host?x" asks for "/?x". The caller frees it. */
static char *target_of(const char *rest)
{
	char *target = NULL;

	if (rest == NULL)
		return strdup("/");
	if (rest[0] == '/')
		return strdup(rest);
	return asprintf(&target, "/%s", rest) < 0 ? NULL : target;
}

/* Splits the address into the service and the target on it. */
static int open_receiver(struct webhooks_out *w, struct rent_error *err)
{
	const char *url = w->host->opt_str(w->host, "url");
	const char *authority = strstr(url, "://");
	const char *rest = authority == NULL ? NULL : strpbrk(authority + 3, "/?");
	char *base;
	int code;

	if (authority == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "options.url is no address; it begins with https://");
	base = rest == NULL ? strdup(url) : strndup(url, (size_t)(rest - url));
	w->target = target_of(rest);
	code = base == NULL || w->target == NULL
	               ? rent_fail(err, RENT_ENOMEM, "out of memory")
	               : w->host->upstream_open(w->host, "endpoint", base, &w->upstream,
	                                        err);
	free(base);
	return code;
}

static void read_options(struct webhooks_out *w)
{
	w->batch = w->host->opt_int(w->host, "batch");
	w->tries = w->host->opt_int(w->host, "tries");
	w->first_wait = w->host->opt_int(w->host, "first_wait");
}

/* ---- life */

static int bind_storage(struct webhooks_out *w, struct rent_error *err)
{
	struct rent_bound bound = { .struct_size = sizeof(bound) };

	if (!w->host->lookup(w->host, "storage", &bound))
		return rent_fail(err, RENT_EINVAL, "need \"storage\" is not bound");
	rent_adopt_table(&w->storage, sizeof(w->storage), &bound);
	w->storage_self = bound.self;
	if (w->storage.outbox_claim == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "storage '%s' has no outbox; bind one built for this "
		                 "version",
		                 bound.instance);
	return 0;
}

static void out_destroy(void *self)
{
	struct webhooks_out *w = self;

	for (size_t i = 0; i < KEYS_MOST; i++)
		key_wipe(&w->keys[i]);
	lock_done(&w->lock);
	free(w->target);
	free(w);
}

static int out_create(const struct rent_host *host, void **ret_self,
                      struct rent_error *err)
{
	struct webhooks_out *w = calloc(1, sizeof(*w));
	int code;

	if (w == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	w->host = host;
	lock_init(&w->lock);
	read_options(w);
	register_metrics(w);
	code = read_keys(host, w->keys, err);
	if (code == 0)
		code = open_receiver(w, err);
	if (code == 0)
		code = bind_storage(w, err);
	if (code != 0) {
		out_destroy(w);
		return code;
	}
	*ret_self = w;
	return 0;
}

static int out_start(void *self, struct rent_error *err)
{
	struct webhooks_out *w = self;

	return w->host->timer(w->host, "outbox", w->host->opt_int(w->host, "poll"),
	                      delivery_round, w, err);
}

static void out_drain(void *self)
{
	struct webhooks_out *w = self;

	lock_acquire(&w->lock);
	w->draining = true;
	lock_release(&w->lock);
}

/* Wrong secrets leave the old ones. A receiver that was gone is tried again. */
static void out_reload(void *self)
{
	struct webhooks_out *w = self;
	struct key keys[KEYS_MOST];
	struct rent_error err;
	int code = read_keys(w->host, keys, &err);

	lock_acquire(&w->lock);
	if (code == 0)
		memcpy(w->keys, keys, sizeof(keys));
	w->gone = false;
	lock_release(&w->lock);
	for (size_t i = 0; i < KEYS_MOST; i++)
		key_wipe(&keys[i]);
	if (code != 0)
		w->host->log(w->host, RENT_LOG_ERROR, NULL,
		             "the secrets stay as they are: %s", err.text);
}

static void out_health(void *self, struct rent_health *ret)
{
	struct webhooks_out *w = self;

	lock_acquire(&w->lock);
	ret->state = w->gone || w->trouble[0] != '\0' ? RENT_DEGRADED : RENT_HEALTHY;
	if (w->gone)
		(void)rent_copy(
			ret->why, sizeof(ret->why),
			"the receiver answered 410 (gone): nothing is sent to it");
	else if (w->trouble[0] != '\0')
		(void)snprintf(ret->why, sizeof(ret->why),
		               "the last delivery failed: %.120s", w->trouble);
	else
		(void)rent_copy(ret->why, sizeof(ret->why), "ready");
	lock_release(&w->lock);
}

static const struct rent_need needs[] = {
	{ "storage", RENT_KIND_STORAGE, false, "its outbox is delivered" },
	{ NULL, NULL, false, NULL },
};

RENT_PLUGIN(webhooks_out_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = KIND,
	.name = "webhooks_out",
	.version = RENT_VERSION,
	.summary = "tells another system what becomes of rentals, by signed webhooks",
	.options = options,
	.needs = needs,
	.commands = webhooks_out_commands,
	.create = out_create,
	.start = out_start,
	.drain = out_drain,
	.destroy = out_destroy,
	.reload = out_reload,
	.health = out_health,
};
