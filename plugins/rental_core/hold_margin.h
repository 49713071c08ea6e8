/* SPDX-License-Identifier: MIT
 *
 * hold_margin.h - a hold that ends before its rental does: within hold_margin of its end what is due is
 * captured, and the rest is extended where the provider can, else held anew; then the old hold is
 * released. Where neither succeeds, the rental goes on without, and its trail says so.
 */
#ifndef CORE_HOLD_MARGIN_H
#define CORE_HOLD_MARGIN_H

#include "rental_work.h"

/* A page showed the rental with its newest operation of kind HOLD alone, or without one (NULL). */
void hold_margin_shown(struct rental_work *w, const struct rent_op *op);

/* Begins the next step; due: what a tick has not charged yet, because the deposit covered it. True: one
 * was begun, or the operations must be loaded first, or what is due waits for recovery, since its capture
 * failed. */
bool hold_margin_next(struct rental_work *w, int64_t due);

/* Whether recovery has something to try again: a hold stands beside the one that replaced it, since its
 * release failed; or a capture of this run failed. */
bool hold_margin_is_left(struct rental_work *w);

/* An operation has ended: the trail says what it means for the deposit, and a capture that failed has its
 * back-off. */
void hold_margin_heed(struct rental_work *w, const struct rent_op *op);

#endif
