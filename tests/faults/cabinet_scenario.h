/* SPDX-License-Identifier: MIT
 *
 * cabinet_scenario.h - what happens at the cabinets of a cloud that keeps no id of ours and reports by
 * itself: steps of scenarios (scenario.h).
 */
#ifndef FAULTS_CABINET_SCENARIO_H
#define FAULTS_CABINET_SCENARIO_H

#include "run.h"

/* ---- a return: the rental began 40 minutes ago; its powerbank is put in; it has ended */
void cabinet_begin(struct run *r);
void cabinet_put_back(struct run *r);
bool cabinet_is_returned(struct run *r);

/* ---- a powerbank that came back, which nobody said, and is given to the next: up to his quote; and
 * the end of both */
void cabinet_begin_again(struct run *r);
void cabinet_finish_again(struct run *r);

#endif
