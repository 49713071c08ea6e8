/* SPDX-License-Identifier: MIT
 *
 * store.c - an instance: its options, life cycle and health, and the two commands that are
 * sent to Redis.
 */
#include "store.h"

#include <stdlib.h>

#define SENTINEL_PORT 26379
#define SECRET_MIN    16 /* characters */

/* ---- options */
/* From the environment what is not set is "". */
static const char *text_of(const struct rent_host *host, const char *name)
{
	const char *text = host->opt_str(host, name);

	return text == NULL || text[0] == '\0' ? NULL : text;
}

static int read_sentinels(const struct rent_host *host, struct connect_options *dial,
                          struct rent_error *err)
{
	const char *text;
	int code = 0;

	while (code == 0 &&
	       (text = host->opt_list(host, "sentinels", dial->sentinel_count)) != NULL) {
		if (dial->sentinel_count == CONNECT_SENTINELS)
			return rent_fail(err, RENT_EINVAL, "sentinels: more than %d",
			                 CONNECT_SENTINELS);
		code = address_host(text, SENTINEL_PORT,
		                    &dial->sentinels[dial->sentinel_count], err);
		dial->sentinel_count++;
	}
	return code;
}

static int read_address(const struct rent_host *host, struct connect_options *dial,
                        struct rent_error *err)
{
	const char *url = text_of(host, "url");
	int code = read_sentinels(host, dial, err);

	if (code == 0 && url != NULL)
		code = address_url(url, &dial->address, err);
	if (code != 0)
		return code;
	dial->master = text_of(host, "master");
	dial->sentinel_password = text_of(host, "sentinel_password");
	dial->connect_us = host->opt_int(host, "connect_timeout");
	if (dial->sentinel_count > 0 && dial->master == NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "master: missing; the name that the sentinels know the "
		                 "master by");
	if (dial->sentinel_count > 0 && dial->address.path[0] != '\0')
		return rent_fail(err, RENT_EINVAL,
		                 "url: a socket cannot be used with sentinels");
	if (dial->sentinel_count == 0 && dial->address.at.host[0] == '\0' &&
	    dial->address.path[0] == '\0')
		return rent_fail(err, RENT_EINVAL,
		                 "url: missing; say \"redis://host:port/database\", or "
		                 "name sentinels");
	return 0;
}

#define SECRET_MIN 16

static int check_length(const char *name, const char *secret, struct rent_error *err)
{
	if (secret == NULL || strlen(secret) >= SECRET_MIN)
		return 0;
	return rent_fail(err, RENT_EINVAL,
	                 "%s: has %zu characters; at least %d are needed", name,
	                 strlen(secret), SECRET_MIN);
}

static int read_secret(struct store *store, struct rent_error *err)
{
	const struct rent_host *host = store->host;
	const char *secret = text_of(host, "secret");
	const char *previous = text_of(host, "secret_previous");
	int code = check_length("secret", secret, err);

	if (code == 0)
		code = check_length("secret_previous", previous, err);
	if (code != 0)
		return code;
	store->quotes_here = host->opt_enum(host, "quotes") == 1;
	/* From an environment that has none. */
	if (secret != NULL && secret[0] == '\0')
		secret = NULL;
	if (secret != NULL && strlen(secret) < SECRET_MIN)
		return rent_fail(err, RENT_EINVAL,
		                 "secret: has %zu characters, needed are %d or more",
		                 strlen(secret), SECRET_MIN);
	if (secret == NULL && store->quotes_here)
		return rent_fail(err, RENT_EINVAL,
		                 "secret: missing; quotes = \"redis\" needs it, since a "
		                 "quote fixes a price");
	if (secret == NULL && previous != NULL)
		return rent_fail(err, RENT_EINVAL,
		                 "secret_previous: without secret it means nothing");
	return secret == NULL ? 0 : seal_new(secret, previous, &store->seal, err);
}

static int read_options(struct store *store, struct rent_error *err)
{
	const struct rent_host *host = store->host;
	struct connection_options *link = &store->connection_options;
	int code = read_address(host, &link->dial, err);

	if (code == 0)
		code = read_secret(store, err);
	if (code == 0 && store->quotes_here)
		code = quote_cache_new(host->opt_int(host, "quotes_kept"),
		                       &store->quote_cache, err);
	link->host = host;
	link->meters = &store->meters;
	link->timeout_us = host->opt_int(host, "timeout");
	link->breaker_failures = host->opt_int(host, "breaker_failures");
	link->breaker_reset_us = host->opt_int(host, "breaker_reset");
	store->caches = store->seal != NULL || host->opt_bool(host, "unsigned");
	store->prefix = host->opt_str(host, "prefix");
	store->quote_grace = host->opt_int(host, "quote_grace");
	return code;
}

/* ---- what is not the used storage's */

/* Of the times that come back the database's clock is learnt. */
static int advance(void *self, struct rent_change *const *changes, size_t n,
                   struct rent_error *err)
{
	struct store *store = self;
	int64_t called = store->host->mono_us(store->host);
	int code = store->over.inner.advance(store->over.inner_self, changes, n, err);

	for (size_t i = 0; store->quotes_here && code == 0 && i < n; i++) {
		if (changes[i]->ret != RENT_CHANGE_APPLIED)
			continue;
		database_clock_learn(&store->clock, changes[i]->ret_now, called,
		                     store->host->mono_us(store->host));
		break;
	}
	return code;
}

static const struct rent_storage own = {
	.struct_size = sizeof(struct rent_storage),
	.quote_put = quotes_put,
	.start_begin = quotes_start_begin,
	.advance = advance,
	.cache_get = catalog_cache_get,
	.cache_put = catalog_cache_put,
};

