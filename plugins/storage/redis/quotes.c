/* SPDX-License-Identifier: MIT
 *
 * quotes.c - quotes that exist in Redis alone until they are used (quotes = "redis"). The
 * database still decides whether one has expired, by its own clock, and whether it has been
 * used. A quote that cannot be kept in Redis, for whatever reason, goes to the database.
 */
#include <stdlib.h>

#include "envelope.h"
#include "store.h"

#define CACHE_NAME "quote"

static bool key_of(const struct store *store, const char *id, char out[STORE_KEY_SIZE])
{
	int n = snprintf(out, STORE_KEY_SIZE, "%squote:%s", store->prefix, id);

	return n > 0 && n < STORE_KEY_SIZE;
}

/* False: Redis did not keep it, so the database must. */
static bool put_here(struct store *store, struct rent_quote *quote, int64_t ttl_us)
{
	char key[STORE_KEY_SIZE], text[ENVELOPE_QUOTE_SIZE];
	struct rent_quote q = { .struct_size = sizeof(q) };

	if (!database_clock_now(&store->clock, store->host->mono_us(store->host),
	                        &q.created_at))
		return false;
	q.expires_at = q.created_at + ttl_us;
	q.price_per_hour = quote->price_per_hour;
	q.free_period_min = quote->free_period_min;
	q.deposit = quote->deposit;
	(void)rent_copy(q.id, sizeof(q.id), quote->id);
	(void)rent_copy(q.user_id, sizeof(q.user_id), quote->user_id);
	(void)rent_copy(q.station_id, sizeof(q.station_id), quote->station_id);
	if (!key_of(store, q.id, key) ||
	    envelope_quote(store->seal, store->prefix, &q, text) != 0)
		return false;
	if (store_set(store, key, text, ttl_us + store->quote_grace, NULL) != 0) {
		meters_request(&store->meters, CACHE_NAME, "unavailable");
		return false;
	}
	meters_request(&store->meters, CACHE_NAME, "stored");
	quote_cache_put(store->quote_cache, &q);
	quote->created_at = q.created_at;
	quote->expires_at = q.expires_at;
	return true;
}

int quotes_put(void *self, struct rent_quote *quote, int64_t ttl_us,
               struct rent_error *err)
{
	struct store *store = self;
	int64_t called;
	int code;

	if (store->quotes_here && put_here(store, quote, ttl_us))
		return 0;
	called = store->host->mono_us(store->host);
	code = store->over.inner.quote_put(store->over.inner_self, quote, ttl_us, err);
	if (code == 0 && store->quotes_here)
		database_clock_learn(&store->clock, quote->created_at, called,
		                     store->host->mono_us(store->host));
	return code;
}

/* ret_err: why Redis could not say whether it has the quote; its code is 0 otherwise. */
static bool find_quote(struct store *store, const char *id, struct rent_quote *ret,
                       struct rent_error *ret_err)
{
	char key[STORE_KEY_SIZE];
	struct connection_reply reply;
	bool refused, good;
	int code;

	if (quote_cache_get(store->quote_cache, id, ret)) {
		meters_request(&store->meters, CACHE_NAME, "kept");
		return true;
	}
	if (!key_of(store, id, key))
		return false;
	code = store_get(store, key, ENVELOPE_QUOTE_SIZE, &reply, &refused, ret_err);
	ret_err->code = code < 0 ? code : 0;
	if (code != 0) {
		meters_request(&store->meters, CACHE_NAME,
		               code < 0  ? "unavailable"
		               : refused ? "refused"
		                         : "miss");
		return false;
	}
	good = envelope_read_quote(store->seal, store->prefix, id, reply.text,
	                           reply.length, ret);
	free(reply.text);
	meters_request(&store->meters, CACHE_NAME, good ? "hit" : "refused");
	return good;
}

int quotes_start_begin(void *self, struct rent_start *s, struct rent_error *err)
{
	struct store *store = self;
	const struct rent_quote *theirs = s->quote;
	struct rent_quote quote;
	struct rent_error unread = { .code = 0 };
	int code;

	if (store->quotes_here && theirs == NULL &&
	    find_quote(store, s->quote_id, &quote, &unread))
		s->quote = &quote;
	code = store->over.inner.start_begin(store->over.inner_self, s, err);
	s->quote = theirs;
	/* Nobody knows whether there is such a quote; another host may be starting with it just now. */
	if (code == 0 && s->ret == RENT_START_QUOTE_UNKNOWN && unread.code != 0)
		return rent_fail(err, RENT_EUNAVAIL, "%s", unread.text);
	return code;
}
