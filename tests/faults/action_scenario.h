/* SPDX-License-Identifier: MIT
 *
 * action_scenario.h - a customer who has to confirm what he pays, at a provider that speaks as Stripe
 * does: he confirms, refuses, forgets it, or is too late.
 */
#ifndef FAULTS_ACTION_SCENARIO_H
#define FAULTS_ACTION_SCENARIO_H

#include "run.h"

/* Whose deposit will wait for him; waits; and the provider does not take its first cancels. */
void action_quote(struct run *r);
void action_begin(struct run *r);
void action_begin_busy(struct run *r);
/* Owes for a rental without a deposit, and only he himself can pay; what he pays waits for him. */
void action_begin_owing(struct run *r);
void action_begin_paying(struct run *r);
void action_ask_pay(const struct run *r, struct client *c);

/* What he does, if he is asked; again and again, as often as it is looked for. */
void action_confirm(struct run *r);
void action_refuse(struct run *r);
void action_forget(struct run *r);
/* Forgets it, and confirms it once his rental has failed. */
void action_confirm_late(struct run *r);

bool action_is_confirmed(struct run *r);
bool action_is_refused(struct run *r);
bool action_is_forgotten(struct run *r);
bool action_is_late(struct run *r);
bool action_is_paid(struct run *r);

#endif
