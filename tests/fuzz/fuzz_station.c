/* SPDX-License-Identifier: MIT
 *
 * fuzz_station.c - what a cabinet answers to an eject. Input: status (two bytes), flags, body.
 */
#include <fake_host.h>
#include <rent/station.h>

#include "fuzz.h"

static const struct rent_station *api;
static void *self;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct fake_option options[] = { { "url", "http://127.0.0.1:9" },
		                                      { NULL, NULL } };
	const struct rent_plugin *plugin = fake_host_load(FUZZ_SO);
	struct rent_error err;

	(void)argc;
	(void)argv;
	FUZZ_MUST(plugin->create(fake_host_table(fake_host_new(plugin, options)), &self,
	                         &err) == 0);
	api = plugin->api;
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

	reply.status = (int32_t)(fuzz_byte(&f) % 8 * 100);
	reply.status += (int32_t)(fuzz_byte(&f) % 100);
	reply.ambiguous = (fuzz_byte(&f) & 1) != 0;
	body = fuzz_rest(&f);
	reply.body = body;
	reply.body_size = f.size;
	api->parse_eject(self, &op, &reply, &res);
	FUZZ_MUST(res.outcome >= RENT_UNKNOWN && res.outcome <= RENT_UNSUPPORTED);
	FUZZ_MUST(fuzz_ends(res.note, sizeof(res.note)));
	FUZZ_MUST(fuzz_ends(res.powerbank_id, sizeof(res.powerbank_id)));
	FUZZ_MUST(res.outcome != RENT_SUCCEEDED || res.powerbank_id[0] != '\0');
	free(body);
	return 0;
}
