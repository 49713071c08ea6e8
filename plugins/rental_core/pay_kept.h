/* SPDX-License-Identifier: MIT
 *
 * pay_kept.h - the final answers of payments, kept under their keys, so that a repetition gets the same
 * bytes, the id of the first request among them.
 */
#ifndef CORE_PAY_KEPT_H
#define CORE_PAY_KEPT_H

#include "core.h"

/* What a payment is asked for with. */
struct pay_key {
	/* Of caller, rental and key; and of what else was said. */
	const char *key, *said;
	const char *order_id, *request_id;
	struct rent_arena *arena;
};

/* 1: none is kept. 0 also when the key was used for another request: KEY_MISMATCH. */
int pay_kept_find(struct core *core, const struct pay_key *key,
                  struct rent_pay_reply *ret, struct rent_error *err);

/* Whether ret says that nothing was owed. Somebody else may keep that while a charge is made under the same
 * key: the answer of the charge wins. */
bool pay_kept_is_nothing(const struct rent_pay_reply *ret);

/* Keeps ret if it is final; if another one was first, ret is that one afterwards, unless that says that
 * nothing was owed and ret does not. */
int pay_kept_put(struct core *core, const struct pay_key *key, struct rent_pay_reply *ret,
                 struct rent_error *err);

#endif
