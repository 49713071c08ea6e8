/* SPDX-License-Identifier: MIT
 *
 * resolution.h - the way to an operation's outcome: send it, look it up, wait, or give it up.
 */
#ifndef CORE_RESOLUTION_H
#define CORE_RESOLUTION_H

#include "rental_work.h"

/* Whether the provider may have seen the operation already. */
bool way_maybe_sent(const struct work_op *op);

/* Whether neither a host nor the network can still bring the operation to the provider, and the
 * provider has had time to know of it. Before that "not found" proves nothing. */
bool way_is_past_settling(struct rental_work *w, const struct work_op *op);

/* The wall time of the answer that the provider replays; 0: none is known. */
int64_t way_asked_only_since(const struct work_op *op);

/* Whether an order that was looked up, and told no end, is so old that what is in its cabinet
 * decides. */
bool way_cabinet_decides(struct rental_work *w, const struct work_op *op);

/* The way for an operation that is due now. */
enum operation_way way_choose(struct rental_work *w, const struct work_op *op);

/* Whether an order that was asked for and is still open will not be asked for again: its cabinet has had its
 * time, and cannot be looked into. */
bool way_was_last(struct rental_work *w, const struct work_op *op);

#endif
