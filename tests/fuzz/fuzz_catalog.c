/* SPDX-License-Identifier: MIT
 *
 * fuzz_catalog.c - what the services of stations, tariffs, users and configs answer. Input:
 * what was asked for, status (two bytes), body.
 */
#include <rent/catalog.h>

#include "fuzz_plugin.h"

static const struct rent_catalog *api;
static const struct rent_host *host;
static void *self;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	api = fuzz_plugin(&host, &self);
	return 0;
}

static void check(enum rent_catalog_what what, const struct rent_catalog_result *res)
{
	FUZZ_MUST(res->outcome == RENT_SUCCEEDED || res->outcome == RENT_DECLINED ||
	          res->outcome == RENT_UNKNOWN);
	FUZZ_MUST(fuzz_ends(res->note, sizeof(res->note)));
	if (res->outcome != RENT_SUCCEEDED)
		return;
	if (what == RENT_CAT_STATION) {
		FUZZ_MUST(res->station.json != NULL);
		FUZZ_MUST(res->station.tariff_id[0] != '\0');
		FUZZ_MUST(res->station.available >= 0 &&
		          res->station.available <= res->station.slots);
	} else if (what == RENT_CAT_TARIFF) {
		FUZZ_MUST(res->tariff.price_per_hour >= 0);
		FUZZ_MUST(res->tariff.free_period_min >= 0 && res->tariff.deposit >= 0);
	} else if (what == RENT_CAT_CONFIGS) {
		FUZZ_MUST(res->configs.last_banks_increase_ppm >= 1 &&
		          res->configs.last_banks_increase_ppm <= 1000000000);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz f = { data, size };
	enum rent_catalog_what what = (enum rent_catalog_what)(1 + fuzz_byte(&f) % 4);
	struct rent_upstream_reply reply = { .struct_size = sizeof(reply),
		                             .content_type = "application/json" };
	struct rent_catalog_result res = { .struct_size = sizeof(res) };
	struct rent_arena *arena = host->arena_new(host);
	char *body;

	reply.status = fuzz_status(&f);
	body = fuzz_rest(&f);
	reply.body = body;
	reply.body_size = f.size;
	reply.arena = arena;
	api->parse(self, what, what == RENT_CAT_CONFIGS ? "" : "some-id", &reply, arena,
	           &res);
	check(what, &res);
	host->arena_free(host, arena);
	free(body);
	return 0;
}
