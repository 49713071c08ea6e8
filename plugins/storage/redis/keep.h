/* SPDX-License-Identifier: MIT
 *
 * keep.h - the offers that this host made last, so that the host which made an offer can start
 * its rental without asking Redis, also when Redis has lost it. A table of fixed size; the
 * oldest of its row gives way.
 */
#ifndef STORAGE_REDIS_KEEP_H
#define STORAGE_REDIS_KEEP_H

#include <rent/model.h>

struct keep;

int keep_new(int64_t room, struct keep **ret, struct rent_error *err);
void keep_free(struct keep *keep);

void keep_put(struct keep *keep, const struct rent_quote *quote);
bool keep_get(struct keep *keep, const char *id, struct rent_quote *ret);

#endif
