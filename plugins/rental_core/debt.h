/* SPDX-License-Identifier: MIT
 *
 * debt.h - the debt of a rental: what makes it grow, and how it is collected.
 */
#ifndef CORE_DEBT_H
#define CORE_DEBT_H

#include "rental_work.h"

/* The amount to charge now: "min(debt, debt_charge_step) once
 * min(debt_retry_base · 2^min(attempts, 8), debt_retry_max) has passed since
 * last_attempt_at". 0: not now, or below min_charge, or the customer is needed (payer.h). */
int64_t debt_charge_due(const struct params *p, const struct rent_rental *r,
                        int64_t min_charge);

/* A rental with an outside movement: only the customer himself pays its debt (payer.h). */
#define DEBT_NEVER INT64_MAX

/* When a debt is tried again, in the past when it is due; 0: it was not tried yet;
 * DEBT_NEVER: not without the customer. */
int64_t debt_retry_at(const struct params *p, const struct rent_rental *r);

/* The debt for a deposit that could not be held: the deposit, but never so much that
 * the debt alone would buy the powerbank ("nobody owes more than R_BUYOUT"). */
int64_t debt_of_unheld_deposit(const struct params *p, const struct rent_rental *r);

/* Begins a charge of the tick if this run may make one: at most one is in flight per rental,
 * and a run makes one of debt and then one of accrual. False: none was begun. */
bool debt_begin_tick_charge(struct rental_work *w, enum rent_purpose purpose,
                            int64_t amount);

/* The same, out of a hold; also in a run of recovery. */
bool debt_begin_tick_capture(struct rental_work *w, int64_t amount,
                             const struct work_op *hold);

/* Begins to collect the debt. False: it is not the time, or nothing is owed. */
bool debt_next(struct rental_work *w);

/* ---- what outcomes do to the debt */

/* The hold of the deposit failed and the rental goes on. */
void debt_deposit_unheld(struct rental_work *w);
/* A charge of accrual failed. */
void debt_accrual_failed(struct rental_work *w, const struct rent_op *op);
/* What became due is not charged, since only the customer himself could: it is owed at once. */
void debt_accrual_unasked(struct rental_work *w, int64_t amount);
/* A charge of debt succeeded; failed; may have been made or not, and nobody can tell (then it
 * moves from the debt to the doubt, so that it is not asked for again). */
void debt_collected(struct rental_work *w, const struct rent_op *op);
void debt_not_collected(struct rent_rental *next);
void debt_in_doubt(struct rental_work *w, const struct rent_op *op);

#endif
