/* SPDX-License-Identifier: MIT
 *
 * quote.c - see quote.h.
 *
 * Where the catalogue says whose a station is, the id of a quote names that service: "UUID@instance".
 * So a start knows it before anything is recorded, on every host, whatever is bound there and whatever
 * keeps the quote, and it is as fixed as the price. Nobody can put another name there: a quote is
 * found by its whole id.
 */
#include "quote.h"
#include "observers.h"

#include "catalog.h"

#define STATION_MARK '@'

static int reply_refused(struct rent_quote_reply *ret, enum rent_verdict verdict,
                         const char *detail, int64_t breaker_us)
{
	ret->verdict = verdict;
	ret->retry_after_us = catalog_retry_after(breaker_us);
	rent_copy(ret->detail, sizeof(ret->detail), detail);
	return RENT_OK;
}

static void fill_quote(struct rent_quote_reply *ret, const struct quote_terms *terms,
                       const char *id, const char *station_id, const char *user_id)
{
	struct rent_quote *q = &ret->quote;

	*q = (struct rent_quote){
		.struct_size = sizeof(*q),
		.price_per_hour = terms->price_per_hour,
		.free_period_min = terms->free_period_min,
		.deposit = terms->deposit,
	};
	rent_copy(q->id, sizeof(q->id), id);
	rent_copy(q->user_id, sizeof(q->user_id), user_id);
	rent_copy(q->station_id, sizeof(q->station_id), station_id);
	ret->low_stock = terms->low_stock;
}

/* ---- whose cabinet it is for */

static size_t bound_stations(struct core *core)
{
	size_t n = 0;

	for (size_t i = 0; i < STATIONS_MAX; i++)
		n += core_station(core, i)->api != NULL;
	return n;
}

const char *quote_station(const char *quote_id)
{
	const char *at = strchr(quote_id, STATION_MARK);

	return at == NULL ? "" : at + 1;
}

bool quote_new_id(struct core *core, const char *instance, char id[RENT_ID_SIZE])
{
	size_t bound = bound_stations(core), n;

	core->host->uuid7(core->host, id);
	if (instance[0] == '\0')
		return true;
	if (bound > 0 && core_station_named(core, instance) == NULL)
		return false;
	n = strlen(id);
	if (snprintf(id + n, RENT_ID_SIZE - n, "%c%s", STATION_MARK, instance) <
	    (int)(RENT_ID_SIZE - n))
		return true;
	id[n] = '\0'; /* a host with several services has none of such a name */
	return bound <= 1;
}

/* ---- a quote */

/* A wrong price of the catalogue is nobody's to pay. The catalogue's owner has to look at it. */
static bool is_believed(struct core *core, const struct params *params,
                        const struct quote_terms *terms, const char *tariff_id)
{
	const char *limit = price_limit_passed(params, terms);

	if (limit == NULL)
		return true;
	observers_error(core->observers, "price_limit");
	core->host->log(core->host, RENT_LOG_ERROR, NULL,
	                "tariff \"%s\" is above %s (%" PRId64 " an hour, deposit %" PRId64
	                "): no quotes; correct the tariff, or raise %s",
	                tariff_id, limit, terms->price_per_hour, terms->deposit, limit);
	return false;
}

int quote_make(void *self, const char *station_id, const char *user_id,
               struct rent_arena *arena, struct rent_quote_reply *ret,
               struct rent_error *err)
{
	struct core *core = self;
	struct params params = core_params(core);
	struct catalog_ask asks[] = {
		{ .what = RENT_CAT_STATION, .id = station_id },
		{ .what = RENT_CAT_USER, .id = user_id },
	};
	const struct rent_catalog_result *station = &asks[0].result,
					 *user = &asks[1].result;
	const struct rent_catalog_user unknown = { .subscriber = false,
		                                   .trusted = false };
	struct rent_catalog_configs configs;
	struct rent_catalog_tariff tariff;
	char id[RENT_ID_SIZE];
	struct quote_terms terms;
	int64_t retry_us;
	int code;

	if (!catalog_configs(core, &configs))
		return reply_refused(ret, RENT_NOT_AVAILABLE,
		                     "prices are not known yet; try again in a moment",
		                     0);
	catalog_read(core, arena, asks, 2);
	if (station->outcome == RENT_DECLINED)
		return reply_refused(ret, RENT_NO_STATION, "", 0);
	if (station->outcome != RENT_SUCCEEDED)
		return reply_refused(
			ret, RENT_NOT_AVAILABLE,
			"the station cannot be reached; try again in a moment",
			asks[0].retry_us);
	if (catalog_tariff(core, arena, station->station.tariff_id, &tariff, &retry_us) !=
	    RENT_SUCCEEDED)
		return reply_refused(ret, RENT_NOT_AVAILABLE,
		                     "the price of this station is not available; "
		                     "try again in a moment",
		                     retry_us);
	ret->profile_known = user->outcome == RENT_SUCCEEDED;
	ret->subscriber = ret->profile_known && user->user.subscriber;
	ret->trusted = ret->profile_known && user->user.trusted;
	ret->tariff_price_per_hour = tariff.price_per_hour;
	ret->tariff_free_period_min = tariff.free_period_min;
	ret->tariff_deposit = tariff.deposit;
	terms = price_quote(&params, &tariff, ret->profile_known ? &user->user : &unknown,
	                    &configs, station->station.available);
	if (!is_believed(core, &params, &terms, station->station.tariff_id))
		return reply_refused(ret, RENT_NOT_AVAILABLE,
		                     "the price of this station is not available", 0);
	if (!quote_new_id(core, station->station_instance, id)) {
		observers_error(core->observers, "mismatch");
		return reply_refused(ret, RENT_NOT_AVAILABLE,
		                     "the station's service is not connected here", 0);
	}
	fill_quote(ret, &terms, id, station_id, user_id);
	code = core->store->quote_put(core->store_self, &ret->quote, params.quote_ttl,
	                              err);
	if (code != 0)
		return code;
	ret->expires_in_us = params.quote_ttl;
	observers_quote(core->observers);
	return RENT_OK;
}
