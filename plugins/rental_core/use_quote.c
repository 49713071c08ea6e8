/* SPDX-License-Identifier: MIT
 *
 * use_quote.c - an offer: what the catalogue says, priced by price_offer(), kept by storage
 * for quote_ttl.
 */
#include "catalog.h"
#include "use_cases.h"

#define RETRY_AFTER (5 * RENT_SECOND) /* where no breaker says when */

/* breaker_us: 0 where no breaker is the reason. */
static int64_t retry_after(int64_t breaker_us)
{
	return breaker_us > 0 ? breaker_us : RETRY_AFTER;
}

static int refuse(struct rent_quote_reply *ret, enum rent_verdict verdict,
                  const char *detail, int64_t breaker_us)
{
	ret->verdict = verdict;
	ret->retry_after_us = retry_after(breaker_us);
	rent_copy(ret->detail, sizeof(ret->detail), detail);
	return RENT_OK;
}

static void put_offer(struct rent_quote_reply *ret, const struct offer *o, const char *id,
                      const char *station_id, const char *user_id)
{
	struct rent_quote *q = &ret->quote;

	*q = (struct rent_quote){
		.struct_size = sizeof(*q),
		.price_per_hour = o->price_per_hour,
		.free_period_min = o->free_period_min,
		.deposit = o->deposit,
	};
	rent_copy(q->id, sizeof(q->id), id);
	rent_copy(q->user_id, sizeof(q->user_id), user_id);
	rent_copy(q->station_id, sizeof(q->station_id), station_id);
	ret->low_stock = o->low_stock;
}

int use_quote(void *self, const char *station_id, const char *user_id,
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
	const struct rent_catalog_user greedy = { .subscriber = false, .trusted = false };
	struct rent_catalog_configs configs;
	struct rent_catalog_tariff tariff;
	char id[RENT_ID_SIZE];
	struct offer offer;
	int64_t retry_us;
	int code;

	if (!catalog_configs(core, &configs))
		return refuse(ret, RENT_NOT_AVAILABLE,
		              "prices are not known yet; try again in a moment", 0);
	catalog_read(core, arena, asks, 2);
	if (station->outcome == RENT_DECLINED)
		return refuse(ret, RENT_NO_STATION, "there is no such station", 0);
	if (station->outcome != RENT_SUCCEEDED)
		return refuse(ret, RENT_NOT_AVAILABLE,
		              "the station cannot be reached; try again in a moment",
		              asks[0].retry_us);
	if (catalog_tariff(core, arena, station->station.tariff_id, &tariff, &retry_us) !=
	    RENT_SUCCEEDED)
		return refuse(ret, RENT_NOT_AVAILABLE,
		              "the price of this station is not available; "
		              "try again in a moment",
		              retry_us);
	ret->profile_known = user->outcome == RENT_SUCCEEDED;
	ret->subscriber = ret->profile_known && user->user.subscriber;
	ret->trusted = ret->profile_known && user->user.trusted;
	ret->tariff_price_per_hour = tariff.price_per_hour;
	ret->tariff_free_period_min = tariff.free_period_min;
	ret->tariff_deposit = tariff.deposit;
	offer = price_offer(&params, &tariff, ret->profile_known ? &user->user : &greedy,
	                    &configs, station->station.available);
	core->host->uuid7(core->host, id);
	put_offer(ret, &offer, id, station_id, user_id);
	code = core->store->quote_put(core->store_self, &ret->quote, params.quote_ttl,
	                              err);
	if (code != 0)
		return code;
	ret->expires_in_us = params.quote_ttl;
	counters_quote(&core->counters);
	return RENT_OK;
}

int use_station(void *self, const char *station_id, struct rent_arena *arena,
                struct rent_station_reply *ret, struct rent_error *err)
{
	struct core *core = self;
	struct catalog_ask ask = { .what = RENT_CAT_STATION, .id = station_id };

	(void)err;
	catalog_read(core, arena, &ask, 1);
	ret->json = ask.result.station.json;
	if (ask.result.outcome == RENT_DECLINED) {
		ret->verdict = RENT_NO_STATION;
		rent_copy(ret->detail, sizeof(ret->detail), "there is no such station");
	} else if (ask.result.outcome != RENT_SUCCEEDED) {
		ret->verdict = RENT_NOT_AVAILABLE;
		ret->retry_after_us = retry_after(ask.retry_us);
		rent_copy(ret->detail, sizeof(ret->detail),
		          "the station cannot be reached; try again in a moment");
	}
	return RENT_OK;
}
