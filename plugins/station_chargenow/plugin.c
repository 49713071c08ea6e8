/* SPDX-License-Identifier: MIT
 *
 * plugins/station_chargenow/plugin.c - cabinets behind the ChargeNow (Bajie) cloud: descriptor,
 * options, promises, and the command that shows the address for the vendor's console.
 */
#include "chargenow.h"
#include "token.h"

#include <stdlib.h>

static const struct rent_option options[] = {
	RENT_STRING_OPTION("url", "https://developer.chargenow.top/cdb-open-api/v1",
	                   .min = "1", .help = "base address of the service"),
	RENT_STRING_OPTION("user", NULL, .flags = RENT_OPT_REQUIRED, .min = "1",
	                   .max = "128", .help = "user of the vendor's account"),
	RENT_STRING_OPTION("password", NULL, .flags = RENT_OPT_REQUIRED | RENT_OPT_SECRET,
	                   .min = "1", .max = "128", .help = "its password"),
	RENT_STRING_OPTION(
		"account", "",
		.help = "agentAccount that pushes must name; \"\": they may name any"),
	RENT_STRING_OPTION(
		"hooks_url", "",
		.help = "our own address as the service sees it, \"https://host\", under which "
			"/hooks/ is served; \"\": the service cannot call, and is asked"),
	RENT_STRING_OPTION(
		"callback_key", "", .flags = RENT_OPT_SECRET,
		.help = "key of the addresses that the service calls, at least 10 characters; "
			"another key makes the addresses given out before void"),
	RENT_DURATION_OPTION(
		"settle", "60s", .min = "1s", .max = "1h",
		.help = "time after which an eject has happened or will not any more"),
	RENT_DURATION_OPTION("poll", "2s", .min = "0s", .max = "1h",
	                     .help = "least time between two questions about one order"),
	RENT_DURATION_OPTION("utc_offset", "8h", .min = "0s", .max = "14h",
	                     .help = "how far the service's clock is ahead of UTC"),
	RENT_INSECURE_OPTION,
	RENT_SLOW_UPSTREAM_OPTIONS("chargenow", "10s", "5", "30s"),
	RENT_OPTIONS_END,
};

static void chargenow_caps(void *self, struct rent_station_caps *ret)
{
	const struct chargenow *c = self;

	*ret = (struct rent_station_caps){
		.struct_size = ret->struct_size,
		.commands = RENT_STATION_BIT(RENT_STATION_OPEN) |
		            RENT_STATION_BIT(RENT_STATION_LOCK) |
		            RENT_STATION_BIT(RENT_STATION_UNLOCK) |
		            RENT_STATION_BIT(RENT_STATION_RESTART),
		.settle_us = c->settle_us,
		.poll_us = c->poll_us,
		.reports_returns = c->hooks_url[0] != '\0',
	};
}

/* The service has no id of ours: the same order twice is two powerbanks. */
static int64_t chargenow_resend_us(void *self)
{
	(void)self;
	return 0;
}

static int set_authorization(struct chargenow *c, struct rent_error *err)
{
	const struct rent_host *host = c->host;
	struct rent_arena *arena = host->arena_new(host);
	const char *pair = NULL, *text = NULL;

	if (arena != NULL)
		pair = rent_printf(arena, "%s:%s", host->opt_str(host, "user"),
		                   host->opt_str(host, "password"));
	if (pair != NULL)
		text = host->crypto->base64(arena, pair, strlen(pair));
	if (text != NULL)
		(void)snprintf(c->authorization, sizeof(c->authorization), "Basic %s",
		               text);
	if (arena != NULL)
		host->arena_free(host, arena);
	return text != NULL ? 0 : rent_fail(err, RENT_ENOMEM, "out of memory");
}

static int set_addresses(struct chargenow *c, struct rent_error *err)
{
	const struct rent_host *host = c->host;

	c->hooks_url = host->opt_str(host, "hooks_url");
	c->callback_key = host->opt_str(host, "callback_key");
	if (strchr(host->opt_str(host, "user"), ':') != NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "options.user: ':' cannot be part of a user's name");
	if (c->hooks_url[0] == '\0')
		return 0;
	if (strncmp(c->hooks_url, "http://", 7) != 0 &&
	    strncmp(c->hooks_url, "https://", 8) != 0)
		return rent_fail(err, RENT_EINVAL,
		                 "options.hooks_url: \"%s\" is not \"https://host\"",
		                 c->hooks_url);
	if (strlen(c->callback_key) < 10)
		return rent_fail(
			err, RENT_EINVAL,
			"options.callback_key: hooks_url needs a key of at least "
			"10 characters; make one with \"openssl rand -hex 32\"");
	return 0;
}

static int chargenow_create(const struct rent_host *host, void **ret_self,
                            struct rent_error *err)
{
	struct chargenow *c = calloc(1, sizeof(*c));
	int ret;

	if (c == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	c->host = host;
	c->json = host->json;
	c->account = host->opt_str(host, "account");
	c->utc_offset = host->opt_int(host, "utc_offset");
	c->settle_us = host->opt_int(host, "settle");
	c->poll_us = host->opt_int(host, "poll");
	ret = set_addresses(c, err);
	if (ret == 0)
		ret = set_authorization(c, err);
	if (ret == 0)
		ret = host->upstream_open(host, "chargenow", host->opt_str(host, "url"),
		                          &c->upstream, err);
	if (ret < 0) {
		free(c);
		return ret;
	}
	*ret_self = c;
	return 0;
}

static int show_push_url(void *self, const struct rent_command_run *run,
                         struct rent_error *err)
{
	const struct chargenow *c = self;
	struct rent_arena *arena;
	const char *url;

	if (c->hooks_url[0] == '\0')
		return rent_fail(err, RENT_COMMAND_UNSUPPORTED,
		                 "%s: options.hooks_url is not set", c->host->instance);
	arena = c->host->arena_new(c->host);
	url = arena == NULL ? NULL : token_url(c, arena, TOKEN_PUSH);
	if (url != NULL) {
		const struct rent_value fields[] = {
			RENT_TEXT("instance", c->host->instance),
			RENT_TEXT("push_url", url),
			RENT_VALUES_END,
		};
		run->result(run, fields, "%s", url);
	}
	if (arena != NULL)
		c->host->arena_free(c->host, arena);
	return url != NULL ? RENT_COMMAND_DONE
	                   : rent_fail(err, RENT_ENOMEM, "out of memory");
}

static const struct rent_command commands[] = {
	{ .name = "push-url",
	  .summary = "show the address to enter in the vendor's console for event pushes",
	  .run = show_push_url },
	{ .name = NULL },
};

static const struct rent_station api = {
	.struct_size = sizeof(api),
	.resend_us = chargenow_resend_us,
	.build_eject = requests_eject,
	.parse_eject = orders_created,
	.caps = chargenow_caps,
	.build_lookup = requests_lookup,
	.parse_lookup = orders_detail,
	.build_snapshot = requests_snapshot,
	.parse_snapshot = cabinet_snapshot,
	.build_list = requests_list,
	.parse_list = orders_list,
	.build_command = requests_command,
	.parse_command = cabinet_commanded,
	.parse_event = events_parse,
};

RENT_PLUGIN(chargenow_plugin) = {
	RENT_PLUGIN_STAMP,
	.flags = RENT_PARALLEL,
	.kind = RENT_KIND_STATION,
	.name = "station_chargenow",
	.version = RENT_VERSION,
	.summary = "cabinets behind the ChargeNow (Bajie) cloud",
	.options = options,
	.commands = commands,
	.api = &api,
	.create = chargenow_create,
	.destroy = free,
};
