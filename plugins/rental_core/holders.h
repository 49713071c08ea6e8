/* SPDX-License-Identifier: MIT
 *
 * holders.h - which running rental has which powerbank, read once for a check that asks for many.
 */
#ifndef CORE_HOLDERS_H
#define CORE_HOLDERS_H

#include "core.h"

#define HOLDERS_MAX 1000000

struct holder {
	char powerbank_id[RENT_ID_SIZE];
	char rental_id[RENT_ID_SIZE], user_id[RENT_ID_SIZE];
	char station_instance[RENT_ID_SIZE];
	/* The service's name of the cabinet that it came from. */
	char cabinet_id[RENT_ID_SIZE];
	int64_t started_at;
};

struct holders {
	struct holder *at; /* by powerbank_id */
	size_t n, room;
};

/* holders is zeroed; holders_done() in any case. pause_us between pages. */
int holders_read(struct core *core, int64_t pause_us, struct holders *holders,
                 struct rent_error *err);
void holders_done(struct holders *holders);

/* NULL: none has it. instance: of the service that speaks of the powerbank; "" any. */
const struct holder *holders_find(const struct holders *holders, const char *powerbank_id,
                                  const char *instance);

#endif