/* ---- life */
int store_create(const struct rent_host *host, void **ret_self, struct rent_error *err)
{
	struct store *store = calloc(1, sizeof(*store));
	int code;

	if (store == NULL)
		return rent_fail(err, RENT_ENOMEM, "out of memory");
	store->host = host;
	trouble_init(&store->trouble, host, "redis");
	database_clock_init(&store->clock);
	code = storage_over_init(&store->over, host, &own, err);
	if (code == 0)
		code = read_options(store, err);
	if (code != 0) {
		store_destroy(store);
		return code;
	}
	meters_init(&store->meters, host);
	*ret_self = store;
	return 0;
}

int store_start(void *self, struct rent_error *err)
{
	struct store *store = self;

	if (store->seal == NULL)
		store->host->log(
			store->host, RENT_LOG_WARN, NULL, "no secret is set: %s",
			store->caches
				? "who can write to redis can change the prices of quotes"
				: "nothing is cached in redis");
	return connection_new(&store->connection_options, &store->link, err);
}

void store_stop(void *self)
{
	struct store *store = self;

	connection_free(store->link);
	store->link = NULL;
}

void store_destroy(void *self)
{
	struct store *store = self;

	if (store == NULL)
		return;
	store_stop(store);
	seal_free(store->seal);
	quote_cache_free(store->quote_cache);
	database_clock_done(&store->clock);
	trouble_done(&store->trouble);
	free(store);
}

void store_reload(void *self)
{
	struct store *store = self;
	const struct rent_host *host = store->host;

	if (store->link != NULL)
		connection_tune(store->link, host->opt_int(host, "timeout"),
		                host->opt_int(host, "breaker_failures"),
		                host->opt_int(host, "breaker_reset"));
}

/* A connection that is about to be given up is none. */
static bool in_use(const struct connection_state *state)
{
	return state->connected && state->breaker == BREAKER_CLOSED;
}

/* Without Redis everything is done by the database: worse, not wrong. */
void store_health(void *self, struct rent_health *ret)
{
	struct store *store = self;
	struct connection_state state;

	if (store->link == NULL) {
		ret->state = RENT_DEGRADED;
		(void)rent_copy(ret->why, sizeof(ret->why), "not started");
		return;
	}
	connection_state(store->link, &state);
	ret->state = RENT_DEGRADED;
	if (in_use(&state) && trouble_first(&store->trouble, ret->why))
		return;
	ret->state = in_use(&state) ? RENT_HEALTHY : RENT_DEGRADED;
	if (in_use(&state))
		(void)snprintf(ret->why, sizeof(ret->why), "connected to %.120s",
		               state.where);
	else
		(void)snprintf(ret->why, sizeof(ret->why),
		               "%.60s is not used, breaker %s: %.70s", state.where,
		               breaker_name(state.breaker), state.why);
}

int store_check(void *self, struct rent_error *err)
{
	struct store *store = self;
	struct connection_state state;

	connection_state(store->link, &state);
	if (!in_use(&state))
		return rent_fail(err, RENT_EUNAVAIL, "redis at %s: %s", state.where,
		                 state.why);
	return 0;
}

/* ---- commands */
/* A reply that nobody foresaw makes the health say so until the same command has worked. */
static int send_command(struct store *store, const struct connection_command *command,
                        struct connection_reply *ret, struct rent_error *err)
{
	struct rent_error why = { .code = 0 };
	enum trouble_side side = strcmp(command->operation, "get") == 0 ? TROUBLE_READING
	                                                                : TROUBLE_WRITING;
	int code = connection_call(store->link, command, ret, &why);

	if (code == 0 && side == TROUBLE_WRITING && ret->kind != CONNECTION_DONE)
		code = rent_fail(&why, RENT_EFAIL, "redis: SET was not answered with OK");
	if (code == RENT_EFAIL)
		trouble_met(&store->trouble, side, command->operation, &why);
	else if (code == 0)
		trouble_over(&store->trouble, command->operation);
	if (code != 0 && err != NULL)
		*err = why;
	return code;
}

static int not_started(struct rent_error *err)
{
	return rent_fail(err, RENT_EUNAVAIL, "redis: not started");
}

int store_get(struct store *store, const char *key, size_t max,
              struct connection_reply *ret, bool *ret_refused, struct rent_error *err)
{
	char last[24];
	/* Not GET: what somebody else put there may be half a gigabyte. */
	const char *const argv[] = { "GETRANGE", key, "0", last };
	const struct connection_command command = { "get", 4, argv, NULL };
	struct connection_reply reply = { .text = NULL };
	int code;

	(void)snprintf(last, sizeof(last), "%zu", max);
	*ret_refused = false;
	if (store->link == NULL)
		return not_started(err);
	code = send_command(store, &command, &reply, err);
	if (code != 0)
		return code;
	*ret_refused = reply.kind != CONNECTION_TEXT || reply.length > max;
	if (*ret_refused || reply.length == 0) {
		free(reply.text);
		return 1;
	}
	*ret = reply;
	return 0;
}

int store_set(struct store *store, const char *key, const char *value, int64_t ttl_us,
              struct rent_error *err)
{
	char ms[24];
	const char *const argv[] = { "SET", key, value, "PX", ms };
	const struct connection_command command = { "set", 5, argv, NULL };
	struct connection_reply reply = { .text = NULL };
	int code;

	(void)snprintf(ms, sizeof(ms), "%" PRId64, ttl_us / 1000 > 0 ? ttl_us / 1000 : 1);
	if (store->link == NULL)
		return not_started(err);
	code = send_command(store, &command, &reply, err);
	free(reply.text);
	return code;
}
