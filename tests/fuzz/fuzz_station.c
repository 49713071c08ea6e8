/* SPDX-License-Identifier: MIT
 *
 * fuzz_station.c - what a cabinet answers to an eject. Input: status (two bytes), flags, body.
 */
#include <rent/station.h>

#include "fuzz_plugin.h"

static const struct rent_station *api;
static const struct rent_host *host;
static void *self;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	api = fuzz_plugin(&host, &self);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct rent_station_op op = { .struct_size = sizeof(op),
		                                   .id = "order",
		                                   .rental_id = "rental",
		                                   .user_id = "user",
		                                   .station_id = "station",
		                                   .created_at = RENT_SECOND };
	struct fuzz f = { data, size };
	struct rent_upstream_reply reply = { .struct_size = sizeof(reply),
		                             .content_type = "application/json" };
	struct rent_station_result res = { .struct_size = sizeof(res) };
	char *body;

	reply.status = fuzz_status(&f);
	reply.ambiguous = (fuzz_byte(&f) & 1) != 0;
	body = fuzz_rest(&f);
	reply.body = body;
	reply.body_size = f.size;
	reply.arena = host->arena_new(host);
	api->parse_eject(self, &op, &reply, &res);
	FUZZ_MUST(res.outcome >= RENT_UNKNOWN && res.outcome <= RENT_UNSUPPORTED);
	FUZZ_MUST(fuzz_ends(res.note, sizeof(res.note)));
	FUZZ_MUST(fuzz_ends(res.powerbank_id, sizeof(res.powerbank_id)));
	FUZZ_MUST(res.outcome != RENT_SUCCEEDED || res.powerbank_id[0] != '\0');
	host->arena_free(host, reply.arena);
	free(body);
	return 0;
}
